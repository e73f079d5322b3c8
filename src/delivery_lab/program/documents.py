"""IAM policies that a program gives as objects: pulumi-aws takes them, and turns them into JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping

from google.protobuf.struct_pb2 import Struct

from delivery_lab import resource_types
from delivery_lab.program.graph import UNKNOWN, contains_unknown
from delivery_lab.program.wire import Decoder, encode

_DOCUMENTS: Mapping[str, str] = {
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "policyDocument",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": "policy",
    "aws:ecr/registryPolicy:RegistryPolicy": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:elasticsearch/domain:Domain": "accessPolicies",
    "aws:elasticsearch/domainPolicy:DomainPolicy": "accessPolicies",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    resource_types.POLICY: "policy",
    resource_types.ROLE: "assumeRolePolicy",
    resource_types.ROLE_POLICY: "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    resource_types.BUCKET: "policy",
    resource_types.BUCKET_POLICY: "policy",
    resource_types.TOPIC_POLICY: "policy",
    resource_types.QUEUE_POLICY: "policy",
}
"""The inputs that pulumi-aws 7 declares as a text or a PolicyDocument, by type."""


def with_documents_as_text(type_token: str, inputs: Struct, decoder: Decoder) -> Struct:
    """The inputs of a resource as its provider would have them.

    Args:
        type_token: type of the resource.
        inputs: its inputs as the program gave them.
        decoder: reads the values.
    """
    name = _DOCUMENTS.get(type_token, "")
    if name not in inputs.fields:
        return inputs
    given = decoder.properties(inputs)
    document = given.values.get(name)
    if not isinstance(document, Mapping) or name in given.secrets:
        return inputs
    changed = Struct()
    changed.CopyFrom(inputs)
    text = UNKNOWN if contains_unknown(document) else json.dumps(document)
    changed.fields[name].CopyFrom(encode({name: text}).fields[name])
    return changed
