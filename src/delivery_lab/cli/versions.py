"""What `--version` prints."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from delivery_lab._version import MODEL_VERSION, __version__


def versions() -> str:
    """The versions of the package, of the model of AWS, of Python and of Pulumi."""
    try:
        pulumi = version("pulumi")
    except PackageNotFoundError:
        pulumi = "not installed"
    return f"delivery-lab {__version__} (model {MODEL_VERSION}, Python {platform.python_version()}, pulumi {pulumi})"
