"""The components as a package in Pulumi's own engine: programs in Python and TypeScript that add this repository."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from delivery_lab.live.emulator import Emulator
from tests.live.packages import CLI, Engine, make_engine, make_environment
from tests.live.support import require
from tests.pulumi_cli.support import client

pytestmark = [pytest.mark.engine, pytest.mark.emulator]


KAFKA_IN_TYPESCRIPT = """
import * as pulumi from "@pulumi/pulumi";
import { KafkaConsumer, MskCluster } from "@pulumi/delivery-lab";

const cluster = new MskCluster("events");
const events = new KafkaConsumer("events", {
    topicName: "events",
    clusterArn: cluster.clusterArn,
    consumer: { maximumRetryAttempts: 3 },
    code: new pulumi.asset.FileArchive("app"),
    handler: "stock.handler",
    runtime: "nodejs22.x",
});

export const brokers = cluster.bootstrapServers;
export const consumer = events.functionName;
export const failures = events.failureDestinationArn;
"""


@pytest.fixture(scope="module")
def engine(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine, with the provider of the tests."""
    require(CLI / "pulumi", "make pulumi")
    folder = tmp_path_factory.mktemp("engine")
    yield make_engine(folder, emulator)
    shutil.rmtree(folder)


def _deployed_and_destroyed(engine: Engine, project: Path) -> dict[str, str]:
    """Deploy the stack, see that the queue is as the program says, destroy all, and return the outputs."""
    with engine.deployed(project) as outputs:
        sqs = client(engine.emulator, "sqs")
        answer = sqs.get_queue_attributes(QueueUrl=outputs["ordersQueueUrl"], AttributeNames=["VisibilityTimeout"])
        assert answer["Attributes"] == {"VisibilityTimeout": "360"}
    return outputs


def test_a_python_program_adds_the_package_and_is_deployed(engine: Engine) -> None:
    project = engine.clone / "examples" / "python"
    given = (project / "Pulumi.yaml").read_text(encoding="utf-8")
    (project / "Pulumi.yaml").write_text(given.partition("packages:")[0], encoding="utf-8")
    (project / "requirements.txt").write_text("pulumi>=3.200\n", encoding="utf-8")
    make_environment(project)
    engine.pulumi(project, "package", "add", str(engine.clone))
    named = yaml.safe_load((project / "Pulumi.yaml").read_text(encoding="utf-8"))["packages"]
    assert list(named) == ["delivery-lab"]
    engine.stack(project)

    outputs = _deployed_and_destroyed(engine, project)
    assert set(outputs) == {"ordersQueueUrl", "ordersDlqUrl", "ordersFunction", "invoicesQueueUrl", "invoicesTable"}

    program = (project / "__main__.py").read_text(encoding="utf-8")
    longer = program.replace("function_timeout_seconds=FUNCTION_TIMEOUT_SECONDS", "function_timeout_seconds=5")
    wrong = longer.replace('"maximum_concurrency": 20', '"maximum_concurrency": 20, "batch_siz": 5')
    (project / "__main__.py").write_text(longer, encoding="utf-8")
    written = engine.pulumi(project, "preview", succeeds=False)
    assert "BatchWorker resource 'orders' has a problem: 1 argument of BatchWorker 'orders' cannot be used" in written
    assert "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds" in written
    (project / "__main__.py").write_text(wrong, encoding="utf-8")
    written = engine.pulumi(project, "preview", succeeds=False)
    assert (
        "property worker.batch_siz with value 5 has a problem: 5: unknown key; fix: did you mean batchSize?" in written
    )
    assert "s3cret" not in written


def test_a_typescript_program_is_checked_and_deployed(engine: Engine) -> None:
    require(Path(shutil.which("npm") or "/npm-is-missing"), "install Node 20")
    project = engine.clone / "examples" / "typescript"
    engine.pulumi(project, "install")
    engine.run(project, "npx", "--no-install", "tsc", "--noEmit")
    engine.stack(project)

    outputs = _deployed_and_destroyed(engine, project)
    names = {"ordersQueueUrl", "ordersDlqUrl", "ordersFunction", "stockTable", "stockFailures"}
    assert set(outputs) == names

    program = (project / "index.ts").read_text(encoding="utf-8")
    (project / "index.ts").write_text(
        program.replace("maximumConcurrency: 20", 'maximumConcurrency: "20"'), encoding="utf-8"
    )
    written = engine.run(project, "npx", "--no-install", "tsc", "--noEmit", succeeds=False)
    assert "Type 'string' is not assignable to type 'number'" in written

    (project / "index.ts").write_text(KAFKA_IN_TYPESCRIPT, encoding="utf-8")
    engine.run(project, "npx", "--no-install", "tsc", "--noEmit")
    with engine.deployed(project) as outputs:
        assert set(outputs) == {"brokers", "consumer", "failures"}
