"""From what a stack stores to the calls that create it before a run."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

from delivery_lab.errors import HandlerLoadError
from delivery_lab.model.creations import Creation
from delivery_lab.program.assets import FileAsset, StringAsset
from delivery_lab.simulation.taken_creations import creations_of_taken
from delivery_lab.stack.events import Bucket
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.stored import MailIdentity, Parameter, Secret, SecretVersion, StateMachine, StoredObject

_ROLE = "arn:aws:iam::123456789012:role/lab"


def creations(stack: Stack, project_dir: Path) -> Iterator[Creation]:
    """The calls, in the order of the stack; what is known only after deployment is left out.

    Args:
        stack: the stack.
        project_dir: folder of the project, where paths of assets start.
    """
    region = region_of(stack)
    names: dict[str, str] = {}
    for resource in stack.resources.values():
        match resource:
            case Bucket() if resource.arn is not None:
                place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
                yield Creation("s3", "CreateBucket", {"Bucket": resource.arn.rpartition(":")[2], **place})
            case StoredObject():
                yield from _object(resource, project_dir)
            case Parameter():
                yield from _parameter(resource)
            case Secret() if resource.secret_name:
                names |= dict.fromkeys(
                    filter(None, (resource.id, resource.arn, resource.secret_name)), resource.secret_name
                )
                yield Creation("secretsmanager", "CreateSecret", {"Name": resource.secret_name}, resource.arn or "")
            case SecretVersion():
                yield from _version(resource, names)
            case MailIdentity() if isinstance(resource.identity.known, str):
                identity = resource.identity.known
                yield Creation("sesv2", "CreateEmailIdentity", {"EmailIdentity": identity})
            case StateMachine() if resource.machine_name and isinstance(resource.definition.known, str):
                text = resource.definition.known
                yield Creation(
                    "stepfunctions",
                    "CreateStateMachine",
                    {"name": resource.machine_name, "definition": text, "roleArn": _ROLE},
                )
            case _:
                yield from creations_of_taken(resource, stack)


def region_of(stack: Stack) -> str:
    """The region of the stack, as the ARNs of its resources name it."""
    arns = (resource.arn for resource in stack.resources.values() if resource.arn is not None)
    return next((arn.split(":")[3] for arn in arns if arn.count(":") >= 5 and arn.split(":")[3]), "us-east-1")


def _object(resource: StoredObject, project_dir: Path) -> Iterator[Creation]:
    bucket, key = resource.bucket.known, resource.key.known
    if not isinstance(bucket, str) or not isinstance(key, str):
        return
    content = resource.content.known
    body = content.encode() if isinstance(content, str) else _bytes_of(resource, project_dir)
    if body is not None:
        yield Creation("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": body})


def _bytes_of(resource: StoredObject, project_dir: Path) -> bytes | None:
    if isinstance(resource.source, StringAsset):
        return str(resource.source.text).encode()
    if isinstance(resource.source, FileAsset):
        file = project_dir / str(resource.source.path)
        if not file.is_file():
            raise HandlerLoadError(f"{resource.name}: there is no {file}\n  fix: correct the path in the program")
        return file.read_bytes()
    return None


def _parameter(resource: Parameter) -> Iterator[Creation]:
    name, value = resource.parameter_name.known, resource.value.known
    if isinstance(name, str) and isinstance(value, str):
        yield Creation("ssm", "PutParameter", {"Name": name, "Value": value, "Type": resource.kind.certain()})


def _version(resource: SecretVersion, names: dict[str, str]) -> Iterator[Creation]:
    name, text, binary = names.get(str(resource.secret.known)), resource.text.known, resource.binary.known
    if name is not None and isinstance(text, str):
        yield Creation("secretsmanager", "PutSecretValue", {"SecretId": name, "SecretString": text})
    elif name is not None and isinstance(binary, str):
        yield Creation("secretsmanager", "PutSecretValue", {"SecretId": name, "SecretBinary": b64decode(binary)})
