"""Serves the components to Pulumi's engine, which starts this project as a plugin (`PulumiPlugin.yaml`).

Pulumi's analyzer makes the schema from the types of the components, and its server speaks with the engine: what is
`component_provider_host` of the SDK. One thing is done here instead: the SDK drops arguments that it does not know and
passes whole numbers on as floats, where ours refuse the former by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.provider import ConstructResult, main
from pulumi.provider.experimental.component import ComponentProvider

from components.package.batch_worker import BatchWorker
from components.package.functions import PROJECT
from components.package.idempotent_worker import IdempotentWorker
from components.package.kafka_consumer import KafkaConsumer
from components.package.msk_cluster import MskCluster
from components.package.queue import QueueWithDlq
from components.package.stream_worker import StreamWorker

NAME = "delivery-lab"
COMPONENTS: Sequence[type[pulumi.ComponentResource]] = (
    QueueWithDlq,
    BatchWorker,
    IdempotentWorker,
    StreamWorker,
    KafkaConsumer,
    MskCluster,
)

_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


class PackageProvider(ComponentProvider):
    """Constructs the components that programs of other projects register.

    Args:
        version: version of the package.
    """

    def __init__(self, version: str) -> None:
        super().__init__(list(COMPONENTS), NAME, None, version)

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, Any],
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Construct a component.

        Raises:
            ArgumentsError: arguments cannot be used.
            ValueError: there is no such component.
        """
        self.validate_resource_type(NAME, resource_type)
        component = resource_type.rpartition(":")[2]
        constructor: Any = self._components.get(component)
        if constructor is None:
            known = ", ".join(self._components)
            raise ValueError(f"{NAME} has no component {component}; there are {known}")
        instance = constructor(name, inputs, options)
        return ConstructResult(instance.urn, self.get_state(instance, self._component_defs[component]))


def serve(arguments: Sequence[str]) -> None:
    """Serve until the engine ends this process.

    Args:
        arguments: what the engine started the plugin with.
    """
    main(PackageProvider(package_version()), list(arguments))


def package_version() -> str:
    """The version of this project, which its own package has as well."""
    version: str = _VERSION.findall((PROJECT / "src" / "delivery_lab" / "_version.py").read_text(encoding="utf-8"))[0]
    return version
