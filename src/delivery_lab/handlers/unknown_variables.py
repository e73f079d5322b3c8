"""Environment variables whose values only a deployment knows: code that reads one ends the run, with its line.

Such a variable is set, as far as `in` and the list of names can tell. Its value is refused to whoever asks for it. What
asks for all values at once is refused too, unless it is Python's own library, which looks for names of its own among
them (proxies, locales).
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable, Mapping
from types import FrameType

from delivery_lab.errors import NotModelledError
from delivery_lab.handlers.fibers import current

PLACEHOLDER = b"(known after deployment)"
VARYING = b"AWS_LAMBDA_LOG_STREAM_NAME"
"""The variable that differs between the environments of a function."""

_LOOKS_FOR_ITS_OWN = "botocore."
"""Package that copies all variables and takes those of the metadata service from the copy."""

_PLUMBING = ("os.py", "_collections_abc.py")
_OF_ALL = frozenset({"__iter__", "copy", "__or__", "__ror__"})
_STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"]


class Variables(dict[bytes, bytes]):
    """The encoded variables of one environment, behind `os.environ`.

    Args:
        known: names and values.
        unknown: names of those that have no value here; code may set them, and has them then.
    """

    def __init__(self, known: Mapping[bytes, bytes], unknown: Iterable[bytes]) -> None:
        self._unknown = set(unknown)
        self._telling = {VARYING, *self._unknown}
        super().__init__({**known, **dict.fromkeys(self._unknown, PLACEHOLDER)})

    def __getitem__(self, name: bytes) -> bytes:
        if name in self._telling:
            if name in self._unknown:
                _refuse(name.decode())
            else:
                _note_varying()
        return super().__getitem__(name)

    def __setitem__(self, name: bytes, value: bytes) -> None:
        self._unknown.discard(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: bytes) -> None:
        self._unknown.discard(name)
        super().__delitem__(name)


def _asking(frame: FrameType | None) -> tuple[FrameType | None, bool]:
    """Who asks for a value, and whether for all; None where it is only asked whether the variable is set.

    Nobody does either where the standard library reads all of them.
    """
    of_all = False
    while frame is not None and _is_plumbing(frame):
        if frame.f_code.co_name == "__contains__":
            return None, False
        of_all = of_all or frame.f_code.co_name in _OF_ALL
        frame = frame.f_back
    if of_all and frame is not None and _is_standard(frame.f_code.co_filename):
        return None, True
    return frame, of_all


def _note_varying() -> None:
    """Note that code which is being imported knows by now which environment it is in."""
    fiber = current()
    if fiber is None or fiber.environment.importing is None:
        return
    frame, of_all = _asking(sys._getframe(2))
    if frame is not None and not (of_all and str(frame.f_globals.get("__name__")).startswith(_LOOKS_FOR_ITS_OWN)):
        fiber.environment.importing.note("reads the name of its log stream while it is imported")


def _refuse(name: str) -> None:
    """End the run, unless it is only asked whether the variable is set, or the standard library reads all of them."""
    frame, of_all = _asking(sys._getframe(2))
    fiber = current()
    if fiber is None or frame is None:
        return
    function = fiber.environment.function.name
    what = f"all environment variables, among them {name}" if of_all else f"the environment variable {name}"
    fiber.environment.host.abort(
        NotModelledError(
            f"function {function} reads {what}, which is known only after deployment, at "
            f"{fiber.environment.line_of(frame)}\n"
            f"  fix: give it a value in the workload: functions: {{{function}: {{environment: {{{name}: VALUE}}}}}}"
        )
    )


def _is_plumbing(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file in ("<frozen os>", "<frozen _collections_abc>") or (
        file.endswith(_PLUMBING) and file.startswith(_STANDARD_LIBRARY)
    )


def _is_standard(file: str) -> bool:
    return file.startswith(("<frozen", _STANDARD_LIBRARY)) and "site-packages" not in file
