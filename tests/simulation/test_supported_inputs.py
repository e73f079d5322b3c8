"""Every input that Pulumi knows of a modelled type is followed, harmless or refused, at every depth."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence

import pytest
from pulumi._types import input_type_types

from delivery_lab import resource_types
from delivery_lab.errors import ProgramError
from delivery_lab.program.scalars import refuse_unreadable, typed
from delivery_lab.simulation.supported_feeds import FEEDS
from delivery_lab.simulation.supported_inputs import SUPPORT
from delivery_lab.stack.support import EVERYWHERE, Support
from scripts.provider_inputs import ARGUMENTS as DECLARED
from scripts.provider_inputs import block_of, inputs_of, is_text

ALL = {**SUPPORT, **FEEDS}


ARGUMENTS = {token: arguments for token, arguments in DECLARED.items() if token != resource_types.EVENT_RULE}
"""What a rule of a bus has as inputs is read elsewhere."""


def _paths(arguments: type, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every input by its path, and whether it is a block."""
    for name, kind in input_type_types(arguments).items():
        path, block = (*above, name), block_of(kind)
        yield path, block is not None
        if block is not None:
            yield from _paths(block, path)


def _is_answered(support: Support, path: tuple[str, ...]) -> bool:
    refused = {".".join(path[:length]) for length in range(1, len(path) + 1)} & set(support.refused)
    return support.is_listed(path) or support.is_block(path) or bool(refused)


def test_no_modelled_type_is_forgotten() -> None:
    assert set(ARGUMENTS) == set(ALL)


@pytest.mark.parametrize("token", ARGUMENTS)
def test_every_input_is_on_a_list(token: str) -> None:
    paths = [path for path, _ in _paths(ARGUMENTS[token])]

    assert [path for path in paths if not _is_answered(ALL[token], path)] == []


@pytest.mark.parametrize("token", ARGUMENTS)
def test_no_list_names_what_there_is_not(token: str) -> None:
    there = {".".join(path) for path, _ in _paths(ARGUMENTS[token])}
    support = ALL[token]
    listed = {name.removesuffix(".*") for name in support.modelled | support.harmless | set(support.refused)}

    assert listed - there == set()


@pytest.mark.parametrize("token", ARGUMENTS)
def test_a_block_is_not_waved_through_by_its_own_name(token: str) -> None:
    """A name that stands for a block would let everything in it pass, what is added to it tomorrow included."""
    blocks = {".".join(path) for path, is_block in _paths(ARGUMENTS[token]) if is_block}

    assert (ALL[token].modelled | ALL[token].harmless) & blocks == set()


@pytest.mark.parametrize("token", ARGUMENTS)
def test_no_input_is_on_two_lists(token: str) -> None:
    support = ALL[token]

    assert support.modelled & support.harmless == set()
    assert (support.modelled | support.harmless | EVERYWHERE) & set(support.refused) == set()


def _scalar_of(kind: object) -> type | None:
    """`int`, `bool` or `float`, of an input that is one; None for texts, lists and maps."""
    if isinstance(kind, type):
        return kind if kind in (int, bool, float) else None
    if typing.get_origin(kind) in (list, dict, Sequence, Mapping):
        return None
    return next((found for each in typing.get_args(kind) if (found := _scalar_of(each)) is not None), None)


def _scalars(arguments: type, above: tuple[str, ...] = ()) -> Iterator[tuple[str, type]]:
    for name, kind in input_type_types(arguments).items():
        block, path = block_of(kind), (*above, name)
        if block is not None:
            yield from _scalars(block, path)
        elif (scalar := _scalar_of(kind)) is not None:
            yield ".".join(path), scalar


def _nested(path: str, value: object) -> dict[str, object]:
    first, _, rest = path.partition(".")
    return {first: _nested(rest, value) if rest else value}


@pytest.mark.parametrize("token", ARGUMENTS)
def test_a_number_or_switch_that_is_followed_is_read_or_refused(token: str) -> None:
    for path, kind in _scalars(ARGUMENTS[token]):
        if path not in ALL[token].modelled:
            continue
        text, value = ("true", True) if kind is bool else ("7", 7)
        assert typed(token, _nested(path, text)) == _nested(path, value), path
        for wrong in ("nonsense", ["nonsense"], {"a": 1}):
            with pytest.raises(ProgramError) as refused:
                refuse_unreadable(token, "it", _nested(path, wrong))
            assert str(refused.value).startswith(f"it: {path} = {wrong!r} has to be "), path


JSON_OR_RESOURCE = {
    *("functionName", "filterCriteria.filters.pattern", "restApi", "topic", "queueUrl", "body", "filterPolicy"),
    *("redrivePolicy", "input", "target.input", "sourceParameters.filterCriteria.filters.pattern", "serverProperties"),
    "targetParameters.inputTemplate",
}
"""Inputs that are given as objects too: a document that the lab reads either way, a function itself."""


def _texts(arguments: type) -> Iterator[str]:
    return (".".join(path) for path, kind in inputs_of(arguments) if is_text(kind))


@pytest.mark.parametrize("token", ARGUMENTS)
def test_a_text_that_is_followed_is_no_list_and_no_object(token: str) -> None:
    for path in (set(_texts(ARGUMENTS[token])) & ALL[token].modelled) - JSON_OR_RESOURCE:
        assert typed(token, _nested(path, "nonsense")) == _nested(path, "nonsense"), path
        for wrong in (["nonsense"], {"a": 1}):
            with pytest.raises(ProgramError) as refused:
                refuse_unreadable(token, "it", _nested(path, wrong))
            assert str(refused.value) == (
                f"it: {path} = {wrong!r} has to be a text; the AWS provider takes nothing else"
            ), path
