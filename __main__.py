"""The Pulumi program: read the stack's settings, deploy the families it has sections for, export what users need.

The same folder is a plugin, which serves the components to programs of other projects (`PulumiPlugin.yaml`). Pulumi
starts it with the address of its engine, and a program with no words at all.
"""

from __future__ import annotations

import sys
from typing import Protocol

import pulumi

from components.fed_pipelines import ApiPipeline, BucketPipeline, BusPipeline, PipePipeline, TopicPipeline
from components.invoke_pipelines import AsyncPipeline, SyncPipeline
from components.layer import SharedLayer
from components.log_pipelines import KafkaPipeline, StreamPipeline
from components.package.engine import engine_address
from components.pipelines import BatchPipeline, VisibilityPipeline
from components.settings import Settings, load_settings


class Family(Protocol):
    """What the program wants of a family of components."""

    def exports(self, prefix: str = "") -> dict[str, pulumi.Output[str]]:
        """Its stack outputs by name."""


def deploy() -> None:
    """Put the stack together. Outputs are prefixed by the section's name where a stack has several sections."""
    settings = load_settings()
    layer = SharedLayer("shared")
    pipelines: dict[str, Family] = {}
    if settings.batch is not None:
        pipelines["Batch"] = BatchPipeline("batch", settings.batch, layer.arn)
    if settings.visibility is not None:
        pipelines["Visibility"] = VisibilityPipeline("visibility", settings.visibility, layer.arn)
    if settings.stream is not None:
        pipelines["Stream"] = StreamPipeline("stream", settings.stream, layer.arn)
    if settings.kafka is not None:
        pipelines["Kafka"] = KafkaPipeline("kafka", settings.kafka, layer.arn)
    if settings.asynchronous is not None:
        pipelines["Async"] = AsyncPipeline("async", settings.asynchronous, layer.arn)
    if settings.synchronous is not None:
        pipelines["Sync"] = SyncPipeline("sync", settings.synchronous, layer.arn)
    pipelines |= _fed(settings, layer.arn)
    for title, pipeline in pipelines.items():
        for name, value in pipeline.exports("" if len(pipelines) == 1 else title).items():
            pulumi.export(name, value)


def _fed(settings: Settings, layer_arn: pulumi.Input[str]) -> dict[str, Family]:
    """The families whose queue something else feeds."""
    pipelines: dict[str, Family] = {}
    if settings.sns is not None:
        pipelines["Sns"] = TopicPipeline("sns", settings.sns, layer_arn)
    if settings.s3 is not None:
        pipelines["S3"] = BucketPipeline("s3", settings.s3, layer_arn)
    if settings.eventbridge is not None:
        pipelines["Eventbridge"] = BusPipeline("eventbridge", settings.eventbridge, layer_arn)
    if settings.apigateway is not None:
        pipelines["Apigateway"] = ApiPipeline("apigateway", settings.apigateway, layer_arn)
    if settings.pipe is not None:
        pipelines["Pipe"] = PipePipeline("pipe", settings.pipe, layer_arn)
    return pipelines


_ENGINE_ADDRESS = engine_address(sys.argv[1:])
if _ENGINE_ADDRESS is None:
    deploy()
else:
    from components.package.provider import serve

    serve(sys.argv[1:])
