"""A private network: a VPC without any way to the internet, with one subnet in each zone."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_aws import ec2, get_availability_zones, vpc

HTTPS_PORT = 443
_RANGE = "10.42"


class PrivateNetwork(pulumi.ComponentResource):
    """`<name>-vpc`, the subnets `<name>-subnet-1`, ... and the endpoints through which AWS services are reached.

    Nothing in it reaches the internet and the internet reaches nothing in it; there is no NAT gateway to pay for.

    Args:
        name: prefix of the children's names.
        zones: number of availability zones.
        opts: resource options.

    Attributes:
        vpc: the VPC.
        subnets: its subnets, one a zone.
        routes: the subnets' route table.
    """

    def __init__(self, name: str, zones: int, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery-lab:network:PrivateNetwork", name, {"zones": zones}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.vpc = ec2.Vpc(
            f"{name}-vpc",
            cidr_block=f"{_RANGE}.0.0/16",
            # Endpoints are found by the services' ordinary names, which takes both.
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": f"{name}-vpc"},
            opts=child,
        )
        self.routes = ec2.RouteTable(f"{name}-routes", vpc_id=self.vpc.id, opts=child)
        names = get_availability_zones(
            state="available", filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}]
        ).names
        self.subnets = [self._subnet(name, number, zone) for number, zone in enumerate(names[:zones], start=1)]
        self.register_outputs({"vpcId": self.vpc.id})

    def _subnet(self, name: str, number: int, zone: str) -> ec2.Subnet:
        child = pulumi.ResourceOptions(parent=self)
        subnet = ec2.Subnet(
            f"{name}-subnet-{number}",
            vpc_id=self.vpc.id,
            cidr_block=f"{_RANGE}.{number}.0/24",
            availability_zone=zone,
            tags={"Name": f"{name}-subnet-{number}"},
            opts=child,
        )
        ec2.RouteTableAssociation(
            f"{name}-routes-{number}", subnet_id=subnet.id, route_table_id=self.routes.id, opts=child
        )
        return subnet


class ServiceEndpoints(pulumi.ComponentResource):
    """Ways out of a private network to single AWS services, open to one security group: `<name>-endpoint-<service>`.

    Args:
        name: prefix of the children's names.
        network: the network.
        services: names of services such as `sqs`; `s3` gets an endpoint that costs nothing, each other one is paid for
            by the hour and zone.
        pollers: the security group whose members may use them.
        opts: resource options.
    """

    def __init__(
        self,
        name: str,
        network: PrivateNetwork,
        services: Sequence[str],
        pollers: ec2.SecurityGroup,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:network:ServiceEndpoints", name, {"services": list(services)}, opts)
        self._network, self._pollers = network, pollers
        if "s3" in services:
            self._gateway(name)
        with_interfaces = [service for service in services if service != "s3"]
        if with_interfaces:
            group = self._group(name)
            for service in with_interfaces:
                self._interface(name, service, group)
        self.register_outputs({})

    def _service_name(self, service: str) -> pulumi.Output[str]:
        return pulumi.Output.concat("com.amazonaws.", self._network.vpc.region, ".", service)

    def _interface(self, name: str, service: str, group: ec2.SecurityGroup) -> None:
        ec2.VpcEndpoint(
            f"{name}-endpoint-{service}",
            vpc_id=self._network.vpc.id,
            service_name=self._service_name(service),
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=[subnet.id for subnet in self._network.subnets],
            security_group_ids=[group.id],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _group(self, name: str) -> ec2.SecurityGroup:
        child = pulumi.ResourceOptions(parent=self)
        group = ec2.SecurityGroup(
            f"{name}-endpoints",
            vpc_id=self._network.vpc.id,
            description="Endpoints of AWS services",
            opts=child,
        )
        allow(f"{name}-pollers-to-endpoints", self._pollers, group, HTTPS_PORT, child)
        return group

    def _gateway(self, name: str) -> None:
        child = pulumi.ResourceOptions(parent=self)
        endpoint = ec2.VpcEndpoint(
            f"{name}-endpoint-s3",
            vpc_id=self._network.vpc.id,
            service_name=self._service_name("s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=[self._network.routes.id],
            opts=child,
        )
        vpc.SecurityGroupEgressRule(
            f"{name}-pollers-to-s3",
            security_group_id=self._pollers.id,
            prefix_list_id=endpoint.prefix_list_id,
            ip_protocol="tcp",
            from_port=HTTPS_PORT,
            to_port=HTTPS_PORT,
            opts=child,
        )


def allow(
    name: str, source: ec2.SecurityGroup, target: ec2.SecurityGroup, port: int, opts: pulumi.ResourceOptions
) -> None:
    """Let the members of one security group open TCP connections to a port of another one's, or of their own.

    Args:
        name: prefix of the two rules: `<name>-out` at the source, `<name>-in` at the target.
        source: who connects.
        target: who is connected to.
        port: the port.
        opts: resource options of the rules.
    """
    vpc.SecurityGroupEgressRule(
        f"{name}-out",
        security_group_id=source.id,
        referenced_security_group_id=target.id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        opts=opts,
    )
    vpc.SecurityGroupIngressRule(
        f"{name}-in",
        security_group_id=target.id,
        referenced_security_group_id=source.id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        opts=opts,
    )


def allow_https_out(name: str, source: ec2.SecurityGroup, opts: pulumi.ResourceOptions) -> None:
    """Let the members of a security group open HTTPS connections to wherever their network leads.

    Args:
        name: name of the rule.
        source: who connects.
        opts: resource options of the rule.
    """
    vpc.SecurityGroupEgressRule(
        name,
        security_group_id=source.id,
        cidr_ipv4="0.0.0.0/0",
        ip_protocol="tcp",
        from_port=HTTPS_PORT,
        to_port=HTTPS_PORT,
        opts=opts,
    )
