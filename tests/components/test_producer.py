from __future__ import annotations

from pulumi_aws import sqs

from components.producer import QueueProducer
from components.settings import ApiSettings, ProducerSettings
from tests.components.world import World, deploy


def _world() -> World:
    settings = ProducerSettings.model_validate({"timeoutSeconds": 9})

    def program() -> None:
        QueueProducer("batch", "producer", sqs.Queue("jobs"), "layer-arn", settings, ApiSettings())

    return deploy(program)


def test_the_producer_knows_its_queue() -> None:
    function = _world().one("aws:lambda/function:Function", "batch-producer")
    assert function.inputs["environment"]["variables"] == {
        "POWERTOOLS_SERVICE_NAME": "batch-producer",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "QUEUE_URL": "https://sqs.test/jobs",
    }
    assert function.inputs["timeout"] == 9
    assert function.inputs["code"].path == "functions/producer"


def test_the_producer_may_send_to_its_queue_and_nothing_else() -> None:
    policy = _world().one("aws:iam/rolePolicy:RolePolicy", "batch-producer-policy").document("policy")
    assert [statement["Sid"] for statement in policy["Statement"]] == ["WriteOwnLogs", "SendToQueue"]
    assert policy["Statement"][1]["Action"] == ["sqs:SendMessage"]
    assert policy["Statement"][1]["Resource"] == "arn:aws:sqs:eu-west-1:123456789012:jobs"


def test_the_api_in_front_of_it_and_the_outputs() -> None:
    world = _world()
    parent = "delivery-lab:producer:QueueProducer::batch"
    assert world.one("delivery-lab:api:EnqueueApi", "batch-api").parent == parent
    assert world.one("delivery-lab:function:PythonFunction", "batch-producer").parent == parent
    assert world.one("delivery-lab:producer:QueueProducer", "batch").inputs["producer"]["timeoutSeconds"] == 9
    assert world.component_outputs["delivery-lab:producer:QueueProducer"] == {
        "functionName": "batch-producer",
        "endpoint": "https://batch-api.test",
    }
