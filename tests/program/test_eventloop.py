"""The event loop of one run: what becomes of Ctrl-C while the SDK is at work."""

from __future__ import annotations

import asyncio
import signal

import pytest

from delivery_lab.program.eventloop import run_to_end


class _Collected:
    """Ctrl-C is pressed while the garbage collector is at work, where exceptions are ignored."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_an_interrupt_stops_a_loop_that_waits_for_ever() -> None:
    async def wait() -> None:
        found = [_Collected()]
        found.clear()
        await asyncio.get_running_loop().create_future()

    with pytest.raises(KeyboardInterrupt):
        run_to_end(wait)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_ends_a_program_that_does_not_give_control_back() -> None:
    async def spin() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the program went on")

    with pytest.raises(KeyboardInterrupt):
        run_to_end(spin)
