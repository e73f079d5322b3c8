"""STS: who a function is, and the roles of the stack that it takes on (SIM-STS-1)."""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Mapping
from typing import Any

from delivery_lab.model.clock import EPOCH, in_seconds
from delivery_lab.model.moto_operations import UnknownToStackError
from delivery_lab.model.runtime import UNKNOWN_ROLE, FunctionConfig

_LIFETIME_SECONDS = 3600
_OPERATIONS = ("AssumeRole", "GetCallerIdentity")


def answer_of_sts(
    operation: str, parameters: Mapping[str, Any], config: FunctionConfig, roles: frozenset[str], now: int
) -> dict[str, Any]:
    """Answer a call.

    Args:
        operation: the operation.
        parameters: its parameters.
        config: the function that calls.
        roles: ARNs of the roles that a function of this stack may take on.
        now: the instant in microseconds.

    Raises:
        UnknownToStackError: it is not answered here, or about a role that no function of this stack may take on.
    """
    if operation == "GetCallerIdentity":
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        role = config.role_arn or UNKNOWN_ROLE
        return {"Account": config.account_id, **_identity(role, config.deployed_name)}
    if operation != "AssumeRole":
        raise UnknownToStackError(f"which is not modelled (of sts are: {', '.join(_OPERATIONS)})")
    role, session = str(parameters["RoleArn"]), str(parameters["RoleSessionName"])
    if role not in roles:
        raise UnknownToStackError(
            f"for {role}: whether it may take that role on is not known (those of this stack may be whose trust policy "
            "names an AWS principal)"
        )
    seed = hashlib.sha512(f"{role} {session} {now}".encode()).digest()
    lifetime = datetime.timedelta(seconds=int(parameters.get("DurationSeconds", _LIFETIME_SECONDS)))
    found = _identity(role, session)
    return {
        "Credentials": {
            "AccessKeyId": "ASIA" + base64.b32encode(seed).decode()[:16],
            "SecretAccessKey": base64.b64encode(seed).decode()[:40],
            "SessionToken": base64.b64encode(seed + seed).decode(),
            "Expiration": EPOCH + datetime.timedelta(seconds=in_seconds(now)) + lifetime,
        },
        "AssumedRoleUser": {"AssumedRoleId": found["UserId"], "Arn": found["Arn"]},
    }


def _identity(role_arn: str, session: str) -> dict[str, str]:
    """A role that is taken on: its ARN has neither the path of the role nor `iam`."""
    head, _, name = role_arn.partition(":role/")
    letters = base64.b32encode(hashlib.sha256(role_arn.encode()).digest()).decode()[:17]
    return {
        "UserId": f"AROA{letters}:{session}",
        "Arn": f"{head.replace(':iam:', ':sts:')}:assumed-role/{name.rpartition('/')[2]}/{session}",
    }
