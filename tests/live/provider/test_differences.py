from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab import resource_types
from delivery_lab.live.provider.catalog import TYPES
from delivery_lab.live.provider.differences import compare
from delivery_lab.program.graph import UNKNOWN

QUEUE, MAPPING = TYPES[resource_types.QUEUE], TYPES[resource_types.MAPPING]

values = st.recursive(
    st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(MAPPING.settings)), values))
def test_the_same_inputs_change_nothing(inputs: dict[str, Any]) -> None:
    plan = compare(MAPPING, inputs, inputs, inputs)
    assert (plan.changed, plan.replaces, plan.paths) == (frozenset(), frozenset(), {})


@given(
    st.dictionaries(st.sampled_from(sorted(MAPPING.settings)), values),
    st.dictionaries(st.sampled_from(sorted(MAPPING.settings)), values),
)
def test_every_changed_input_has_a_path_and_no_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    plan = compare(MAPPING, old, {}, new)
    tops = {path.partition(".")[0].partition("[")[0] for path in plan.paths}
    assert tops == plan.changed
    assert plan.replaces == plan.changed & MAPPING.replaces


def test_paths_lead_to_what_changes() -> None:
    old = {"scalingConfig": {"maximumConcurrency": 3}, "filterCriteria": {"filters": [{"pattern": "a"}]}}
    new = {
        "scalingConfig": {"maximumConcurrency": 5},
        "filterCriteria": {"filters": [{"pattern": "a"}, {"pattern": "b"}]},
        "batchSize": 1,
    }
    assert compare(MAPPING, old, {}, new).paths == {
        "batchSize": "add",
        "filterCriteria.filters[1]": "add",
        "scalingConfig.maximumConcurrency": "update",
    }


def test_an_input_that_is_taken_away_is_deleted() -> None:
    assert compare(MAPPING, {"scalingConfig": {"maximumConcurrency": 3}}, {}, {}).paths == {"scalingConfig": "delete"}


def test_what_is_not_known_yet_may_change() -> None:
    assert compare(QUEUE, {"redrivePolicy": "{}"}, {}, {"redrivePolicy": UNKNOWN}).changed == {"redrivePolicy"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"redrivePolicy": '{"a": 1, "b": 2}'}, {"redrivePolicy": '{"b":2,"a":1}'}),
        ({}, {"visibilityTimeoutSeconds": 30}),
        ({"visibilityTimeoutSeconds": 30}, {}),
    ],
)
def test_what_is_the_same_to_aws_is_no_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert compare(QUEUE, old, {"visibilityTimeoutSeconds": 30}, new).changed == frozenset()


def test_true_is_not_one() -> None:
    assert compare(MAPPING, {"enabled": True}, {}, {"enabled": 1}).changed == {"enabled"}


KEPT = {"destinationConfig": {"onFailure": {"destinationArn": "arn"}}, "maximumRetryAttempts": 3}


def test_an_update_leaves_an_input_that_pulumi_aws_calls_computed() -> None:
    old = {**KEPT, "startingPosition": "LATEST", "batchSize": 10}
    plan = compare(MAPPING, old, {}, {"startingPosition": "LATEST", "batchSize": 5})
    assert plan.paths == {"batchSize": "update"}


def test_a_replacement_leaves_nothing() -> None:
    plan = compare(MAPPING, {**KEPT, "startingPosition": "LATEST"}, {}, {"startingPosition": "TRIM_HORIZON"})
    assert plan.paths == {"destinationConfig": "delete", "maximumRetryAttempts": "update", "startingPosition": "update"}
    assert plan.replaces == {"startingPosition"}


def test_a_default_that_was_left_out_and_is_said_now_changes_nothing() -> None:
    assert compare(MAPPING, {}, {}, {"bisectBatchOnFunctionError": False}).changed == frozenset()
    # What a resource really has comes before what is usual.
    state = {"bisectBatchOnFunctionError": True}
    assert compare(MAPPING, {}, state, {"bisectBatchOnFunctionError": False}).changed == {"bisectBatchOnFunctionError"}
