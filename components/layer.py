"""The layer that all functions share: pinned dependencies for the Lambda platform, and the shared code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pulumi
from pulumi_aws import lambda_

RUNTIME = "python3.13"
ARCHITECTURE = "arm64"

PROJECT = Path()
"""This project's folder as seen from where its own program runs."""
DEPENDENCIES = Path("build/layer")
STAMP = Path("build/layer.sha256")
REQUIREMENTS = Path("functions/requirements.txt")
SHARED_CODE = Path("functions/shared")


class SharedLayer(pulumi.ComponentResource):
    """One layer version for the functions of a stack.

    What `make layer` built stands under `python/`, the shared code under `python/shared`, so handlers say
    `from shared... import`. Paths are relative to the project folder, where Pulumi runs the program.

    A program that only describes its resources (preview, unit tests, the lab's engine) runs without the
    dependencies having been built: the layer then holds the shared code alone, and a note says so. An update is
    refused: functions without their dependencies would fail at their first invoke.

    Args:
        name: prefix of the children's names.
        opts: resource options.
        project: this project's folder, as seen from where the program runs.
        build: builds the dependencies where an update finds them missing; left out, it is refused.

    Attributes:
        arn: ARN of the layer version, with its version number.

    Raises:
        pulumi.RunError: an update, and the dependencies are missing or were built from other requirements.
    """

    def __init__(
        self,
        name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        project: Path = PROJECT,
        build: Callable[[], None] | None = None,
    ) -> None:
        super().__init__("delivery-lab:layer:SharedLayer", name, {}, opts)
        contents: dict[str, pulumi.Asset | pulumi.Archive] = {}
        problem = _problem_with_dependencies(project)
        if problem is not None and build is not None and not pulumi.runtime.is_dry_run():
            build()
            problem = _problem_with_dependencies(project)
        if problem is None:
            contents["python"] = pulumi.FileArchive((project / DEPENDENCIES).as_posix())
        elif pulumi.runtime.is_dry_run():
            pulumi.log.info(problem, resource=self)
        else:
            raise pulumi.RunError(problem)
        contents["python/shared"] = pulumi.FileArchive((project / SHARED_CODE).as_posix())
        version = lambda_.LayerVersion(
            f"{name}-layer",
            layer_name=f"{pulumi.get_project()}-{name}",
            code=pulumi.AssetArchive(contents),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = version.arn
        self.register_outputs({"arn": self.arn})


def _problem_with_dependencies(project: Path) -> str | None:
    """Why the built dependencies cannot be deployed; None when they can."""
    dependencies, stamp = project / DEPENDENCIES, project / STAMP
    if not dependencies.is_dir():
        return f"{dependencies} is missing: run `make layer` before `pulumi up`"
    if not stamp.is_file() or stamp.read_text().strip() != requirements_digest(project):
        return f"{dependencies} was not built from the present {REQUIREMENTS}: run `make layer` before `pulumi up`"
    return None


def requirements_digest(project: Path = PROJECT) -> str:
    """Hash of the locked requirements, by which a layer is known to be up to date."""
    return hashlib.sha256((project / REQUIREMENTS).read_bytes()).hexdigest()
