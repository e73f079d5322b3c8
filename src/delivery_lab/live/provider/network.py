"""Networks: VPCs, subnets, route tables, endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine
from delivery_lab.live.provider.names import lowered_name, raised_name
from delivery_lab.live.provider.resource_type import NeverUpdated, Properties, ProvidedType, present


def tagged(kind: str, inputs: Properties) -> dict[str, Any]:
    """The argument that gives a new resource its tags."""
    tags = inputs.get("tags")
    if not tags:
        return {}
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": _pairs(tags)}]}


def tags_of(answer: Mapping[str, Any]) -> dict[str, str] | None:
    """The tags of a resource, None where it has none."""
    return {each["Key"]: each["Value"] for each in answer.get("Tags", [])} or None


def retag(cloud: Cloud, id_: str, new: Properties, old: Mapping[str, str] | None) -> None:
    """Give a resource its new tags."""
    ec2 = cloud.client("ec2")
    wanted = new.get("tags") or {}
    dropped = [{"Key": key} for key in sorted(set(old or {}) - set(wanted))]
    if dropped:
        ec2.delete_tags(Resources=[id_], Tags=dropped)
    if wanted:
        ec2.create_tags(Resources=[id_], Tags=_pairs(wanted))


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


class VpcType(ProvidedType):
    """`aws.ec2.Vpc`."""

    pulumi_type = resource_types.VPC
    settings = frozenset({"cidrBlock", "enableDnsHostnames", "enableDnsSupport", "tags"})
    required = frozenset({"cidrBlock"})
    computed = ("arn", "ownerId")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the VPC."""
        answer = cloud.client("ec2").create_vpc(CidrBlock=inputs["cidrBlock"], **tagged("vpc", inputs))
        return str(answer["Vpc"]["VpcId"])

    def settle(self, cloud: Cloud, id_: str, inputs: Properties) -> None:
        """Set what is resolved in it."""
        self._resolve(cloud, id_, inputs, frozenset({"enableDnsHostnames", "enableDnsSupport"}))

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The VPC."""
        ec2 = cloud.client("ec2")
        answer = found(lambda: ec2.describe_vpcs(VpcIds=[id_]))
        if answer is None or not answer["Vpcs"]:
            return None
        vpc = answer["Vpcs"][0]
        resolved = {
            name: ec2.describe_vpc_attribute(VpcId=id_, Attribute=name)[raised_name(name)]["Value"]
            for name in ("enableDnsHostnames", "enableDnsSupport")
        }
        return {
            **resolved,
            "cidrBlock": vpc["CidrBlock"],
            "tags": tags_of(vpc),
            "arn": cloud.arn("ec2", f"vpc/{id_}"),
            "ownerId": cloud.account,
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change tags and what is resolved."""
        self._resolve(cloud, id_, new, changed)
        if "tags" in changed:
            vpc = cloud.client("ec2").describe_vpcs(VpcIds=[id_])["Vpcs"][0]
            retag(cloud, id_, new, tags_of(vpc))

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the VPC."""
        with gone_is_fine():
            cloud.client("ec2").delete_vpc(VpcId=id_)

    def _resolve(self, cloud: Cloud, id_: str, inputs: Properties, names: frozenset[str]) -> None:
        given = {**self.defaults, **inputs}
        # Host names need support, so that is set first.
        for name in ("enableDnsSupport", "enableDnsHostnames"):
            if name in names:
                cloud.client("ec2").modify_vpc_attribute(VpcId=id_, **{raised_name(name): {"Value": given[name]}})


class SubnetType(ProvidedType):
    """`aws.ec2.Subnet`."""

    pulumi_type = resource_types.SUBNET
    settings = frozenset({"availabilityZone", "cidrBlock", "tags", "vpcId"})
    required = frozenset({"vpcId"})
    computed = ("arn", "availabilityZoneId", "ownerId")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the subnet."""
        arguments = present(
            VpcId=inputs["vpcId"],
            CidrBlock=inputs.get("cidrBlock"),
            AvailabilityZone=inputs.get("availabilityZone"),
        )
        answer = cloud.client("ec2").create_subnet(**arguments, **tagged("subnet", inputs))
        return str(answer["Subnet"]["SubnetId"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The subnet."""
        ec2 = cloud.client("ec2")
        answer = found(lambda: ec2.describe_subnets(SubnetIds=[id_]))
        if answer is None or not answer["Subnets"]:
            return None
        subnet = answer["Subnets"][0]
        return {
            "vpcId": subnet["VpcId"],
            "cidrBlock": subnet["CidrBlock"],
            "availabilityZone": subnet["AvailabilityZone"],
            "tags": tags_of(subnet),
            "arn": cloud.arn("ec2", f"subnet/{id_}"),
            "availabilityZoneId": subnet.get("AvailabilityZoneId", ""),
            "ownerId": cloud.account,
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change the tags."""
        subnet = cloud.client("ec2").describe_subnets(SubnetIds=[id_])["Subnets"][0]
        retag(cloud, id_, new, tags_of(subnet))

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the subnet."""
        with gone_is_fine():
            cloud.client("ec2").delete_subnet(SubnetId=id_)


class RouteTableType(ProvidedType):
    """`aws.ec2.RouteTable` without routes."""

    pulumi_type = resource_types.ROUTE_TABLE
    settings = frozenset({"tags", "vpcId"})
    required = frozenset({"vpcId"})
    computed = ("arn", "ownerId")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the table."""
        answer = cloud.client("ec2").create_route_table(VpcId=inputs["vpcId"], **tagged("route-table", inputs))
        return str(answer["RouteTable"]["RouteTableId"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The table."""
        table = _table(cloud, id_)
        if table is None:
            return None
        return {
            "vpcId": table["VpcId"],
            "tags": tags_of(table),
            "arn": cloud.arn("ec2", f"route-table/{id_}"),
            "ownerId": cloud.account,
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Change the tags."""
        retag(cloud, id_, new, tags_of(_table(cloud, id_) or {}))

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the table."""
        with gone_is_fine():
            cloud.client("ec2").delete_route_table(RouteTableId=id_)


def _table(cloud: Cloud, id_: str) -> dict[str, Any] | None:
    ec2 = cloud.client("ec2")
    answer = found(lambda: ec2.describe_route_tables(RouteTableIds=[id_]))
    return answer["RouteTables"][0] if answer and answer["RouteTables"] else None


class RouteTableAssociationType(NeverUpdated):
    """`aws.ec2.RouteTableAssociation` of a subnet."""

    pulumi_type = resource_types.ROUTE_TABLE_ASSOCIATION
    settings = frozenset({"routeTableId", "subnetId"})
    required = frozenset({"routeTableId", "subnetId"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Associate the two."""
        answer = cloud.client("ec2").associate_route_table(
            RouteTableId=inputs["routeTableId"], SubnetId=inputs["subnetId"]
        )
        return str(answer["AssociationId"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The association."""
        tables = cloud.client("ec2").describe_route_tables()["RouteTables"]
        for association in (each for table in tables for each in table.get("Associations", [])):
            if association["RouteTableAssociationId"] == id_:
                return {"routeTableId": association["RouteTableId"], "subnetId": association.get("SubnetId")}
        return None

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """End the association."""
        with gone_is_fine():
            cloud.client("ec2").disassociate_route_table(AssociationId=id_)


class EndpointType(ProvidedType):
    """`aws.ec2.VpcEndpoint` of an AWS service."""

    pulumi_type = resource_types.VPC_ENDPOINT
    settings = frozenset(
        {
            "privateDnsEnabled",
            "routeTableIds",
            "securityGroupIds",
            "serviceName",
            "subnetIds",
            "vpcEndpointType",
            "vpcId",
        }
    )
    required = frozenset({"serviceName", "vpcId"})
    computed = ("arn", "ownerId", "state")
    _lists: ClassVar = frozenset({"routeTableIds", "securityGroupIds", "subnetIds"})

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the endpoint."""
        arguments = {raised_name(name): inputs[name] for name in self.settings if inputs.get(name) is not None}
        return str(cloud.client("ec2").create_vpc_endpoint(**arguments)["VpcEndpoint"]["VpcEndpointId"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The endpoint."""
        ec2 = cloud.client("ec2")
        answer = found(lambda: ec2.describe_vpc_endpoints(VpcEndpointIds=[id_]))
        if answer is None or not answer["VpcEndpoints"]:
            return None
        endpoint = answer["VpcEndpoints"][0]
        if endpoint.get("State") == "deleted":
            return None
        properties = {
            lowered_name(name): value for name, value in endpoint.items() if lowered_name(name) in self.settings
        }
        if "Groups" in endpoint:
            properties["securityGroupIds"] = [group["GroupId"] for group in endpoint["Groups"]]
        return {
            **properties,
            "arn": cloud.arn("ec2", f"vpc-endpoint/{id_}"),
            "ownerId": cloud.account,
            "state": endpoint.get("State", "available"),
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Add and remove what changed of its lists."""
        before = self.read(cloud, id_, new) or {}
        arguments: dict[str, Any] = {}
        for name in changed & self._lists:
            old, wanted = set(before.get(name) or ()), set(new.get(name) or ())
            arguments |= {f"Add{raised_name(name)}": sorted(wanted - old)} if wanted - old else {}
            arguments |= {f"Remove{raised_name(name)}": sorted(old - wanted)} if old - wanted else {}
        if "privateDnsEnabled" in changed:
            arguments["PrivateDnsEnabled"] = bool(new.get("privateDnsEnabled"))
        cloud.client("ec2").modify_vpc_endpoint(VpcEndpointId=id_, **arguments)

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the endpoint."""
        with gone_is_fine():
            cloud.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[id_])


TYPES = (VpcType(), SubnetType(), RouteTableType(), RouteTableAssociationType(), EndpointType())
