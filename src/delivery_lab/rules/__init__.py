"""Every rule of behaviour, with its source and its status.

A rule that is implemented has its id in the code that implements it, in the events that it causes, and in the
name of the test that holds it. `delivery-lab explain ID` prints it.
"""

from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.registry import RULES, Rule, Status, find

__all__ = ["RULES", "Rule", "RuleId", "Status", "find"]
