"""The whole program under every stack file, against Pulumi's mocks."""

from __future__ import annotations

import json
import re
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from components.settings import SECTIONS, SettingsError
from tests.components.world import World, deploy

ROOT = Path(__file__).resolve().parent.parent
STACKS = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in ROOT.glob("stacks/Pulumi.*.yaml"))
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
EXPORTS = {"ApiEndpoint", "QueueUrl", "DlqUrl", "ProducerFunction", "WorkerFunction"}
QUEUE_FAMILIES = ("batch", "visibility")
PARTS = {
    "batch": {"queue", "dlq", "worker", "producer", "api", "mapping", "alarm-dlq", "alarm-age"},
    "visibility": {"queue", "dlq", "worker", "producer", "api", "mapping", "alarm-dlq", "alarm-age"},
    "stream": {"worker", "mapping", "alarm-iterator-age"},
    "kafka": {"cluster", "consumer", "mapping", "producer", "api", "brokers", "clients", "alarm-offset-lag"},
    "async": {"worker", "invoke-config", "failure", "alarm-failures"},
    "sync": {"caller", "callee", "api"},
    "apigateway": {"api", "api-stage", "queue", "dlq", "worker", "mapping", "alarm-dlq", "alarm-age"},
    "s3": {"bucket", "notification", "queue", "dlq", "worker", "mapping", "alarm-dlq", "alarm-age"},
    "eventbridge": {
        *("bus", "rule", "target", "queue", "dlq", "worker", "mapping"),
        *("alarm-dlq", "alarm-age"),
    },
    "pipe": {"stream", "pipe", "pipe-role", "queue", "dlq", "worker", "mapping", "alarm-dlq", "alarm-age"},
    "sns": {"topic", "subscription", "queue", "dlq", "undelivered", "worker", "mapping", "alarm-undelivered"},
}
"""What every stack of a family has, by the end of its name."""

ASYNC = {
    "async-default": (2, 21_600, ("none", "sqs", False), "none"),
    "async-none": (0, 21_600, ("none", "sqs", False), "none"),
    "async-bounded-age": (2, 90, ("none", "sqs", False), "none"),
    "async-destinations": (2, 21_600, ("sns", "sqs", True), "powertools"),
}
RETRY = {
    "sqs-swallow": {"nonRetryable": "swallow", "backoff": False},
    "sqs-park": {"nonRetryable": "park", "backoff": False},
    "sqs-backoff": {"nonRetryable": "fail", "backoff": True},
}
BATCH = {
    "batch-partial": {"batchSize": 10, "reportBatchItemFailures": True, "onRecordError": "report"},
    "batch-all-or-nothing": {"batchSize": 10, "reportBatchItemFailures": False, "onRecordError": "raise"},
    "batch-unreported": {"batchSize": 10, "reportBatchItemFailures": False, "onRecordError": "report"},
    "batch-single": {"batchSize": 1, "reportBatchItemFailures": True, "onRecordError": "report"},
    "batch-manual-delete": {"batchSize": 10, "reportBatchItemFailures": False, "onRecordError": "delete-and-raise"},
}

VISIBILITY = {
    "visibility-heartbeat": (5, {"enabled": True, "failing": False}, "check-then-put"),
    "visibility-short": (5, {"enabled": False, "failing": False}, "check-then-put"),
    "visibility-heartbeat-fails": (5, {"enabled": True, "failing": True}, "check-then-put"),
    "visibility-unconditional": (5, {"enabled": False, "failing": False}, "unconditional"),
    "visibility-powertools": (5, {"enabled": False, "failing": False}, "powertools"),
    "visibility-safe": (180, {"enabled": False, "failing": False}, "check-then-put"),
}

FED: dict[str, dict[str, dict[str, object]]] = {
    "sns-sqs-filter": {"subscription": {"filterPolicyScope": "MessageAttributes"}},
    "sns-sqs-filter-safe": {"subscription": {"filterPolicyScope": "MessageBody"}},
    "sns-sqs-raw": {"subscription": {"rawMessageDelivery": True}, "worker": {"body": "envelope"}},
    "apigateway-sqs": {"api": {"encodeBody": False, "tellErrors": False}},
    "apigateway-sqs-safe": {"api": {"encodeBody": True, "tellErrors": True}},
    "eventbridge-sqs": {"target": {"maximumRetryAttempts": 2, "deadLetterQueue": False}},
    "eventbridge-sqs-safe": {"target": {"maximumRetryAttempts": 185, "deadLetterQueue": True}},
    "pipe-sqs": {"pipe": {"maximumRetryAttempts": -1, "onPartialBatchItemFailure": "none", "deadLetterQueue": False}},
    "pipe-sqs-safe": {"pipe": {"maximumRetryAttempts": 3, "onPartialBatchItemFailure": "AUTOMATIC_BISECT"}},
    "s3-sqs": {"worker": {"testEvent": "fail", "decodeKeys": False, "onRecordError": "raise"}},
    "s3-sqs-safe": {"worker": {"testEvent": "skip", "decodeKeys": True, "onRecordError": "report"}},
    "sns-sqs-raw-safe": {"subscription": {"rawMessageDelivery": True}, "worker": {"body": "message"}},
}
"""What variants differ in whose queue something else feeds."""


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@cache
def _config(stack: str) -> dict[str, Any]:
    config = yaml.safe_load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text())["config"]
    assert isinstance(config, dict)
    return config


def _run(config: dict[str, Any], *, stack: str = "mine", preview: bool = True, world: World | None = None) -> World:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}

    def program() -> None:
        runpy.run_path("__main__.py", run_name="__main__")

    return deploy(program, config=texts, stack=stack, preview=preview, world=world)


@cache
def _of(stack: str) -> World:
    """The program under the file of one of our stacks: what it registers, which no test changes."""
    return _run(_config(stack), stack=stack)


def _family(stack: str) -> str:
    """The section that a stack has, which its resources are named after."""
    (family,) = [name for name in SECTIONS if f"delivery-lab:{name}" in _config(stack)]
    return family


def _has_queue_for_failures(stack: str) -> bool:
    return stack not in ("stream-default", "msk-default")


def _expected_exports(stack: str) -> set[str]:
    if _family(stack) not in ("stream", "kafka"):
        return EXPORTS
    failures = {"DlqUrl"} if _has_queue_for_failures(stack) else set()
    if _family(stack) == "kafka":
        return {"ApiEndpoint", "ClusterArn", "ProducerFunction", "TopicName", "WorkerFunction", *failures}
    return {"TableName" if stack == "dynamodb-stream" else "StreamName", "WorkerFunction", *failures}


OF_QUEUES = [stack for stack in STACKS if _family(stack) in QUEUE_FAMILIES]


@pytest.mark.parametrize("stack", OF_QUEUES)
def test_every_stack_exports_what_users_need(stack: str) -> None:
    outputs = _of(stack).outputs
    family = _family(stack)
    assert set(outputs) == _expected_exports(stack)
    expected = {
        "ApiEndpoint": f"https://{family}-api.test",
        "ClusterArn": f"arn:aws:kafka:eu-west-1:123456789012:cluster/{family}-cluster/1234-1",
        "DlqUrl": f"https://sqs.test/{family}-dlq",
        "ProducerFunction": f"{family}-producer",
        "QueueUrl": f"https://sqs.test/{family}-queue",
        "StreamName": "stream",
        "TableName": "stream-table",
        "TopicName": "streamtopic",
        "WorkerFunction": "kafka-consumer" if family == "kafka" else f"{family}-worker",
    }
    assert outputs == {name: expected[name] for name in outputs}


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_names_its_resources_predictably(stack: str) -> None:
    family = _family(stack)
    names = {resource.name for resource in _of(stack).resources if resource.custom}
    expected = {f"{family}-{part}" for part in PARTS[family] | {"alarm-errors", "alarm-throttles"}}
    if family in ("stream", "kafka") and _has_queue_for_failures(stack):
        expected |= {f"{family}-dlq"}
    if family == "stream":
        expected |= {"stream-table" if stack == "dynamodb-stream" else "stream"}
    assert expected <= names
    assert all(name.startswith(f"{family}-") or name in ("shared-layer", "stream") for name in names)


KNOWS_NO_RESOURCES = {"ManageNetworkInterfaces", "ListStreams"}
"""Statements whose actions take no ARN (the interfaces do not exist yet, and lists are lists of everything)."""

MAY_END_IN_A_WILDCARD = {"WriteOwnLogs": ":*", "KeepOffsets": "/*", "ReadObjects": "/*"}
"""Log streams, consumer groups that Lambda names itself, and objects of a bucket."""


@pytest.mark.parametrize("stack", STACKS)
def test_no_policy_of_any_stack_allows_more_than_named_actions_on_named_resources(stack: str) -> None:
    world = _of(stack)
    policies = world.of_type("aws:iam/rolePolicy:RolePolicy")
    of_apis = world.of_type("aws:apigateway/restApi:RestApi")
    of_pipes = world.of_type("aws:pipes/pipe:Pipe")
    assert len(policies) == len(world.of_type("aws:lambda/function:Function")) + len(of_apis) + len(of_pipes)
    for policy in policies:
        for statement in policy.document("policy")["Statement"]:
            assert not any("*" in action for action in statement["Action"]), statement
            sid, resource = statement["Sid"], statement["Resource"]
            if sid in KNOWS_NO_RESOURCES:
                assert resource == "*"
                continue
            assert resource.startswith("arn:aws:"), statement
            assert "*" not in resource.removesuffix(MAY_END_IN_A_WILDCARD.get(sid, "")), statement


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_of_every_stack_stands_below_a_component(stack: str) -> None:
    for resource in _of(stack).resources:
        if resource.custom:
            assert resource.parent.startswith("delivery-lab:"), resource.name
        else:
            assert re.fullmatch(r"delivery-lab:[a-z]+:[A-Z][A-Za-z]+", resource.type)


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_file_says_in_one_line_what_it_is_about_and_where_it_goes(stack: str) -> None:
    schema, about, *_ = (ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text().splitlines()
    assert schema == "# yaml-language-server: $schema=../schemas/stack.schema.json"
    assert re.fullmatch(r"# [A-Z`].{20,110}\.", about)
    assert _config(stack)["aws:region"] == "us-east-1"


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_has_one_section_and_nothing_unknown(stack: str) -> None:
    keys = {key for key in _config(stack) if key.startswith("delivery-lab:")}
    assert keys - {"delivery-lab:accept"} == {f"delivery-lab:{_family(stack)}"}


@pytest.mark.parametrize("stack", sorted(BATCH))
def test_the_batch_variants_differ_in_what_they_are_about(stack: str) -> None:
    world = _of(stack)
    settings = world.one("delivery-lab:pipelines:BatchPipeline", "batch").inputs
    assert {key: settings["worker"][key] for key in BATCH[stack]} == BATCH[stack]
    assert settings["worker"]["timeoutSeconds"] == 5
    assert settings["queue"]["visibilityTimeoutSeconds"] == 30
    assert settings["queue"]["maxReceiveCount"] == 2
    assert settings["api"]["authorization"] == "none"
    mapping = world.one("aws:lambda/eventSourceMapping:EventSourceMapping", "batch-mapping").inputs
    reported = ["ReportBatchItemFailures"] if BATCH[stack]["reportBatchItemFailures"] else []
    assert mapping["functionResponseTypes"] == reported
    assert mapping["batchSize"] == BATCH[stack]["batchSize"]
    variables = world.one("aws:lambda/function:Function", "batch-worker").inputs["environment"]["variables"]
    assert variables["ON_RECORD_ERROR"] == BATCH[stack]["onRecordError"]


@pytest.mark.parametrize("stack", sorted(RETRY))
def test_the_variants_of_failed_records_differ_in_what_they_are_about(stack: str) -> None:
    world = _of(stack)
    settings = world.one("delivery-lab:pipelines:BatchPipeline", "batch").inputs
    assert settings["worker"]["retry"] == RETRY[stack]
    assert (settings["queue"]["visibilityTimeoutSeconds"], settings["queue"]["maxReceiveCount"]) == (120, 5)
    queues = {queue.name for queue in world.of_type("aws:sqs/queue:Queue")}
    assert ("batch-parking" in queues) is (stack == "sqs-park")


@pytest.mark.parametrize("stack", sorted(FED))
def test_the_fed_variants_differ_in_what_they_are_about(stack: str) -> None:
    (pipeline,) = [each for each in _of(stack).resources if ":pipelines:" in each.type]
    for section, settings in FED[stack].items():
        assert {key: pipeline.inputs[section][key] for key in settings} == settings


@pytest.mark.parametrize("stack", sorted(FED))
def test_the_safe_ones_of_the_fed_variants_keep_records_of_work_done(stack: str) -> None:
    (pipeline,) = [each for each in _of(stack).resources if ":pipelines:" in each.type]
    tables = [table.name for table in _of(stack).of_type("aws:dynamodb/table:Table")]
    mode = pipeline.inputs["worker"]["idempotency"]["mode"]
    assert (mode, tables) == (("powertools", [f"{_family(stack)}-table"]) if stack.endswith("-safe") else ("none", []))


@pytest.mark.parametrize("stack", sorted(ASYNC))
def test_the_async_variants_differ_in_what_they_are_about(stack: str) -> None:
    retries, age_seconds, (success, failure, dead_letters), idempotency = ASYNC[stack]
    world = _of(stack)
    settings = world.one("delivery-lab:pipelines:AsyncPipeline", "async").inputs
    assert settings["destinations"]["onSuccess"] == success
    assert settings["destinations"]["onFailure"] == failure
    assert settings["destinations"]["deadLetterQueue"] is dead_letters
    assert settings["worker"]["idempotency"]["mode"] == idempotency
    config = world.one("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "async-invoke-config").inputs
    assert (config["maximumRetryAttempts"], config["maximumEventAgeInSeconds"]) == (retries, age_seconds)
    exports = {"WorkerFunction", "FailureDestinationArn"}
    assert set(world.outputs) == exports | ({"SuccessDestinationArn", "DlqUrl"} if dead_letters else set())


@pytest.mark.parametrize("mode", ["naive", "retry", "breaker"])
def test_the_sync_variants_differ_in_their_mode(mode: str) -> None:
    world = _of(f"sync-{mode}")
    settings = world.one("delivery-lab:pipelines:SyncPipeline", "sync").inputs
    assert settings["caller"]["mode"] == mode
    assert (settings["caller"]["timeoutSeconds"], settings["callee"]["timeoutSeconds"]) == (29, 5)
    variables = world.one("aws:lambda/function:Function", "sync-caller").inputs["environment"]["variables"]
    assert variables["MODE"] == mode
    assert world.outputs == {
        "ApiEndpoint": "https://sync-api.test",
        "CallerFunction": "sync-caller",
        "CalleeFunction": "sync-callee",
    }


def test_families_without_a_queue_prefix_their_outputs_like_all_others() -> None:
    outputs = _run({"aws:region": "eu-west-1", "delivery-lab:async": {}, "delivery-lab:sync": {}}).outputs
    assert set(outputs) == {
        "AsyncWorkerFunction",
        "AsyncFailureDestinationArn",
        "SyncApiEndpoint",
        "SyncCallerFunction",
        "SyncCalleeFunction",
    }


@pytest.mark.parametrize("stack", sorted(VISIBILITY))
def test_the_visibility_variants_differ_in_what_they_are_about(stack: str) -> None:
    visibility_timeout_seconds, heartbeat, mode = VISIBILITY[stack]
    world = _of(stack)
    settings = world.one("delivery-lab:pipelines:VisibilityPipeline", "visibility").inputs
    worker = settings["worker"]
    assert settings["queue"]["visibilityTimeoutSeconds"] == visibility_timeout_seconds
    assert {key: worker["heartbeat"][key] for key in heartbeat} == heartbeat
    assert worker["idempotency"]["mode"] == mode
    assert (worker["timeoutSeconds"], worker["batchSize"]) == (30, 1)
    is_short = visibility_timeout_seconds < 30
    assert settings["allowShortVisibility"] is is_short
    lowered = world.of_type("pulumi-python:dynamic/visibility:LoweredVisibility")
    assert [resource.inputs["visibilityTimeoutSeconds"] for resource in lowered] == ([5] if is_short else [])


def test_two_settings_make_the_difference_between_short_and_heartbeat() -> None:
    def flat(value: Any, path: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            return {path: value}
        return {key: leaf for name, inner in value.items() for key, leaf in flat(inner, f"{path}.{name}").items()}

    def settings(stack: str) -> dict[str, Any]:
        world = _of(stack)
        return flat(world.one("delivery-lab:pipelines:VisibilityPipeline", "visibility").inputs)

    short, heartbeat = settings("visibility-short"), settings("visibility-heartbeat")
    assert {key: (short[key], heartbeat[key]) for key in short if short[key] != heartbeat[key]} == {
        ".worker.heartbeat.enabled": (False, True),
        ".worker.heartbeat.extendToSeconds": (6, 10),
    }
    assert set(short) == set(heartbeat)


def test_a_stack_with_both_sections_prefixes_its_outputs() -> None:
    outputs = _run({"aws:region": "eu-west-1", "delivery-lab:batch": {}, "delivery-lab:visibility": {}}).outputs
    assert set(outputs) == {f"{section}{name}" for section in ("Batch", "Visibility") for name in EXPORTS}
    assert outputs["VisibilityQueueUrl"] == "https://sqs.test/visibility-queue"


def test_a_kafka_of_one_s_own_is_read_and_not_written() -> None:
    own = {"selfManaged": {"bootstrapServers": ["one.example:9092"]}}
    world = _run({"aws:region": "eu-west-1", "delivery-lab:kafka": own})
    assert set(world.outputs) == {"TopicName", "WorkerFunction", "DlqUrl"}
    assert [function.name for function in world.of_type("aws:lambda/function:Function")] == ["kafka-consumer"]


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_alarms_are_on_by_default_and_off_by_setting(section: str) -> None:
    def alarms(parts: dict[str, Any]) -> set[str]:
        world = _run({"aws:region": "eu-west-1", f"delivery-lab:{section}": parts})
        return {alarm.name.removeprefix(f"{section}-alarm-") for alarm in world.of_type(ALARM)}

    of_others = {"dlq", "age"}
    own = {
        "stream": {"dlq", "iterator-age"},
        "kafka": {"dlq", "offset-lag"},
        "async": {"failures"},
        "sync": set(),
        "sns": {"dlq", "age", "undelivered"},
        "eventbridge": {"dlq", "age", "undelivered"},
        "pipe": {"dlq", "age", "undelivered"},
    }
    assert alarms({}) == {"errors", "throttles"} | own.get(section, of_others)
    assert alarms({"alarms": {"enabled": False}}) == set()


LOGS: dict[str, tuple[int, int, bool, bool, str | None, str]] = {
    # retries, age limit in seconds, bisect, report, destination, what the function does
    "stream-default": (-1, -1, False, False, None, "raise"),
    "stream-bounded": (3, -1, False, False, "stream-dlq", "raise"),
    "stream-bisect": (3, -1, True, False, "stream-dlq", "raise"),
    "stream-partial": (3, -1, False, True, "stream-dlq", "report"),
    "stream-age": (-1, 60, False, False, "stream-dlq", "raise"),
    "stream-parallel": (3, -1, False, False, "stream-dlq", "raise"),
    "dynamodb-stream": (3, -1, False, True, "stream-dlq", "report"),
    "msk-default": (-1, -1, False, False, None, "raise"),
    "msk-bounded": (3, -1, False, False, "kafka-dlq", "raise"),
    "msk-bisect": (3, -1, True, False, "kafka-dlq", "raise"),
    "msk-partial": (3, -1, False, True, "kafka-dlq", "report"),
    "msk-age": (-1, 60, False, False, "kafka-dlq", "raise"),
}


@pytest.mark.parametrize("stack", sorted(LOGS))
def test_the_variants_of_streams_and_topics_differ_in_what_they_are_about(stack: str) -> None:
    retries, age_seconds, bisect, report, destination, on_error = LOGS[stack]
    world = _of(stack)
    family = _family(stack)
    mapping = world.one("aws:lambda/eventSourceMapping:EventSourceMapping", f"{family}-mapping").inputs
    assert mapping.get("maximumRetryAttempts", -1) == retries
    assert mapping.get("maximumRecordAgeInSeconds", -1) == age_seconds
    assert mapping.get("bisectBatchOnFunctionError", False) is bisect
    assert mapping["functionResponseTypes"] == (["ReportBatchItemFailures"] if report else [])
    arn = mapping.get("destinationConfig", {}).get("onFailure", {}).get("destinationArn")
    assert (arn and arn.rsplit(":", 1)[-1]) == destination
    assert mapping.get("parallelizationFactor", 1) == (10 if stack == "stream-parallel" else 1)
    assert mapping["batchSize"] == 10
    function = world.one("aws:lambda/function:Function", f"{family}-{'consumer' if family == 'kafka' else 'worker'}")
    assert function.inputs["environment"]["variables"]["ON_RECORD_ERROR"] == on_error


def test_msk_default_is_the_sample_as_it_is() -> None:
    world = _of("msk-default")
    mapping = world.one("aws:lambda/eventSourceMapping:EventSourceMapping", "kafka-mapping").inputs
    assert (mapping["startingPosition"], mapping["topics"]) == ("LATEST", ["streamtopic"])
    assert {
        "maximumRetryAttempts",
        "bisectBatchOnFunctionError",
        "destinationConfig",
        "provisionedPollerConfig",
    }.isdisjoint(mapping)
    variables = world.one("aws:lambda/function:Function", "kafka-producer").inputs["environment"]["variables"]
    assert variables["TOPIC_PARTITIONS"] == "1"


def test_every_variant_of_every_family_is_there() -> None:
    assert {*BATCH, *VISIBILITY, *LOGS, *ASYNC, *RETRY, *FED, "sync-naive", "sync-retry", "sync-breaker"} <= set(STACKS)


def test_a_stack_that_cannot_be_used_registers_nothing() -> None:
    world = World()
    with pytest.raises(SettingsError) as caught:
        _run({"delivery-lab:batch": {"worker": {"batchSize": 0}}}, world=world)
    assert str(caught.value).startswith("stacks/Pulumi.mine.yaml: 1 setting cannot be used\n")
    assert world.resources == []


def test_an_update_without_the_layer_s_dependencies_stops_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (ROOT / "__main__.py").read_text()
    (tmp_path / "__main__.py").write_text(program)
    monkeypatch.chdir(tmp_path)
    world = World()
    with pytest.raises(pulumi.RunError) as caught:
        _run({"delivery-lab:batch": {}}, preview=False, world=world)
    assert str(caught.value) == "build/layer is missing: run `make layer` before `pulumi up`"
    assert [resource.name for resource in world.resources if resource.custom] == []


def test_the_project_file_is_what_the_cli_expects() -> None:
    assert yaml.safe_load((ROOT / "Pulumi.yaml").read_text()) == {
        "name": "delivery-lab",
        "description": "AWS Lambda event sources as components, one stack file per variant",
        "stackConfigDir": "stacks",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
    }
