"""A Kafka of one's own, as a mapping and the policy of its function know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import lambda_

from components.iam import Statement
from components.settings import SelfManagedKafkaSettings


@dataclass(frozen=True, slots=True)
class SelfManagedKafka:
    """How to reach the brokers; each part may be known after the deployment only.

    Attributes:
        bootstrap_servers: `host:port` of brokers.
        authentication: type of the SourceAccessConfiguration whose secret holds the credentials.
        secret_arn: that secret, None where the network is trusted.
        root_ca_secret_arn: secret that holds the brokers' root certificate.
        subnet_ids: the brokers' subnets, none where they are reached through the internet.
        security_group_ids: groups that may reach the brokers.
    """

    bootstrap_servers: Sequence[pulumi.Input[str]]
    authentication: str
    secret_arn: pulumi.Input[str] | None = None
    root_ca_secret_arn: pulumi.Input[str] | None = None
    subnet_ids: Sequence[pulumi.Input[str]] = ()
    security_group_ids: Sequence[pulumi.Input[str]] = ()

    @classmethod
    def of(cls, settings: SelfManagedKafkaSettings) -> SelfManagedKafka:
        """The brokers that settings name."""
        return cls(
            bootstrap_servers=settings.bootstrap_servers,
            authentication=settings.authentication,
            secret_arn=settings.secret_arn,
            root_ca_secret_arn=settings.root_ca_secret_arn,
            subnet_ids=settings.subnet_ids,
            security_group_ids=settings.security_group_ids,
        )

    def servers(self) -> pulumi.Input[str]:
        """All bootstrap servers, as the endpoint of a mapping names them."""
        return _joined(self.bootstrap_servers, ",")

    def access(self) -> Sequence[lambda_.EventSourceMappingSourceAccessConfigurationArgsDict]:
        """The mapping's source access configurations; none for brokers that anybody reaches."""
        pairs: list[tuple[str, pulumi.Input[str]]] = [
            *(("VPC_SUBNET", _joined(("subnet", subnet), ":")) for subnet in self.subnet_ids),
            *(("VPC_SECURITY_GROUP", _joined(("security_group", group), ":")) for group in self.security_group_ids),
        ]
        if self.secret_arn is not None:
            pairs.append((self.authentication, self.secret_arn))
        if self.root_ca_secret_arn is not None:
            pairs.append(("SERVER_ROOT_CA_CERTIFICATE", self.root_ca_secret_arn))
        return [{"type": kind, "uri": uri} for kind, uri in pairs]

    def statements(self) -> Sequence[Statement]:
        """What the poller does with the function's role to get at the secrets."""
        secrets = (("ReadCredentials", self.secret_arn), ("ReadCertificate", self.root_ca_secret_arn))
        return [Statement(sid, ("secretsmanager:GetSecretValue",), arn) for sid, arn in secrets if arn is not None]


def _joined(parts: Sequence[pulumi.Input[str]], separator: str) -> pulumi.Input[str]:
    """Texts in a row; a plain text as long as all of them are."""
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) == len(parts):
        return separator.join(texts)
    return pulumi.Output.all(*parts).apply(separator.join)
