from __future__ import annotations

import gc
import queue
import sys
import threading

import pytest

from tests.handlers.world import World


def test_threads_run_side_by_side_in_virtual_time(world: World) -> None:
    assert world.run_code(
        """
        import threading, time
        def handler(event, context):
            ended = []
            def work(n):
                time.sleep(n)
                ended.append((n, time.monotonic(), threading.current_thread().name))
            threads = [threading.Thread(target=work, args=(n,), name=f"t{n}") for n in (3, 1, 2)]
            for thread in threads: thread.start()
            alive = [thread.is_alive() for thread in threads]
            for thread in threads: thread.join()
            return [ended, alive, [t.is_alive() for t in threads], threading.active_count(),
                    len({t.ident for t in threads})]
        """
    ) == [[[1, 1.25, "t1"], [2, 2.25, "t2"], [3, 3.25, "t3"]], [True] * 3, [False] * 3, 1, 3]


def test_event_and_timer(world: World) -> None:
    assert world.run_code(
        """
        import threading, time
        def handler(event, context):
            done = threading.Event()
            timer = threading.Timer(5, done.set); timer.start()
            first = done.wait(2), time.monotonic()
            second = done.wait(60), time.monotonic()
            late = threading.Timer(5, print); late.start(); late.cancel(); late.join()
            return [first, second, time.monotonic()]
        """
    ) == [[False, 2.25], [True, 5.25], 5.25]


def test_locks_are_handed_over_in_order_and_waits_end(world: World) -> None:
    assert world.run_code(
        """
        import threading, time
        def handler(event, context):
            lock, order = threading.Lock(), []
            def work(n):
                with lock:
                    order.append((n, time.monotonic()))
                    time.sleep(1)
            threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
            for thread in threads: thread.start()
            got = lock.acquire(timeout=0.5), lock.acquire(blocking=False), lock.locked(), time.monotonic()
            for thread in threads: thread.join()
            errors = []
            for call in (lock.release, lambda: lock.acquire(False, 3), lambda: lock.acquire(True, -3)):
                try: call()
                except (RuntimeError, ValueError) as error: errors.append(str(error))
            return [order, got, errors]
        """
    ) == [
        [[0, 0.25], [1, 1.25], [2, 2.25]],
        [False, False, True, 0.75],
        ["release unlocked lock", "can't specify a timeout for a non-blocking call", "timeout value must be positive"],
    ]  # fmt: skip


def test_rlock_condition_semaphore_barrier(world: World) -> None:
    assert world.run_code(
        """
        import threading, time
        from threading import Barrier, BoundedSemaphore, Condition, RLock
        def handler(event, context):
            lock, log = RLock(), []
            with lock, lock: log.append("twice")
            condition, barrier, seats = Condition(), Barrier(2), BoundedSemaphore(2)
            def waiter():
                with condition:
                    log.append(condition.wait(10))
                barrier.wait()
                log.append(("met", time.monotonic()))
            thread = threading.Thread(target=waiter); thread.start()
            time.sleep(1)
            with condition: condition.notify()
            time.sleep(1)
            barrier.wait(); thread.join()
            def sit():
                with seats: time.sleep(1)
            began = time.monotonic()
            people = [threading.Thread(target=sit) for _ in range(5)]
            for one in people: one.start()
            for one in people: one.join()
            return [log, time.monotonic() - began]
        """
    ) == [["twice", True, ["met", 2.25]], 3.0]


def test_thread_local_data_also_of_subclasses(world: World) -> None:
    assert world.run_code(
        """
        import threading
        class Numbered(threading.local):
            made = 0
            def __init__(self, start):
                Numbered.made += 1
                self.value = start
        plain, numbered = threading.local(), Numbered(10)
        def handler(event, context):
            plain.value, numbered.value, seen = "main", 11, []
            def work():
                seen.append((hasattr(plain, "value"), numbered.value))
                plain.value = "thread"
            thread = threading.Thread(target=work); thread.start(); thread.join()
            return [plain.value, numbered.value, seen, Numbered.made]
        """
    ) == ["main", 11, [[False, 10]], 2]


def test_queues(world: World) -> None:
    assert world.run_code(
        """
        import queue, threading, time
        def handler(event, context):
            result = []
            for kind in (queue.Queue, queue.SimpleQueue, queue.PriorityQueue):
                items, got = kind(), []
                def consume():
                    while (item := items.get()) is not None and item < 9:
                        got.append((item, round(time.monotonic() - began, 3)))
                began = time.monotonic()
                thread = threading.Thread(target=consume); thread.start()
                for n in (1, 2): time.sleep(1); items.put(n)
                items.put(9); thread.join()
                try: items.get(timeout=3)
                except queue.Empty: result.append((got, round(time.monotonic() - began, 3)))
            small = queue.Queue(1); small.put(1)
            try: small.put(2, timeout=4)
            except queue.Full: result.append("full")
            return result
        """
    ) == [[[[1, 1.0], [2, 2.0]], 5.0]] * 3 + ["full"]


def test_executors(world: World) -> None:
    assert world.run_code(
        """
        import time
        import concurrent.futures
        from concurrent.futures import ThreadPoolExecutor, as_completed, wait, FIRST_COMPLETED, TimeoutError
        kept = ThreadPoolExecutor(max_workers=2)
        def work(n):
            time.sleep(n)
            if n == 4: raise ValueError("four")
            return n
        def handler(event, context):
            began = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(3) as pool:
                order = [future.result() for future in as_completed([pool.submit(work, n) for n in (3, 1, 2)])]
            took = time.monotonic() - began
            futures = [kept.submit(work, n) for n in (1, 5)]
            done, rest = wait(futures, return_when=FIRST_COMPLETED)
            failed = kept.submit(work, 4).exception()
            try: kept.submit(work, 9).result(timeout=1)
            except TimeoutError: late = True
            return [order, took, len(done), len(rest), str(failed), late]
        """
    ) == [[1, 2, 3], 3.0, 1, 1, "four", True]


def test_as_completed_runs_out_of_time(world: World) -> None:
    """It waits for what is left until nothing is, so a wait that takes no time would go on for ever."""
    assert world.run_code(
        """
        import time
        from concurrent.futures import ThreadPoolExecutor, TimeoutError, as_completed
        def handler(event, context):
            pool, late = ThreadPoolExecutor(1), []
            futures = [pool.submit(time.sleep, 100)]
            for timeout in (0.1, 0.25, 1, 1e-9, 0):
                began = time.monotonic()
                try: list(as_completed(futures, timeout=timeout))
                except TimeoutError: late.append(round(time.monotonic() - began, 5))
            return late
        """
    ) == [0.1, 0.25, 1, 0, 0]  # fmt: skip


def test_polling_a_lock_or_a_queue_gets_on(world: World) -> None:
    assert world.run_code(
        """
        import queue, threading, time
        def handler(event, context):
            lock, box = threading.Lock(), queue.Queue()
            def work():
                with lock: time.sleep(0.00001)
                time.sleep(0.00001)
            thread = threading.Thread(target=work); thread.start(); time.sleep(0.000001)
            began = time.monotonic()
            while not lock.acquire(blocking=False): pass
            deadline = time.monotonic() + 0.00001
            event = threading.Event()
            while time.monotonic() < deadline: event.wait(0)
            return round(time.monotonic() - began, 6) < 0.0001
        """
    )


def test_waits_that_python_cannot_make(world: World) -> None:
    assert world.run_code(
        """
        import threading, time
        def handler(event, context):
            errors, lock = [], threading.Lock()
            lock.acquire()
            for call in (time.sleep, lambda secs: lock.acquire(timeout=secs), threading.Event().wait):
                for secs in (1e300, float("inf")):
                    try: call(secs)
                    except OverflowError as error: errors.append(str(error))
            return [len(errors), set(errors) == {"timestamp out of range for platform time_t"}, time.monotonic()]
        """
    ) == [6, True, 0.25]


def test_select_waits_in_virtual_time_and_sees_what_another_thread_writes(world: World) -> None:
    assert world.run_code(
        """
        import os, select, selectors, threading, time
        from multiprocessing.pool import ThreadPool
        def handler(event, context):
            began, result = time.monotonic(), []
            def note(value): result.append([value, round(time.monotonic() - began, 3)])
            select.select([], [], [], 2)
            note("slept")
            reading, writing = os.pipe()
            note(select.select([reading], [], [], 1)[0])
            threading.Timer(1, os.write, (writing, b"x")).start()
            note(select.select([reading], [], [])[0] == [reading])
            os.read(reading, 1)
            for kind in (selectors.DefaultSelector, selectors.PollSelector, selectors.SelectSelector):
                with kind() as files:
                    files.register(reading, selectors.EVENT_READ)
                    note(files.select(1))
                    threading.Timer(1, os.write, (writing, b"x")).start()
                    note(len(files.select(5)))
                    os.read(reading, 1)
            with ThreadPool(2) as pool:
                note(pool.map(lambda n: time.sleep(1) or n, range(4), chunksize=1))
            try: select.select([], [], [], -1)
            except ValueError as error: note(str(error))
            return result
        """
    ) == [
        ["slept", 2],
        [[], 3],
        [True, 4],
        *([[], 5], [1, 6], [[], 7], [1, 8], [[], 9], [1, 10]),
        [[0, 1, 2, 3], 12],
        ["timeout must be non-negative", 12],
    ]  # fmt: skip


def test_an_exception_in_a_thread_is_printed_and_harms_nobody(world: World) -> None:
    assert (
        world.run_code(
            """
        import threading, _thread, time
        def fail(): raise ValueError("in a thread")
        def handler(event, context):
            thread = threading.Thread(target=fail, name="t"); thread.start(); thread.join()
            _thread.start_new_thread(fail, ())
            time.sleep(1)
            return "fine"
        """
        )
        == "fine"
    )
    assert [text for text in world.text if text.startswith("ValueError")] == ["ValueError: in a thread"] * 2
    assert {line.request_id for line in world.lines} == {"r1"}


def test_a_deadlock_lasts_until_lambda_ends_it(world: World) -> None:
    function = world.function(
        """
        import threading
        lock = threading.Lock()
        def handler(event, context):
            lock.acquire()
            try:
                lock.acquire()
            finally:
                print("must not be seen")
        """
    )
    with world.host:
        environment = world.environment(function)
        world.start(environment)
        world.scheduler.at(3_000_000, environment.stop)
        world.scheduler.run()
    assert (world.answers, world.text, world.scheduler.now) == ([], [], 3_000_000)


def test_other_environments_threads_are_not_seen(world: World) -> None:
    function = world.function(
        """
        import threading, time
        def handler(event, context):
            thread = threading.Thread(target=time.sleep, args=(5,)); thread.start()
            time.sleep(1)
            names = [one.name for one in threading.enumerate()]
            thread.join()
            return names
        """
    )
    with world.host:
        for number in (1, 2):
            world.start(world.environment(function, number))
        world.scheduler.run()
    names = [response.payload for _, response in world.answers]
    assert names == ['["MainThread", "Thread-1 (sleep)"]'] * 2


def test_asyncio_runs_in_virtual_time_in_several_environments_at_once(world: World) -> None:
    function = world.function(
        """
        import asyncio, time
        async def job(n):
            await asyncio.sleep(n)
            return n
        async def main():
            began = time.monotonic()
            results = await asyncio.gather(job(3), job(1), asyncio.to_thread(time.sleep, 4))
            try:
                async with asyncio.timeout(2): await asyncio.sleep(60)
            except TimeoutError: results.append("timeout")
            return [results, time.monotonic() - began]
        def handler(event, context):
            return asyncio.run(main())
        """
    )
    with world.host:
        for number in (1, 2):
            world.start(world.environment(function, number))
        world.scheduler.run()
    assert [response.payload for _, response in world.answers] == ['[[3, 1, null, "timeout"], 6.0]'] * 2


def test_the_hosts_threads_stay_real(world: World) -> None:
    before = (threading.Lock, threading.local, threading.get_ident, queue.SimpleQueue, threading.Thread)
    with world.host:
        lock = threading.Lock()
        items: queue.SimpleQueue[int] = queue.SimpleQueue()

        def work() -> None:
            items.put(1)
            with lock:
                pass

        thread = threading.Thread(target=work)
        with lock:
            thread.start()
            assert items.get(timeout=5) == 1
        thread.join(5)
        assert not thread.is_alive()
    assert (threading.Lock, threading.local, threading.get_ident, queue.SimpleQueue, threading.Thread) == before


@pytest.mark.usefixtures("only_new_garbage")
def test_an_event_loop_that_is_left_open_or_stopped_in_the_middle_runs_nothing_more(world: World) -> None:
    function = world.function(
        """
        import asyncio
        loop = asyncio.new_event_loop()
        async def work(n):
            try: await asyncio.sleep(n)
            finally: print("finally", n)
        async def main():
            tasks = [asyncio.ensure_future(work(n)) for n in (1, 100)]
            await asyncio.sleep(2)
        def handler(event, context):
            if event: asyncio.run(work(500))
            loop.run_until_complete(main())
        """
    )
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        world.invoke(first)
        world.start(second, True)
        world.scheduler.at(world.scheduler.now + 10_000_000, second.stop)
        world.scheduler.run()
        first.stop()
    gc.collect()
    assert world.text == ["finally 1"]


def test_asyncio_in_threads_has_loops_of_its_own(world: World) -> None:
    assert world.run_code(
        """
        import asyncio, threading
        async def nap(n):
            await asyncio.sleep(n)
            return n
        def handler(event, context):
            results = []
            def work(n): results.append(asyncio.run(nap(n)))
            threads = [threading.Thread(target=work, args=(n,)) for n in (3, 1)]
            for thread in threads: thread.start()
            results.append(asyncio.run(nap(2)))
            for thread in threads: thread.join()
            return results
        """
    ) == [1, 2, 3]


def test_a_thread_can_import_a_shared_module_that_no_other_thread_has_imported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "netrc", raising=False)

    assert world.run_code(
        """
        import threading
        def handler(event, context):
            got = []
            def load():
                import netrc
                got.append(netrc.__name__)
            thread = threading.Thread(target=load)
            thread.start()
            thread.join()
            return got
        """
    ) == ["netrc"]
