"""Resources of a program that undo each other in AWS."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Severity
from delivery_lab.stack.name_clashes import name_clashes
from delivery_lab.stack.overwriting import overwritten
from delivery_lab.stack.stack import Stack


class OverwrittenResource(Check):
    id = "CHK-ONE-2"
    title = "resources that write the same policy, notifications or settings over each other"
    severity = Severity.ERROR
    why = "AWS keeps what is written last, which differs from deployment to deployment: the rest has no effect."
    fix = "Write all of it in one resource."
    source = "SQS-POLICY-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for place in overwritten(stack):
            why = f"{place.why}: what the others say has no effect."
            yield Found(place.names, place.values, why, place.fix, source=place.rule)


class TakenName(Check):
    id = "CHK-ONE-3"
    title = "resource of a name that another one of the stack has"
    severity = Severity.ERROR
    why = "AWS refuses the second of two queues, functions, aliases, streams, tables, buses or routes of one name."
    fix = "Give each a name of its own, or leave the name to Pulumi."
    source = "API-NAME-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for clash in name_clashes(stack):
            why = f"{clash.second} has the name that {clash.first} has: AWS refuses one of them ({clash.code})."
            yield Found((clash.second, clash.first), clash.what, why, clash.fix)
