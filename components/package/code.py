"""Arguments of all components that have a function: somebody else's code in the place of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

import pulumi
from pydantic import ConfigDict, Field, model_validator

from components.function import HANDLER
from components.layer import RUNTIME
from components.settings.base import Late, Section, Violation, require

_ARN_OF_LAYER = r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+$"

VariableValue = Annotated[str, Late("later")]
LayerArn = Annotated[str, Field(pattern=_ARN_OF_LAYER), Late("arn:aws:lambda:us-east-1:123456789012:layer:later:1")]
Action = Annotated[str, Field(pattern=r"^[a-z0-9-]+:[A-Za-z0-9]+$")]


class StatementSettings(Section):
    """Something that the function's role may do besides what the component itself takes."""

    sid: str = Field(pattern=r"^[A-Za-z0-9]+$", description="Sid of an IAM statement: what it is for")
    actions: tuple[Action, ...] = Field(
        strict=False, min_length=1, max_length=50, description="IAM actions, none with a wildcard"
    )
    resource: Annotated[str, Late("later")] = Field(
        min_length=1, description="the one ARN, or pattern of ARNs, that they are allowed on"
    )


class CodeArguments(Section):
    """Code of one's own. Left out, the function is ours: `functions/` of this package, with its layer.

    The other arguments here are of `code` and refused without it.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    code: Annotated[pulumi.Archive | None, Late(pulumi.AssetArchive({}))] = Field(
        None, description="the function's code, as an archive"
    )
    handler: str = Field(
        HANDLER, min_length=1, max_length=128, description="Handler of a Lambda function, in the runtime's spelling"
    )
    runtime: str = Field(RUNTIME, pattern=r"^[a-z0-9.]+$", description="Runtime of a Lambda function")
    architecture: Literal["arm64", "x86_64"] = Field("arm64", description="Architectures of a Lambda function")
    layers: tuple[LayerArn, ...] = Field(
        (), strict=False, max_length=5, description="Layers of a Lambda function, ARNs with versions"
    )
    environment: Annotated[dict[str, VariableValue], Late({})] = Field(
        default_factory=dict, description="Environment.Variables of a Lambda function besides the component's own"
    )
    statements: tuple[StatementSettings, ...] = Field(
        (), strict=False, max_length=50, description="what the function's role may do besides"
    )

    @model_validator(mode="after")
    def _arguments_of_code_go_with_code(self) -> Self:
        if self.code is None:
            require(*self._without_code())
        return self

    def _without_code(self) -> Iterator[Violation]:
        fields = type(self).model_fields
        for name in CodeArguments.model_fields:
            if name != "code" and name in self.model_fields_set:
                key = str(fields[name].alias)
                because = "goes with code, and there is none: the function is this package's own"
                yield Violation((key,), None, because, f"give code as well, or remove {key}")


def of_our_function(section: Section, names: tuple[str, ...], key: str) -> Iterator[Violation]:
    """Settings that only tell our own function what to do, and that another one would leave unread.

    Args:
        section: the worker's settings.
        names: the fields.
        key: the argument that holds the section.
    """
    for name in names:
        if name in section.model_fields_set:
            alias = str(type(section).model_fields[name].alias)
            because = "tells this package's own function what to do, and code is another one"
            yield Violation((key, alias), getattr(section, name), because, f"remove {alias}, or code")
