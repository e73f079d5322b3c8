"""Threads take turns: a program and handlers change what belongs to the whole process while they run.

The working folder, `os.environ`, `sys.modules` and the clocks are there once for all threads. So a run or an evaluation
in one thread waits for that in another; within one thread they nest. Python's table of threads is among what belongs
to the process: while handlers run, no other thread may begin or end.
"""

from __future__ import annotations

import threading

TURN = threading.RLock()
"""Held by the thread whose program or handlers have the process."""
