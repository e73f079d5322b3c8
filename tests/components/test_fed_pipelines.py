from __future__ import annotations

from typing import Any

from components.fed_pipelines import ApiPipeline, BucketPipeline, BusPipeline, PipePipeline, TopicPipeline
from components.settings import EventBridgeSettings, GatewaySettings, PipeSettings, S3Settings, SnsSettings
from tests.components.world import World, deploy

QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:sns-queue"
TOPIC_ARN = "arn:aws:sns:eu-west-1:123456789012:sns-topic"


def _topic_world(**parts: Any) -> World:
    settings = SnsSettings.model_validate(parts)
    return deploy(lambda: _made(TopicPipeline("sns", settings, "layer-arn")))


def _made(_: object) -> None:
    """What is made is looked at in the world."""


def test_the_queue_lets_its_topic_send_and_nobody_else() -> None:
    policy = _topic_world().one("aws:sqs/queuePolicy:QueuePolicy", "sns-queue-policy").document("policy")
    assert [statement["Sid"] for statement in policy["Statement"]] == ["RefuseRequestsWithoutTls", "DeliverOfTopic"]
    assert policy["Statement"][1] == {
        "Sid": "DeliverOfTopic",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE_ARN,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC_ARN}},
    }


def test_the_subscription_begins_when_the_queue_may_be_sent_to_and_somebody_reads_it() -> None:
    world = _topic_world()
    subscription = world.one("aws:sns/topicSubscription:TopicSubscription", "sns-subscription")
    mapping = world.one("aws:lambda/eventSourceMapping:EventSourceMapping", "sns-mapping")
    assert world.resources.index(subscription) > world.resources.index(mapping)
    assert {
        "aws:lambda/eventSourceMapping:EventSourceMapping::sns-mapping",
        "aws:sqs/queuePolicy:QueuePolicy::sns-queue-policy",
    } <= world.one("delivery-lab:topic:QueueSubscription", "sns").dependencies


def test_the_function_is_told_what_a_body_is() -> None:
    def body(**parts: Any) -> str | None:
        function = _topic_world(**parts).one("aws:lambda/function:Function", "sns-worker")
        found = function.inputs["environment"]["variables"].get("BODY")
        assert found is None or isinstance(found, str)
        return found

    assert body() is None
    assert body(subscription={"rawMessageDelivery": False}) == "envelope"
    assert body(worker={"body": "envelope"}) == "envelope"
    assert body(subscription={"rawMessageDelivery": False}, worker={"body": "message"}) is None


def test_a_fifo_topic_keeps_the_order_of_groups() -> None:
    world = _topic_world(topic={"fifo": True}, queue={"fifo": True})
    function = world.one("aws:lambda/function:Function", "sns-worker")
    assert function.inputs["environment"]["variables"]["KEEP_GROUP_ORDER"] == "true"
    assert {queue.name: queue.inputs["fifoQueue"] for queue in world.of_type("aws:sqs/queue:Queue")} == {
        "sns-queue": True,
        "sns-dlq": True,
        "sns-undelivered": True,
    }


def test_outputs_and_alarms() -> None:
    world = _topic_world()
    outputs = {
        "TopicArn": TOPIC_ARN,
        "QueueUrl": "https://sqs.test/sns-queue",
        "DlqUrl": "https://sqs.test/sns-dlq",
        "WorkerFunction": "sns-worker",
        "UndeliveredUrl": "https://sqs.test/sns-undelivered",
    }
    assert world.component_outputs["delivery-lab:pipelines:TopicPipeline"] == outputs
    alarm = world.one("aws:cloudwatch/metricAlarm:MetricAlarm", "sns-alarm-undelivered").inputs
    assert alarm["dimensions"] == {"QueueName": "sns-undelivered"}
    assert alarm["alarmDescription"] == "There are messages that SNS cannot deliver."


def _bucket_world(**parts: Any) -> World:
    settings = S3Settings.model_validate(parts)
    return deploy(lambda: _made(BucketPipeline("s3", settings, "layer-arn")))


def test_the_queue_lets_its_bucket_send_before_s3_tries_it() -> None:
    world = _bucket_world()
    policy = world.one("aws:sqs/queuePolicy:QueuePolicy", "s3-queue-policy").document("policy")
    allowed = policy["Statement"][1]
    assert (allowed["Sid"], allowed["Principal"]) == ("TellOfObjects", {"Service": "s3.amazonaws.com"})
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::s3-bucket"}}
    assert (
        "aws:sqs/queuePolicy:QueuePolicy::s3-queue-policy"
        in world.one("delivery-lab:bucket:QueueNotification", "s3").dependencies
    )


def test_outputs_of_a_bucket_that_feeds_a_queue() -> None:
    assert _bucket_world().component_outputs["delivery-lab:pipelines:BucketPipeline"] == {
        "BucketName": "s3-bucket",
        "QueueUrl": "https://sqs.test/s3-queue",
        "DlqUrl": "https://sqs.test/s3-dlq",
        "WorkerFunction": "s3-worker",
    }


def test_outputs_of_an_api_that_feeds_a_queue() -> None:
    world = deploy(lambda: _made(ApiPipeline("apigateway", GatewaySettings(), "layer-arn")))

    assert world.component_outputs["delivery-lab:pipelines:ApiPipeline"] == {
        "ApiEndpoint": "https://apigateway-api-stage.test/live",
        "QueueUrl": "https://sqs.test/apigateway-queue",
        "DlqUrl": "https://sqs.test/apigateway-dlq",
        "WorkerFunction": "apigateway-worker",
    }
    assert [function.name for function in world.of_type("aws:lambda/function:Function")] == ["apigateway-worker"]


def test_the_queue_lets_its_rule_send_before_there_is_a_target() -> None:
    world = deploy(lambda: _made(BusPipeline("eventbridge", EventBridgeSettings(), "layer-arn")))

    policy = world.one("aws:sqs/queuePolicy:QueuePolicy", "eventbridge-queue-policy").document("policy")
    allowed = policy["Statement"][1]
    assert (allowed["Sid"], allowed["Principal"]) == ("DeliverByRule", {"Service": "events.amazonaws.com"})
    rule = "arn:aws:events:eu-west-1:123456789012:rule/eventbridge-rule"
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": rule}}
    assert {
        "aws:lambda/eventSourceMapping:EventSourceMapping::eventbridge-mapping",
        "aws:sqs/queuePolicy:QueuePolicy::eventbridge-queue-policy",
    } <= world.one("delivery-lab:bus:QueueTarget", "eventbridge").dependencies
    assert world.component_outputs["delivery-lab:pipelines:BusPipeline"] == {
        "BusName": "eventbridge-bus",
        "QueueUrl": "https://sqs.test/eventbridge-queue",
        "DlqUrl": "https://sqs.test/eventbridge-dlq",
        "WorkerFunction": "eventbridge-worker",
        "UndeliveredUrl": "https://sqs.test/eventbridge-undelivered",
    }
    alarm = world.one("aws:cloudwatch/metricAlarm:MetricAlarm", "eventbridge-alarm-undelivered").inputs
    assert alarm["alarmDescription"] == "There are messages that EventBridge cannot deliver."


def test_a_pipe_begins_when_somebody_reads_the_queue_and_what_it_discards_is_watched() -> None:
    world = deploy(lambda: _made(PipePipeline("pipe", PipeSettings(), "layer-arn")))
    outputs = world.component_outputs["delivery-lab:pipelines:PipePipeline"]
    assert outputs.keys() == {"StreamName", "QueueUrl", "DlqUrl", "WorkerFunction", "UndeliveredUrl"}
    pipe = world.one("delivery-lab:pipe:QueuePipe", "pipe")
    assert "aws:lambda/eventSourceMapping:EventSourceMapping::pipe-mapping" in pipe.dependencies
    alarm = world.one("aws:cloudwatch/metricAlarm:MetricAlarm", "pipe-alarm-undelivered").inputs
    assert alarm["alarmDescription"] == "There are messages that the pipe cannot deliver."
