from __future__ import annotations

from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.figures import Interval
from delivery_lab.results.intervals import intervals_of
from tests.lab_support import outcome

RULE = "ESM-THROTTLE-3"


def test_figures_that_an_assumption_moves_lie_between_the_least_and_the_most_seen() -> None:
    model, other = outcome("concurrency-trap"), outcome("concurrency-tuned")

    found = intervals_of(model, [(RULE, model), ("ESM-ERROR-2", other), (RULE, other)])

    assert found["messages.healthyDeadLettered"] == Interval(low=0, high=30, assumption=f"ESM-ERROR-2, {RULE}")
    assert found["messages.processed"] == Interval(low=100, high=130, assumption=f"ESM-ERROR-2, {RULE}")
    assert "messages.sent" not in found


def test_a_run_that_leans_on_no_range_has_none() -> None:
    assert intervals_of(outcome("concurrency-trap"), []) == {}


def test_conclusions_say_between_which_values_a_figure_lies_also_where_it_is_0() -> None:
    ranged = outcome("concurrency-capped").model_copy(
        update={
            "intervals": {
                "messages.healthyDeadLettered": Interval(low=0, high=20, assumption=RULE),
                "messages.processed": Interval(low=110, high=130, assumption=RULE),
            }
        }
    )

    assert conclusion(ranged) == (
        "0 (0 to 20) healthy messages end in the dead-letter queue; 130 (110 to 130) of 130 are processed once."
    )
