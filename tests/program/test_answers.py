"""What a program gets from the outside: providers' functions, other stacks, AWS itself, and no network."""

from __future__ import annotations

import os
import re

import pytest

from delivery_lab.errors import NotModelledError, ProgramError, WorkloadError
from delivery_lab.program.answers import AwsAnswer, FunctionAnswer, ProgramAnswers
from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import UNKNOWN
from tests.program.conftest import MakeProject
from tests.program.test_engine import named

LOOKS_UP = """\
import pulumi, pulumi_aws as aws
network = aws.ec2.get_vpc(tags={"Name": "main"})
pulumi.export("id", network.id)
pulumi.export("block", network.cidr_block)
"""
REFERS = """\
import pulumi, pulumi_aws as aws
other = pulumi.StackReference("network", stack_name="acme/network/prod")
role = aws.iam.Role("role", assume_role_policy="{}", description=other.get_output("told"))
queue = aws.sqs.Queue("queue", kms_master_key_id=other.require_output("untold"))
pulumi.export("told", other.require_output("told"))
"""
CALLS = """\
import boto3
import pulumi
import pulumi_aws as aws
found = boto3.client("ssm", region_name="eu-west-1").get_parameter(Name="/size")
pulumi.export("size", found["Parameter"]["Value"])
"""


def answering(**answers: AwsAnswer) -> ProgramAnswers:
    return ProgramAnswers(of_call=lambda service, operation, _: answers.get(operation), key=str(answers))


def test_a_told_answer_stands_before_the_placeholder_and_the_rest_stays_unknown(make_project: MakeProject) -> None:
    told = FunctionAnswer("aws:ec2/getVpc:getVpc", {"tags": {"Name": "main"}}, {"cidr_block": "10.0.0.0/16"})

    graph = evaluate(make_project(LOOKS_UP), "dev", (), ProgramAnswers(functions=(told,)))

    assert graph.outputs == {"id": UNKNOWN, "block": "10.0.0.0/16"}
    assert not [note for note in graph.warnings if "getVpc" in note]


def test_an_answer_for_other_arguments_is_not_taken(make_project: MakeProject) -> None:
    other = FunctionAnswer("aws:ec2/getVpc:getVpc", {"tags": {"Name": "other"}}, {"cidrBlock": "10.0.0.0/16"})

    graph = evaluate(make_project(LOOKS_UP), "dev", (), ProgramAnswers(functions=(other,)))

    assert graph.outputs == {"id": UNKNOWN, "block": UNKNOWN}


def test_an_answer_with_a_member_that_there_is_not_is_refused(make_project: MakeProject) -> None:
    told = FunctionAnswer("aws:ec2/getVpc:getVpc", {}, {"cidr": "10.0.0.0/16"}, "load.yaml: answers")

    with pytest.raises(
        WorkloadError, match=r"^load.yaml: answers: aws:ec2/getVpc:getVpc answers no cidr \(it answers:"
    ):
        evaluate(make_project(LOOKS_UP), "dev", (), ProgramAnswers(functions=(told,)))


def test_outputs_of_another_stack_are_what_is_told_and_unknown_else(make_project: MakeProject) -> None:
    answers = ProgramAnswers(stacks={"acme/network/prod": {"told": "the network"}})

    graph = evaluate(make_project(REFERS), "dev", (), answers)

    assert named(graph, "role").inputs["description"] == "the network"
    assert named(graph, "queue").inputs == {"kmsMasterKeyId": UNKNOWN}
    assert graph.outputs == {"told": "the network"}
    assert graph.warnings == (
        (
            "outputs of the stack acme/network/prod are unknown here: untold (__main__.py:4); where a run needs them: "
            'answers: [{stack: "acme/network/prod", answer: {untold: ...}}]'
        ),
    )


def test_what_depends_on_an_unknown_output_depends_on_the_reference(make_project: MakeProject) -> None:
    graph = evaluate(make_project(REFERS), "dev")

    assert named(graph, "queue").property_dependencies == {"kmsMasterKeyId": (named(graph, "network").urn,)}


def test_a_call_to_aws_gets_what_is_told(make_project: MakeProject) -> None:
    answers = answering(GetParameter=AwsAnswer({"Parameter": {"Value": "3"}}))

    assert evaluate(make_project(CALLS), "dev", (), answers).outputs == {"size": "3"}


def test_a_call_to_aws_gets_the_error_that_is_told(make_project: MakeProject) -> None:
    answers = answering(GetParameter=AwsAnswer(code="ParameterNotFound", message="none", status=400))
    program = CALLS.replace("found = ", "try: found = ") + "except Exception: pass\n"
    guarded = program.replace(
        'pulumi.export("size", found["Parameter"]["Value"])\nexcept Exception: pass\n',
        'except Exception as error: found = {"Parameter": {"Value": type(error).__name__}}\n'
        'pulumi.export("size", found["Parameter"]["Value"])\n',
    )

    assert evaluate(make_project(guarded), "dev", (), answers).outputs == {"size": "ParameterNotFound"}


def test_a_call_to_aws_that_nothing_answers_ends_the_program_though_it_catches_everything(
    make_project: MakeProject,
) -> None:
    program = """\
import boto3
try:
    boto3.client("ssm").get_parameter(Name="/size")
except Exception:
    pass
"""
    with pytest.raises(NotModelledError) as refused:
        evaluate(make_project(program), "dev")

    assert str(refused.value) == (
        "the program calls ssm:GetParameter of AWS while it describes its resources (__main__.py:3); nothing is sent\n"
        "  fix: say what it gets, in the workload, in delivery-lab.yaml, or in a file for --answers:\n"
        "    answers:\n"
        "      - {service: ssm, operation: GetParameter, answer: {...}}"
    )


def test_who_deploys_is_known(make_project: MakeProject) -> None:
    program = """\
import boto3, pulumi
pulumi.export("account", boto3.client("sts").get_caller_identity()["Account"])
"""
    assert evaluate(make_project(program), "dev").outputs == {"account": "123456789012"}


def test_calls_are_answered_only_while_the_program_runs(make_project: MakeProject) -> None:
    from botocore.client import BaseClient

    before = vars(BaseClient)["_make_api_call"]
    evaluate(make_project(CALLS), "dev", (), answering(GetParameter=AwsAnswer({"Parameter": {"Value": "3"}})))

    assert vars(BaseClient)["_make_api_call"] is before


def test_a_program_gets_no_network_and_may_go_on_without(make_project: MakeProject) -> None:
    program = """\
import pulumi, urllib.request
try:
    found = urllib.request.urlopen("https://addresses.example/mine").read()
except OSError as error:
    found = str(error)
pulumi.export("found", found)
"""
    graph = evaluate(make_project(program), "dev")

    assert "Delivery Lab sends nothing to addresses.example while it evaluates a program" in graph.outputs["found"]
    assert graph.warnings == (
        (
            "the program asks addresses.example over the network (__main__.py:3): nothing is sent, and it gets an "
            "error instead"
        ),
    )


def test_a_program_that_cannot_go_on_without_the_network_ends_with_its_own_error(make_project: MakeProject) -> None:
    program = "import socket\nsocket.create_connection(('192.0.2.1', 80))\n"

    with pytest.raises(ProgramError, match=re.escape("Delivery Lab sends nothing to 192.0.2.1 while it evaluates")):
        evaluate(make_project(program), "dev")


def test_settings_that_a_stack_file_lacks_or_holds_as_secrets_come_from_the_project(make_project: MakeProject) -> None:
    program = """\
import pulumi
config = pulumi.Config()
for name in ("held", "secret", "told"):
    pulumi.export(name, config.require(name))
"""
    stacks = {"dev": "config:\n  demo:held: mine\n  demo:secret: {secure: abc}\n"}
    answers = ProgramAnswers(config={"held": "theirs", "secret": "known", "told": 3}, config_origin="delivery-lab.yaml")

    graph = evaluate(make_project(program, stacks=stacks), "dev", (), answers)

    assert graph.outputs == {"held": "mine", "secret": "known", "told": "3"}
    assert graph.config["demo:secret"] == "[secret]"


def test_variables_of_the_environment_are_what_is_told_where_the_shell_has_none(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELD_BY_THE_SHELL", "mine")
    program = """\
import os, pulumi
for name in ("HELD_BY_THE_SHELL", "TOLD_TO_THE_PROGRAM"):
    pulumi.export(name, os.environ[name])
"""
    answers = ProgramAnswers(environment={"HELD_BY_THE_SHELL": "theirs", "TOLD_TO_THE_PROGRAM": "told"})

    assert evaluate(make_project(program), "dev", (), answers).outputs == {
        "HELD_BY_THE_SHELL": "mine",
        "TOLD_TO_THE_PROGRAM": "told",
    }
    assert "TOLD_TO_THE_PROGRAM" not in os.environ
