"""Credentials and clocks of AWS, and what is concluded from what can be read there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from delivery_lab.errors import UsageError
from delivery_lab.events import (
    BatchInvoked,
    Event,
    InvokeRefused,
    Journal,
    LogLine,
    MessageDeadLettered,
    MessageDeleted,
)
from delivery_lab.live.aws import Aws
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.errors import PlaceError, place_error
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.clock import seconds
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.places.followed import AMBIGUOUS, SHARED, SILENT, FollowedQueue, Following
from delivery_lab.places.logs import FunctionLog, LoggedInvoke

_ACCOUNT = "123456789012"
_DATE = "Thu, 01 Jan 2026 00:00:10 GMT"
_DATE_EPOCH = 1_767_225_610.0


class _Session:
    """A session whose only service is STS."""

    def __init__(self, account: str = _ACCOUNT, error: Exception | None = None) -> None:
        self._account = account
        self._error = error
        self.regions: list[str] = []

    def client(self, service: str, *, region_name: str, config: Any) -> _Session:
        assert (service, config.retries["mode"]) == ("sts", "standard")
        self.regions.append(region_name)
        return self

    def get_caller_identity(self) -> dict[str, Any]:
        if self._error is not None:
            raise self._error
        return {"Account": self._account, "ResponseMetadata": {"HTTPHeaders": {"date": _DATE}}}


@pytest.mark.parametrize(("ahead", "told"), [(0.0, 0.0), (1.5, 0.0), (90.0, 90.0), (-30.0, -30.0)])
def test_the_clock_of_aws_is_taken_where_it_differs_by_more_than_rounding(ahead: float, told: float) -> None:
    session = _Session()
    assert Aws(_ACCOUNT, "eu-west-1", session).check_identity(lambda: _DATE_EPOCH - ahead) == told
    assert session.regions == ["eu-west-1"]


def test_somebody_elses_stack_is_told_by_its_account() -> None:
    with pytest.raises(UsageError) as caught:
        Aws(_ACCOUNT, "us-east-1", _Session("999999999999")).check_identity()
    assert str(caught.value) == (
        "--on aws: the stack is in account 123456789012, and the credentials are of 999999999999\n"
        "  fix: take credentials of that account, or the state of a stack of yours"
    )


def test_missing_credentials_are_told_with_how_to_get_some() -> None:
    with pytest.raises(UsageError) as caught:
        Aws(_ACCOUNT, "us-east-1", _Session(error=NoCredentialsError())).check_identity()
    assert str(caught.value) == (
        "--on aws: there are no credentials for AWS\n  fix: sign in (aws configure, aws sso login), or set AWS_PROFILE"
    )


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("ExpiredToken", "the credentials are none, or are over: sign in anew"),
        ("AccessDenied", "the credentials may not do it: take others, or allow the action"),
        ("ThrottlingException", "AWS limits how often it is asked: run it again later, with less beside it"),
        (
            "QueueDoesNotExist",
            "it is not there: deploy the stack (pulumi up), and export its state anew (pulumi stack export)",
        ),
    ],
)
def test_a_refused_request_is_told_with_what_to_do(code: str, fix: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "Anything")
    assert str(place_error("Anything", error)) == f"Anything was refused: {code}: no\n  fix: {fix}"


def test_other_refusals_are_told_as_they_are() -> None:
    error = ClientError({"Error": {"Code": "Odd", "Message": "no"}}, "Anything")
    assert str(place_error("Anything", error)) == "Anything was refused: Odd: no"
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    assert str(place_error("Anything", gone)).endswith("it does not answer any more: run it again")


def test_a_region_in_which_nothing_answers_is_named_with_where_it_comes_from() -> None:
    gone = EndpointConnectionError(endpoint_url="https://sts.xx-nowhere-1.amazonaws.com/")
    with pytest.raises(PlaceError) as caught:
        Aws(_ACCOUNT, "xx-nowhere-1", _Session(error=gone)).check_identity()
    assert str(caught.value) == (
        "--on aws: nothing answers in the region xx-nowhere-1, which the ARNs of the stack name: Could not connect to "
        'the endpoint URL: "https://sts.xx-nowhere-1.amazonaws.com/"\n'
        "  fix: look at the network, at AWS_ENDPOINT_URL, and whether AWS has that region"
    )


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "UnrecognizedClientException"])
def test_credentials_that_do_not_hold_in_a_region_are_told(code: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "GetCallerIdentity")
    with pytest.raises(PlaceError, match=r"^GetCallerIdentity was refused: .*\n  fix: the credentials are none"):
        Aws(_ACCOUNT, "me-south-1", _Session(error=error)).check_identity()


# -- what is concluded ------------------------------------------------------------------------------------


def _queue(*messages: str) -> RealQueue:
    scheduler = RealTimeScheduler(RealClock())
    arn = f"arn:aws:sqs:us-east-1:{_ACCOUNT}:jobs"
    queue = RealQueue(
        "jobs",
        arn,
        "http://127.0.0.1/jobs",
        QueueAttributes(),
        fifo=False,
        client=None,
        scheduler=scheduler,
        journal=Journal(),
    )
    for message in messages:
        queue.sent(message, "{}", 0)
    return queue


def _log(*told: tuple[str, str, str]) -> FunctionLog:
    """The log of a worker: invoke, event and message of each line."""
    lines = [
        LogLine(seconds(1), "worker", 0, invoke, f'{{"event": "{event}", "message_id": "{message}"}}')
        for invoke, event, message in told
    ]
    invokes = dict.fromkeys(invoke for invoke, _, _ in told)
    return FunctionLog(tuple(lines), tuple(LoggedInvoke("worker", one, 0, seconds(2)) for one in invokes))


def _concluded(
    log: FunctionLog, *messages: str, dead: int = 0, remaining: int = 0, throttled: int = 0, shared: bool = False
) -> tuple[list[Event], dict[str, str]]:
    following = Following(seconds(10))
    followed = FollowedQueue(_queue(*messages), "mapping", "worker", "jobs-dlq", remaining, dead, shared)
    events = [*following.of_function("worker", log, throttled, [followed]), *following.of_queue(followed)]
    return events, following.unknown


def _messages(events: Iterable[Event], kind: type[MessageDeleted | MessageDeadLettered]) -> list[str]:
    return [event.message for event in events if isinstance(event, kind)]


def test_what_was_left_undone_is_what_the_dead_letter_queue_got() -> None:
    log = _log(("r-1", "processed", "a"), ("r-1", "failed", "b"), ("r-2", "failed", "b"))
    events, unknown = _concluded(log, "a", "b", dead=1)
    assert (_messages(events, MessageDeleted), _messages(events, MessageDeadLettered)) == (["a"], ["b"])
    assert [event.messages for event in events if isinstance(event, BatchInvoked)] == [("a", "b"), ("b",)]
    assert unknown == {}


def test_what_a_queue_still_holds_has_not_left_it() -> None:
    events, unknown = _concluded(_log(("r-1", "processed", "a"), ("r-1", "failed", "b")), "a", "b", remaining=1)
    assert (_messages(events, MessageDeleted), _messages(events, MessageDeadLettered)) == (["a"], [])
    assert unknown == {}


@pytest.mark.parametrize("dead", [0, 2])
def test_where_numbers_do_not_agree_the_figures_are_not_known(dead: int) -> None:
    events, unknown = _concluded(_log(("r-1", "processed", "a"), ("r-1", "failed", "b")), "a", "b", dead=dead)
    assert len(_messages(events, MessageDeadLettered)) == dead
    assert unknown == dict.fromkeys(
        ["messages.processed", "messages.lost", "messages.healthyDeadLettered", "messages.processedDeadLettered"],
        AMBIGUOUS,
    )


def test_what_shares_its_dead_letter_queue_is_told_nothing_of_what_it_got() -> None:
    _, unknown = _concluded(_log(("r-1", "processed", "a"), ("r-1", "failed", "b")), "a", "b", dead=1, shared=True)
    assert unknown["messages.deadLettered"] == SHARED
    assert "messages.lost" in unknown
    _, unknown = _concluded(_log(("r-1", "processed", "a")), "a", shared=True)
    assert unknown == {}


def test_without_the_log_contract_gone_is_taken_for_processed_and_the_rest_is_not_known() -> None:
    events, unknown = _concluded(FunctionLog((), (LoggedInvoke("worker", "r", 0, 1),)), "a", "b")
    assert _messages(events, MessageDeleted) == ["a", "b"]
    assert unknown == dict.fromkeys(["deliveries", "effects", "invocations", "latencySeconds", "ordering"], SILENT)


def test_throttles_are_as_many_as_the_metric_says_also_where_nothing_ran() -> None:
    events, _ = _concluded(FunctionLog((), ()), "a", throttled=3, remaining=1)
    assert len([event for event in events if isinstance(event, InvokeRefused)]) == 3
