"""Settings of Kafka clusters: one of MSK that is made, or one of one's own that is there (semantics.md G)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from components.settings.base import Late, Section, Violation, require

SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]+$"), Late("subnet-0")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]+$"), Late("sg-0")]

ARN_OF_CREDENTIALS = r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$"
_SOME_SECRET = Late("arn:aws:secretsmanager:us-east-1:123456789012:secret:later")
EXPRESS_ZONES = 3
"""Express brokers stand in three zones (https://docs.aws.amazon.com/msk/latest/developerguide/msk-create-cluster.html)."""

_PROVISIONED_ONLY = {
    "instance_type": "instanceType",
    "brokers_per_zone": "brokersPerZone",
    "storage_gb": "storageGb",
    "kafka_version": "kafkaVersion",
}


class VpcSettings(Section):
    """A network that is there already, with the subnets to put brokers and producer into, each in another zone.

    It has to let the poller reach what it needs: with on-demand pollers Lambda and STS, and always the service of the
    failure destination.
    """

    vpc_id: Annotated[str, Late("vpc-0")] = Field(pattern=r"^vpc-[0-9a-f]+$", description="id of a VPC")
    subnet_ids: tuple[SubnetId, ...] = Field(
        strict=False, min_length=2, max_length=3, description="ids of two or three private subnets"
    )


class MskSettings(Section):
    """An MSK cluster. Small by default, and paid for by the hour, used or not: see docs/deploy.md.

    `vpc` left out makes a network of its own with one private subnet in each zone.
    """

    mode: Literal["provisioned", "serverless"] = Field("provisioned", description="kind of MSK cluster")
    zones: int = Field(2, ge=2, le=3, description="number of availability zones, each with a private subnet")
    instance_type: str = Field(
        "kafka.t3.small", pattern=r"^(kafka|express)\.[a-z0-9]+\.[a-z0-9]+$", description="InstanceType of MSK brokers"
    )
    brokers_per_zone: int = Field(1, ge=1, le=10, description="brokers in each availability zone")
    storage_gb: int = Field(10, ge=1, le=16_384, description="VolumeSize of an MSK broker, in GiB")
    kafka_version: str = Field("3.8.x", description="KafkaVersion of an MSK cluster")
    vpc: VpcSettings | None = None

    @property
    def brokers(self) -> int:
        """Number of brokers of a provisioned cluster."""
        return self.brokers_per_zone * self._zones_in_use

    @property
    def express(self) -> bool:
        """Whether the brokers are of the kind that chooses storage and copies itself."""
        return self.mode == "provisioned" and self.instance_type.startswith("express.")

    @property
    def _zones_in_use(self) -> int:
        return len(self.vpc.subnet_ids) if self.vpc else self.zones

    @property
    def replication_factor(self) -> int:
        """Copies of each record: three where there are brokers for them. MSK Serverless keeps three itself."""
        return 3 if self.mode == "serverless" else min(3, self.brokers)

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        serverless = self.mode == "serverless"
        unused = [
            Violation(
                (key,),
                getattr(self, name),
                "has no meaning when mode is serverless: MSK chooses brokers, storage and version itself",
                f"remove {key}, or set mode to provisioned",
            )
            for name, key in _PROVISIONED_ONLY.items()
            if serverless and name in self.model_fields_set
        ]
        require(*unused, self._zones_violation(), *self._express_violations())
        return self

    def _zones_violation(self) -> Violation | None:
        if self.vpc is None or "zones" not in self.model_fields_set:
            return None
        return Violation(("zones",), self.zones, "the subnets of vpc say which zones there are", "remove zones, or vpc")

    def _express_violations(self) -> Iterator[Violation]:
        if not self.express:
            return
        if self._zones_in_use != EXPRESS_ZONES:
            path = ("vpc", "subnetIds") if self.vpc else ("zones",)
            because = f"Express brokers ({self.instance_type}) stand in {EXPRESS_ZONES} zones"
            fix = f"name {EXPRESS_ZONES} subnets" if self.vpc else f"set zones to {EXPRESS_ZONES}"
            yield Violation(path, self._zones_in_use, because, f"{fix}, or take another instanceType")
        if "storage_gb" in self.model_fields_set:
            because = f"has no meaning for Express brokers ({self.instance_type}), which store as much as there is"
            yield Violation(("storageGb",), self.storage_gb, because, "remove storageGb, or take another instanceType")


class SelfManagedKafkaSettings(Section):
    """A Kafka that is there already, inside a VPC or reachable from the internet.

    `authentication` is a type of SourceAccessConfiguration whose secret `secretArn` holds; `none` trusts the network.
    """

    bootstrap_servers: tuple[Annotated[str, Field(pattern=r"^[^:,\s]+:\d{1,5}$"), Late("later:9092")], ...] = Field(
        strict=False, min_length=1, max_length=10, description="host:port of brokers"
    )
    authentication: Literal[
        "none", "BASIC_AUTH", "SASL_SCRAM_256_AUTH", "SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"
    ] = Field("none", description="type of a SourceAccessConfiguration")
    secret_arn: Annotated[str | None, _SOME_SECRET] = Field(
        None, pattern=ARN_OF_CREDENTIALS, description="ARN of a secret that holds the credentials"
    )
    root_ca_secret_arn: Annotated[str | None, _SOME_SECRET] = Field(
        None, pattern=ARN_OF_CREDENTIALS, description="ARN of a secret that holds the brokers' root certificate"
    )
    subnet_ids: tuple[SubnetId, ...] = Field((), strict=False, max_length=16, description="ids of the brokers' subnets")
    security_group_ids: tuple[SecurityGroupId, ...] = Field(
        (), strict=False, max_length=5, description="ids of security groups that may reach the brokers"
    )

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        require(self._secret_violation(), self._network_violation())
        return self

    def _secret_violation(self) -> Violation | None:
        if (self.authentication == "none") == (self.secret_arn is None):
            return None
        if self.secret_arn is None:
            because = f"authentication {self.authentication} needs a secret"
            return Violation(("secretArn",), None, because, "set it to the ARN of a secret, or authentication to none")
        because = "has no meaning when authentication is none"
        return Violation(("secretArn",), self.secret_arn, because, "remove it, or say which kind authentication is")

    def _network_violation(self) -> Violation | None:
        if bool(self.subnet_ids) == bool(self.security_group_ids):
            return None
        path = ("securityGroupIds",) if self.subnet_ids else ("subnetIds",)
        return Violation(path, [], "brokers in a VPC need subnetIds and securityGroupIds", "set both, or neither")
