from __future__ import annotations

import datetime
import threading
import time
from typing import Any

import pytest

from delivery_lab.errors import ModelError
from delivery_lab.handlers import HandlerHost
from tests.handlers.world import World, WorldMaker


def test_every_clock_follows_the_sleep(world: World) -> None:
    result = world.run_code(
        """
        import datetime, os, time
        from time import clock_gettime, monotonic, perf_counter_ns, sleep

        CLOCKS = {
            "time": time.time, "time_ns": lambda: time.time_ns() / 1e9,
            "monotonic": monotonic, "monotonic_ns": lambda: time.monotonic_ns() / 1e9,
            "perf_counter": time.perf_counter, "perf_counter_ns": lambda: perf_counter_ns() / 1e9,
            "now": lambda: datetime.datetime.now().timestamp(),
            "aware": lambda: datetime.datetime.now(datetime.timezone.utc).timestamp(),
            "today": lambda: datetime.datetime.today().timestamp(),
            "clock": lambda: clock_gettime(time.CLOCK_MONOTONIC),
            "clock_ns": lambda: time.clock_gettime_ns(time.CLOCK_PROCESS_CPUTIME_ID) / 1e9,
            "clock of days": lambda: time.clock_gettime(time.CLOCK_REALTIME),
            "times": lambda: os.times().elapsed,
        }

        def handler(event, context):
            before = {name: read() for name, read in CLOCKS.items()}
            sleep(86400)
            time.sleep(0.5)
            after = {name: read() for name, read in CLOCKS.items()}
            return {name: round(after[name] - before[name], 4) for name in CLOCKS}
        """
    )
    assert result == dict.fromkeys(result, 86400.5)
    assert len(result) == 13


def test_the_date_is_that_of_virtual_time_in_utc(world: World) -> None:
    assert world.run_code(
        """
        import datetime, time, email.utils
        def handler(event, context):
            return [
                datetime.datetime.now().isoformat(), datetime.date.today().isoformat(), time.strftime("%H:%M %Z"),
                time.ctime(), time.asctime(), list(time.localtime()) == list(time.gmtime()),
            ]
        """
    ) == [
        "2026-01-01T00:00:00.250000", "2026-01-01", "00:00 UTC", "Thu Jan  1 00:00:00 2026",
        "Thu Jan  1 00:00:00 2026", True,
    ]  # fmt: skip


def test_a_function_may_have_a_time_zone(world: World) -> None:
    text = "import time\ndef handler(e, c): return time.strftime('%H:%M')"
    assert world.run_code(text, environment={"TZ": "Asia/Tokyo"}) == "09:00"
    assert time.tzname[0] != "JST"


def test_a_negative_sleep_is_refused_and_a_sleep_of_nothing_gets_on(world: World) -> None:
    assert world.run_code(
        """
        import time
        def handler(event, context):
            try:
                time.sleep(-1)
            except ValueError as error:
                message = str(error)
            before = time.time_ns()
            time.sleep(0)
            return [message, time.time_ns() - before]
        """
    ) == ["sleep length must be non-negative", 1000]


def test_host_code_and_other_threads_keep_real_time(world: World) -> None:
    real = time.time()
    seen = []

    def watch(*_: object) -> dict[str, Any]:
        thread = threading.Thread(target=lambda: seen.append(time.time()))
        thread.start()
        thread.join(5)
        seen.append(time.time())
        seen.append(datetime.datetime.now(datetime.UTC).timestamp())
        return {}

    world.answer = watch
    world.run_code("import boto3\ndef handler(e, c): boto3.client('sqs').list_queues()")
    assert len(seen) == 3
    assert all(real <= instant < real + 60 for instant in seen)


def test_a_shared_package_that_bound_sleep_sleeps_virtually(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    package = types.ModuleType("yaml.napping")
    package.__file__ = __import__("yaml").__file__
    exec("from time import sleep, monotonic\ndef nap():\n    sleep(3600)\n    return monotonic()", vars(package))
    monkeypatch.setitem(__import__("sys").modules, "yaml.napping", package)
    real = package.sleep
    assert world.run_code("import yaml.napping as n\ndef handler(e, c): return n.nap()") == 3600.25
    assert package.sleep is real


def test_nothing_of_it_is_left(world: World) -> None:
    names = ("sleep", "monotonic", "perf_counter", "time", "ctime")
    before = [getattr(time, name) for name in names]
    world.run_code("import time\ndef handler(e, c): time.sleep(1)")
    assert [getattr(time, name) for name in names] == before
    assert abs(time.time() - datetime.datetime.now(datetime.UTC).timestamp()) < 5
    assert datetime.datetime.now(datetime.UTC).year == time.gmtime().tm_year


def test_two_hosts_at_once_are_refused(world: World, make_world: WorldMaker) -> None:
    message = "handlers of another run are still in place; runs in one process come one after another"
    with world.host:
        with pytest.raises(ModelError, match=message):
            world.host.__enter__()
        other: HandlerHost = make_world().host
        with pytest.raises(ModelError, match=message):
            other.__enter__()


def test_a_host_outside_its_block_is_refused(world: World) -> None:
    function = world.function("def handler(e, c): ...")
    with pytest.raises(ModelError, match="the host of handlers is used outside its `with` block"):
        world.environment(function)
