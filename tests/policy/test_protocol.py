"""The pack as the Pulumi engine runs it: a process of its own, spoken to over the analyzer protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from delivery_lab.checks.registry import CHECKS
from delivery_lab.program.graph import Graph
from policy.pack import ACCEPTED, ADVICE, INPUTS, SETUP, VALUES
from tests.lab_support import graph as graph_of_ours
from tests.policy.engine import Pack, graph_of_program, started

SHORT = """
import json, pulumi, pulumi_aws as aws
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=5, sqs_managed_sse_enabled=True)
role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}))
worker = aws.lambda_.Function("worker", runtime="python3.13", handler="app.handle", role=role.arn, timeout=TIMEOUT,
    code=pulumi.AssetArchive({"app.py": pulumi.StringAsset("def handle(event, context): pass")}),
    environment={"variables": {"QUEUE": jobs.url}})
aws.lambda_.EventSourceMapping("mapping", event_source_arn=jobs.arn, function_name=worker.arn, batch_size=1)
"""


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    """The pack without any configuration, for all tests that change none: each start imports the lab anew."""
    with started() as found:
        yield found


def short(folder: Path, timeout_s: int = 30) -> Graph:
    return graph_of_program(folder, SHORT.replace("TIMEOUT", str(timeout_s)))


@pytest.mark.parametrize("as_module", [False, True], ids=["script", "module"])
def test_a_sound_variant_is_clean(as_module: bool) -> None:
    graph = graph_of_ours("batch-partial")
    with started(graph.config, "batch-partial", as_module=as_module) as own:
        assert list(own.check(graph, preview=False)) == []
        assert list(own.check(graph, preview=True)) == []


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_short_visibility_timeout_is_mandatory_to_mend(pack: Pack, tmp_path: Path, preview: bool) -> None:
    found = {each.policyName: each for each in pack.check(short(tmp_path), preview=preview)}

    violation = found["CHK-VT-1"]
    assert violation.enforcementLevel == analyzer_pb2.MANDATORY
    assert violation.severity == analyzer_pb2.POLICY_SEVERITY_HIGH
    assert violation.policyPackName == "delivery-lab"
    assert violation.urn == "urn:pulumi:dev::small::aws:sqs/queue:Queue::jobs"
    assert violation.message.startswith("Visibility timeout below the function's timeout\nCHK-VT-1: AWS refuses")
    assert "fix: set visibilityTimeoutSeconds of jobs to 180" in violation.message
    assert SETUP not in found


def test_values_that_aws_refuses_are_mandatory_to_mend(pack: Pack, tmp_path: Path) -> None:
    found = [each for each in pack.check(short(tmp_path, timeout_s=5000)) if each.policyName == VALUES]

    assert [(each.enforcementLevel, each.urn.rpartition("::")[2]) for each in found] == [
        (analyzer_pb2.MANDATORY, "worker")
    ]
    assert "CFN-E3717: timeout of worker: 5000 is greater than the maximum of 900" in found[0].message


def test_the_pack_describes_its_rules(pack: Pack) -> None:
    info = pack.info()

    levels = {rule.name: rule.enforcementLevel for rule in info.policies}
    assert info.name == "delivery-lab"
    assert levels.keys() == {*CHECKS, ACCEPTED, ADVICE, INPUTS, SETUP, VALUES}
    for check in CHECKS.values():
        expected = analyzer_pb2.MANDATORY if check.severity == "error" else analyzer_pb2.ADVISORY
        assert levels[check.id] == expected
    assert levels[ACCEPTED] == analyzer_pb2.DISABLED


def test_levels_can_be_configured(tmp_path: Path) -> None:
    graph = short(tmp_path)
    with started() as own:
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        request.policyConfig["CHK-VT-1"].enforcementLevel = analyzer_pb2.ADVISORY
        request.policyConfig["CHK-DLQ-1"].enforcementLevel = analyzer_pb2.DISABLED
        before = {each.policyName for each in own.check(graph)}
        own.stub.Configure(request)
        after = {each.policyName: each.enforcementLevel for each in own.check(graph)}

    assert {"CHK-VT-1", "CHK-DLQ-1"} <= before
    assert after["CHK-VT-1"] == analyzer_pb2.ADVISORY
    assert "CHK-DLQ-1" not in after


def test_what_the_stack_accepts_is_no_violation(tmp_path: Path) -> None:
    graph = short(tmp_path)
    accepted = {"delivery-lab:accept": {"CHK-VT-1": "the experiment is about it"}}
    with started(accepted) as own:
        assert "CHK-VT-1" not in {each.policyName for each in own.check(graph)}
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        request.policyConfig[ACCEPTED].enforcementLevel = analyzer_pb2.ADVISORY
        own.stub.Configure(request)
        [listed] = [each for each in own.check(graph) if each.policyName == ACCEPTED]

    assert listed.message.endswith("accepted: the experiment is about it")
    assert listed.urn.endswith("::jobs")


def test_the_pack_may_accept_too(tmp_path: Path) -> None:
    graph = short(tmp_path)
    with started() as own:
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        request.policyConfig[SETUP].enforcementLevel = analyzer_pb2.MANDATORY
        request.policyConfig[SETUP].properties.update({"accept": {"CHK-VT-1:jobs": "known"}})
        own.stub.Configure(request)
        names = {each.policyName for each in own.check(graph)}

    assert names & {"CHK-VT-1", SETUP} == set()


def test_a_malformed_acceptance_stops_the_deployment_with_the_reason(tmp_path: Path) -> None:
    graph = short(tmp_path)
    with started({"delivery-lab:accept": {"CHK-VT-11": "typing"}}) as own:
        [violation] = own.check(graph)

    assert (violation.policyName, violation.enforcementLevel) == (SETUP, analyzer_pb2.MANDATORY)
    assert violation.message.startswith("The stack can be checked\n")
    assert "CHK-VT-11" in violation.message


def test_a_deployment_that_changes_is_checked_anew(pack: Pack, tmp_path: Path) -> None:
    bad, good = short(tmp_path / "bad"), short(tmp_path / "good", timeout_s=5)
    first = {each.policyName for each in pack.check(bad)}
    second = {each.policyName for each in pack.check(good)}
    third = {each.policyName for each in pack.check(bad)}

    assert "CHK-VT-1" in first
    assert "CHK-VT-1" not in second
    assert third == first


def test_nothing_is_known_and_nothing_is_reported(pack: Pack, tmp_path: Path) -> None:
    graph = short(tmp_path)
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    resources = [
        analyzer_pb2.AnalyzerResource(type=each.type, urn=each.urn, name=each.name, parent=each.parent)
        for each in graph.resources.values()
    ]
    for resource, original in zip(resources, graph.resources.values(), strict=True):
        resource.properties.update(dict.fromkeys(original.inputs, unknown))
        request = analyzer_pb2.AnalyzeRequest(type=resource.type, urn=resource.urn, name=resource.name)
        request.properties.CopyFrom(resource.properties)
        pack.stub.Analyze(request)
    found = pack.stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources)).diagnostics

    assert list(found) == []
