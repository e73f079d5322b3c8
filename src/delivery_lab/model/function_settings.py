"""What Lambda refuses of a function: timeout, memory, environment variables, reserved and provisioned concurrency."""

from __future__ import annotations

import re

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.function_names import LATEST_VERSION
from delivery_lab.limits.functions import (
    ENVIRONMENT_BYTES,
    EPHEMERAL_STORAGE,
    MEMORY,
    RESERVED_VARIABLES,
    TIMEOUT,
    UNRESERVED_MINIMUM,
    VARIABLE_NAME,
)
from delivery_lab.limits.limit import Bound
from delivery_lab.model.provisioned import Provisioned
from delivery_lab.model.runtime import FunctionConfig
from delivery_lab.rule_ids import RuleId


def check(config: FunctionConfig, account_concurrency: int, unreserved: int) -> None:
    """Refuse a function that Lambda refuses.

    Args:
        config: the function.
        account_concurrency: concurrent executions of its account.
        unreserved: how many of them no function has reserved so far.

    Raises:
        DeploymentRefusedError: with AWS's code and message.
    """
    _check_bound(config.name, "timeout", config.timeout_seconds, TIMEOUT, "seconds")
    _check_bound(config.name, "memorySize", config.memory_mb, MEMORY, "MB")
    _check_bound(config.name, "ephemeralStorage.size", config.temporary_mb, EPHEMERAL_STORAGE, "MB")
    _check_variables(config)
    _check_reserved(config, account_concurrency, unreserved)


def _check_bound(name: str, setting: str, value: int, bound: Bound, unit: str) -> None:
    """LAM-TIME-1, LAM-MEMORY-1."""
    if not bound.allows(value):
        raise DeploymentRefusedError(
            name,
            "ValidationException",
            f"Value {value} at '{setting}' failed to satisfy constraint: {bound.minimum} to {bound.maximum} {unit}",
            rule=bound.rule,
            fix=f"set {setting} from {bound.minimum} to {bound.maximum} {unit}",
        )


def _check_variables(config: FunctionConfig) -> None:
    """Refuse names that Lambda does not take or has itself, and more than 4 KB of them (LAM-VARS-1)."""
    names = [*config.environment, *config.unknown_variables]
    for name in sorted(names):
        if name in RESERVED_VARIABLES:
            _refuse_variables(
                config.name,
                "InvalidParameterValueException",
                "Lambda was unable to configure your environment variables because the environment variables you have "
                "provided contains reserved keys that are currently not supported for modification. Reserved keys used "
                f"in this request: {name}",
                f"leave {name} out: Lambda sets it itself",
            )
        if not re.fullmatch(VARIABLE_NAME, name):
            _refuse_variables(
                config.name,
                "ValidationException",
                "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: "
                f"[Member must satisfy regular expression pattern: {VARIABLE_NAME}], not {name!r}",
                "name it with letters, digits and _, a letter first, two characters at least",
            )
    size = sum(len(f"{name}{value}".encode("utf-8", "surrogatepass")) for name, value in config.environment.items())
    if size > ENVIRONMENT_BYTES:
        _refuse_variables(
            config.name,
            "InvalidParameterValueException",
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit: they have {size} bytes",
            "put what is large into a parameter, a secret or a file of the package",
        )


def _refuse_variables(name: str, code: str, message: str, fix: str) -> None:
    rule: RuleId = "LAM-VARS-1"
    raise DeploymentRefusedError(name, code, message, rule=rule, fix=fix)


def _check_reserved(config: FunctionConfig, account_concurrency: int, free: int) -> None:
    """Refuse to reserve what the account has not, or what AWS keeps for the other functions (LAM-CONC-3)."""
    # An account that has less than AWS keeps unreserved has nothing to reserve; 0 takes nothing from it.
    least = min(UNRESERVED_MINIMUM, account_concurrency)
    unreserved = free - (config.reserved_concurrency or 0)
    if config.reserved_concurrency and unreserved < least:
        most = max(0, config.reserved_concurrency - (least - unreserved))
        raise DeploymentRefusedError(
            config.name,
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{least}].",
            rule="LAM-CONC-3",
            fix=(f"reserve at most {most}" if most else "reserve nothing")
            + f", or have the account's quota of {account_concurrency} raised",
        )


def check_provisioned(config: FunctionConfig, wanted: Provisioned, account_concurrency: int, free: int) -> None:
    """Refuse environments that Lambda would not keep ready (LAM-PROV-3).

    Args:
        config: the function.
        wanted: what is asked for.
        account_concurrency: concurrent executions of its account.
        free: how many of them no function has for itself.

    Raises:
        DeploymentRefusedError: with AWS's code and message.
    """
    version = config.qualifiers.get(wanted.named, LATEST_VERSION)
    reserved = config.reserved_concurrency
    least = min(UNRESERVED_MINIMUM, account_concurrency)
    if version == LATEST_VERSION:
        message = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        fix = f"set publish of {config.name}, and name its version or an alias of it as qualifier"
    elif reserved is not None and wanted.executions > reserved:
        message = (
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
        )
        fix = f"set provisionedConcurrentExecutions to {reserved} at most, or reserve more for {config.name}"
    elif reserved is None and free - wanted.executions < least:
        message = (
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
            f"minimum value of [{least}]."
        )
        most = free - least
        fix = f"set provisionedConcurrentExecutions to {most} at most" if most > 0 else f"leave {wanted.resource} out"
        fix += f", or have the account's quota of {account_concurrency} raised"
    else:
        return
    raise DeploymentRefusedError(wanted.resource, "InvalidParameterValueException", message, rule="LAM-PROV-3", fix=fix)
