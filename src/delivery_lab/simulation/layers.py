"""The layers of a function: which of them are on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from delivery_lab.errors import HandlerLoadError
from delivery_lab.model.runtime import CodeSource
from delivery_lab.stack.code import code_files
from delivery_lab.stack.functions import Function, Layer
from delivery_lab.stack.stack import Stack


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of one function.

    Attributes:
        here: where the content of those is that are on this machine, as far as it is.
        absent: names or ARNs of those whose content is not, or not wholly, here.
        notes: what a reader of the result should know.
    """

    here: tuple[CodeSource, ...] = ()
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def layers_of(function: Function, stack: Stack, project_dir: Path) -> Layers:
    """The layers of a function: of this stack, of another one, in S3, or in a folder that is yet to be built.

    Args:
        function: the function.
        stack: its stack.
        project_dir: folder that the paths of code start from.
    """
    here: list[CodeSource] = []
    absent: list[str] = []
    notes: list[str] = []
    for arn in function.layers.certain():
        layer = stack.at(arn) if isinstance(arn, str) else None
        if not isinstance(layer, Layer):
            absent.append(str(arn))
            note = f"layer {arn} is not in this stack; its packages come from the lab's own environment"
            notes.append(f"{function.name}: {note}")
        elif not layer.has_code:
            absent.append(layer.name)
        else:
            files = code_files(layer.code, project_dir, layer.name, optional=True)
            here.append(CodeSource(files.roots, files.inline, files.plain))
            if not _is_complete(layer, project_dir):
                absent.append(layer.name)
    return Layers(tuple(here), tuple(absent), tuple(notes))


def _is_complete(layer: Layer, project_dir: Path) -> bool:
    try:
        code_files(layer.code, project_dir, layer.name)
    except HandlerLoadError:
        return False
    return True
