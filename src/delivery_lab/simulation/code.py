"""From a Pulumi archive to the code of a function in the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from delivery_lab.model.runtime import CodeSource
from delivery_lab.stack.archives import files_of


def code_source(archive: Any, project_dir: Path, owner: str, *, optional: bool = False) -> CodeSource:
    """Where the code of an archive is.

    Args:
        archive: a `pulumi.FileArchive` or `pulumi.AssetArchive`.
        project_dir: folder that relative paths start from, as in a deployment.
        owner: name of the function or layer, for messages.
        optional: whether files that are missing are left out, as a layer's are that was not built yet.

    Raises:
        HandlerLoadError: a file or folder is missing.
        NotModelledError: the code is not on this machine (a remote archive).
    """
    files = files_of(archive, project_dir, owner, optional=optional)
    return CodeSource(files.roots, files.inline)
