"""Transforms: functions of the program that change resources and invokes before they are registered.

The engine runs those of the resource first, then those of its parents from the inside out, then the stack's; it calls
them back over the Callbacks service that the SDK runs beside the program.
Source: https://www.pulumi.com/docs/iac/concepts/options/transforms/
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

# Fields of a registration that transforms see and may change, by their names in the options of a transform.
_SAME_NAME = ("provider", "version")
_LISTS = (
    ("depends_on", "dependencies"),
    ("ignore_changes", "ignoreChanges"),
    ("replace_on_changes", "replaceOnChanges"),
    ("additional_secret_outputs", "additionalSecretOutputs"),
    ("hide_diff", "hideDiffs"),
    ("replace_with", "replace_with"),
)


class Callbacks:
    """Calls functions of the program.

    A channel is open only while a call is under way: the SDK ends its server for callbacks as soon as nothing is, and
    gRPC reports on standard error when a server goes away under an open channel.

    Attributes:
        used: whether the program has any such function, so that the SDK runs a server for them.
    """

    def __init__(self) -> None:
        self.used = False
        self._lock = threading.Condition()
        self._channels: dict[str, grpc.Channel] = {}
        self._under_way = 0

    def call(self, callback: callback_pb2.Callback, request: bytes) -> bytes:
        """Call one function and return its serialized answer.

        Raises:
            grpc.RpcError: the function raised; the details hold its message.
        """
        with self._channel(callback.target) as channel:
            answer: callback_pb2.CallbackInvokeResponse = callback_pb2_grpc.CallbacksStub(channel).Invoke(
                callback_pb2.CallbackInvokeRequest(token=callback.token, request=request)
            )
        return answer.response

    def wait_until_idle(self, timeout_seconds: float) -> None:
        """Wait until no call is under way, or for the time given."""
        with self._lock:
            self._lock.wait_for(lambda: self._under_way == 0, timeout_seconds)

    @contextmanager
    def _channel(self, target: str) -> Iterator[grpc.Channel]:
        with self._lock:
            self._under_way += 1
            channel = self._channels.get(target)
            if channel is None:
                channel = self._channels[target] = grpc.insecure_channel(target)
        try:
            yield channel
        finally:
            with self._lock:
                self._under_way -= 1
                idle = list(self._channels.values()) if self._under_way == 0 else []
                for unused in idle:
                    unused.close()
                if self._under_way == 0:
                    self._channels.clear()
                    self._lock.notify_all()


def transform_resource(
    callbacks: Callbacks,
    transforms: Iterable[callback_pb2.Callback],
    request: resource_pb2.RegisterResourceRequest,
) -> resource_pb2.RegisterResourceRequest:
    """Run transforms over a registration.

    Returns:
        The registration as the last transform left it.

    Raises:
        grpc.RpcError: a transform raised.
    """
    changed = resource_pb2.RegisterResourceRequest()
    changed.CopyFrom(request)
    for transform in transforms:
        question = resource_pb2.TransformRequest(
            type=changed.type,
            name=changed.name,
            custom=changed.custom,
            parent=changed.parent,
            properties=changed.object,
            options=_options(changed),
        )
        answer = resource_pb2.TransformResponse.FromString(callbacks.call(transform, question.SerializeToString()))
        if answer.HasField("properties"):
            changed.object.CopyFrom(answer.properties)
        if answer.HasField("options"):
            _apply_options(changed, answer.options)
    return changed


def transform_invoke(
    callbacks: Callbacks, transforms: Iterable[callback_pb2.Callback], request: resource_pb2.ResourceInvokeRequest
) -> Struct:
    """Run invoke transforms over the arguments of a function, and return the arguments as they left them."""
    arguments = request.args
    for transform in transforms:
        question = resource_pb2.TransformInvokeRequest(
            token=request.tok,
            args=arguments,
            options=resource_pb2.TransformInvokeOptions(provider=request.provider, version=request.version),
        )
        answer = resource_pb2.TransformInvokeResponse.FromString(
            callbacks.call(transform, question.SerializeToString())
        )
        if answer.HasField("args"):
            arguments = answer.args
    return arguments


def _options(request: resource_pb2.RegisterResourceRequest) -> resource_pb2.TransformResourceOptions:
    options = resource_pb2.TransformResourceOptions()
    for name in _SAME_NAME:
        setattr(options, name, getattr(request, name))
    for theirs, ours in _LISTS:
        getattr(options, theirs).extend(getattr(request, ours))
    options.aliases.extend(request.aliases)
    for key, reference in request.providers.items():
        options.providers[key] = reference
    options.plugin_download_url = request.pluginDownloadURL
    options.deleted_with = request.deletedWith
    setattr(options, "import", request.importId)  # a keyword, so there is no other way to name it
    if request.HasField("protect"):
        options.protect = request.protect
    if request.HasField("retainOnDelete"):
        options.retain_on_delete = request.retainOnDelete
    if request.deleteBeforeReplaceDefined:
        options.delete_before_replace = request.deleteBeforeReplace
    if request.HasField("customTimeouts"):
        options.custom_timeouts.CopyFrom(request.customTimeouts)
    return options


def _apply_options(
    request: resource_pb2.RegisterResourceRequest, options: resource_pb2.TransformResourceOptions
) -> None:
    for name in _SAME_NAME:
        setattr(request, name, getattr(options, name))
    for theirs, ours in _LISTS:
        held = getattr(request, ours)
        del held[:]
        held.extend(getattr(options, theirs))
    del request.aliases[:]
    request.aliases.extend(options.aliases)
    request.importId = getattr(options, "import")
    request.ClearField("protect")
    if options.HasField("protect"):
        request.protect = options.protect
    request.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    request.deleteBeforeReplace = options.delete_before_replace
