"""Resources of a program that undo each other in AWS."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Severity
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
