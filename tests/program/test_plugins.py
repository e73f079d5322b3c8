"""Remote components, made by the plugin of a package that the project names by a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import NotModelledError, ProgramError
from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import UNKNOWN, Graph, Resource
from tests.lab_support import ROOT
from tests.program.conftest import MakeProject

HEAD = "name: demo\nruntime: python\n"
OURS = f"{HEAD}packages:\n  delivery-lab: {ROOT}\n"

PROGRAM = """\
import pulumi
import pulumi_aws as aws

class Remote(pulumi.ComponentResource):
    def __init__(self, kind, name, props, outputs=(), opts=None):
        values = {**{output: None for output in outputs}, **props}
        super().__init__(f"delivery-lab:index:{kind}", name, values, opts, True)

class Queues(Remote):
    queueArn: pulumi.Output[str]
    queueUrl: pulumi.Output[str]
    visibilityTimeoutSeconds: pulumi.Output[int]

config = pulumi.Config()
orders = Queues(
    "QueueWithDlq",
    "orders",
    {"functionTimeoutSeconds": 20, "queue": {"maxReceiveCount": 3}},
    ("queueArn", "queueUrl", "visibilityTimeoutSeconds"),
)
"""

WORKER = """\
Remote(
    "BatchWorker",
    "orders",
    {
        "queueArn": orders.queueArn,
        "queueUrl": orders.queueUrl,
        "queueVisibilityTimeoutSeconds": orders.visibilityTimeoutSeconds,
        "worker": {"timeoutSeconds": 20},
        "code": pulumi.FileArchive("app"),
        "environment": {"KEY": pulumi.Output.secret("k"), "URL": aws.sqs.Queue("other").url},
    },
)
pulumi.export("arn", orders.queueArn)
"""


def _one(graph: Graph, type_token: str, name: str) -> Resource:
    found = [each for each in graph.resources.values() if (each.type, each.name) == (type_token, name)]
    assert len(found) == 1, [(each.type, each.name) for each in graph.resources.values()]
    return found[0]


def test_components_of_this_repository_are_made_as_the_engine_makes_them(make_project: MakeProject) -> None:
    graph = evaluate(make_project(PROGRAM + WORKER, project=OURS), "dev")
    queue = _one(graph, "aws:sqs/queue:Queue", "orders-queue")
    chain = "delivery-lab:index:QueueWithDlq$delivery-lab:queue:QueueWithDlq$aws:sqs/queue:Queue"
    assert queue.urn == f"urn:pulumi:dev::demo::{chain}::orders-queue"
    assert queue.inputs["visibilityTimeoutSeconds"] == 120
    assert graph.outputs["arn"] == queue.outputs["arn"]
    mapping = _one(graph, "aws:lambda/eventSourceMapping:EventSourceMapping", "orders-mapping")
    assert mapping.inputs["eventSourceArn"] == queue.outputs["arn"]
    assert queue.urn in mapping.property_dependencies["eventSourceArn"]
    function = _one(graph, "aws:lambda/function:Function", "orders-worker")
    assert function.secret_inputs == {"environment"}
    variables = function.inputs["environment"]["variables"]
    assert variables["KEY"] == "k"
    assert variables["URL"] == _one(graph, "aws:sqs/queue:Queue", "other").outputs["url"]


def test_what_a_plugin_refuses_is_told_with_each_argument(make_project: MakeProject) -> None:
    program = PROGRAM + 'Remote("QueueWithDlq", "bad", {"functionTimeoutSeconds": 0, "size": 1})\n'
    with pytest.raises(ProgramError) as refused:
        evaluate(make_project(program, project=OURS), "dev")
    message = str(refused.value)
    assert "'bad' (delivery-lab:index:QueueWithDlq): 2 arguments of QueueWithDlq 'bad' cannot be used" in message
    assert "functionTimeoutSeconds: 0: must be a whole number from 1 to 900" in message
    assert "size: 1: unknown key" in message


def test_transforms_of_a_component_change_it_and_its_children(make_project: MakeProject) -> None:
    program = PROGRAM + (
        "def longer(args):\n"
        "    if args.type_ == 'aws:sqs/queue:Queue':\n"
        "        return pulumi.ResourceTransformResult({**args.props, 'delaySeconds': 9}, args.opts)\n"
        "opts = pulumi.ResourceOptions(transforms=[longer])\n"
        "Remote('QueueWithDlq', 'late', {}, opts=opts)\n"
    )
    graph = evaluate(make_project(program, project=OURS), "dev")
    assert _one(graph, "aws:sqs/queue:Queue", "late-queue").inputs["delaySeconds"] == 9
    assert _one(graph, "aws:sqs/queue:Queue", "orders-queue").inputs["delaySeconds"] == 0


def test_a_value_that_only_the_cloud_knows_stays_unknown(make_project: MakeProject) -> None:
    program = PROGRAM + (
        "stack = pulumi.StackReference('org/other/prod')\n"
        "Remote('QueueWithDlq', 'told', {'alarms': {'topicArn': stack.get_output('topic')}})\n"
    )
    graph = evaluate(make_project(program, project=OURS), "dev")
    assert _one(graph, "aws:cloudwatch/metricAlarm:MetricAlarm", "told-alarm-dlq").inputs["alarmActions"] == [UNKNOWN]


def test_a_package_of_another_place_is_refused_with_the_fix(make_project: MakeProject) -> None:
    with pytest.raises(NotModelledError) as refused:
        evaluate(
            make_project(PROGRAM, project=f"{HEAD}packages:\n  delivery-lab: github.com/owner/repository\n"), "dev"
        )
    assert str(refused.value).startswith(
        "'orders' (delivery-lab:index:QueueWithDlq) is a remote component: a plugin makes its resources, and the lab "
        "runs plugins only that `packages` in Pulumi.yaml names by the path of their folder\n  fix: pulumi package add "
        "<a clone of delivery-lab>, or write the component in Python"
    )


def test_a_plugin_in_another_language_is_refused(make_project: MakeProject, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "PulumiPlugin.yaml").write_text("runtime: nodejs\n")
    with pytest.raises(NotModelledError, match=r"whose runtime is nodejs: the lab runs plugins in Python"):
        evaluate(make_project(PROGRAM, project=f"{HEAD}packages:\n  delivery-lab: {plugin}\n"), "dev")


def test_a_plugin_that_does_not_start_is_told_with_what_it_wrote(make_project: MakeProject, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "PulumiPlugin.yaml").write_text("runtime:\n  name: python\n")
    (plugin / "__main__.py").write_text("raise SystemExit('no module named components')\n")
    with pytest.raises(ProgramError) as refused:
        evaluate(make_project(PROGRAM, project=f"{HEAD}packages:\n  delivery-lab: {{source: {plugin}}}\n"), "dev")
    assert f"the plugin {plugin} does not start (" in str(refused.value)
    assert "no module named components" in str(refused.value)


def test_the_same_stack_twice_is_the_same_graph(make_project: MakeProject) -> None:
    project = make_project(PROGRAM + WORKER, project=OURS)
    first, second = evaluate(project, "dev"), evaluate(project, "dev")
    assert list(first.resources) == list(second.resources)
