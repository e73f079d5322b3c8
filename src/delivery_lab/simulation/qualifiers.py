"""Which versions and aliases of a function mean the code of this program, and which are refused by name."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.function_names import name_and_qualifier
from delivery_lab.stack.functions import LATEST, Function
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.versions import Alias


def qualifiers_of(stack: Stack, function: Function) -> dict[str, str]:
    """Versions and aliases that mean the code of this program, with the version that each is (LAM-VERSION-1)."""
    own = function.version or LATEST
    return {
        LATEST: LATEST,
        own: own,
        **{
            each.alias: each.version.certain()
            for each in _aliases(stack, function)
            if each.alias and _is_own(each, own)
        },
    }


def qualifier_problems(stack: Stack, function: Function) -> Iterator[str]:
    """Why a function cannot be run because of its versions and aliases."""
    own = function.version or LATEST
    for each in _aliases(stack, function):
        if each.splits.known is not False:
            share = "sends a share of the invokes to another version, whose code is not in this program"
            yield f"{each.name}: routingConfig {share}; nearest: leave it out"
        elif not _is_own(each, own):
            version = f"functionVersion = {each.version.known!r}" if each.version.is_known else "functionVersion"
            yield (
                f"{each.name}: {version} is not the version that this program deploys ({own}); nearest: "
                f"functionVersion of {function.name}.version"
            )
    for mapping in stack.mappings_of(function):
        text = mapping.function_name.known or ""
        qualifier = name_and_qualifier(text)[1]
        if qualifier not in qualifiers_of(stack, function) and not is_of_an_alias(stack, function, qualifier):
            yield (
                f"{mapping.name}: functionName = {text!r} names a version or alias that is not in this stack; nearest: "
                "an Alias resource, or the function itself"
            )


def _aliases(stack: Stack, function: Function) -> Iterator[Alias]:
    return (each for each in stack.all(Alias) if each.function is function)


def _is_own(alias: Alias, own: str) -> bool:
    return alias.splits.known is False and alias.version.known in (LATEST, own)


def is_of_an_alias(stack: Stack, function: Function, qualifier: str) -> bool:
    """Whether an alias of the stack has that name; what is wrong with it is said of the alias."""
    return any(each.alias == qualifier for each in _aliases(stack, function))
