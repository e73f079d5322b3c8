"""Value ranges, enums and required values of a stack's resources, checked with cfn-lint's schemas."""

from delivery_lab.checks.cloudformation.check import cloudformation_findings
from delivery_lab.checks.cloudformation.mapping import unmapped_types

__all__ = ["cloudformation_findings", "unmapped_types"]
