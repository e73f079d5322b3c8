"""Versions and aliases: what means the code of the program, and what is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError, WorkloadError
from delivery_lab.events import MessageSent
from delivery_lab.places.known import know
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.results.outcome import outcome_of
from delivery_lab.rules.assumptions import DEFAULTS
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.simulation.test_simulate import Folder

_ALIAS = 'live = aws.lambda_.Alias("live", name="live", function_name=worker.name, function_version={version}{more})\n'
_MAPPED = 'aws.lambda_.EventSourceMapping("through", event_source_arn=jobs.arn, function_name={name}, batch_size=1)\n'
_UNMAPPED = {"mapping": "enabled=False"}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def _alias(version: str = "worker.version", more: str = "") -> str:
    return _ALIAS.format(version=version, more=more)


def _mapped(name: str) -> str:
    """A mapping of another queue, as a queue and a function have one mapping."""
    other = 'jobs = aws.sqs.Queue("others", visibility_timeout_seconds=60)\n'
    return other + _MAPPED.format(name=name)


_TO_OTHERS = "send: [{times: 3, queue: others, body: {id: '{n}'}}]\n"


@pytest.mark.parametrize(
    ("name", "publish"),
    [
        ("live.arn", ""),
        ("live.arn", "publish=True,"),
        ('worker.name.apply(lambda n: f"{n}:live")', ""),
        ("worker.qualified_arn", "publish=True,"),
    ],
)
def test_lam_version_1_what_this_program_deploys_is_run_by_each_of_its_names(
    folder: Folder, name: str, publish: str
) -> None:
    run = folder.run(function=publish, more=_alias() + _mapped(name), workload=_TO_OTHERS)

    assert outcome_of(run).messages.processed == 3
    assert "LAM-VERSION-1" in run.rules


def test_lam_version_1_an_invoke_by_alias_names_the_version_that_was_run(folder: Folder) -> None:
    calls = (
        "import boto3, json\n"
        "def handle(event, context):\n"
        "    if event.get('inner'): return 1\n"
        "    for q in ('live', '1'):\n"
        "        name = f'{context.invoked_function_arn}:{q}'\n"
        "        a = boto3.client('lambda').invoke(FunctionName=name, Payload='{\"inner\": 1}')\n"
        "        print(json.dumps([q, a['ExecutedVersion']]))\n"
    )
    run = folder.run(
        handler=calls, function="publish=True,", more=_alias(), workload="send: [{queue: jobs, body: {id: a}}]\n"
    )

    assert [json.loads(line.text) for line in run.logs] == [["live", "1"], ["1", "1"]]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            _alias('"3"'),
            (
                "live: functionVersion = '3' is not the version that this program deploys ($LATEST); nearest: "
                "functionVersion of worker.version"
            ),
        ),
        (
            _alias(more=', routing_config={"additional_version_weights": {"2": 0.1}}'),
            (
                "live: routingConfig sends a share of the invokes to another version, whose code is not in this "
                "program; nearest: leave it out"
            ),
        ),
        (
            _mapped('worker.arn.apply(lambda a: f"{a}:green")'),
            (
                "through: functionName = 'arn:aws:lambda:us-east-1:123456789012:function:{function}:green' names a "
                "version or alias that is not in this stack; nearest: an Alias resource, or the function itself"
            ),
        ),
    ],
)
def test_what_is_not_modelled_is_refused_by_name_when_the_function_is_invoked(
    folder: Folder, more: str, problem: str
) -> None:
    message = folder.refusal(NotModelledError, more=more)

    name = message.partition("function:")[2].partition(":")[0] or "x"
    assert message.split("\n") == [
        "the function worker is invoked, and uses what is not modelled:",
        f"  {problem.replace('{function}', name)}",
    ]


_CONFIG = """
aws.lambda_.FunctionEventInvokeConfig("once", function_name={name}, maximum_retry_attempts=0{more})
"""
_FAILS = "def handle(event, context):\n    raise ValueError\n"


def _fed(by: str, permitted: str = "") -> str:
    """A rule that invokes the function by a name, and the permission for it."""
    return f"""
rule = aws.cloudwatch.EventRule("rule", event_pattern='{{"source": ["shop"]}}')
aws.cloudwatch.EventTarget("feed", rule=rule.name, arn={by})
aws.lambda_.Permission("lets", action="lambda:InvokeFunction", function=worker.name, principal="events.amazonaws.com",
                       source_arn=rule.arn{permitted})
"""


_EVENT = "send: [{event: default, source: shop, detailType: ordered, body: {id: a}}]\n"


@pytest.mark.parametrize(
    ("by", "config", "invokes", "rule"),
    [
        ("live.arn", _CONFIG.format(name="worker.name", more=", qualifier=live.name"), 1, "ASY-CONFIG-2"),
        ("live.arn", _CONFIG.format(name="live.arn", more=""), 1, "ASY-CONFIG-2"),
        ("worker.arn", _CONFIG.format(name="worker.name", more=", qualifier=live.name"), 3, "ASY-CONFIG-1"),
        ("worker.arn", _CONFIG.format(name="worker.name", more=', qualifier="$LATEST"'), 1, "ASY-CONFIG-1"),
    ],
    ids=["by the alias", "by its ARN", "of the alias, invoked by the function", "of $LATEST"],
)
def test_asy_config_2_a_config_holds_for_the_invokes_by_its_name_alone(
    folder: Folder, by: str, config: str, invokes: int, rule: str
) -> None:
    run = folder.run(handler=_FAILS, more=_alias() + _fed(by) + config, mapping="enabled=False", workload=_EVENT)

    assert outcome_of(run).invocations.total == invokes
    assert (rule in run.rules) is (rule != "ASY-CONFIG-1")


def test_asy_config_3_an_alias_without_a_config_has_the_defaults_and_the_dead_letter_queue_of_the_function(
    folder: Folder,
) -> None:
    more = _alias() + _fed("live.arn") + _CONFIG.format(name="worker.name", more="")
    own = "dead_letter_config={'target_arn': dead.arn},"

    run = folder.run(handler=_FAILS, function=own, more=more, mapping="enabled=False", workload=_EVENT)

    outcome = outcome_of(run)
    assert (outcome.invocations.total, outcome.messages.dead_lettered) == (3, 1)
    assert "ASY-CONFIG-3" in run.rules


def test_asy_config_2_the_record_names_the_alias_and_its_version(folder: Folder) -> None:
    returns = "def handle(event, context):\n    return 1\n"
    parked = 'parked = aws.sqs.Queue("parked")\n'
    told = ', qualifier="live", destination_config={"onSuccess": {"destination": parked.arn}}'
    config = _CONFIG.format(name="worker.name", more=told)

    more = _alias() + parked + _fed("live.arn") + config
    run = folder.run(handler=returns, function="publish=True,", more=more, mapping="enabled=False", workload=_EVENT)

    (record,) = [json.loads(e.body) for e in run.events if isinstance(e, MessageSent) and e.queue == "parked"]
    assert record["requestContext"]["functionArn"].endswith(":live")
    assert record["responseContext"]["executedVersion"] == "1"


@pytest.mark.parametrize(
    ("by", "permitted", "processed"),
    [
        ("live.arn", ', qualifier="live"', 1),
        ("live.arn", "", 1),
        ("worker.arn", ', qualifier="live"', 0),
    ],
    ids=["its own", "the function's", "another's"],
)
def test_lam_version_2_a_permission_of_an_alias_lets_nobody_invoke_the_function_otherwise(
    folder: Folder, by: str, permitted: str, processed: int
) -> None:
    returns = "def handle(event, context):\n    return 1\n"

    run = folder.run(handler=returns, more=_alias() + _fed(by, permitted), mapping="enabled=False", workload=_EVENT)

    assert outcome_of(run).messages.processed == processed


def test_a_function_that_is_not_invoked_may_have_them(folder: Folder) -> None:
    run = folder.run(more=_alias('"3"'), workload="send: [{queue: dead, body: {id: a}}]\n")

    assert outcome_of(run).messages.sent == 1


def test_an_unknown_input_of_an_alias_is_refused(folder: Folder) -> None:
    with pytest.raises(NotModelledError, match="ready: versionHint = 'x'; nearest: leave it out"):
        folder.run(
            more='token = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"\n'
            'settings = {"functionName": worker.name, "qualifier": "1", "versionHint": "x"}\n'
            'pulumi.CustomResource(token, "ready", settings)\n'
        )


def test_lam_conc_1_the_quota_of_the_account_is_one_of_the_workload(folder: Folder) -> None:
    sleeps = "import time\ndef handle(event, context):\n    time.sleep(5)\n"
    send = "send: [{times: 12, invoke: worker, type: async, body: {id: '{n}'}}]\n"

    free = outcome_of(folder.run(handler=sleeps, workload=send))
    small = outcome_of(folder.run(handler=sleeps, workload=f"account: {{concurrency: 10}}\n{send}"))

    assert (free.invocations.throttled, small.invocations.throttled > 0) == (0, True)
    assert small.messages.processed == 12


def test_lam_conc_3_a_new_account_has_nothing_to_reserve(folder: Folder) -> None:
    account = "account: {concurrency: 10}\nsend: [{queue: jobs, body: {id: a}}]\n"

    message = folder.refusal(DeploymentRefusedError, function="reserved_concurrent_executions=1,", workload=account)

    assert message == (
        "AWS would refuse worker: InvalidParameterValueException: Specified ReservedConcurrentExecutions for function "
        "decreases account's UnreservedConcurrentExecution below its minimum value of [10]. (LAM-CONC-3)\n"
        "  fix: reserve nothing, or have the account's quota of 10 raised"
    )


def test_lam_conc_3_a_reserved_concurrency_of_0_is_accepted_in_any_account(folder: Folder) -> None:
    account = "account: {concurrency: 10}\nsend: [{invoke: worker, type: async, body: {id: a}}]\n"

    run = folder.run(function="reserved_concurrent_executions=0,", mapping="enabled=False", workload=account)

    assert outcome_of(run).invocations.total == 0


def _invoke(name: str, kind: str = "async") -> str:
    return f"send: [{{invoke: '{name}', type: {kind}, body: {{id: a}}}}]\n"


@pytest.mark.parametrize(("name", "invokes"), [("worker:live", 1), ("worker", 3), ("worker:$LATEST", 3)])
def test_asy_config_2_a_workload_invokes_by_an_alias(folder: Folder, name: str, invokes: int) -> None:
    more = _alias() + _CONFIG.format(name="worker.name", more=", qualifier=live.name")

    run = folder.run(handler=_FAILS, more=more, mapping="enabled=False", workload=_invoke(name))

    assert outcome_of(run).invocations.total == invokes
    assert ("LAM-VERSION-1" in run.rules) is (":" in name)


def test_lam_version_1_a_workload_waits_for_the_answer_of_a_version(folder: Folder) -> None:
    run = folder.run(function="publish=True,", mapping="enabled=False", workload=_invoke("worker:1", "sync"))

    assert outcome_of(run).invocations.total == 1
    assert "LAM-VERSION-1" in run.rules


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("worker:prod", "no version or alias of worker called prod (there are: $LATEST, live)"),
        ("worker:", "no version or alias of worker called  (there are: $LATEST, live)"),
        ("wroker:live", "no function wroker (there are: worker)"),
    ],
)
def test_a_workload_that_invokes_by_what_there_is_not_is_refused(folder: Folder, name: str, problem: str) -> None:
    message = folder.refusal(WorkloadError, more=_alias(), workload=_invoke(name))

    assert message.partition("has ")[2] == problem


def test_a_real_place_invokes_by_no_alias(folder: Folder) -> None:
    folder.run(more=_alias(), workload=_invoke("worker:live"))
    stack = Stack.of(evaluate(read_project(folder.root), "dev"))

    with pytest.raises(NotModelledError) as caught:
        know(stack, folder.root, read_workload(folder.root / "load.yaml"), 1, DEFAULTS)

    assert str(caught.value).partition(": ")[2] == (
        "a real place invokes a function by no version or alias: worker by live\n  nearest: worker, or --on simulation"
    )
