"""The rules without an engine: by what the SDK calls them with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_policy import (
    Policy,
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from policy.pack import ADVICE, INPUTS, SETUP, VALUES, rules

URN = "urn:pulumi:dev::shop::"
QUEUE, FUNCTION = "aws:sqs/queue:Queue", "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:111122223333:jobs"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:worker"


def resource(token: str, name: str, props: dict[str, Any], **sources: PolicyResource) -> PolicyResource:
    # The SDK's own objects: None is what they hold when the engine does not say.
    return PolicyResource(
        resource_type=token,
        props=unknown_checking_proxy(props),
        urn=f"{URN}{token}::{name}",
        name=name,
        opts=None,  # type: ignore[arg-type]  # semantics.md I5: allowed in tests
        provider=None,
        parent=None,
        dependencies=list(sources.values()),
        property_dependencies={key: [source] for key, source in sources.items()},
    )


def deployed(visibility_s: float = 5.0, **mapping: Any) -> list[PolicyResource]:
    """A stack that exists, with everything that AWS and the provider report."""
    queue = resource(
        QUEUE,
        "jobs",
        {
            "arn": QUEUE_ARN,
            "url": "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs",
            "visibilityTimeoutSeconds": visibility_s,
            "fifoQueue": False,
            "contentBasedDeduplication": False,
            "deduplicationScope": "",
            "kmsMasterKeyId": "",
            "namePrefix": "",
            "policy": "",
            "redrivePolicy": '{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111122223333:d", "maxReceiveCount": 5}',
            "sqsManagedSseEnabled": True,
            "tags": {},
        },
    )
    function = resource(
        FUNCTION,
        "worker",
        {
            "arn": FUNCTION_ARN,
            "name": "worker",
            "handler": "app.handle",
            "role": "arn:aws:iam::111122223333:role/worker",
            "runtime": "python3.13",
            "timeout": 30.0,
            "reservedConcurrentExecutions": -1.0,
            "code": pulumi.AssetArchive({"app.py": pulumi.StringAsset("def handle(event, context): pass")}),
            "imageUri": "",
            "layers": [],
            "loggingConfig": {"logFormat": "Text", "applicationLogLevel": "", "systemLogLevel": "", "logGroup": "/x"},
            "snapStart": {"applyOn": "None", "optimizationStatus": "Off"},
            "vpcConfig": None,
        },
    )
    return [
        queue,
        function,
        resource(
            MAPPING,
            "mapping",
            {
                "batchSize": 1.0,
                "bisectBatchOnFunctionError": False,
                "destinationConfig": {"onFailure": {"destinationArn": ""}},
                "enabled": True,
                "eventSourceArn": QUEUE_ARN,
                "functionArn": FUNCTION_ARN,
                "functionName": FUNCTION_ARN,
                "filterCriteria": {"filters": []},
                "functionResponseTypes": [],
                "maximumRecordAgeInSeconds": 0.0,
                "maximumRetryAttempts": 0.0,
                "parallelizationFactor": 0.0,
                "selfManagedEventSource": None,
                "startingPosition": "",
                "topics": [],
                "tumblingWindowInSeconds": 0.0,
                "scalingConfig": None,
                **mapping,
            },
            eventSourceArn=queue,
            functionName=function,
        ),
    ]


def show_inputs(policies: list[Policy], resources: list[PolicyResource], **changed: Any) -> None:
    """Show the pack the inputs of resources, as the engine does before the stack is complete."""
    [notes] = [rule for rule in policies if rule.name == INPUTS]
    assert isinstance(notes, ResourceValidationPolicy)
    for each in resources:
        props = {name: each.props[name] for name in each.props if each.props[name] not in (0.0, "", None)}
        props.update({name: value for name, value in changed.items() if name in props})
        args = ResourceValidationArgs(each.resource_type, props, each.urn, each.name, each.opts, None)
        notes.validate(args, lambda *_: pytest.fail("this rule reports nothing"))


def violations(
    resources: list[PolicyResource], policies: list[Policy] | None = None, **config: Any
) -> list[tuple[str, str, str | None]]:
    """What each rule over the stack reports: rule, message, URN."""
    found: list[tuple[str, str, str | None]] = []
    for rule in policies if policies is not None else rules():
        if isinstance(rule, StackValidationPolicy):
            args = StackValidationArgs(resources, config if rule.name == SETUP else None)
            rule.validate(args, lambda text, urn=None, name=rule.name: found.append((name, text, urn)))  # type: ignore[misc]  # a default that binds the name
    return found


def test_a_deployed_stack_with_all_that_aws_reports_is_clean() -> None:
    assert violations(deployed(visibility_s=180.0)) == []


def test_a_short_visibility_timeout_is_reported_on_the_queue() -> None:
    [(rule, text, urn)] = violations(deployed())

    assert rule == "CHK-VT-1"
    assert text.splitlines()[1] == "fix: set visibilityTimeoutSeconds of jobs to 180 (6 x timeout + batching window)"
    assert urn == f"{URN}{QUEUE}::jobs"


def test_values_and_advice_have_rules_of_their_own() -> None:
    [(rule, text, urn)] = violations(
        deployed(visibility_s=180.0, batchSize=20000.0, maximumBatchingWindowInSeconds=1.0)
    )[-1:]

    assert rule == VALUES
    assert text.startswith("CFN-E3034: batchSize of mapping: 20000 is greater than the maximum of 10000\nfix: ")
    assert urn == f"{URN}{MAPPING}::mapping"


def test_what_is_found_and_weighs_less_than_its_check_is_advice() -> None:
    [(rule, text, _)] = violations(deployed(visibility_s=180.0), accept={"CHK-VT-2": "not there"})

    assert rule == ADVICE
    assert text.startswith("CHK-ACCEPT-1: The stack accepts CHK-VT-2, but nothing of the kind was found.")


def test_unknown_values_of_a_preview_are_never_reported() -> None:
    resources = deployed()
    for each in resources:
        props = dict.fromkeys(each.props, UNKNOWN_STRING_VALUE)
        each.props = unknown_checking_proxy(props)

    assert violations(resources) == []


def test_a_preview_sees_which_queue_feeds_which_function() -> None:
    queue, function, mapping = deployed()
    queue.props = unknown_checking_proxy({"visibilityTimeoutSeconds": 5.0, "arn": UNKNOWN_STRING_VALUE})
    function.props = unknown_checking_proxy({"timeout": 30.0, "arn": UNKNOWN_STRING_VALUE, "runtime": "python3.13"})
    mapping.props = unknown_checking_proxy(
        {"batchSize": 1.0, "eventSourceArn": UNKNOWN_STRING_VALUE, "functionName": UNKNOWN_STRING_VALUE}
    )

    assert "CHK-VT-1" in [rule for rule, _, _ in violations([queue, function, mapping])]


def test_inputs_that_were_shown_count_more_than_the_state() -> None:
    resources, policies = deployed(visibility_s=180.0), rules()
    show_inputs(policies, resources, visibilityTimeoutSeconds=5.0)

    assert [rule for rule, _, _ in violations(resources, policies)] == ["CHK-VT-1"]


def test_resources_that_the_stack_only_reads_are_not_judged() -> None:
    resources, policies = deployed(), rules()
    show_inputs(policies, resources[1:])

    assert violations(resources, policies) == []


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"accept": "all"}, "accept has to map ids of checks to reasons, found 'all'"),
        ({"project": 3}, "project has to be the folder of the Pulumi project, found 3"),
        ({"project": "/not/there"}, "project has to be the folder of the Pulumi project, found '/not/there'"),
    ],
)
def test_a_wrong_configuration_of_the_pack_is_reported(config: dict[str, Any], text: str) -> None:
    [found] = violations(deployed(visibility_s=180.0), **config)

    assert found == (SETUP, f"the configuration of {SETUP} is wrong: {text}", None)


def test_code_is_found_from_the_folder_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "app.py").write_text(
        "def handle(event, context):\n    return {'batchItemFailures': [{'itemIdentifier': 'x'}]}\n"
    )
    queue, function, mapping = deployed(visibility_s=180.0, batchSize=5.0)
    state = {name: function.props[name] for name in function.props}
    function.props = unknown_checking_proxy({**state, "code": pulumi.FileArchive("./worker")})
    resources = [queue, function, mapping]

    assert "CHK-REPORT-3" in [rule for rule, _, _ in violations(resources, rules(tmp_path))]
    assert "CHK-REPORT-3" not in [rule for rule, _, _ in violations(resources, rules(tmp_path / "worker"))]
    assert "CHK-REPORT-3" in [rule for rule, _, _ in violations(resources, project=str(tmp_path))]


def test_an_empty_stack_is_clean() -> None:
    assert violations([]) == []
