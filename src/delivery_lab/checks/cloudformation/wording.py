"""Says what a rule of cfn-lint says, in terms of the Pulumi program's inputs, and what to do about it."""

from __future__ import annotations

import ast
import difflib
import re
from dataclasses import dataclass

from delivery_lab.checks.cloudformation.match import Match
from delivery_lab.checks.cloudformation.place import Place
from delivery_lab.program.config import SECRET

RULES_URL = "https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md"
# Messages of these keywords quote the value; those of others quote names of properties.
_QUOTES_A_VALUE = frozenset(("const", "enum", "format", "pattern", "type", "maxLength", "minLength", "uniqueItems"))
_MOST_OPTIONS = 8


@dataclass(frozen=True, slots=True)
class Said:
    """What is wrong, and what to do."""

    message: str
    fix: str


# Rules whose own message speaks of what only CloudFormation has.
_BY_RULE = {
    "E3039": Said(
        "`attributes` has to define exactly the attributes that are keys of the table or of an index",
        "define in attributes of {resource} the keys, and nothing else",
    ),
    "E3633": Said(
        "a mapping of a stream or a Kafka topic needs a starting position",
        "set startingPosition of {resource} to TRIM_HORIZON or LATEST",
    ),
    "E3634": Said("a mapping of an SQS queue has no starting position", "remove {where}"),
    "E3639": Said(
        "with provisioned billing, which is the default, both capacities are required",
        "set readCapacity and writeCapacity of {resource} to 1 or more, or billingMode to PAY_PER_REQUEST",
    ),
    "W2533": Said(
        "a function deployed as a .zip needs a handler and a runtime",
        "set handler and runtime of {resource}",
    ),
}

# What to do, by what the message says. `{where}` is the input with its resource, `{1}` what the pattern found.
_BY_MESSAGE = (
    (r"greater than the maximum of ([\d.]+)", "set {where} to {1} or less"),
    (r"less than the minimum of ([\d.]+)", "set {where} to {1} or more"),
    (r"is shorter than (\d+)", "set {where} to {1} characters or more"),
    (r"is longer than (\d+)", "set {where} to {1} characters or fewer"),
    (r"'(\w+)' is a required property", "set {1} of {resource}"),
    (r"[Aa]dditional properties are not allowed", "remove {where}"),
    (r"is not of type '(\w+)'", "set {where} to a value of type {1}"),
    (r"[Pp]lease consider updating to '([^']+)'", "set {where} to {1}"),
    (r"is a reserved variable name", "give the variable another name"),
    (r"does not match '(.+)'", "set {where} to a value that matches {1}"),
)


def describe(place: Place, match: Match) -> Said:
    """What a match says about the place."""
    if match.rule in _BY_RULE:
        said = _BY_RULE[match.rule]
        return Said(said.message, _filled(said.fix, place))
    if place.value is SECRET:
        # cfn-lint quotes values.
        message = f"the value of this secret breaks the rule '{match.summary}'"
        return Said(message, f"change {place.where} so that the rule holds")
    options = re.fullmatch(r"(.+) is not one of (\[.*\])", match.message)
    if options is not None:
        return _one_of(place, options[1], [str(option) for option in ast.literal_eval(options[2])])
    message = _message(place, match)
    for pattern, advice in _BY_MESSAGE:
        found = re.search(pattern, message)
        if found is not None:
            return Said(message, _filled(advice, place, found[1] if found.re.groups else ""))
    return Said(message, f"change {place.where} so that this rule holds: {match.summary}")


def _message(place: Place, match: Match) -> str:
    # Where in the template, and long lists of what is reserved, are of no use to users.
    message = re.sub(r"( at Resources/\S+|, one of \[.*\])$", "", match.message)
    if match.validator in _QUOTES_A_VALUE:
        return message
    return re.sub(r"'(\w+)'", lambda found: f"'{place.name_of(found[1])}'", message)


def _one_of(place: Place, value: str, options: list[str]) -> Said:
    if len(options) > _MOST_OPTIONS:
        message = f"{value} is none of the {len(options)} values that are allowed"
        return Said(message, f"set {place.where} to one of them, such as {', '.join(_nearest(value, options))}")
    message = f"{value} is not allowed here"
    choice = options[0] if len(options) == 1 else f"one of {', '.join(options)}"
    return Said(message, f"set {place.where} to {choice}")


def _nearest(value: str, options: list[str]) -> list[str]:
    if value.isdecimal() and all(option.isdecimal() for option in options):
        return sorted(options, key=lambda option: abs(int(option) - int(value)))[:2]
    return difflib.get_close_matches(value.strip("'"), options, n=3, cutoff=0)


def _filled(advice: str, place: Place, found: str = "") -> str:
    filled = advice.replace("{where}", place.where).replace("{resource}", place.resource.name)
    return filled.replace("{1}", found)
