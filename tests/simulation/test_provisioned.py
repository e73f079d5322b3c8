"""Provisioned concurrency of a stack: by which names invokes get ready environments, and what is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import EnvironmentStarted, InvokeStarted, Run
from tests.simulation.test_simulate import Folder

_SLEEPS = "import time\ndef handle(event, context):\n    time.sleep(5)\n"
_OTHERS = 'jobs = aws.sqs.Queue("others", visibility_timeout_seconds=60)\n'
_MAPPED = 'aws.lambda_.EventSourceMapping("through", event_source_arn=jobs.arn, function_name={name}, batch_size=1)\n'
_TO_OTHERS = "send: [{times: 3, queue: others, body: {id: '{n}'}}]\n"
_OFF = "enabled=False"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def _ready(executions: int, by: str = "live.name", more: str = "") -> str:
    """An alias `live` of the version that is deployed, and environments that are kept ready."""
    return (
        'live = aws.lambda_.Alias("live", name="live", function_name=worker.name, function_version=worker.version'
        f"{more})\n"
        f'aws.lambda_.ProvisionedConcurrencyConfig("ready", function_name=worker.name, qualifier={by},\n'
        f"    provisioned_concurrent_executions={executions})\n"
    )


def _mapped(name: str) -> str:
    return _OTHERS + _MAPPED.format(name=name)


def _invoked(name: str, times: int = 1, kind: str = "async") -> str:
    return f"send: [{{times: {times}, invoke: '{name}', type: {kind}, body: {{id: '{{n}}'}}}}]\n"


def _cold(run: Run) -> tuple[int, int]:
    """How many invokes there were, and how many began with a cold start."""
    begun, cold = (sum(isinstance(e, kind) for e in run.events) for kind in (InvokeStarted, EnvironmentStarted))
    return begun, cold


@pytest.mark.parametrize("by", ["live.name", "worker.version"], ids=["of the alias", "of its version"])
@pytest.mark.parametrize("name", ["live.arn", 'worker.name.apply(lambda n: f"{n}:live")'], ids=["ARN", "name"])
def test_lam_prov_1_a_mapping_by_an_alias_gets_the_environments_of_it_or_of_its_version(
    folder: Folder, by: str, name: str
) -> None:
    more = _ready(2, by) + _mapped(name)

    run = folder.run(handler=_SLEEPS, function="publish=True,", mapping=_OFF, more=more, workload=_TO_OTHERS)

    assert _cold(run) == (3, 1)
    assert {"LAM-PROV-1", "LAM-PROV-2", "LAM-PROV-4"} <= set(run.rules)


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_lam_prov_1_a_workload_invokes_by_the_alias(folder: Folder, kind: str) -> None:
    workload = _invoked("worker:live", 3, kind)

    run = folder.run(handler=_SLEEPS, function="publish=True,", mapping=_OFF, more=_ready(1), workload=workload)

    assert _cold(run) == (3, 2)


_API = """
api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
calls = aws.apigatewayv2.Integration("calls", api_id=api.id, integration_type="AWS_PROXY", integration_uri={uri},
    payload_format_version="2.0")
aws.apigatewayv2.Route("route", api_id=api.id, route_key="POST /x",
    target=calls.id.apply(lambda i: f"integrations/{{i}}"))
aws.apigatewayv2.Stage("stage", api_id=api.id, name="$default", auto_deploy=True)
aws.lambda_.Permission("lets", action="lambda:InvokeFunction", function=worker.name,
    principal="apigateway.amazonaws.com", source_arn=api.execution_arn.apply(lambda a: f"{{a}}/*/*"))
"""
_REQUESTED = "send: [{times: 2, http: {method: POST, path: /x, body: {id: a}}}]\n"


def test_lam_prov_1_an_api_invokes_by_the_alias(folder: Folder) -> None:
    more = _ready(1) + _API.format(uri="live.invoke_arn")

    run = folder.run(handler=_SLEEPS, function="publish=True,", mapping=_OFF, more=more, workload=_REQUESTED)

    assert _cold(run) == (2, 1)


_TOPIC = """
topic = aws.sns.Topic("topic")
aws.sns.TopicSubscription("tells", topic=topic.arn, protocol="lambda", endpoint={by}.arn)
aws.lambda_.Permission("lets", action="lambda:InvokeFunction", function=worker.name, principal="sns.amazonaws.com",
    source_arn=topic.arn)
"""
_PUBLISHED = "send: [{sns: topic, body: {id: a}}]\n"
_CALLS = (
    "import boto3\n"
    "def handle(event, context):\n"
    "    if 'Records' in event: boto3.client('lambda').invoke(FunctionName=context.invoked_function_arn)\n"
)


def test_lam_prov_1_a_topic_invokes_by_the_alias(folder: Folder) -> None:
    more = _ready(1) + _TOPIC.format(by="live")

    run = folder.run(function="publish=True,", mapping=_OFF, more=more, workload=_PUBLISHED)

    assert _cold(run) == (1, 0)


@pytest.mark.parametrize(
    ("more", "handler", "workload"),
    [
        ("", _SLEEPS, _invoked("worker")),
        ("", _SLEEPS, _invoked("worker", kind="sync")),
        (_TOPIC.format(by="worker"), _SLEEPS, _PUBLISHED),
        (_mapped("live.arn"), _CALLS, _TO_OTHERS),
    ],
    ids=["async", "sync", "a topic", "a handler"],
)
def test_an_invoke_by_another_name_beside_it_is_refused_when_it_happens(
    folder: Folder, more: str, handler: str, workload: str
) -> None:
    message = folder.refusal(
        NotModelledError,
        handler=handler,
        function="publish=True,",
        mapping=_OFF,
        more=_ready(1) + more,
        workload=workload,
    )

    assert "worker is invoked by $LATEST, and ready keeps environments ready for invokes by live alone" in message


_SCALED = """
aws.appautoscaling.Target("scaled", max_capacity=5, min_capacity=1, service_namespace="lambda",
    scalable_dimension="lambda:function:ProvisionedConcurrency",
    resource_id=worker.name.apply(lambda n: f"function:{n}:live"))
"""
_ALONE = "keeps environments ready for invokes by live alone; nearest: the ARN of live, or no ready"


@pytest.mark.parametrize(
    ("more", "mapping", "problem"),
    [
        (_ready(1), "", f"mapping: invokes worker without a qualifier, and ready {_ALONE}"),
        (
            _ready(1) + _API.format(uri="worker.invoke_arn"),
            _OFF,
            f"calls: invokes worker without a qualifier, and ready {_ALONE}",
        ),
        (
            _ready(1) + _mapped("worker.qualified_arn"),
            _OFF,
            f"through: invokes worker by 1, and ready {_ALONE}",
        ),
        (
            _ready(1) + _ready(1).partition("\n")[2].replace('"ready"', '"again"'),
            _OFF,
            "again and ready: more than one provisioned concurrency of worker; nearest: one of them",
        ),
        (_ready(1) + _SCALED, _OFF, "scaled: scales ready, which stays what it is in a run; nearest: leave it out"),
        (
            _ready(1, '"green"'),
            _OFF,
            (
                "ready: qualifier = 'green' names a version or alias that is not in this stack; nearest: an Alias "
                "resource, or worker.version"
            ),
        ),
        (
            _ready(1, more=', routing_config={"additional_version_weights": {"2": 0.1}}'),
            _OFF,
            (
                "live: routingConfig sends a share of the invokes to another version, whose code is not in this "
                "program; nearest: leave it out"
            ),
        ),
    ],
    ids=["mapping", "API", "version", "two", "scaled", "unknown alias", "weights"],
)
def test_what_is_not_modelled_of_it_is_refused_by_name_when_the_function_is_invoked(
    folder: Folder, more: str, mapping: str, problem: str
) -> None:
    message = folder.refusal(
        NotModelledError, function="publish=True,", mapping=mapping, more=more, workload=_invoked("worker:live")
    )

    assert message.split("\n") == [
        "the function worker is invoked, and uses what is not modelled:",
        f"  {problem}",
    ]


def test_lam_prov_3_a_function_that_is_not_published_has_none(folder: Folder) -> None:
    message = folder.refusal(DeploymentRefusedError, mapping=_OFF, more=_ready(1), workload=_invoked("worker:live"))

    assert message == (
        "AWS would refuse ready: InvalidParameterValueException: Provisioned Concurrency Configs cannot be applied to "
        "unpublished function versions. (LAM-PROV-3)\n"
        "  fix: set publish of worker, and name its version or an alias of it as qualifier"
    )


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (
            "import time\ntime.sleep(1.5)\n",
            (
                "provisioned concurrency: worker waits 1.5 s while its code is imported, which AWS lets happen before "
                "any invoke\n  nearest: wait within the handler, or leave the provisioned concurrency out"
            ),
        ),
        (
            "raise ValueError\n",
            (
                "the code of worker cannot be initialised, so AWS would keep none of its environments ready\n"
                "  nearest: leave its provisioned concurrency out, and see what invokes answer"
            ),
        ),
    ],
    ids=["waits", "fails"],
)
def test_lam_prov_4_code_that_waits_or_fails_while_it_is_imported_is_refused(
    folder: Folder, code: str, problem: str
) -> None:
    message = folder.refusal(
        NotModelledError,
        handler=code + _SLEEPS,
        function="publish=True,",
        mapping=_OFF,
        more=_ready(1),
        workload=_invoked("worker:live"),
    )

    assert message == problem


def test_lam_prov_1_code_reads_how_its_environment_came_into_being(folder: Folder) -> None:
    reads = "import os\ndef handle(event, context):\n    print(os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'])\n"
    workload = _invoked("worker:live", 2)

    run = folder.run(handler=reads, function="publish=True,", mapping=_OFF, more=_ready(1), workload=workload)

    assert sorted(line.text for line in run.logs) == ["on-demand", "provisioned-concurrency"]
