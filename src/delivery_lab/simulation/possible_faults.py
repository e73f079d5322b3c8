"""Faults of a workload that cannot happen to what they name: refused by name, with what to write instead."""

from __future__ import annotations

from delivery_lab.errors import WorkloadError
from delivery_lab.model.account import Account
from delivery_lab.model.faults import FaultKind, InjectedFault


def refuse_impossible(fault: InjectedFault, account: Account, where: str) -> None:
    """Refuse what cannot happen to a function of this stack.

    Args:
        fault: the fault.
        account: what was deployed.
        where: file and line, for the message.

    Raises:
        WorkloadError: it cannot happen.
    """
    if fault.function is None:
        return
    if fault.kind is FaultKind.LATE_CLOCK and account.functions.configuration(fault.function).described:
        raise WorkloadError(
            f"{where}: {fault.function} is described by the workload, and has no code that reads a clock\n"
            "  fix: leave the fault lateClock out, or let the function's code run"
        )
    if fault.kind is FaultKind.PAUSE and not fault.preset:
        _refuse_pausing(fault.function, account, where)
    if fault.kind is FaultKind.RECREATED:
        _refuse_recreating(fault.function, account, where)


def _refuse_pausing(function: str, account: Account, where: str) -> None:
    mappings = (*account.mappings.values(), *account.record_mappings.values())
    if not any(mapping.config.function == function for mapping in mappings):
        raise WorkloadError(
            f"{where}: the kind pause stops the pollers of mappings, and no mapping feeds {function}\n"
            "  fix: write the kind throttle for a function that is not invoked for a while"
        )


def _refuse_recreating(function: str, account: Account, where: str) -> None:
    mappings = [each for each in account.record_mappings.values() if each.config.function == function]
    if any(mapping.recreation is not None for mapping in mappings):
        return
    reasons = [f"{mapping.config.name} {_goes_on(mapping.config)}" for mapping in mappings]
    if not reasons:
        reasons = ["it has no mapping of a stream or a topic, and a queue keeps what nobody reads"]
    raise WorkloadError(
        f"{where}: the kind recreated is for a mapping of a stream or topic that forgets where it was (STR-START-5, "
        f"STR-START-7); of {function}: {'; '.join(reasons)}\n"
        "  fix: write the kind pause for a mapping that goes on where it was (STR-START-4)"
    )


def _goes_on(config: object) -> str:
    """Why a mapping is not deleted and created again here."""
    if getattr(config, "consumer_group", None) is not None:
        return "has a consumer group of its own name, and a new mapping goes on where that is (KAF-GROUP-2)"
    return "has tumbling windows, whose state a new mapping does not have: that is not modelled"
