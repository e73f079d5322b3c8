"""Type tokens: each is one of the provider's, and one that two modules need is a constant."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections import defaultdict
from pathlib import Path

import pytest

from delivery_lab import resource_types
from tests.lab_support import ROOT

HOME = "src/delivery_lab/resource_types.py"
TOKEN = re.compile(r"aws:(\w+)/(\w+):([A-Z]\w*)|pulumi:pulumi:Stack|pulumi-python:dynamic")
"""A token of a resource; a function of the provider has a name that begins with a small letter."""

CONSTANTS = {name: value for name, value in vars(resource_types).items() if name.isupper() and isinstance(value, str)}


def tokens_in(code: str) -> set[str]:
    """The tokens that stand in code as texts; a docstring that names one is longer."""
    texts = (node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and TOKEN.fullmatch(text)}


def written() -> dict[str, list[str]]:
    """The modules of the package and the policy pack that write each token as a text."""
    found: dict[str, list[str]] = defaultdict(list)
    for folder in ("src", "policy"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            code = path.read_text(encoding="utf-8")
            # Every process that runs tests collects these, and most modules name neither.
            for token in tokens_in(code) if "aws:" in code or "pulumi" in code else ():
                found[token].append(path.relative_to(ROOT).as_posix())
    return found


WRITTEN = written()


def test_a_token_is_found_wherever_it_stands_in_code() -> None:
    code = '''
"""Of aws:sqs/queue:Queue, in words."""
TYPES = {"aws:sns/topic:Topic": ["aws:kms/key:Key"]}
ASKS = "aws:iam/getPolicyDocument:getPolicyDocument"
'''
    assert tokens_in(code) == {"aws:sns/topic:Topic", "aws:kms/key:Key"}


def test_each_constant_is_a_token_and_no_two_are_the_same() -> None:
    assert [name for name, value in CONSTANTS.items() if not TOKEN.fullmatch(value)] == []
    assert len(set(CONSTANTS.values())) == len(CONSTANTS)


def test_a_token_with_a_constant_stands_nowhere_else() -> None:
    assert {token: WRITTEN[token] for token in CONSTANTS.values() if WRITTEN[token] != [HOME]} == {}


def test_a_token_that_two_modules_need_has_a_constant() -> None:
    assert {token: modules for token, modules in WRITTEN.items() if len(modules) > 1} == {}


@pytest.mark.parametrize("token", sorted(token for token in WRITTEN if token.startswith("aws:")))
def test_every_type_is_one_of_the_providers(token: str) -> None:
    package, module, name = re.fullmatch(TOKEN, token).groups()  # type: ignore[union-attr]  # else it fails
    file = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", module).lower()
    folder = "lambda_" if package == "lambda" else package
    spec = importlib.util.find_spec("pulumi_aws")  # imported, it would take seconds
    assert spec is not None
    assert spec.submodule_search_locations is not None
    text = (Path(spec.submodule_search_locations[0]) / folder / f"{file}.py").read_text(encoding="utf-8")
    assert f"'{token}'" in text
    assert f"class {name}(" in text
