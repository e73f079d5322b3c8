"""Control passes from the hub to a function's code and back, with everything that either has of its own.

Code can leave its process in a state in which no further function could be called: a limit of recursion that is
reached, a trace function that raises. Such things are put right first, in place, before anything is called.
"""

from __future__ import annotations

import sys
from asyncio import events
from collections.abc import Callable
from typing import Any

from delivery_lab.handlers.fibers import Fiber, FiberEnvironment
from delivery_lab.handlers.stall import StallAlarm

# By names of this module: code of functions can take them out of theirs.
_running_loop, _set_running_loop = events._get_running_loop, events._set_running_loop
_limit, _set_limit = sys.getrecursionlimit, sys.setrecursionlimit
_trace, _set_trace, _profile, _set_profile = sys.gettrace, sys.settrace, sys.getprofile, sys.setprofile
_Anything = BaseException


class ChangingPlaces:
    """Lets fibers run.

    Args:
        alarm: is told which fiber has control.
        deliver_lines: passes on what the fiber has written.
    """

    def __init__(self, alarm: StallAlarm, deliver_lines: Callable[[], None]) -> None:
        self._alarm = alarm
        self._deliver_lines = deliver_lines

    def run(self, fiber: Fiber, value: Any) -> None:
        """Put the world of a fiber in place, let it run, and put the host's world back.

        Args:
            fiber: which to let run.
            value: what it waited for.
        """
        state = fiber.environment.state
        hubs_loop = _running_loop()
        hubs_limit, hubs_trace, hubs_profile = _limit(), _trace(), _profile()
        state.enter()
        _set_running_loop(fiber.running_loop)
        self._alarm.arm(fiber)
        if fiber.traced is not None:
            _set_trace(fiber.traced[0])
            _set_profile(fiber.traced[1])
        try:
            fiber.switch(value) if fiber else fiber.switch()
        finally:
            try:  # a profiler is told of these calls, and may raise; then it is no longer there
                traced = (_trace(), _profile())
            except _Anything:
                traced = (_trace(), _profile())
            if traced != (hubs_trace, hubs_profile):
                fiber.traced = traced
                _set_profile(None)
                _set_trace(hubs_trace)
                _set_profile(hubs_profile)
            limit = _limit()
            if limit != hubs_limit:
                _set_limit(hubs_limit)
                fiber.environment.recursion_limit = limit
            fiber.running_loop = _running_loop()
            _set_running_loop(hubs_loop)
            self.leave_behind(fiber)

    def leave_behind(self, fiber: Fiber) -> None:
        """Put the host's world back in place of a fiber's."""
        self._alarm.disarm()
        fiber.environment.state.leave()
        self._deliver_lines()


def with_own(handler: Callable[[Any, Any], Any], environment: FiberEnvironment) -> Callable[[Any, Any], Any]:
    """A handler, with what its code has made of Python in place while it runs, and no longer."""
    names = environment.state.names

    def handle(event: Any, context: Any) -> Any:
        names.put_in_place()
        if environment.recursion_limit:
            _set_limit(environment.recursion_limit)
        try:
            return handler(event, context)
        finally:
            limit = _limit()  # in place, and first of all: nothing might be called any more
            _set_limit(environment.hosts_limit)
            environment.recursion_limit = 0 if limit == environment.hosts_limit else limit
            names.set_aside()

    return handle


def take_limit(environment: FiberEnvironment) -> None:
    """Keep how deep an environment's code may recurse; the lab may as deep as before."""
    limit = _limit()
    _set_limit(environment.hosts_limit)
    environment.recursion_limit = 0 if limit == environment.hosts_limit else limit
