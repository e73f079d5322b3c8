"""A component that a plugin makes, as SDKs of such components write it."""

import pulumi


class Vpc(pulumi.ComponentResource):
    """A network."""

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[list[str]]

    def __init__(self, name, zones):
        props = {"vpc_id": None, "private_subnet_ids": None, "zones": zones}
        super().__init__("awsx:ec2:Vpc", name, props, remote=True)
