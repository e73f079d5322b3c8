"""The engine's side of a run: what it answers to the registrations and questions of a Pulumi program.

The Pulumi engine asks providers, which ask the cloud; here `program.outputs` and `program.invokes` stand in their
place. Methods take and return the messages of the protocol, and are called from several threads at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from google.protobuf import empty_pb2
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import callback_pb2, resource_pb2, source_pb2

from delivery_lab import resource_types
from delivery_lab.errors import LabError, NotModelledError, ProgramError
from delivery_lab.program import naming
from delivery_lab.program.answers import NO_ANSWERS, ProgramAnswers
from delivery_lab.program.documents import with_documents_as_text
from delivery_lab.program.existing import told_by_id
from delivery_lab.program.facts import Created, Maker
from delivery_lab.program.frames import Frames
from delivery_lab.program.graph import ResourceOptions, contains_unknown
from delivery_lab.program.invokes import INVOKES, LOOK_UPS, PARTLY_KNOWN
from delivery_lab.program.native.translation import create_any
from delivery_lab.program.placeholders import answer_of, readable, told_answer
from delivery_lab.program.plugins import Plugins
from delivery_lab.program.references import STACK_REFERENCE
from delivery_lab.program.regions import region_note
from delivery_lab.program.registration import Registration, Urns, provider_urn
from delivery_lab.program.remote import COMMANDS, command_note, opaque, said_of
from delivery_lab.program.transforms import Callbacks, transform_invoke, transform_resource
from delivery_lab.program.wire import Decoder, encode, merged

_GET_RESOURCE = "pulumi:pulumi:getResource"
_PROVIDER_TYPE = "pulumi:providers:"
_PATIENCE_SECONDS = 0.25
"""Of real time: a program sends its registrations and its questions side by side."""

# All but values nested in arguments of functions and methods (INVOKE_OUTPUT_VALUES, CALL_OUTPUT_VALUES), binary texts
# and the migration of states: methods are refused, and there is no earlier state.
_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
)


class Registrar:
    """Collects what a program registers and plays the cloud for it.

    Args:
        urns: makes the URNs of the stack.
        region: region of the default provider.
        decoder: reads property values.
        frames: knows the project's files from others, for positions in messages.
        answers: what providers' functions and other stacks answer.
        plugins: makes the resources of remote components; without it they are refused.
        maker: creates resources for real; without it, and for what it leaves alone, their outputs are computed.

    Attributes:
        registrations: resources by URN, in the order of their arrival.
        failure: the first thing that was refused, None so far.
        position: `file:line` of the call that was refused, "" where it is not known.
        warnings: what the program may rely on and this engine does not do.
        asked: functions that only a cloud could answer.
        calls: where the program calls a function first, by its token.
    """

    def __init__(
        self,
        urns: Urns,
        region: str,
        decoder: Decoder,
        frames: Frames,
        answers: ProgramAnswers = NO_ANSWERS,
        plugins: Plugins | None = None,
        maker: Maker | None = None,
    ) -> None:
        self.registrations: dict[str, Registration] = {}
        self.failure: LabError | None = None
        self.position = ""
        self.warnings: list[str] = []
        self.asked: set[str] = set()
        self.calls: dict[str, str] = {}
        self.callbacks = Callbacks()
        self._urns = urns
        self._region = region
        self._decoder = decoder
        self._frames = frames
        self._plugins = plugins
        self._maker = maker
        self._answers = answers
        self._lock = threading.Lock()
        self._reserved: set[str] = set()
        self._transforms: dict[str, list[callback_pb2.Callback]] = {}
        self._pending: dict[tuple[str, str, str], list[callback_pb2.Callback]] = {}
        self._stack_transforms: list[callback_pb2.Callback] = []
        self._invoke_transforms: list[callback_pb2.Callback] = []

    def refuse(self, error: LabError, request: Message) -> None:
        """Note an error, with the position of the call; the first one is what the run ends with."""
        trace = getattr(request, "stackTrace", None)
        self.refuse_at(error, self._frames.of_trace(trace) if isinstance(trace, source_pb2.StackTrace) else "")

    def refuse_at(self, error: LabError, position: str) -> None:
        """Note an error with its place, `file:line`; the first one is what the run ends with."""
        with self._lock:
            if self.failure is None:
                self.failure, self.position = error, position

    def info(self, _request: empty_pb2.Empty) -> resource_pb2.DeploymentInfo:
        """Name the deployment and the features of this engine. It is a preview: outputs may be unknown."""
        return resource_pb2.DeploymentInfo(
            project=self._urns.project, stack=self._urns.stack, dryRun=True, supportedFeatures=_FEATURES
        )

    def register(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        """Register a resource, after transforms."""
        if request.remote and self._plugins is not None and self._plugins.has(request):
            self._take_pending_transforms(request)
            return self._plugins.construct(transform_resource(self.callbacks, self._transforms_for(request), request))
        if not request.remote:
            self._take_pending_transforms(request)
        request = transform_resource(self.callbacks, self._transforms_for(request), request)
        request.name = readable(request.name)
        urn = self._urns.make(request.parent, request.type, request.name)
        with self._lock:
            if urn in self._reserved:
                raise ProgramError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
            self._reserved.add(urn)
            self._transforms[urn] = list(request.transforms)
            self.callbacks.used = self.callbacks.used or bool(request.transforms)
        inputs = with_documents_as_text(request.type, request.object, self._decoder)
        if request.remote:
            return self._opaque(request, urn, inputs)
        created = self._create(urn, request) if request.custom else Created("", {})
        registration = Registration(
            urn=urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            inputs=inputs,
            state=merged(inputs, created.outputs),
            id=request.importId or created.id,
            dependencies=tuple(sorted(set(request.dependencies))),
            property_dependencies={
                name: tuple(sorted(set(request.propertyDependencies[name].urns)))
                for name in sorted(request.propertyDependencies)
            },
            options=self._options(request),
        )
        said = region_note(request.type, request.name, inputs)
        with self._lock:
            self.registrations[urn] = registration
            if said:
                self.warnings.append(said)
            if request.type.startswith(COMMANDS):
                self.warnings.append(command_note(request, self._decoder.properties(inputs).values))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=registration.id, object=registration.state)

    def _opaque(
        self, request: resource_pb2.RegisterResourceRequest, urn: str, inputs: Struct
    ) -> resource_pb2.RegisterResourceResponse:
        """Register a remote component, whose resources a plugin would make."""
        with self._lock:
            self.registrations[urn] = opaque(request, urn, inputs)
            self.warnings.append(said_of(request))
        return resource_pb2.RegisterResourceResponse(urn=urn, object=Struct())

    def _take_pending_transforms(self, request: resource_pb2.RegisterResourceRequest) -> None:
        """Keep the transforms of a remote component until its plugin registers it, and with it its children's."""
        key = (request.parent, request.type, request.name)
        with self._lock:
            if request.remote:
                self._pending[key] = list(request.transforms)
                self.callbacks.used = self.callbacks.used or bool(request.transforms)
            elif key in self._pending:
                del request.transforms[:]
                request.transforms.extend(self._pending.pop(key))

    def _transforms_for(self, request: resource_pb2.RegisterResourceRequest) -> list[callback_pb2.Callback]:
        """A resource's own transforms, those of its parents from the inside out, and the stack's."""
        found = list(request.transforms)
        with self._lock:
            if self.failure is not None:
                return []  # the run has failed already, and the SDK may not serve callbacks any longer
            parent = request.parent
            while parent:
                found.extend(self._transforms.get(parent, ()))
                holder = self.registrations.get(parent)
                parent = holder.parent if holder is not None else ""
            found.extend(self._stack_transforms)
        return found

    def _create(self, urn: str, request: resource_pb2.RegisterResourceRequest) -> Created:
        if request.type.startswith(_PROVIDER_TYPE):
            return Created(naming.uuid_of(urn), {})
        made = None if self._maker is None else self._maker(request.type, request.name, urn, request.object)
        if made is not None:
            return made
        inputs = self._decoder.properties(request.object).values
        return create_any(request.type, urn, request.name, inputs, self._region_of(request.provider))

    def _region_of(self, provider: str) -> str:
        """The region of a provider reference: that of an explicit provider, else the stack's."""
        with self._lock:
            found = self.registrations.get(provider_urn(provider))
        region = self._decoder.properties(found.inputs).values.get("region") if found is not None else None
        return region if isinstance(region, str) else self._region

    def _options(self, request: resource_pb2.RegisterResourceRequest) -> ResourceOptions:
        aliases = [self._urns.of_alias(alias, request.parent, request.type, request.name) for alias in request.aliases]
        return ResourceOptions(
            protect=request.protect,
            delete_before_replace=request.deleteBeforeReplace,
            ignore_changes=tuple(request.ignoreChanges),
            aliases=(*aliases, *request.aliasURNs),
            provider=request.provider,
            version=request.version,
        )

    def register_outputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        """Merge the outputs that a component (or the stack) registers."""
        with self._lock:
            state = self.registrations[request.urn].state
            for name, value in request.outputs.fields.items():
                state.fields[name].CopyFrom(value)
        return empty_pb2.Empty()

    def read(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:
        """Read a resource that somebody else created: only what the program and its id say of it is known."""
        told = self._answers.stacks.get(request.id) if request.type == STACK_REFERENCE else None
        if told is not None:
            request.properties.MergeFrom(encode({"outputs": dict(told), "secretOutputNames": []}))
        request.name = readable(request.name)
        urn = self._urns.make(request.parent, request.type, request.name)
        state = merged(request.properties, told_by_id(request.type, request.id, self._region_of(request.provider)))
        with self._lock:
            if urn in self._reserved:
                raise ProgramError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
            self._reserved.add(urn)
            self.registrations[urn] = Registration(
                urn=urn,
                type=request.type,
                name=request.name,
                custom=True,
                parent=request.parent,
                inputs=request.properties,
                state=state,
                id=request.id,
                dependencies=tuple(sorted(set(request.dependencies))),
                options=ResourceOptions(provider=request.provider, version=request.version),
                external=True,
            )
            if request.type != STACK_REFERENCE:  # which of its outputs are unknown is said elsewhere
                self.warnings.append(
                    f"'{request.name}' ({request.type}) is read from '{request.id}', not created by this stack; "
                    "what the program does not say of it is unknown to the lab"
                )
        return resource_pb2.ReadResourceResponse(urn=urn, id=request.id, properties=state)

    def invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        """Answer a provider's function."""
        if request.tok == _GET_RESOURCE:
            return self._held_resource(request)
        with self._lock:
            transforms = list(self._invoke_transforms)
        arguments = self._decoder.properties(transform_invoke(self.callbacks, transforms, request)).values
        given = self._answers.of_function(request.tok, arguments)
        if given is not None:
            return _answer(encode(told_answer(given, arguments)))
        function = INVOKES.get(request.tok)
        if function is None or contains_unknown(arguments):
            found = self._looked_up(request, arguments)
            return resource_pb2.ResourceInvokeResponse(unknown=True) if found is None else _answer(encode(found))
        try:
            answer = function(arguments, self._region_of(request.provider))
        except (ValueError, TypeError, KeyError) as error:
            raise ProgramError(f"the arguments of {request.tok} are wrong: {error}") from error
        return _answer(encode(answer))

    def _looked_up(
        self, request: resource_pb2.ResourceInvokeRequest, arguments: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """What a function answers that looks something up: what the program creates itself, else placeholders."""
        known = {name: value for name, value in arguments.items() if value is not None and not contains_unknown(value)}
        if request.tok in LOOK_UPS:
            token, argument, named = LOOK_UPS[request.tok]
            found = self._registered(token, named, known.get(argument))
            if found is not None:
                return answer_of(request.tok, {**found, **known})
        if request.tok not in INVOKES:
            with self._lock:
                self.asked.add(request.tok)
        region = self._region_of(request.provider)
        told = PARTLY_KNOWN[request.tok](known, region) if request.tok in PARTLY_KNOWN else {}
        return answer_of(request.tok, {"region": region, **told, **known})

    def _registered(self, token: str, named: str, name: Any) -> dict[str, Any] | None:
        """The properties of what the program creates under a physical name. Its registration may be on its way."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with self._lock:
                held = [each for each in self.registrations.values() if each.type == token and not each.external]
            for each in held:
                values = self._decoder.properties(each.state).values
                if name is not None and values.get(named) == name:
                    return {"id": each.id, **values}
            if name is None or time.monotonic() > end:
                return None
            time.sleep(_PATIENCE_SECONDS / 50)

    def _held_resource(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        """The SDK asks for the state of a resource that it got as a reference."""
        urn = request.args.fields["urn"].string_value
        with self._lock:
            held = self.registrations.get(urn)
        if held is None:
            raise ProgramError(f"the program refers to the resource '{urn}', which it has not registered")
        answer = encode({"urn": urn, "id": held.id})
        answer.fields["state"].struct_value.CopyFrom(held.state)
        return _answer(answer)

    def call(self, request: resource_pb2.ResourceCallRequest) -> NoReturn:
        """Methods of remote components are refused: no plugin is asked for them."""
        raise NotModelledError(
            f"the program calls the method {request.tok} of a remote component; the lab only has these constructed"
        )

    def exists(self, request: resource_pb2.ExistsResourceRequest) -> NoReturn:
        """Whether something exists in the cloud cannot be known without one."""
        raise NotModelledError(
            f"the program asks whether {request.type} '{request.id}' exists in the cloud; the lab has none to ask"
        )

    def stack_transform(self, request: callback_pb2.Callback) -> empty_pb2.Empty:
        """Remember a transform for all further resources."""
        with self._lock:
            self.callbacks.used = True
            self._stack_transforms.append(request)
        return empty_pb2.Empty()

    def stack_invoke_transform(self, request: callback_pb2.Callback) -> empty_pb2.Empty:
        """Remember a transform for all further invokes."""
        with self._lock:
            self.callbacks.used = True
            self._invoke_transforms.append(request)
        return empty_pb2.Empty()

    def hook(
        self, request: resource_pb2.RegisterResourceHookRequest | resource_pb2.RegisterErrorHookRequest
    ) -> empty_pb2.Empty:
        """Hooks run when a resource is really created, updated or deleted: never here."""
        with self._lock:
            self.callbacks.used = True
            self.warnings.append(f"the hook '{request.name}' is not run by the lab")
        return empty_pb2.Empty()

    def package(self, request: resource_pb2.RegisterPackageRequest) -> resource_pb2.RegisterPackageResponse:
        """Name a parameterized provider."""
        return resource_pb2.RegisterPackageResponse(ref=naming.uuid_of(request.name + request.parameterization.name))

    def shutdown(self, _request: empty_pb2.Empty) -> empty_pb2.Empty:
        """The program is done; there is nothing left to wait for."""
        return empty_pb2.Empty()

    def stack_registration(self) -> Registration | None:
        """The stack itself, once the SDK has registered it."""
        return next(
            (found for found in self.registrations.values() if found.type == resource_types.COMPONENT_STACK), None
        )


def _answer(values: Struct) -> resource_pb2.ResourceInvokeResponse:
    response = resource_pb2.ResourceInvokeResponse()
    getattr(response, "return").CopyFrom(values)  # a keyword, so there is no other way to name it
    return response
