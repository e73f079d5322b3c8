"""The rules of the pack: one for each of the lab's checks, and a few of the pack's own.

Pulumi gives one enforcement level to a rule, and one check may find things that matter differently. A check whose
findings may be errors is mandatory and reports these; what it finds besides is reported by `delivery-lab-advice`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from delivery_lab.checks.check import Check
from delivery_lab.checks.finding import Finding
from delivery_lab.checks.finding import Severity as Weight
from delivery_lab.checks.registry import CHECKS
from delivery_lab.errors import UsageError
from policy.evaluation import Evaluation, Result

PACK_NAME = "delivery-lab"
VALUES = "delivery-lab-values"
ADVICE = "delivery-lab-advice"
ACCEPTED = "delivery-lab-accepted"
SETUP = "delivery-lab-setup"
INPUTS = "delivery-lab-inputs"

_SEVERITIES = {Weight.ERROR: Severity.HIGH, Weight.WARNING: Severity.MEDIUM, Weight.NOTE: Severity.LOW}
_SCHEMA_CHECK = "CFN-"

Chooses = Callable[[Finding], bool]


def rules(project: Path | None = None) -> list[Policy]:
    """All rules of the pack. They share what they note, so make a new list for each stack.

    Args:
        project: folder of the Pulumi project; by default the pack's parent folder, if it holds a project.
    """
    evaluation = Evaluation(project or _project_around())
    return [
        _inputs_rule(evaluation),
        _setup_rule(evaluation),
        *(_check_rule(evaluation, check) for check in CHECKS.values()),
        _rule(
            evaluation,
            VALUES,
            "Values that AWS refuses: ranges, enums, types, what is required (cfn-lint)",
            lambda found: found.check.startswith(_SCHEMA_CHECK) and found.severity is Weight.ERROR,
            EnforcementLevel.MANDATORY,
            Severity.HIGH,
        ),
        _rule(evaluation, ADVICE, "Worth a look", _is_advice, EnforcementLevel.ADVISORY, Severity.LOW),
        _accepted_rule(evaluation),
    ]


def _project_around() -> Path | None:
    above = Path(__file__).resolve().parent.parent
    return above if (above / "Pulumi.yaml").is_file() else None


def _is_advice(found: Finding) -> bool:
    """Whether a finding weighs less than the check, and so the rule, that it belongs to."""
    check = CHECKS.get(found.check)
    if check is None:
        return found.severity is not Weight.ERROR
    return check.severity is Weight.ERROR and found.severity is not Weight.ERROR


def _check_rule(evaluation: Evaluation, check: Check) -> Policy:
    mandatory = check.severity is Weight.ERROR
    return _rule(
        evaluation,
        check.id,
        f"{check.title[:1].upper()}{check.title[1:]}",
        lambda found: found.check == check.id and not _is_advice(found),
        EnforcementLevel.MANDATORY if mandatory else EnforcementLevel.ADVISORY,
        _SEVERITIES[check.severity],
        remediation=check.fix,
        url=check.source if check.source.startswith("https://") else None,
    )


def _rule(
    evaluation: Evaluation,
    name: str,
    description: str,
    chooses: Chooses,
    level: EnforcementLevel,
    severity: Severity,
    *,
    remediation: str | None = None,
    url: str | None = None,
) -> Policy:
    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        result = evaluation.result(args)
        for found in result.findings:
            if found.accepted is None and chooses(found):
                report_violation(_text(found), result.urn_of(found))

    return StackValidationPolicy(
        name=name,
        description=description,
        validate=validate,
        enforcement_level=level,
        severity=severity,
        remediation_steps=remediation,
        url=url,
    )


def _text(found: Finding) -> str:
    return f"{found.check}: {found.why}\nfix: {found.fix}\nsource: {found.source}"


def _accepted_rule(evaluation: Evaluation) -> Policy:
    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        result: Result = evaluation.result(args)
        for found in result.findings:
            if found.accepted is not None:
                report_violation(f"{found.check}: {found.why}\naccepted: {found.accepted}", result.urn_of(found))

    return StackValidationPolicy(
        name=ACCEPTED,
        description="Findings that the stack file accepts, with its reason",
        validate=validate,
        enforcement_level=EnforcementLevel.DISABLED,
        severity=Severity.LOW,
    )


def _setup_rule(evaluation: Evaluation) -> Policy:
    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        try:
            evaluation.configure(args.get_config())
        except UsageError as error:
            report_violation(f"the configuration of {SETUP} is wrong: {error}", None)
            return
        problem = evaluation.result(args).problem
        if problem is not None:
            report_violation(problem, None)

    return StackValidationPolicy(
        name=SETUP,
        description="The stack can be checked",
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=PolicyConfigSchema(
            properties={
                "accept": {
                    "type": "object",
                    "description": "reasons by id of a check, as delivery-lab:accept in a stack file",
                },
                "project": {"type": "string", "description": "folder of the Pulumi project, to find functions' code"},
            }
        ),
    )


def _inputs_rule(evaluation: Evaluation) -> Policy:
    def validate(args: ResourceValidationArgs, _report_violation: ReportViolation) -> None:
        evaluation.note_inputs(args)

    return ResourceValidationPolicy(
        name=INPUTS,
        description="Notes the inputs of resources for the other rules; finds nothing itself",
        validate=validate,
        enforcement_level=EnforcementLevel.ADVISORY,
    )
