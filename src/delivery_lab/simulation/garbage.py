"""Python's garbage collector during a run.

It is generational: what has survived is looked at more rarely. A run makes objects by the hundred thousand of which
almost none dies before its end, beside half a million of imported packages that never die. So what the collector does
by default is wrong here by a factor: it would look through all of them again and again.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rare_garbage_collection() -> Iterator[None]:
    """Keep the garbage collector to what a run makes, let it look less often, and have the run take its garbage along.

    Half a million objects of imported packages are no garbage, and neither are the events of a run, which only ever
    become more; looking through them again and again takes a third of the time. What is left of a run when it is over
    is full of cycles. It goes before it is mixed up with the older objects, so many runs need no more memory than one.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.collect()
        gc.unfreeze()
