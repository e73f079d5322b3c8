"""Roles and their inline policies."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine
from delivery_lab.live.provider.resource_type import Properties, ProvidedType, present


class RoleType(ProvidedType):
    """`aws.iam.Role`. Its id is its name."""

    pulumi_type = resource_types.ROLE
    settings = frozenset({"assumeRolePolicy", "description", "maxSessionDuration", "name", "path"})
    required = frozenset({"assumeRolePolicy"})
    computed = ("arn", "createDate", "uniqueId")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the role."""
        cloud.client("iam").create_role(
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            **present(
                Path=inputs.get("path"),
                Description=inputs.get("description"),
                MaxSessionDuration=inputs.get("maxSessionDuration"),
            ),
        )
        return str(inputs["name"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The role."""
        iam = cloud.client("iam")
        answer = found(lambda: iam.get_role(RoleName=id_))
        if answer is None:
            return None
        role = answer["Role"]
        return {
            "name": id_,
            "assumeRolePolicy": _text(role["AssumeRolePolicyDocument"]),
            "path": role.get("Path", "/"),
            "description": role.get("Description", ""),
            "maxSessionDuration": role.get("MaxSessionDuration", 3_600),
            "arn": role["Arn"],
            "createDate": role["CreateDate"].isoformat(),
            "uniqueId": role["RoleId"],
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change who may assume it, its description, how long sessions last."""
        iam = cloud.client("iam")
        if "assumeRolePolicy" in changed:
            iam.update_assume_role_policy(RoleName=id_, PolicyDocument=new["assumeRolePolicy"])
        if changed & {"description", "maxSessionDuration"}:
            given = {**self.defaults, **new}
            iam.update_role(
                RoleName=id_, Description=given["description"], MaxSessionDuration=given["maxSessionDuration"]
            )

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the role."""
        with gone_is_fine():
            cloud.client("iam").delete_role(RoleName=id_)


class RolePolicyType(ProvidedType):
    """`aws.iam.RolePolicy`. Its id is `role:name`."""

    pulumi_type = resource_types.ROLE_POLICY
    settings = frozenset({"name", "policy", "role"})
    required = frozenset({"policy", "role"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Put the policy into the role."""
        self._put(cloud, inputs["role"], inputs["name"], inputs["policy"])
        return f"{inputs['role']}:{inputs['name']}"

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The policy."""
        role, _, name = id_.partition(":")
        iam = cloud.client("iam")
        answer = found(lambda: iam.get_role_policy(RoleName=role, PolicyName=name))
        return None if answer is None else {"role": role, "name": name, "policy": _text(answer["PolicyDocument"])}

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Put the new policy in its place."""
        role, _, name = id_.partition(":")
        self._put(cloud, role, name, new["policy"])

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the policy."""
        role, _, name = id_.partition(":")
        with gone_is_fine():
            cloud.client("iam").delete_role_policy(RoleName=role, PolicyName=name)

    def _put(self, cloud: Cloud, role: str, name: str, policy: str) -> None:
        cloud.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)


def _text(document: Any) -> str:
    """A policy as text: boto3 decodes it where the answer holds it encoded."""
    return json.dumps(document) if not isinstance(document, str) else unquote(document)


TYPES = (RoleType(), RolePolicyType())
