"""A stack that is deployed, with clients that answer as AWS does; and the emulator, through the same code."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery_lab import Lab
from delivery_lab.api.calibrated import calibrate_on_aws
from delivery_lab.api.on_aws import DeployedStack, deployed_stack, run_on_aws
from delivery_lab.api.placed import without_place
from delivery_lab.errors import NotModelledError, UsageError
from delivery_lab.live.aws import Aws
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.errors import PlaceError
from delivery_lab.model.clock import seconds
from delivery_lab.places.deployed import DeployedRun, Follower, Patience
from delivery_lab.places.followable import planned
from delivery_lab.places.local import LocalPlace, deployed
from delivery_lab.program.answers import ProgramAnswers
from tests.lab_support import ROOT
from tests.live.support import emulator_python

_STACK = "concurrency-unreserved"
_IMPATIENT = Patience(look_seconds=0.01, settled_seconds=0.01, late_seconds=0.03)
_ACCOUNT = "123456789012"


@functools.cache
def _found() -> DeployedStack:
    """The simulation's own names of everything stand for those of a state."""
    lab = Lab.open(ROOT)
    return deployed_stack(lab, _STACK, lab.graph(_STACK))


class _Account:
    """An account in which somebody polls: what is sent is there no more when it is looked at again.

    Attributes:
        held: what each queue holds.
        state: of the mapping.
        refused: the operation that is refused, "" for none.
        late: how many reads of logs miss the last line.
        pages: how many pages of mappings there are.
    """

    def __init__(
        self, *, held: int = 0, state: str = "Enabled", refused: str = "", late: int = 0, pages: int = 1
    ) -> None:
        self.held, self.state, self.refused, self.late = held, state, refused, late
        self.pages = pages
        self.bodies: dict[str, str] = {}
        self.reads = 0

    def receive_message(self, **_: Any) -> dict[str, Any]:
        raise AssertionError("nothing is received: that would hide messages from those who poll")

    def client(self, service: str, **_: Any) -> _Account:
        return self

    def get_caller_identity(self) -> dict[str, Any]:
        return {"Account": _ACCOUNT, "ResponseMetadata": {"HTTPHeaders": {}}}

    def get_function_configuration(self, **_: Any) -> dict[str, Any]:
        return {}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        if self.refused == "GetQueueAttributes":
            raise ClientError({"Error": {"Code": "QueueDoesNotExist", "Message": "no"}}, self.refused)
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return {"Attributes": {names[0]: str(self.held), names[1]: "0", "ApproximateNumberOfMessagesDelayed": "0"}}

    def list_event_source_mappings(self, **given: Any) -> dict[str, Any]:
        """The mapping is on the last of some pages."""
        page = int(given.get("Marker", "0"))
        if page < self.pages - 1:
            return {"EventSourceMappings": [{"State": "Disabled"}], "NextMarker": str(page + 1)}
        return {"EventSourceMappings": [{"State": self.state}]}

    def send_message_batch(self, **given: Any) -> dict[str, Any]:
        done = []
        for entry in given["Entries"]:
            message = f"m-{len(self.bodies)}"
            self.bodies[message] = entry["MessageBody"]
            done.append({"Id": entry["Id"], "MessageId": message})
        return {"Successful": done}

    def filter_log_events(self, **given: Any) -> dict[str, Any]:
        if self.refused == "FilterLogEvents":
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, self.refused)
        self.reads += 1
        at = given["startTime"] + 6000
        lines = ["START RequestId: r-1 Version: $LATEST"]
        lines += [f'{{"event": "processed", "message_id": "{message}"}}' for message in self.bodies]
        lines += [] if self.reads <= self.late else ["REPORT RequestId: r-1\tDuration: 1 ms"]
        return {"events": [{"timestamp": at, "message": line, "logStreamName": "s"} for line in lines]}

    def get_metric_statistics(self, **given: Any) -> dict[str, Any]:
        return {"Datapoints": [{"Sum": 2.0}, {"Sum": 1.0}] if given["MetricName"] == "Throttles" else []}


def _followed(account: _Account, longest_seconds: float = 60) -> DeployedRun:
    aws = Aws(_ACCOUNT, "us-east-1", account)
    return Follower(aws, _found().known, 1, _IMPATIENT, wait=lambda _: None).run(longest_seconds)


def test_what_was_sent_is_followed_to_its_end() -> None:
    found = _followed(_Account())
    kinds = [type(event).__name__ for event in found.run.events]
    assert [kinds.count(kind) for kind in ("MessageSent", "MessageReceived", "MessageDeleted")] == [130, 130, 130]
    assert (kinds.count("BatchInvoked"), kinds.count("InvokeRefused")) == (
        1,
        6,
    )  # the metric of each of the two functions
    assert (found.run.place, found.unknown) == ("aws", {})
    assert list(found.run.notes) == _found().known.deployment.notes


def test_a_mapping_is_found_on_whatever_page_it_is() -> None:
    assert _followed(_Account(pages=3)).run.events
    with pytest.raises(PlaceError, match=r"its state: Disabled, Disabled, Disabled\)"):
        _followed(_Account(pages=3, state="Disabled"))


def test_log_lines_that_come_late_are_waited_for() -> None:
    account = _Account(late=2)
    assert list(_followed(account).run.notes) == _found().known.deployment.notes
    assert account.reads > 2


def test_log_lines_that_never_come_are_told() -> None:
    found = _followed(_Account(late=1000))
    assert found.run.notes[-1] == "log lines were missing or still came after 0.03 s: figures may be low"


def test_a_rate_limit_is_told_with_what_to_do() -> None:
    told = r"(?s)^FilterLogEvents of /aws/lambda/.* was refused: ThrottlingException: Rate exceeded\n  fix: AWS limits"
    with pytest.raises(PlaceError, match=told):
        _followed(_Account(refused="FilterLogEvents"))


def test_a_stack_that_is_gone_is_told_before_anything_is_sent() -> None:
    account = _Account(refused="GetQueueAttributes")
    told = r"(?s)^GetQueueAttributes of batch-\w+ was refused: QueueDoesNotExist: no\n  fix: it is not there: deploy"
    with pytest.raises(PlaceError, match=told):
        _followed(account)
    assert account.bodies == {}


def test_a_queue_that_holds_messages_already_is_left_alone() -> None:
    account = _Account(held=3)
    with pytest.raises(UsageError) as caught:
        _followed(account)
    assert str(caught.value) == (
        "batch-queue holds 3 messages already: what becomes of them could not be told from what becomes of the "
        "workload's\n  fix: wait until it is empty"
    )
    assert account.bodies == {}


def test_a_mapping_that_does_not_poll_is_told_before_anything_is_sent() -> None:
    account = _Account(state="Disabled")
    with pytest.raises(PlaceError) as caught:
        _followed(account)
    assert str(caught.value) == (
        "batch-mapping does not poll batch-queue (its state: Disabled)\n  fix: enable it, or deploy the stack"
    )
    assert account.bodies == {}


def test_a_plan_names_each_call_and_what_it_sends() -> None:
    plan = list(planned(_found().known))
    assert [line for line in plan if line.startswith("SENDS")] == [
        f"SENDS sqs:SendMessageBatch {_found().known.account.queues['batch-queue'].url}: 130 messages"
    ]
    verbs = {line.split()[0].rpartition(":")[2] for line in plan}
    assert verbs == {
        "GetCallerIdentity",
        "GetQueueAttributes",
        "GetFunctionConfiguration",
        "FilterLogEvents",
        "GetMetricStatistics",
        "ListEventSourceMappings",
        "SENDS",
    }


def test_a_stack_without_a_state_is_told_how_to_get_one() -> None:
    with pytest.raises(UsageError) as caught:
        deployed_stack(Lab.open(ROOT), _STACK)
    assert str(caught.value) == (
        "--on aws runs what is deployed, and its state says what that is\n"
        "  fix: pulumi stack export --show-secrets > state.json, and --state state.json"
    )


def test_a_workload_for_an_api_that_sends_itself_is_refused() -> None:
    lab = Lab.open(ROOT)
    with pytest.raises(NotModelledError, match=r"--on aws does not follow what is sent to apigateway-api"):
        deployed_stack(lab, "apigateway-sqs", lab.graph("apigateway-sqs"))


def test_faults_are_refused_where_aws_invokes(tmp_path: Path) -> None:
    file = tmp_path / "workload.yaml"
    file.write_text(
        "send: [{queue: batch-queue, body: {id: a}}]\nfaults: [{function: batch-worker, kind: failure}]",
        encoding="utf-8",
    )
    lab = Lab.open(ROOT)
    with pytest.raises(NotModelledError) as caught:
        deployed_stack(lab, _STACK, lab.graph(_STACK), workload=file)
    assert str(caught.value) == (
        f"{file}: --on aws injects no faults: functions are invoked by AWS\n"
        "  nearest: --on simulation, or a workload without"
    )


def test_a_project_made_what_its_state_says_under_its_own_name(tmp_path: Path) -> None:
    assert _found().strangers(ROOT) == []
    assert _found().strangers(tmp_path) == ["batch-queue"]


def test_nothing_is_sent_to_what_others_made_unless_it_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, asked = _Account(), list[str]()

    def refuse(question: str) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr(DeployedStack, "strangers", lambda *_: ["batch-queue"])
    lab = Lab.open(ROOT)
    with pytest.raises(UsageError) as caught:
        run_on_aws(lab, _STACK, allow=refuse, graph=lab.graph(_STACK), session=account)
    assert str(caught.value) == (
        "--on aws: batch-queue was not made by this project, and nothing was sent\n"
        "  fix: --yes, if the messages may go there"
    )
    assert asked == [
        f"130 messages go to batch-queue in account {_ACCOUNT} (us-east-1), which this project did not make. Send them?"
    ]
    assert account.bodies == {}


def test_predictions_are_held_against_what_was_seen_there() -> None:
    lab = Lab.open(ROOT)
    found = calibrate_on_aws(
        lab, _STACK, seeds=2, allow=lambda _: True, graph=lab.graph(_STACK), session=_Account(), patience=_IMPATIENT
    )
    figures = {figure.name: figure for figure in found.figures}
    assert (found.place, found.own_mappings) == ("aws", None)
    assert figures["messages.processed"].verdict == "inside"
    # One invoke of each function had all messages, which no mapping would do; what cannot be seen is not judged.
    assert (figures["invocations.total"].verdict, figures["invocations.total"].observed) == ("outside", 2)
    assert figures["deliveries.total"].why == "messages that were received and reached no function are not seen"
    assert figures["latencySeconds.p50"].why == (
        "what code computes takes time there, and none in a simulation (LAM-DURATION-1)"
    )


_EVERYWHERE = """
config:
  aws:region: us-east-1
  delivery-lab:batch:
    queue: {visibilityTimeoutSeconds: 900, maxReceiveCount: 1}
    worker: {timeoutSeconds: 900, batchSize: 10, reportBatchItemFailures: true}
  delivery-lab:sns: {subscription: {filterPolicy: {kind: [order]}, filterPolicyScope: MessageBody}}
  delivery-lab:s3: {}
  delivery-lab:eventbridge: {rule: {eventPattern: {detail-type: [order placed]}}}
  delivery-lab:stream: {source: dynamodb}
"""
_PATIENT = Patience(look_seconds=0.2, settled_seconds=0.5, late_seconds=10, quiet_seconds=5)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, LocalPlace]]:
    """A queue, a topic, a bucket, a bus and a table on the emulator, which polls by itself, as a project of its own."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("Pulumi.yaml", "__main__.py", "components", "functions"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "stacks").mkdir()
    (folder / "stacks" / "Pulumi.everywhere.yaml").write_text(_EVERYWHERE, encoding="utf-8")
    lab = Lab.open(folder)
    with (
        deployed(
            emulator_python(), lab.project, "everywhere", (), ProgramAnswers(), speed=4.0, own_mappings=True
        ) as place,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("AWS_ENDPOINT_URL", place.emulator.url)
        patch.setenv("AWS_ACCESS_KEY_ID", _ACCOUNT)
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        _wait_for_the_test_event(place)
        yield lab, place


def _wait_for_the_test_event(place: LocalPlace) -> None:
    """S3 sends one where notifications begin, and a queue is followed only when it holds nothing."""
    (url,) = [one.outputs["url"] for one in place.graph.resources.values() if one.name == "s3-queue"]
    sqs, counts = place.client("sqs"), ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def is_empty() -> bool:
        held = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
        return not any(int(held[count]) for count in counts)

    assert RealTimeScheduler(RealClock()).run_until(is_empty, seconds(300))


def _workload(folder: Path, *sends: str) -> Path:
    file = folder / "workload.yaml"
    file.write_text("send:\n" + "".join(f"  - {{at: 0, {send}}}\n" for send in sends), encoding="utf-8")
    return file


@pytest.mark.emulator
def test_a_deployed_stack_is_followed_through_the_apis_of_the_emulator(
    place: tuple[Lab, LocalPlace], tmp_path: Path
) -> None:
    """Messages of a queue, a topic, a bucket and a bus, and items of a table, at once."""
    lab, there = place
    workload = _workload(
        tmp_path,
        "times: 30, queue: batch-queue, body: {id: 'queued-{n}'}",
        "times: 3, sns: sns-topic, body: {id: 'published-{n}', kind: order}",
        "sns: sns-topic, body: {id: greeting, kind: greeting}",
        "times: 3, s3: s3-bucket, key: 'orders/{n}.json', body: {id: 'object-{n}'}",
        "times: 3, event: eventbridge-bus, source: shop, detailType: order placed, body: {id: 'event-{n}'}",
        "times: 3, table: stream-table, body: {id: 'item-{n}'}",
    )
    found = run_on_aws(
        lab,
        "everywhere",
        allow=lambda _: True,
        graph=without_place(there.graph),
        patience=_PATIENT,
        workload=workload,
    )
    outcome = found.outcome
    assert (outcome.place, outcome.evidence.processed) == ("aws", "contract")
    messages = outcome.messages
    assert (messages.sent, messages.processed, messages.filtered, messages.lost) == (43, 42, 1, 0)
    assert {name for name in outcome.unknown if name.startswith("messages.")} == {"messages.expired"}
    assert "deliveries.total" in outcome.unknown


@pytest.mark.emulator
def test_a_deployed_stack_is_calibrated_through_the_apis_of_the_emulator(
    place: tuple[Lab, LocalPlace], tmp_path: Path
) -> None:
    lab, there = place
    found = calibrate_on_aws(
        lab,
        "everywhere",
        seeds=3,
        allow=lambda _: True,
        graph=without_place(there.graph),
        patience=_PATIENT,
        options={"workload": _workload(tmp_path, "times: 30, queue: batch-queue, body: {id: 'again-{n}'}")},
    )
    verdicts = {figure.name: figure.verdict for figure in found.figures}
    assert [name for name, verdict in verdicts.items() if name.startswith("messages.") and verdict == "outside"] == []
    assert (verdicts["messages.processed"], verdicts["deliveries.total"]) == ("inside", "not judged")
