from __future__ import annotations

from pulumi_aws import ec2

from components.network import PrivateNetwork, ServiceEndpoints
from tests.components.world import Registered, World, deploy

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def _world(*services: str, zones: int = 2) -> World:
    def program() -> None:

        network = PrivateNetwork("net", zones)
        pollers = ec2.SecurityGroup("pollers", vpc_id=network.vpc.id)
        ServiceEndpoints("net", network, services, pollers)

    return deploy(program)


def test_one_private_subnet_in_each_zone() -> None:
    world = _world(zones=3)
    subnets = [world.one(SUBNET, f"net-subnet-{number}").inputs for number in (1, 2, 3)]
    assert [subnet["availabilityZone"] for subnet in subnets] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    assert [subnet["cidrBlock"] for subnet in subnets] == ["10.42.1.0/24", "10.42.2.0/24", "10.42.3.0/24"]
    assert all("mapPublicIpOnLaunch" not in subnet for subnet in subnets)


def test_nothing_leads_to_the_internet() -> None:
    types = {resource.type for resource in _world("sqs", "s3").resources}
    assert not [name for name in types if "Gateway" in name or "natGateway" in name or name.endswith(":Route")]


def test_services_are_found_by_their_ordinary_names() -> None:
    world = _world("lambda", "sts")
    vpc = world.one(VPC, "net-vpc").inputs
    assert (vpc["enableDnsSupport"], vpc["enableDnsHostnames"]) == (True, True)
    assert world.one(ENDPOINT, "net-endpoint-sts").inputs == {
        "vpcId": "net-vpc-id",
        "serviceName": "com.amazonaws.eu-west-1.sts",
        "vpcEndpointType": "Interface",
        "privateDnsEnabled": True,
        "subnetIds": ["net-subnet-1-id", "net-subnet-2-id"],
        "securityGroupIds": ["net-endpoints-id"],
    }
    assert len(world.of_type(ENDPOINT)) == 2


def _ports(rule: Registered) -> tuple[str, int, int]:
    return rule.inputs["ipProtocol"], rule.inputs["fromPort"], rule.inputs["toPort"]


def test_pollers_reach_endpoints_over_https_and_nobody_else_does() -> None:
    world = _world("sqs")
    (out,), (inside,) = world.of_type(EGRESS), world.of_type(INGRESS)
    assert _ports(out) == _ports(inside) == ("tcp", 443, 443)
    assert (out.inputs["securityGroupId"], out.inputs["referencedSecurityGroupId"]) == (
        "pollers-id",
        "net-endpoints-id",
    )
    assert inside.inputs["securityGroupId"] == "net-endpoints-id"
    assert inside.inputs["referencedSecurityGroupId"] == "pollers-id"


def test_s3_is_reached_through_the_routes_which_costs_nothing() -> None:
    world = _world("s3")
    assert world.one(ENDPOINT, "net-endpoint-s3").inputs == {
        "vpcId": "net-vpc-id",
        "serviceName": "com.amazonaws.eu-west-1.s3",
        "vpcEndpointType": "Gateway",
        "routeTableIds": ["net-routes-id"],
    }
    (out,) = world.of_type(EGRESS)
    assert (out.inputs["prefixListId"], _ports(out)) == ("pl-net-endpoint-s3", ("tcp", 443, 443))
    assert world.of_type(INGRESS) == []


def test_without_services_there_is_no_way_out_at_all() -> None:
    world = _world()
    assert world.of_type(ENDPOINT) == world.of_type(EGRESS) == []
