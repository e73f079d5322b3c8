"""Checks the values of a stack's resources against cfn-lint's schemas and rules."""

from __future__ import annotations

from delivery_lab.checks.cloudformation.findings import finding
from delivery_lab.checks.cloudformation.linting import lint
from delivery_lab.checks.cloudformation.place import locate, rests_on_unknown
from delivery_lab.checks.cloudformation.template import write_template
from delivery_lab.checks.finding import Finding
from delivery_lab.program.naming import DEFAULT_REGION
from delivery_lab.stack.stack import Stack


def cloudformation_findings(stack: Stack, region: str | None = None, *, cached: bool = False) -> list[Finding]:
    """What cfn-lint finds in the values of a stack: ranges, enums, types, what is missing, what does not fit.

    The resources are written as a CloudFormation template, checked, and what is found is told in terms of the
    program's resources and inputs. Resources of a type without a mapping are skipped (`unmapped_types` lists
    them), and values that are known only after deployment are never reported. No network is used.

    Args:
        stack: the stack.
        region: AWS region whose schemas apply; by default the stack's `aws:region`, else us-east-1.
        cached: whether cfn-lint's answer may come from the user's cache folder. One to a stack with secrets never is.

    Returns:
        Findings with check ids such as `CFN-E3034`, worst first, then in the order of the graph.

    Raises:
        UsageError: cfn-lint is not installed.
    """
    template = write_template(stack.graph)
    if not template.entries:
        return []
    found: dict[tuple[str, ...], Finding] = {}
    for match in lint(template.body(), region or _region(stack), cached=cached and not stack.graph.has_secrets):
        place = locate(template, match)
        if place is None or rests_on_unknown(place, match):
            continue
        # A mapping stands in the template twice, so both may have broken the rule.
        key = (match.rule, place.resource.urn, place.input, match.message)
        found.setdefault(key, finding(place, match))
    order = {urn: index for index, urn in enumerate(stack.graph.resources)}
    # Worst first, then as the stack is created; cfn-lint's own order depends on its rules' names.
    keys = sorted(found, key=lambda key: (-found[key].severity.rank, order[key[1]], key[2], key[0], key[3]))
    return [found[key] for key in keys]


def _region(stack: Stack) -> str:
    configured = stack.config.get("aws:region")
    return configured if isinstance(configured, str) else DEFAULT_REGION
