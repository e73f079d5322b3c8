"""Security groups and their rules."""

from __future__ import annotations

from typing import Any, ClassVar

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine
from delivery_lab.live.provider.network import retag, tagged, tags_of
from delivery_lab.live.provider.resource_type import NeverUpdated, Properties, ProvidedType, present


class SecurityGroupType(ProvidedType):
    """`aws.ec2.SecurityGroup` without rules: those are resources of their own."""

    pulumi_type = resource_types.SECURITY_GROUP
    settings = frozenset({"description", "name", "tags", "vpcId"})
    computed = ("arn", "ownerId")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the group."""
        answer = cloud.client("ec2").create_security_group(
            GroupName=inputs["name"],
            Description=inputs.get("description") or "Managed by Pulumi",
            **present(VpcId=inputs.get("vpcId")),
            **tagged("security-group", inputs),
        )
        return str(answer["GroupId"])

    def settle(self, cloud: Cloud, id_: str, inputs: Properties) -> None:
        """Take away the rule that lets a new group open connections to everywhere, as pulumi-aws does."""
        ec2 = cloud.client("ec2")
        group = ec2.describe_security_groups(GroupIds=[id_])["SecurityGroups"][0]
        if group.get("IpPermissionsEgress"):
            ec2.revoke_security_group_egress(GroupId=id_, IpPermissions=group["IpPermissionsEgress"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The group."""
        ec2 = cloud.client("ec2")
        answer = found(lambda: ec2.describe_security_groups(GroupIds=[id_]))
        if answer is None or not answer["SecurityGroups"]:
            return None
        group = answer["SecurityGroups"][0]
        return {
            "name": group["GroupName"],
            "description": group["Description"],
            "vpcId": group.get("VpcId"),
            "tags": tags_of(group),
            "arn": cloud.arn("ec2", f"security-group/{id_}"),
            "ownerId": cloud.account,
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change the tags."""
        group = cloud.client("ec2").describe_security_groups(GroupIds=[id_])["SecurityGroups"][0]
        retag(cloud, id_, new, tags_of(group))

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the group."""
        with gone_is_fine():
            cloud.client("ec2").delete_security_group(GroupId=id_)


class _Rule(NeverUpdated):
    """One rule of a group: towards another group, a range of addresses or a prefix list."""

    settings = frozenset(
        {"cidrIpv4", "fromPort", "ipProtocol", "prefixListId", "referencedSecurityGroupId", "securityGroupId", "toPort"}
    )
    required = frozenset({"ipProtocol", "securityGroupId"})
    computed = ("arn", "securityGroupRuleId")
    direction: ClassVar[str]

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Add the rule."""
        permission: dict[str, Any] = present(
            IpProtocol=inputs["ipProtocol"], FromPort=inputs.get("fromPort"), ToPort=inputs.get("toPort")
        )
        if inputs.get("referencedSecurityGroupId"):
            permission["UserIdGroupPairs"] = [{"GroupId": inputs["referencedSecurityGroupId"]}]
        if inputs.get("cidrIpv4"):
            permission["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"]}]
        if inputs.get("prefixListId"):
            permission["PrefixListIds"] = [{"PrefixListId": inputs["prefixListId"]}]
        authorize = getattr(cloud.client("ec2"), f"authorize_security_group_{self.direction}")
        answer = authorize(GroupId=inputs["securityGroupId"], IpPermissions=[permission])
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The rule."""
        ec2 = cloud.client("ec2")
        answer = found(lambda: ec2.describe_security_group_rules(SecurityGroupRuleIds=[id_]))
        if answer is None or not answer["SecurityGroupRules"]:
            return None
        rule = answer["SecurityGroupRules"][0]
        return {
            "securityGroupId": rule["GroupId"],
            "ipProtocol": rule["IpProtocol"],
            "fromPort": rule.get("FromPort"),
            "toPort": rule.get("ToPort"),
            "cidrIpv4": rule.get("CidrIpv4"),
            "prefixListId": rule.get("PrefixListId"),
            "referencedSecurityGroupId": rule.get("ReferencedGroupInfo", {}).get("GroupId"),
            "arn": cloud.arn("ec2", f"security-group-rule/{id_}"),
            "securityGroupRuleId": id_,
        }

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Remove the rule."""
        revoke = getattr(cloud.client("ec2"), f"revoke_security_group_{self.direction}")
        with gone_is_fine():
            revoke(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[id_])


class EgressRuleType(_Rule):
    """`aws.vpc.SecurityGroupEgressRule`."""

    pulumi_type = resource_types.EGRESS_RULE
    direction = "egress"


class IngressRuleType(_Rule):
    """`aws.vpc.SecurityGroupIngressRule`."""

    pulumi_type = resource_types.INGRESS_RULE
    direction = "ingress"


TYPES = (SecurityGroupType(), EgressRuleType(), IngressRuleType())
