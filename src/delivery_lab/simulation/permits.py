"""Whether topics, buckets and rules may use the queues and functions that they hand messages on to."""

from __future__ import annotations

from delivery_lab.function_names import LATEST_VERSION, by_name
from delivery_lab.model.feeds.targets import PERMITTED, Permit
from delivery_lab.rule_ids import RuleId
from delivery_lab.stack.encryption import has_managed_key, key_verdict
from delivery_lab.stack.functions import Function, Permission
from delivery_lab.stack.permissions import forbids
from delivery_lab.stack.policy_verdicts import Allowance, Use, permission_verdict, verdict
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.roles import Role
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Topic

SENDING = "sqs:SendMessage"


def account_of(arn: str) -> str:
    """The account that an ARN names, "" where it names none."""
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


def queue_permit(
    stack: Stack, queue: Queue, service: str, source: str, source_arn: str, account: str, rule: RuleId
) -> Permit:
    """Whether a queue's policy lets a service send to it for one of the stack's resources.

    Args:
        stack: the stack.
        queue: the queue.
        service: service principal, such as `sns.amazonaws.com`.
        source: name of the resource that the service acts for, for messages.
        source_arn: its ARN.
        account: its account.
        rule: rule by which the policy is asked.
    """
    if has_managed_key(queue):
        why = f"{queue.name} is encrypted with alias/aws/sqs, a key that no topic, bucket or rule may use"
        return Permit(refusal=why, rule="SNS-KMS-1")
    by_key = key_verdict(stack, queue, service, source_arn, account)
    if by_key is Allowance.DENIED:
        why = f"the key of {queue.name} has no policy that lets {service} use it for {source}"
        return Permit(refusal=why, rule="SNS-KMS-2")
    if by_key is Allowance.UNDECIDED:
        return Permit(undecided=_undecided(source, queue.name, "the policy of the queue's key"))
    found = verdict(queue.policies, Use(service, SENDING, queue.arn or "", source_arn, account))
    if found is Allowance.ALLOWED:
        return PERMITTED
    if found is Allowance.UNDECIDED:
        return Permit(undecided=_undecided_by(queue, source, "the policy of the queue", "SQS-POLICY-1"))
    return Permit(refusal=f"{queue.name} has no policy that lets {source} send", rule=rule)


def topic_permit(topic: Topic, service: str, source: str, source_arn: str, account: str, rule: RuleId) -> Permit:
    """Whether a topic's policy lets a service publish to it for one of the stack's resources; see `queue_permit`."""
    found = verdict(topic.policies, Use(service, "sns:Publish", topic.arn or "", source_arn, account))
    if found is Allowance.ALLOWED:
        return PERMITTED
    if found is Allowance.UNDECIDED:
        return Permit(undecided=_undecided_by(topic, source, "the policy of the topic", "SNS-POLICY-2"))
    return Permit(refusal=f"{topic.name} has no policy that lets {source} publish", rule=rule)


def function_permit(
    stack: Stack,
    function: Function,
    service: str,
    source: str,
    source_arn: str,
    rule: RuleId,
    account: str = "",
    qualifier: str = LATEST_VERSION,
) -> Permit:
    """Whether a function's policy lets a service invoke it for one of the stack's resources; see `queue_permit`."""
    permissions = [each for each in stack.all(Permission) if each.function is function]
    elsewhere = [each for each in stack.all(Permission) if each.function is None and not each.function_name.is_known]
    account = account_of(source_arn) or account
    use = Use(service, "lambda:InvokeFunction", function.arn or "", source_arn, account, qualifier)
    found = permission_verdict(permissions, use)
    if found is Allowance.ALLOWED:
        return PERMITTED
    if found is Allowance.UNDECIDED or elsewhere:
        return Permit(undecided=_undecided(source, function.name, "a Permission of the function"))
    refusal = f"{function.name} has no permission that lets {source} invoke it{by_name(qualifier)}"
    return Permit(refusal=refusal, rule=rule)


def role_permit(
    stack: Stack, role: Setting[str | None], source: str, action: str, target: StackResource, rule: RuleId
) -> Permit:
    """Whether the role of a resource lets it do something; a role that cannot be read is taken to let it.

    Args:
        stack: the stack.
        role: ARN of the role, None where it has none.
        source: name of the resource that has the role.
        action: such as `kinesis:PutRecord`.
        target: what it is done to.
        rule: rule by which the role is asked.
    """
    if role.value is None:
        return Permit(refusal=f"{source} has no role that lets it do {action} to {target.name}", rule=rule)
    found = stack.at(role.known)
    if isinstance(found, Role) and forbids(found, action, target.arn or ""):
        return Permit(
            refusal=f"{found.name}, the role of {source}, does not let it do {action} to {target.name}", rule=rule
        )
    return PERMITTED


def _undecided_by(holder: Queue | Topic, source: str, what: str, rule: RuleId) -> str:
    """Why it cannot be told whether a policy lets a source in: AWS keeps one of several, or it is not known."""
    writers = [policy.origin.resource for policy in holder.policies]
    if len(writers) < 2:
        return _undecided(source, holder.name, what)
    return (
        f"{source} hands a message on to {holder.name}, and {' and '.join(writers)} write {what} over each other: "
        f"which of them is written last decides whether it lets {source} in ({rule})\n"
        f"  fix: put the statements of {' and '.join(writers)} into one policy"
    )


def _undecided(source: str, target: str, what: str) -> str:
    return (
        f"{source} hands a message on to {target}, and it cannot be told before a deployment whether {what} lets it\n"
        "  nearest: a policy that names the service and, with aws:SourceArn, what it acts for"
    )
