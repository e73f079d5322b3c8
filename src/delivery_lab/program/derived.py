"""Outputs that take more than filling in a text: the functions behind the table of `delivery_lab.program.outputs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from delivery_lab.program.facts import Facts, Fields


def function_name(facts: Facts) -> str:
    """The name of a function that an input gives by name, ARN or partial ARN."""
    value = str(facts["functionName"])
    parts = value.split(":")
    return parts[parts.index("function") + 1] if "function" in parts[:-1] else parts[0]


def function_arn(facts: Facts) -> str:
    """The ARN of a function that an input gives by name or ARN."""
    value = str(facts["functionName"])
    if value.startswith("arn:"):
        return value
    return "arn:{partition}:lambda:{region}:{account}:function:".format_map(Fields(facts)) + function_name(facts)


def event_invoke_id(facts: Facts) -> str:
    """The id of a function's event invoke configuration."""
    qualifier = facts.inputs.get("qualifier")
    return f"{function_name(facts)}:{facts['qualifier']}" if qualifier is not None else function_name(facts)


def version(facts: Facts) -> str:
    """The version that a function has once it exists."""
    return "1" if facts["publish"] else "$LATEST"


def api_endpoint(facts: Facts) -> str:
    """The address of an HTTP or WebSocket API."""
    scheme = "wss" if facts.get("protocolType") == "WEBSOCKET" else "https"
    return f"{scheme}://{facts['id']}.execute-api.{facts['region']}.{facts['dns']}"


def invoke_url(facts: Facts) -> str:
    """The address of a stage; that of `$default` has no path."""
    stage = facts["name"]
    base = f"https://{facts['apiId']}.execute-api.{facts['region']}.{facts['dns']}/"
    return base if stage == "$default" else base + str(stage)


def stream_arn(facts: Facts) -> str:
    """The ARN of a table's stream; "" without one."""
    return f"{facts['arn']}/stream/{facts['streamLabel']}" if facts.get("streamEnabled") else ""


def stream_label(facts: Facts) -> str:
    """The label of a table's stream; "" without one."""
    # Streams are labelled with the instant of their creation; the lab's runs begin at
    # that of delivery_lab.model.clock.EPOCH.
    return "2026-01-01T00:00:00.000" if facts.get("streamEnabled") else ""


def parameter_arn(facts: Facts) -> str:
    """The ARN of a parameter, whose name may begin with a slash."""
    name = str(facts["name"])
    return "arn:{partition}:ssm:{region}:{account}:parameter/".format_map(Fields(facts)) + name.removeprefix("/")


def on_bus(facts: Facts, path: str) -> str:
    """The path of a rule: rules of the default bus do without its name."""
    bus = str(facts.get("eventBusName") or "default").rpartition("/")[2]
    name = str(facts["name"])
    return name if bus == "default" else path.format(bus=bus, name=name)


def subscription_arn(facts: Facts) -> str:
    """The ARN of a subscription."""
    return f"{facts['topic']}:{facts['new_uuid']}"


def attachment_id(facts: Facts) -> str:
    """The id of a policy's attachment to a role."""
    return f"{facts['role']}/{facts['policyArn']}"


def _below(value: Any, *path: str) -> Any:
    """What stands at a path below an input, or None."""
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def in_transit(facts: Facts) -> str:
    """How clients may speak to an MSK cluster."""
    found = _below(facts.get("encryptionInfo"), "encryptionInTransit", "clientBroker")
    return found if isinstance(found, str) else "TLS"


def authenticates(*path: str) -> Callable[[Facts], bool]:
    """Whether a cluster offers a kind of authentication."""
    return lambda facts: bool(_below(facts.get("clientAuthentication"), *path))


def brokers(port: int, offered: Callable[[Facts], bool]) -> Callable[[Facts], str]:
    """The bootstrap brokers of one kind of access; "" where the cluster does not offer it."""

    def brokers(facts: Facts) -> str:
        if not offered(facts):
            return ""
        host = f"{facts['clusterName']}.{facts['cluster_tag']}.c2.kafka.{facts['region']}.{facts['dns']}"
        # AWS lists at most three brokers.
        count = min(int(facts["numberOfBrokerNodes"]), 3)
        return ",".join(f"b-{number}.{host}:{port}" for number in range(1, count + 1))

    return brokers
