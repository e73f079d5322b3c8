from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components.settings import SECTIONS, Problem, Settings, SettingsError, load_settings
from tests.components.world import deploy


def _load(config: dict[str, Any], *, stack: str = "mine") -> Settings:
    loaded: list[Settings] = []
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    deploy(lambda: loaded.append(load_settings()), config=texts, stack=stack)
    return loaded[0]


def _refused(config: dict[str, Any], *, stack: str = "mine") -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        _load(config, stack=stack)
    return caught.value


def _batch(**parts: Any) -> dict[str, Any]:
    return {"delivery-lab:batch": parts}


def test_an_empty_section_takes_every_default() -> None:
    settings = _load(_batch())
    assert settings.batch is not None
    assert settings.batch.effective() == {
        "queue": {
            "visibilityTimeoutSeconds": 180,
            "maxReceiveCount": 5,
            "retentionSeconds": 345_600,
            "delaySeconds": 0,
            "receiveWaitTimeSeconds": 20,
            "maximumMessageBytes": 1_048_576,
            "fifo": False,
        },
        "deadLetterQueue": {"retentionSeconds": 1_209_600},
        "producer": {"timeoutSeconds": 29, "memoryMb": 256, "logRetentionDays": 30},
        "worker": {
            "timeoutSeconds": 30,
            "memoryMb": 256,
            "logRetentionDays": 30,
            "batchSize": 10,
            "maximumBatchingWindowSeconds": 0,
            "reportBatchItemFailures": True,
            "filters": [],
            "enabled": True,
            "onRecordError": "report",
            "retry": {"nonRetryable": "fail", "backoff": False},
            "idempotency": {"mode": "none", "expiresAfterSeconds": 2_592_000},
        },
        "api": {"authorization": "iam", "throttling": {"burstLimit": 100, "rateLimit": 50.0}},
        "alarms": {"enabled": True},
    }


@pytest.mark.parametrize(
    ("worker", "visibility_timeout_seconds"),
    [
        ({"timeoutSeconds": 5}, 30),
        ({"timeoutSeconds": 5, "maximumBatchingWindowSeconds": 20}, 50),
        ({"timeoutSeconds": 900, "maximumBatchingWindowSeconds": 300}, 5700),
    ],
)
def test_the_visibility_timeout_left_out_follows_timeout_and_window(
    worker: dict[str, int], visibility_timeout_seconds: int
) -> None:
    batch = _load(_batch(worker=worker, queue={"maxReceiveCount": 2})).batch
    assert batch is not None
    assert batch.queue.visibility_timeout_seconds == visibility_timeout_seconds
    assert batch.queue.max_receive_count == 2


def test_a_visibility_timeout_given_is_kept_even_when_it_equals_the_function_s_timeout() -> None:
    batch = _load(_batch(worker={"timeoutSeconds": 5}, queue={"visibilityTimeoutSeconds": 5})).batch
    assert batch is not None
    assert batch.queue.visibility_timeout_seconds == 5


def test_an_error_names_file_key_value_bound_and_fix() -> None:
    error = _refused(_batch(worker={"batchSize": 20_000}))
    assert str(error) == (
        "stacks/Pulumi.mine.yaml: 1 setting cannot be used\n"
        "  delivery-lab:batch.worker.batchSize = 20000: must be a whole number from 1 to 10000 "
        "(BatchSize of an SQS event source mapping)\n"
        "    fix: set it to 10000 or less"
    )
    assert isinstance(error, pulumi.RunError)
    assert error.problems == (
        Problem(
            ("delivery-lab:batch", "worker", "batchSize"),
            20_000,
            "must be a whole number from 1 to 10000 (BatchSize of an SQS event source mapping)",
            "set it to 10000 or less",
        ),
    )
    assert error.problems[0].key == "delivery-lab:batch.worker.batchSize"


def test_both_sections_of_a_stack_are_read() -> None:
    settings = _load({"delivery-lab:batch": {}, "delivery-lab:visibility": {"worker": {"batchSize": 3}}})
    assert settings.batch is not None
    assert settings.visibility is not None
    assert settings.visibility.worker.batch_size == 3


def test_problems_of_all_sections_come_at_once() -> None:
    error = _refused({"delivery-lab:batch": {"x": 1}, "delivery-lab:visibility": {"y": 1}})
    assert [problem.key for problem in error.problems] == ["delivery-lab:batch.x", "delivery-lab:visibility.y"]


def test_the_file_of_a_stack_with_a_slash_in_its_name() -> None:
    assert _refused(_batch(x=1), stack="team/a").stack_file == "stacks/Pulumi.team-a.yaml"


def test_all_problems_come_at_once() -> None:
    error = _refused(_batch(queue={"delaySeconds": -1}, worker={"memoryMb": "256"}, api={"authorization": "key"}))
    assert {problem.key for problem in error.problems} == {
        "delivery-lab:batch.queue.delaySeconds",
        "delivery-lab:batch.worker.memoryMb",
        "delivery-lab:batch.api.authorization",
    }
    assert str(error).startswith("stacks/Pulumi.mine.yaml: 3 settings cannot be used\n")


BOUNDS = [
    ("queue", "visibilityTimeoutSeconds", 0, 43_200),
    ("queue", "maxReceiveCount", 1, 1000),
    ("queue", "retentionSeconds", 60, 1_209_600),
    ("queue", "delaySeconds", 0, 900),
    ("queue", "receiveWaitTimeSeconds", 0, 20),
    ("queue", "maximumMessageBytes", 1024, 1_048_576),
    ("deadLetterQueue", "retentionSeconds", 60, 1_209_600),
    ("producer", "timeoutSeconds", 1, 30),
    ("worker", "timeoutSeconds", 1, 900),
    ("worker", "memoryMb", 128, 10_240),
    ("worker", "batchSize", 1, 10_000),
    ("worker", "maximumBatchingWindowSeconds", 0, 300),
    ("worker", "maximumConcurrency", 2, 1000),
]


@pytest.mark.parametrize(("part", "key", "least", "most"), BOUNDS)
def test_aws_s_bounds(part: str, key: str, least: int, most: int) -> None:
    for value, fix in ((least - 1, f"set it to {least} or more"), (most + 1, f"set it to {most} or less")):
        problem = _refused(_batch(**{part: {key: value}})).problems[0]
        assert problem.key == f"delivery-lab:batch.{part}.{key}"
        assert problem.value == value
        assert problem.message.startswith(f"must be a whole number from {least} to {most} (")
        assert problem.fix == fix


@pytest.mark.parametrize(("part", "key", "least", "most"), BOUNDS)
def test_the_bounds_themselves_are_inside(part: str, key: str, least: int, most: int) -> None:
    for value in (least, most):
        parts: dict[str, dict[str, int]] = {part: {key: value}}
        worker = parts.setdefault("worker", {})
        worker.setdefault("timeoutSeconds", 1)
        worker.setdefault("maximumBatchingWindowSeconds", 1)
        queue = parts.setdefault("queue", {})
        queue.setdefault("visibilityTimeoutSeconds", 900)
        queue.setdefault("retentionSeconds", 60)
        if (part, key, value) in {
            ("queue", "visibilityTimeoutSeconds", 0),
            ("deadLetterQueue", "retentionSeconds", 60),
        }:
            continue  # in range, but at odds with another setting: the rules below have tests of their own
        assert _load(_batch(**parts)).batch is not None


@pytest.mark.parametrize(
    ("parts", "key", "message", "fix"),
    [
        (
            {"worker": {"reservedConcurrency": -1}},
            "worker.reservedConcurrency",
            "must be a whole number from 0 (ReservedConcurrentExecutions of a Lambda function)",
            "set it to 0 or more",
        ),
        (
            {"worker": {"batchSize": "10"}},
            "worker.batchSize",
            "must be a whole number from 1 to 10000 (BatchSize of an SQS event source mapping)",
            "use such a whole number, without quotes",
        ),
        (
            {"worker": {"batchSize": True}},
            "worker.batchSize",
            "must be a whole number from 1 to 10000 (BatchSize of an SQS event source mapping)",
            "use such a whole number, without quotes",
        ),
        (
            {"worker": {"enabled": "yes"}},
            "worker.enabled",
            "must be true or false (Enabled of an event source mapping)",
            "write true or false, without quotes",
        ),
        (
            {"worker": {"onRecordError": "ignore"}},
            "worker.onRecordError",
            "must be one of report, raise, delete-and-raise (what the function does with records that failed)",
            "use one of them",
        ),
        (
            {"worker": {"filters": {"body": ["x"]}}},
            "worker.filters",
            "must be a list of objects with 10 entries at most (FilterCriteria.Filters of an event source mapping)",
            "write a YAML list of such objects",
        ),
        (
            {"worker": {"filters": ["body"]}},
            "worker.filters[0]",
            "must be an object",
            "write keys and values here, or remove the entry",
        ),
        (
            {"worker": {"filters": [{"body": {"kind": "order"}}]}},
            "worker.filters[0].body.kind",
            "an event filter pattern is an object whose leaves are arrays of the values to match",
            'write a list, such as {"body": {"kind": ["order"]}}',
        ),
        (
            {"worker": {"filters": [{"body": {"kind": ["x" * 4096]}}]}},
            "worker.filters[0]",
            "a filter pattern has 4096 characters at most as compact JSON, this one 4118",
            "shorten it, or split it into several patterns (a message that matches one of them is kept)",
        ),
        (
            {"api": {"throttling": {"rateLimit": 0}}},
            "api.throttling.rateLimit",
            "must be a number above 0 (ThrottlingRateLimit of an HTTP API stage, in requests/s)",
            "set it above 0",
        ),
        (
            {"api": "iam"},
            "api",
            "must be an object",
            "give it keys of: authorization, throttling",
        ),
        (
            {"worker": {"batchsize": 1}},
            "worker.batchsize",
            "unknown key",
            (
                "did you mean batchSize? known keys here: batchSize, enabled, filters, idempotency, "
                "keepGroupOrder, logRetentionDays, maximumBatchingWindowSeconds, maximumConcurrency, memoryMb, "
                "onRecordError, provisionedPollers, reportBatchItemFailures, reservedConcurrency, retry, timeoutSeconds"
            ),
        ),
        (
            {"zzz": 1},
            "zzz",
            "unknown key",
            "remove it; known keys here: alarms, api, deadLetterQueue, producer, queue, worker",
        ),
        (
            {"worker": {"timeoutSeconds": 60}, "queue": {"visibilityTimeoutSeconds": 30}},
            "queue.visibilityTimeoutSeconds",
            (
                "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds "
                "(AWS refuses such an event source mapping)"
            ),
            (
                "set it to 60 or more; 360 (6 x timeout + batching window) is what AWS advises and the default when "
                "the key is left out"
            ),
        ),
        (
            {"worker": {"batchSize": 11}},
            "worker.maximumBatchingWindowSeconds",
            (
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10 "
                "(batchSize is 11; AWS refuses such an event source mapping)"
            ),
            "set it to 1 or more, or batchSize to 10 or less (on a FIFO queue only the latter is possible)",
        ),
        (
            {"deadLetterQueue": {"retentionSeconds": 345_600}},
            "deadLetterQueue.retentionSeconds",
            (
                "must be above the retention of the source queue (345600 s): a message keeps its age when it moves to "
                "the dead-letter queue, and would expire there early"
            ),
            "leave it out (1209600, 14 days), or set it above 345600",
        ),
    ],
)
def test_what_is_refused_and_how_it_is_put_right(parts: dict[str, Any], key: str, message: str, fix: str) -> None:
    problems = _refused(_batch(**parts)).problems
    assert [(problem.key, problem.message, problem.fix) for problem in problems] == [
        (f"delivery-lab:batch.{key}", message, fix)
    ]


def test_a_source_that_keeps_messages_for_the_longest_time_leaves_its_dlq_the_same_time() -> None:
    batch = _load(_batch(queue={"retentionSeconds": 1_209_600})).batch
    assert batch is not None
    assert batch.dead_letter_queue.retention_seconds == 1_209_600


def test_a_section_that_is_no_object() -> None:
    error = _refused({"delivery-lab:batch": "yes please"})
    assert str(error) == (
        "stacks/Pulumi.mine.yaml: 1 setting cannot be used\n"
        '  delivery-lab:batch = "yes please": must be an object\n'
        "    fix: give it keys of: alarms, api, deadLetterQueue, producer, queue, worker"
    )


def test_long_values_are_cut_in_messages() -> None:
    error = _refused(_batch(worker={"onRecordError": "x" * 500}))
    assert f'onRecordError = "{"x" * 119}...: must be one of' in str(error)


def test_a_stack_without_a_section_is_refused() -> None:
    error = _refused({"aws:region": "eu-west-1"})
    assert error.problems[0].message == "the stack has no section, so there is nothing to deploy"
    assert error.problems[0].fix.startswith("add one of: delivery-lab:batch")
    assert error.problems[0].key == "delivery-lab"


def test_an_unknown_section_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"delivery-lab:bacth": '{"worker": {}}', "aws:region": "x"}))
    problem = _refused(_batch()).problems[0]
    assert (problem.key, problem.value, problem.message) == (
        "delivery-lab:bacth",
        {"worker": {}},
        "unknown section",
    )
    assert problem.fix == f"did you mean batch? known keys here: {', '.join(sorted(SECTIONS))}"
