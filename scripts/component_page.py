"""The reference of the components: what `docs/components.md` says of each, made from their types."""

from __future__ import annotations

import inspect

import pulumi
from pulumi.provider.experimental.analyzer import Analyzer

from components.package.arguments import ARGUMENTS
from components.package.provider import COMPONENTS, NAME
from components.settings.base import Section
from scripts.component_types import Argument, arguments_of, sections

BEGIN = "<!-- written by: python -m scripts.write_components -->"
END = "<!-- end of what is written -->"
_HEAD = "| argument | what | takes | default | why |\n| --- | --- | --- | --- | --- |\n"


def reference() -> str:
    """All components with arguments and outputs, and the objects that arguments are."""
    parts = [_component(component) for component in COMPONENTS]
    objects = [_object(section) for section in sorted(sections(), key=lambda section: section.__name__)]
    return "\n".join([*parts, "## Objects\n", *objects])


def page_with(text: str, written: str) -> str:
    """The page with the reference in the place of the one that it has.

    Raises:
        ValueError: the page has no place for it.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"components.md has no place for the reference: {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n\n{written}\n{END}{after}"


def _component(component: type[pulumi.ComponentResource]) -> str:
    defined = Analyzer(NAME).analyze_component(component)
    rows = [
        f"| `{key}` | {output.type.value if output.type else 'object'} | {'' if output.optional else 'always'} "
        f"| {output.description} |\n"
        for key, output in defined.outputs.items()
    ]
    outputs = "| output | type | there | what |\n| --- | --- | --- | --- |\n" + "".join(rows)
    table = _table(ARGUMENTS[component.__name__])
    return f"## {component.__name__}\n\n{inspect.cleandoc(component.__doc__ or '')}\n\n{table}\n{outputs}"


def _object(section: type[Section]) -> str:
    return f"### {section.__name__}\n\n{inspect.cleandoc(section.__doc__ or '')}\n\n{_table(section)}"


def _table(model: type[Section]) -> str:
    return _HEAD + "".join(_row(argument) for argument in arguments_of(model))


def _row(argument: Argument) -> str:
    key = f"**`{argument.key}`**" if argument.required else f"`{argument.key}`"
    unit = f" {argument.unit}" if argument.unit and argument.kind is int else ""
    late = " (may be an output)" if argument.late else " (which may be outputs)" if argument.late_entries else ""
    accepted = f"{_linked(argument)}{unit}{late}"
    default = "has to be given" if argument.required else argument.default
    return f"| {key} | {_cell(argument.meaning)} | {_cell(accepted)} | {_cell(default)} | {_cell(argument.reason)} |\n"


def _linked(argument: Argument) -> str:
    if argument.section is None:
        accepted = argument.accepted
        pattern = "a text matching "
        return f"{pattern}`{accepted.removeprefix(pattern)}`" if accepted.startswith(pattern) else accepted
    name = argument.section.__name__
    many = "a list of " if argument.accepted.startswith("a list") else ""
    return f"{many}[{name}](#{name.lower()})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
