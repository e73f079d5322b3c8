from __future__ import annotations

import contextlib
import json
import re
import threading
from pathlib import Path

import pulumi
import pytest

from delivery_lab.errors import ProgramError
from delivery_lab.program.assets import (
    AssetArchive,
    FileArchive,
    FileAsset,
    RemoteArchive,
    RemoteAsset,
    StringAsset,
)
from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import UNKNOWN, Graph, Resource
from tests.program.conftest import MakeProject


def named(graph: Graph, name: str) -> Resource:
    found = [resource for resource in graph.resources.values() if resource.name == name]
    assert len(found) == 1, [resource.urn for resource in found]
    return found[0]


QUEUES = """\
import json
import pulumi
import pulumi_aws as aws

class Inner(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("demo:index:Inner", name, {"size": 3.0, "share": 0.5, "tags": ["a"]}, opts)
        below = pulumi.ResourceOptions(parent=self)
        self.dlq = aws.sqs.Queue(f"{name}-dlq", opts=below)
        policy = self.dlq.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2}))
        self.queue = aws.sqs.Queue(
            f"{name}-queue", visibility_timeout_seconds=30, redrive_policy=policy, opts=below
        )
        self.register_outputs({"url": self.queue.url, "size": 4})

class Outer(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("demo:index:Outer", name, None)
        self.inner = Inner(f"{name}-inner", pulumi.ResourceOptions(parent=self))
        self.register_outputs({})

outer = Outer("outer")
queue = outer.inner.queue
aws.sqs.QueuePolicy(
    "policy", queue_url=queue.url, policy=queue.arn, opts=pulumi.ResourceOptions(depends_on=[outer.inner.dlq])
)
pulumi.export("url", queue.url)
pulumi.export("nested", {"arns": [queue.arn], "policy": queue.policy})
"""


def test_urns_have_the_whole_chain_of_parents_but_not_the_stack(make_project: MakeProject) -> None:
    graph = evaluate(make_project(QUEUES), "dev")
    chain = "demo:index:Outer$demo:index:Inner$"
    stack = "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev"
    assert named(graph, "demo-dev").urn == stack
    assert named(graph, "outer").urn == "urn:pulumi:dev::demo::demo:index:Outer::outer"
    queue = named(graph, "outer-inner-queue")
    assert queue.urn == f"urn:pulumi:dev::demo::{chain}aws:sqs/queue:Queue::outer-inner-queue"
    assert queue.parent == "urn:pulumi:dev::demo::demo:index:Outer$demo:index:Inner::outer-inner"
    assert named(graph, "policy").urn == "urn:pulumi:dev::demo::aws:sqs/queuePolicy:QueuePolicy::policy"
    assert named(graph, "policy").parent == stack
    assert named(graph, "demo-dev").parent == ""


def test_values_computed_for_one_resource_reach_the_next(make_project: MakeProject) -> None:
    graph = evaluate(make_project(QUEUES, stacks={"dev": "config:\n  aws:region: eu-west-1\n"}), "dev")
    dlq, queue = named(graph, "outer-inner-dlq"), named(graph, "outer-inner-queue")
    assert dlq.id == dlq.outputs["url"] == f"https://sqs.eu-west-1.amazonaws.com/123456789012/{dlq.outputs['name']}"
    assert json.loads(queue.inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": f"arn:aws:sqs:eu-west-1:123456789012:{dlq.outputs['name']}",
        "maxReceiveCount": 2,
    }
    assert queue.inputs["visibilityTimeoutSeconds"] == 30
    assert isinstance(queue.inputs["visibilityTimeoutSeconds"], int)
    assert graph.outputs == {
        "url": queue.outputs["url"],
        "nested": {"arns": [queue.outputs["arn"]], "policy": UNKNOWN},
    }


def test_dependencies_are_recorded_for_resources_and_inputs(make_project: MakeProject) -> None:
    graph = evaluate(make_project(QUEUES), "dev")
    dlq, queue, policy = (named(graph, name).urn for name in ("outer-inner-dlq", "outer-inner-queue", "policy"))
    assert graph.resources[queue].dependencies == (dlq,)
    assert graph.resources[queue].property_dependencies == {"redrivePolicy": (dlq,), "visibilityTimeoutSeconds": ()}
    assert graph.resources[policy].dependencies == (dlq, queue)
    assert graph.resources[policy].property_dependencies == {"policy": (queue,), "queueUrl": (queue,)}


def test_components_have_their_props_as_inputs_and_registered_outputs(make_project: MakeProject) -> None:
    graph = evaluate(make_project(QUEUES), "dev")
    inner = named(graph, "outer-inner")
    assert (inner.custom, inner.id) == (False, "")
    assert inner.inputs == {"size": 3, "share": 0.5, "tags": ["a"]}
    assert isinstance(inner.inputs["size"], int)
    url = named(graph, "outer-inner-queue").outputs["url"]
    assert inner.outputs == {"size": 4, "share": 0.5, "tags": ["a"], "url": url}


def test_resources_come_in_an_order_in_which_they_can_be_created(make_project: MakeProject) -> None:
    graph = evaluate(make_project(QUEUES), "dev")
    assert [resource.name for resource in graph.resources.values()] == [
        "demo-dev",
        "outer",
        "outer-inner",
        "outer-inner-dlq",
        "outer-inner-queue",
        "policy",
    ]
    assert [queue.name for queue in graph.of_type("aws:sqs/queue:Queue")] == ["outer-inner-dlq", "outer-inner-queue"]


def test_the_same_program_gives_the_same_graph(make_project: MakeProject) -> None:
    project = make_project(QUEUES)
    first, second = evaluate(project, "dev"), evaluate(project, "dev")
    assert repr(first) == repr(second)


STACKED = """\
import pulumi
import pulumi_aws as aws
config = pulumi.Config()
for number in range(config.get_int("count") or 0):
    aws.sqs.Queue(f"queue-{number}")
pulumi.export("names", [pulumi.get_stack(), pulumi.get_project(), config.get("only")])
pulumi.export("preview", pulumi.runtime.is_dry_run())
"""


def test_several_stacks_run_in_one_process_without_seeing_each_other(make_project: MakeProject) -> None:
    stacks = {"one": "config:\n  count: 1\n  only: here\n", "two": "config:\n  count: 2\n", "none": ""}
    project = make_project(STACKED, stacks=stacks)
    graphs = [evaluate(project, name) for name in ("one", "two", "none", "one")]
    assert [len(list(graph.of_type("aws:sqs/queue:Queue"))) for graph in graphs] == [1, 2, 0, 1]
    assert [graph.outputs["names"] for graph in graphs] == [
        ["one", "demo", "here"],
        ["two", "demo", None],
        ["none", "demo", None],
        ["one", "demo", "here"],
    ]
    assert graphs[0].outputs["preview"] is True
    assert graphs[1].config == {"demo:count": 2}
    assert (graphs[1].project, graphs[1].stack) == ("demo", "two")


def test_overrides_reach_the_program(make_project: MakeProject) -> None:
    project = make_project(STACKED, stacks={"dev": "config:\n  count: 1\n"})
    graph = evaluate(project, "dev", ["count=3"])
    assert len(list(graph.of_type("aws:sqs/queue:Queue"))) == 3
    assert graph.config == {"demo:count": 3}


def test_the_region_comes_from_the_config_or_the_environment_or_is_the_default(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = 'import pulumi, pulumi_aws as aws\npulumi.export("arn", aws.sqs.Queue("q").arn)'
    project = make_project(program, stacks={"set": "config:\n  aws:region: ap-south-1\n", "unset": ""})
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert ":us-east-1:" in evaluate(project, "unset").outputs["arn"]
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    assert ":eu-north-1:" in evaluate(project, "unset").outputs["arn"]
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    assert ":eu-west-3:" in evaluate(project, "unset").outputs["arn"]
    assert ":ap-south-1:" in evaluate(project, "set").outputs["arn"]


def test_an_explicit_provider_gives_its_region_to_its_resources(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi, pulumi_aws as aws
            there = aws.Provider("there", region="eu-west-2")
            queue = aws.sqs.Queue("queue", opts=pulumi.ResourceOptions(provider=there))
            own = aws.sqs.Queue("own", region="eu-west-3", opts=pulumi.ResourceOptions(provider=there))
            at = pulumi.InvokeOptions(provider=there)
            pulumi.export("region", aws.get_region(opts=at).region)
            """
        ),
        "dev",
    )
    provider = named(graph, "there")
    assert provider.type == "pulumi:providers:aws"
    assert named(graph, "queue").options.provider == f"{provider.urn}::{provider.id}"
    assert named(graph, "queue").outputs["arn"].startswith("arn:aws:sqs:eu-west-2:")
    assert named(graph, "own").outputs["arn"].startswith("arn:aws:sqs:eu-west-3:")
    assert graph.outputs == {"region": "eu-west-2"}
    assert list(graph.resources).index(provider.urn) < list(graph.resources).index(named(graph, "queue").urn)


def test_secrets_are_placeholders_marked_on_the_inputs_they_reach(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi, pulumi_aws as aws
            config = pulumi.Config()
            secret = config.require_secret("token")
            topic = aws.sns.Topic("topic", display_name=secret, tags={"a": secret, "b": "c"}, name="open")
            pulumi.export("secret", secret)
            pulumi.export("made", pulumi.Output.secret("made here"))
            """,
            stacks={"dev": "config:\n  token: {secure: AAABAC}\n"},
        ),
        "dev",
    )
    topic = named(graph, "topic")
    assert topic.inputs == {"displayName": "[secret]", "name": "open", "tags": {"a": "[secret]", "b": "c"}}
    assert topic.secret_inputs == {"displayName", "tags"}
    assert topic.secret_paths == {("displayName",), ("tags", "a")}
    assert graph.outputs == {"secret": "[secret]", "made": "made here"}
    assert graph.config == {"demo:token": "[secret]"}


def test_options_that_change_a_deployment_are_recorded(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi, pulumi_aws as aws
            parent = pulumi.ComponentResource("demo:index:Parent", "parent")
            Options, Alias = pulumi.ResourceOptions, pulumi.Alias
            aws.sqs.Queue("queue", opts=Options(
                parent=parent, protect=True, delete_before_replace=True, ignore_changes=["visibilityTimeoutSeconds"],
                version="7.1.2",
                aliases=["urn:pulumi:x::y::z::w", Alias(name="old"), Alias(stack="other", project="elsewhere"),
                         Alias(type_="a:b:C", parent=pulumi.ROOT_STACK_RESOURCE)],
            ))
            aws.sqs.Queue("plain")
            aws.sqs.Queue("imported", opts=Options(import_="https://sqs.us-east-1.amazonaws.com/1/old"))
            """
        ),
        "dev",
    )
    options = named(graph, "queue").options
    assert (options.protect, options.delete_before_replace) == (True, True)
    assert options.ignore_changes == ("visibilityTimeoutSeconds",)
    assert (options.version, options.provider) == ("7.1.2", "")
    assert options.aliases == (
        "urn:pulumi:x::y::z::w",
        "urn:pulumi:dev::demo::demo:index:Parent$aws:sqs/queue:Queue::old",
        "urn:pulumi:other::elsewhere::demo:index:Parent$aws:sqs/queue:Queue::queue",
        "urn:pulumi:dev::demo::a:b:C::queue",
    )
    plain = named(graph, "plain").options
    assert (plain.protect, plain.delete_before_replace, plain.ignore_changes, plain.aliases) == (False, False, (), ())
    assert named(graph, "imported").id == "https://sqs.us-east-1.amazonaws.com/1/old"


TRANSFORMS = """\
import pulumi, pulumi_aws as aws

def adding(name):
    def transform(args):
        if args.type_ != "aws:sqs/queue:Queue":
            return None
        tags = {**(args.props.get("tags") or {}), name: str(len(args.props.get("tags") or {}))}
        options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=True))
        return pulumi.ResourceTransformResult({**args.props, "tags": tags}, options)
    return transform

aws.sqs.Queue("before")
pulumi.runtime.register_resource_transform(adding("stack"))
parent = pulumi.ComponentResource(
    "demo:index:Parent", "parent", opts=pulumi.ResourceOptions(transforms=[adding("parent")])
)
aws.sqs.Queue("child", opts=pulumi.ResourceOptions(parent=parent, transforms=[adding("own")], ignore_changes=["tags"]))
aws.sqs.Queue("after")
aws.sns.Topic("topic")
"""


def test_transforms_run_from_the_resource_over_its_parents_to_the_stack(make_project: MakeProject) -> None:
    graph = evaluate(make_project(TRANSFORMS), "dev")
    assert named(graph, "before").inputs == {}
    assert named(graph, "after").inputs == {"tags": {"stack": "0"}}
    assert named(graph, "child").inputs == {"tags": {"own": "0", "parent": "1", "stack": "2"}}
    assert named(graph, "child").options.protect is True
    assert named(graph, "child").options.ignore_changes == ("tags",)
    assert named(graph, "topic").inputs == {}
    assert named(graph, "topic").options.protect is False


def test_what_a_transform_leaves_out_is_gone(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi, pulumi_aws as aws
            pulumi.runtime.register_stack_transform(
                lambda args: pulumi.ResourceTransformResult({"delaySeconds": 1}, pulumi.ResourceOptions())
            )
            aws.sqs.Queue("queue", visibility_timeout_seconds=3, opts=pulumi.ResourceOptions(protect=True))
            """
        ),
        "dev",
    )
    assert named(graph, "queue").inputs == {"delaySeconds": 1}
    assert named(graph, "queue").options.protect is False


def test_invoke_transforms_change_arguments(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi, pulumi_aws as aws
            pulumi.runtime.register_invoke_transform(
                lambda args: pulumi.InvokeTransformResult({**args.args, "region": "sa-east-1"}, args.opts)
            )
            pulumi.export("region", aws.get_region().region)
            """
        ),
        "dev",
    )
    assert graph.outputs == {"region": "sa-east-1"}


def test_a_transform_may_call_the_engine_while_many_resources_wait(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi, pulumi_aws as aws
            async def transform(args):
                identity = await pulumi.runtime.invoke_async("aws:index/getCallerIdentity:getCallerIdentity", {})
                tags = {"owner": identity["accountId"]}
                return pulumi.ResourceTransformResult({**args.props, "tags": tags}, args.opts)
            pulumi.runtime.register_resource_transform(transform)
            for number in range(20):
                aws.sqs.Queue(f"queue-{number}")
            """
        ),
        "dev",
    )
    assert {q.inputs["tags"]["owner"] for q in graph.of_type("aws:sqs/queue:Queue")} == {"123456789012"}


def test_a_failing_transform_is_reported_with_its_message(make_project: MakeProject) -> None:
    project = make_project(
        """\
        import pulumi, pulumi_aws as aws
        def transform(args):
            raise ValueError("not this one")
        pulumi.runtime.register_resource_transform(transform)
        aws.sqs.Queue("queue")
        """
    )
    with pytest.raises(ProgramError) as caught:
        evaluate(project, "dev")
    assert str(caught.value) == "a transform of the program failed: not this one (__main__.py:5)"


def test_a_duplicate_urn_is_refused_with_its_line(make_project: MakeProject) -> None:
    project = make_project('import pulumi_aws as aws\naws.sqs.Queue("q")\naws.sns.Topic("q")\naws.sqs.Queue("q")\n')
    with pytest.raises(ProgramError) as caught:
        evaluate(project, "dev")
    assert str(caught.value) in {
        "Duplicate resource URN 'urn:pulumi:dev::demo::aws:sqs/queue:Queue::q'; "
        f"try giving it a unique name (__main__.py:{line})"
        for line in (2, 4)  # the two are under way at once, either may come first
    }


def test_remote_components_are_opaque_and_said(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi, pulumi_aws as aws

            class Thing(pulumi.ComponentResource):
                size: pulumi.Output[int]

                def __init__(self, name, queue):
                    inputs = {"size": None, "queue": queue.arn, "colour": "red"}
                    super().__init__("other:index:Thing", name, inputs, remote=True)

            thing = Thing("thing", aws.sqs.Queue("jobs", name="jobs"))
            aws.sqs.Queue("sized", delay_seconds=thing.size, opts=pulumi.ResourceOptions(parent=thing))
            pulumi.export("size", thing.size)
            """
        ),
        "dev",
    )

    thing = graph.resources["urn:pulumi:dev::demo::other:index:Thing::thing"]
    assert (thing.custom, thing.outputs) == (False, {})
    assert thing.inputs == {"colour": "red", "queue": "arn:aws:sqs:us-east-1:123456789012:jobs"}
    sized = graph.resources["urn:pulumi:dev::demo::other:index:Thing$aws:sqs/queue:Queue::sized"]
    assert sized.inputs == {"delaySeconds": UNKNOWN}
    assert graph.outputs == {"size": UNKNOWN}
    assert [warning for warning in graph.warnings if "remote" in warning] == [
        (
            "'thing' (other:index:Thing) is a remote component: a plugin makes its resources, and the lab runs no "
            "plugins; its resources are not in this stack, and what the program reads of it is unknown; what it does "
            "with jobs is not simulated"
        )
    ]


def test_resources_of_others_are_external_and_unknown(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi, pulumi_aws as aws
            queue = aws.sqs.Queue.get("theirs", "https://sqs.us-east-1.amazonaws.com/1/theirs", delay_seconds=3)
            other = pulumi.StackReference("org/network/prod")
            mine = aws.sqs.Queue("mine", name=other.get_output("queueName"), delay_seconds=queue.delay_seconds)
            pulumi.export("arn", queue.arn)
            pulumi.export("id", queue.id)
            """
        ),
        "dev",
    )
    theirs = named(graph, "theirs")
    assert theirs.external
    assert theirs.id == "https://sqs.us-east-1.amazonaws.com/1/theirs"
    assert theirs.inputs == {"delaySeconds": 3}
    assert named(graph, "mine").inputs == {"name": UNKNOWN, "delaySeconds": 3}
    # Its name is somebody else's, too, but any name will do: the queue delivers the same.
    assert named(graph, "mine").outputs["name"] is UNKNOWN
    assert re.fullmatch("arn:aws:sqs:us-east-1:[0-9]{12}:mine-[0-9a-f]{7}", named(graph, "mine").outputs["arn"])
    assert [queue.name for queue in graph.of_type("aws:sqs/queue:Queue")] == ["mine"]
    assert graph.outputs == {"arn": UNKNOWN, "id": theirs.id}
    told = 'where a run needs them: answers: [{stack: "org/network/prod", answer: {queueName: ...}}]'
    read = "not created by this stack; what the program does not say of it is unknown to the lab"
    assert graph.warnings == (
        f"'theirs' (aws:sqs/queue:Queue) is read from '{theirs.id}', {read}",
        "outputs of the stack org/network/prod are unknown here: queueName (__main__.py:4); " + told,
    )


def test_dynamic_resources_keep_their_provider(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi
            from pulumi.dynamic import CreateResult, Resource, ResourceProvider
            class Provider(ResourceProvider):
                def create(self, props):
                    return CreateResult("id", props)
            class Short(Resource):
                url: pulumi.Output[str]
                made: pulumi.Output[str]
                def __init__(self, name, url):
                    super().__init__(Provider(), name, {"url": url, "made": None})
            short = Short("short", "https://x")
            pulumi.export("url", short.url)
            pulumi.export("made", short.made)
            pulumi.export("id", short.id)
            """
        ),
        "dev",
    )
    short = named(graph, "short")
    assert short.type == "pulumi-python:dynamic:Resource"
    assert (short.id, short.inputs["url"]) == ("", "https://x")
    assert isinstance(short.inputs["__provider"], str)
    assert len(short.inputs["__provider"]) > 100
    assert short.secret_inputs == {"__provider"}
    assert graph.outputs == {"url": "https://x", "made": UNKNOWN, "id": UNKNOWN}


def test_outputs_of_types_without_a_rule_stay_unknown(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi, pulumi_aws as aws
            zone = aws.route53.Zone("zone", name="example.org")
            queue = aws.sqs.Queue("queue", name=zone.zone_id, tags={"zone": zone.zone_id, "name": zone.name})
            pulumi.export("zone", [zone.id, zone.arn, zone.name])
            pulumi.export("applied", zone.arn.apply(lambda arn: arn.upper()))
            """
        ),
        "dev",
    )
    assert graph.outputs == {"zone": [UNKNOWN, UNKNOWN, "example.org"], "applied": UNKNOWN}
    assert named(graph, "queue").inputs == {"name": UNKNOWN, "tags": {"zone": UNKNOWN, "name": "example.org"}}


def test_assets_are_asset_objects_with_absolute_paths(make_project: MakeProject) -> None:
    project = make_project(
        """\
        import pulumi, pulumi_aws as aws
        layer = aws.lambda_.LayerVersion("layer", layer_name="shared", code=pulumi.AssetArchive({
            "folder": pulumi.FileArchive("src"),
            "file.py": pulumi.FileAsset("src/file.py"),
            "text.txt": pulumi.StringAsset("hello"),
            "remote": pulumi.RemoteArchive("https://example.org/x.zip"),
            "page": pulumi.RemoteAsset("https://example.org/page"),
        }))
        """,
        files={"src/file.py": ""},
    )
    code = named(evaluate(project, "dev"), "layer").inputs["code"]
    assert code == AssetArchive(
        {
            "folder": FileArchive(str(project.root / "src")),
            "file.py": FileAsset(str(project.root / "src" / "file.py")),
            "text.txt": StringAsset("hello"),
            "remote": RemoteArchive("https://example.org/x.zip"),
            "page": RemoteAsset("https://example.org/page"),
        }
    )


def test_a_resource_as_a_value_is_its_id_and_a_component_its_urn(make_project: MakeProject) -> None:
    graph = evaluate(
        make_project(
            """\
            import pulumi, pulumi_aws as aws
            queue = aws.sqs.Queue("queue", name="jobs")
            below = pulumi.ComponentResource("demo:index:Below", "below")
            zone = aws.route53.Zone("zone", name="x.org")
            pulumi.ComponentResource("demo:index:Holder", "holder", {"queue": queue, "below": below, "zone": zone})
            """
        ),
        "dev",
    )
    assert named(graph, "holder").inputs == {
        "queue": named(graph, "queue").id,
        "below": named(graph, "below").urn,
        "zone": UNKNOWN,
    }


def test_messages_of_the_program_are_warnings_errors_or_go_to_stderr(
    make_project: MakeProject, capfd: pytest.CaptureFixture[str]
) -> None:
    program = """\
    import pulumi, pulumi_aws as aws, subprocess, sys
    print("printed")
    subprocess.run([sys.executable, "-c", "print('by a child')"], check=True)
    pulumi.log.info("by the way")
    pulumi.log.debug("never seen")
    pulumi.log.warn("be careful")
    pulumi.log.warn("be careful")
    pulumi.log.warn("of this one", resource=aws.sqs.Queue("queue"))
    """
    graph = evaluate(make_project(program), "dev")
    assert sorted(graph.warnings) == ["be careful", "queue: of this one"]
    output = capfd.readouterr()
    assert output.out == ""
    said = [
        line for line in output.err.splitlines() if not line.startswith("note: dev: the program starts a process: ")
    ]
    assert sorted(said) == ["by a child", "printed"]
    assert output.err.index("note: dev: the program starts a process: ") < output.err.index("by a child\n")
    with pytest.raises(ProgramError) as caught:
        evaluate(make_project("import pulumi\npulumi.log.error('no layer')\n"), "dev")
    assert str(caught.value) == "the program logged an error, which fails a deployment: no layer"


def test_hooks_are_a_warning(make_project: MakeProject) -> None:
    program = """\
    import pulumi, pulumi_aws as aws
    hook = pulumi.ResourceHook("after", lambda args: None)
    binding = pulumi.ResourceHookBinding(after_create=[hook])
    aws.sqs.Queue("queue", opts=pulumi.ResourceOptions(hooks=binding))
    """
    assert evaluate(make_project(program), "dev").warnings == ("the hook 'after' is not run by the lab",)


def test_an_asynchronous_program_is_run(make_project: MakeProject) -> None:
    program = """\
    import asyncio, pulumi, pulumi_aws as aws
    async def main():
        await asyncio.sleep(0)
        return {"arn": aws.sqs.Queue("queue", name="jobs").arn}
    pulumi.run(main)
    """
    assert evaluate(make_project(program), "dev").outputs == {"arn": "arn:aws:sqs:us-east-1:123456789012:jobs"}


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("name: demo\nruntime: python\nmain: infra\n", {"infra/__main__.py": "import there\n", "infra/there.py": ""}),
        ("name: demo\nruntime: python\nmain: infra/go.py\n", {"infra/go.py": "import there\n", "infra/there.py": ""}),
        (
            "name: demo\nruntime: {name: python, options: {module: infra}}\n",
            {"infra/__init__.py": "", "infra/__main__.py": "from infra import there\n", "infra/there.py": ""},
        ),
    ],
)
def test_the_program_may_be_a_folder_a_file_or_a_module(
    make_project: MakeProject, text: str, files: dict[str, str]
) -> None:
    checks = (
        "import os, sys, pulumi\npulumi.export('cwd', os.path.basename(os.getcwd()))\npulumi.export('name', __name__)\n"
    )
    main = next(name for name in files if name.endswith(("__main__.py", "go.py")))
    project = make_project("raise SystemExit", project=text, files={**files, main: files[main] + checks})
    expected = project.program_dir.name
    assert evaluate(project, "dev").outputs == {"cwd": expected, "name": "__main__"}


def test_a_chain_of_thirty_resources(make_project: MakeProject) -> None:
    program = """\
    import pulumi, pulumi_aws as aws
    last = None
    for number in range(15):
        queue = aws.sqs.Queue(f"queue-{number}", opts=pulumi.ResourceOptions(depends_on=[last] if last else []))
        last = aws.sqs.QueuePolicy(f"policy-{number}", queue_url=queue.url, policy=queue.arn)
    """
    project = make_project(program)
    graph = evaluate(project, "dev")
    assert len(graph.resources) == 31
    [last] = [found for found in graph.resources.values() if found.name == "policy-14"]
    assert {urn.rpartition("::")[2] for urn in last.dependencies} == {"queue-14"}


@pytest.mark.parametrize("program", [QUEUES, TRANSFORMS, "import pulumi_aws\nraise ValueError", TRANSFORMS + "\n1/0\n"])
def test_no_thread_is_left_running(make_project: MakeProject, program: str) -> None:
    project = make_project(program)
    before = set(threading.enumerate())
    with contextlib.suppress(ProgramError):
        evaluate(project, "dev")
    # gRPC's own thread for callbacks ends when it is told to, a moment after the run.
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert set(threading.enumerate()) <= before


def test_the_sdk_outside_of_the_run_knows_nothing_of_it(make_project: MakeProject) -> None:
    before = (pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run())
    evaluate(make_project(TRANSFORMS, stacks={"dev": "config: {a: 1}"}), "dev")
    assert (pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run()) == before
    assert pulumi.runtime.get_root_resource() is None
    assert pulumi.Config("demo").get("a") is None
    seen = []
    thread = threading.Thread(target=lambda: seen.extend([pulumi.get_project(), pulumi.get_stack()]))
    thread.start()
    thread.join()
    assert seen == ["project", "stack"]


def test_the_program_may_stand_anywhere(
    make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    graph = evaluate(make_project(QUEUES, folder="with blank/and::colons"), "dev")
    assert len(graph.resources) == 6
