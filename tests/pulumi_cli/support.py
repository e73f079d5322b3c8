"""Pulumi's CLI on a copy of this project, with the lab's provider and an emulator."""

from __future__ import annotations

import compileall
import contextlib
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import yaml

from delivery_lab.live.emulator import Emulator
from delivery_lab.program import naming
from delivery_lab.program.wire import UNKNOWN_TEXT
from tests.lab_support import ROOT

CLI = ROOT / ".pulumi-cli"
PLUGINS = ROOT / "tools" / "plugins"

COMMAND_SECONDS = 180
"""After which a command hangs: the longest takes some seconds."""

NOT_ON_THE_EMULATOR = frozenset({"pipe-sqs", "pipe-sqs-safe"})
"""Variants that no emulator deploys: its pipes read tables only, and hand on to topics."""
VARIANTS = sorted(
    {path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in (ROOT / "stacks").glob("*.yaml")}
    - NOT_ON_THE_EMULATOR
)


@dataclass(slots=True)
class Project:
    """A copy of this project in a folder of its own, and the CLI as it is run there.

    Attributes:
        folder: the copy.
        emulator: where its stacks are deployed.
        environment: what commands get.
    """

    folder: Path
    emulator: Emulator
    environment: Mapping[str, str]
    commands: list[str] = field(default_factory=list)

    @classmethod
    def copy(cls, folder: Path, emulator: Emulator, provider: int | None = None) -> Project:
        """Make the copy, without what tests left in it: it would be uploaded.

        Args:
            folder: where the copy and everything that the CLI writes go.
            emulator: where stacks are deployed.
            provider: port of a provider that runs already; None for one that the engine starts, as it does for users.
        """
        target = folder / "project"
        target.mkdir()
        ignored = shutil.ignore_patterns("__pycache__")
        for name in ("functions", "policy", "stacks"):
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
        shutil.copy(ROOT / "__main__.py", target)
        _copy_what_programs_share(target)
        _make_layer(target)
        return cls(target, emulator, environment(folder, provider))

    @classmethod
    def of_program(cls, folder: Path, emulator: Emulator, text: str, provider: int | None = None) -> Project:
        """Make a project of one program, which may use the components, with the stack `dev` selected."""
        target = folder / "project"
        (target / "stacks").mkdir(parents=True)
        _copy_what_programs_share(target)
        made = cls(target, emulator, environment(folder, provider))
        made.write(text)
        (target / "stacks" / "Pulumi.dev.yaml").write_text("config: {}\n")
        made.use_emulator("dev")
        made.run("stack", "init", "dev")
        return made

    def write(self, text: str) -> None:
        """Give the project another program."""
        (self.folder / "__main__.py").write_text(text)

    def use_emulator(self, variant: str, **more: Any) -> None:
        """Add the emulator to a stack file, and further settings by their full keys."""
        self.configure(variant, {**self.emulator.configuration(), **more})

    def configure(self, stack: str, settings: Mapping[str, Any], base: str | None = None) -> None:
        """Write settings into a stack file.

        Args:
            stack: name of the stack.
            settings: values by full key; None removes one.
            base: the variant whose settings the stack gets first; None for its own.
        """
        file = self.folder / "stacks" / f"Pulumi.{stack}.yaml"
        source = file if base is None else self.folder / "stacks" / f"Pulumi.{base}.yaml"
        kept = yaml.safe_load(file.read_text()) if file.exists() else {}
        content = yaml.safe_load(source.read_text())
        config = {**content["config"], **settings}
        content["config"] = {key: value for key, value in config.items() if value is not None}
        if "encryptionsalt" in kept:
            content["encryptionsalt"] = kept["encryptionsalt"]
        file.write_text(yaml.safe_dump(content))

    def run(self, *words: str, fails: bool = False) -> str:
        """Run `pulumi` and return what it wrote.

        Args:
            words: the arguments.
            fails: whether the command is expected to fail.
        """
        done = self._run(words)
        output = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"pulumi {' '.join(words)} ended with {done.returncode}:\n{output}"
        return output

    @contextlib.contextmanager
    def started(self, *words: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """Start `pulumi` in a process group of its own, as a terminal does, with some more variables."""
        self.commands.append(" ".join(words))
        with subprocess.Popen(
            _command(words),
            cwd=self.folder,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                # A test that fails in between has to end it too.
                process.kill()

    def data(self, *words: str) -> Any:
        """Run `pulumi` with a `--json` answer and return that."""
        done = self._run([*words, "--json"])
        assert done.returncode == 0, (
            f"pulumi {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
        return json.loads(done.stdout)

    def up(self, *words: str, fails: bool = False) -> str:
        """Deploy."""
        return self.run("up", "--yes", "--skip-preview", *words, fails=fails)

    def destroy(self) -> None:
        """Remove everything."""
        self.run("destroy", "--yes", "--skip-preview")

    def steps(self, *words: str) -> list[Step]:
        """What a preview would do to resources that providers have."""
        given = self.data("preview", *words)["steps"]
        replaced = [each["oldState"]["inputs"].get("name") for each in given if each["op"] == "replace"]
        steps = [Step.read(each, [name for name in replaced if name]) for each in given]
        return [step for step in steps if step.op != "same" and step.type.startswith(("aws:", "pulumi-python:"))]

    def outputs(self) -> dict[str, str]:
        """The outputs of the selected stack."""
        found: dict[str, str] = self.data("stack", "output")
        return found

    def state(self) -> list[dict[str, Any]]:
        """The resources in the state of the selected stack."""
        exported = json.loads(self.run("stack", "export"))
        resources: list[dict[str, Any]] = exported["deployment"].get("resources", [])
        return resources

    def resource(self, name: str) -> dict[str, Any]:
        """The resource of a logical name in the state."""
        [found] = [each for each in self.state() if each["urn"].endswith(f"::{name}") and each.get("custom")]
        return found

    def client(self, service: str) -> Any:
        """A client of the emulator."""
        return client(self.emulator, service)

    def _run(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.commands.append(" ".join(words))
        return subprocess.run(
            _command(words),
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )


def _command(words: Sequence[str]) -> list[str]:
    return [str(CLI / "pulumi"), "--non-interactive", "--color", "never", *words]


def _copy_what_programs_share(project: Path) -> None:
    shutil.copy(ROOT / "Pulumi.yaml", project)
    # Nothing uploads the components, so that their bytecode may come along: each command would compile them anew.
    shutil.copytree(ROOT / "components", project / "components")
    compileall.compile_dir(project / "components", quiet=1)
    (project / ".venv").symlink_to(ROOT / ".venv")


def _make_layer(project: Path) -> None:
    """Make a layer that holds the shared code alone.

    What `make layer` builds is for Lambda's processor and Python, and would stand in the way of what the emulator's own
    environment has for the functions.
    """
    layer = project / "build" / "layer"
    layer.mkdir(parents=True)
    (layer / "note.txt").write_text("The functions' dependencies are in the emulator's environment.\n")
    requirements = (project / "functions" / "requirements.txt").read_bytes()
    layer.with_suffix(".sha256").write_text(hashlib.sha256(requirements).hexdigest())


def environment(folder: Path, provider: int | None = None) -> dict[str, str]:
    """What the CLI gets: homes and state in a folder, our provider on the path, nothing fetched from anywhere.

    Args:
        folder: where the homes and the state are.
        provider: port of a provider that runs already, for which the engine then starts none; or None.
    """
    shared = {} if provider is None else {"PULUMI_DEBUG_PROVIDERS": f"aws:{provider}"}
    for name in ("home", "state", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    return {
        **kept,
        **shared,
        "PATH": os.pathsep.join([str(PLUGINS), str(CLI), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DELIVERY_LAB_PYTHON": sys.executable,
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "TMPDIR": str(folder / "tmp"),
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a preview.

    Attributes:
        op: Pulumi's word: `create`, `update`, `replace`, `delete`, ...
        type: type of the resource.
        name: its logical name.
        changed: names of the inputs that change.
        following: those of them that follow from another resource: known only after the update, or the name of a
            resource that is replaced.
    """

    op: str
    type: str
    name: str
    changed: frozenset[str] = frozenset()
    following: frozenset[str] = frozenset()

    @classmethod
    def read(cls, given: Mapping[str, Any], replaced: Sequence[str]) -> Step:
        """Read a step of `pulumi preview --json`; `replaced` holds the names of resources that are replaced."""
        _, _, types, name = given["urn"].split("::", 3)
        changed = frozenset(given.get("diffReasons") or ())
        new, old = ((given.get(side) or {}).get("inputs") or {} for side in ("newState", "oldState"))
        following = frozenset(
            key
            for key in changed - {"name"}
            if UNKNOWN_TEXT in json.dumps(new.get(key)) or any(text in json.dumps(old.get(key)) for text in replaced)
        )
        return cls(given["op"], types.rpartition("$")[2], name, changed, following)


@contextlib.contextmanager
def running_provider() -> Iterator[int]:
    """A provider that several commands use one after the other, and its port. It starts as the engine starts one."""
    with subprocess.Popen(
        [str(PLUGINS / "pulumi-resource-aws")],
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            "DELIVERY_LAB_PYTHON": sys.executable,
        },
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


@functools.cache
def client(emulator: Emulator, service: str) -> Any:
    """A client of the emulator; to make one takes longer than what it is used for."""
    session: Any = boto3.Session(
        aws_access_key_id=naming.ACCOUNT_ID, aws_secret_access_key="test", region_name=naming.DEFAULT_REGION
    )
    return session.client(service, endpoint_url=emulator.url)


def everything(emulator: Emulator) -> dict[str, list[str]]:
    """All resources in the emulator, by kind, but those that every account has."""

    def of(service: str, operation: str, key: str, name: str, **arguments: Any) -> list[str]:
        answer = getattr(client(emulator, service), operation)(**arguments)
        return [each[name] if name else each for each in answer.get(key) or []]

    ec2 = client(emulator, "ec2")
    own = [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc.get("IsDefault")]
    found = {
        "alarms": of("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "apis": of("apigatewayv2", "get_apis", "Items", "ApiId"),
        "buckets": of("s3", "list_buckets", "Buckets", "Name"),
        "buses": [name for name in of("events", "list_event_buses", "EventBuses", "Name") if name != "default"],
        "clusters": of("kafka", "list_clusters", "ClusterInfoList", "ClusterArn"),
        "functions": of("lambda", "list_functions", "Functions", "FunctionName"),
        "layers": of("lambda", "list_layers", "Layers", "LayerName"),
        "log groups": of("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "mappings": of("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
        "parameters": of("ssm", "describe_parameters", "Parameters", "Name"),
        "queues": of("sqs", "list_queues", "QueueUrls", ""),
        "REST APIs": of("apigateway", "get_rest_apis", "items", "id"),
        "roles": of("iam", "list_roles", "Roles", "RoleName"),
        "security groups": [
            each["GroupId"]
            for each in ec2.describe_security_groups()["SecurityGroups"]
            if each["GroupName"] != "default"
        ],
        "streams": of("kinesis", "list_streams", "StreamNames", ""),
        "subscriptions": of("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
        "tables": of("dynamodb", "list_tables", "TableNames", ""),
        "topics": of("sns", "list_topics", "Topics", "TopicArn"),
        "endpoints": [
            each["VpcEndpointId"]
            for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]
            if each.get("State") != "deleted"
        ],
        "networks": own,
    }
    return {kind: names for kind, names in found.items() if names}
