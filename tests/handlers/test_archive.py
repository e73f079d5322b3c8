"""The code of functions, unpacked and put together in folders of the run."""

from __future__ import annotations

import os
import tarfile
import zipfile

import pytest

from delivery_lab.errors import HandlerLoadError
from delivery_lab.model.runtime import CodeSource
from tests.handlers.world import World

_HERE = """
    import os

    def handler(event, context):
        return sorted(os.listdir())
"""


@pytest.mark.parametrize("also", [(), (("more", "more.txt"),)])
def test_a_link_that_leads_nowhere_cannot_be_deployed(world: World, also: tuple[tuple[str, str], ...]) -> None:
    world.write("more.txt", "")
    function = world.function(_HERE)
    (world.folder / "fn" / "broken.txt").symlink_to("not-there")
    roots = (*function.code.roots, *((place, str(world.folder / file)) for place, file in also))

    with world.host, pytest.raises(HandlerLoadError) as refused:
        world.result(world.environment(world.function(code=CodeSource(roots))))
    assert str(refused.value) == (
        f"the code of function worker cannot be read: {world.folder}/fn/broken.txt: No such file or directory\n"
        "  fix: make it readable, or take it out of the archive"
    )


@pytest.mark.parametrize("also", [(), (("more", "more.txt"),)])
def test_pipes_and_devices_beside_the_code_are_not_opened(world: World, also: tuple[tuple[str, str], ...]) -> None:
    world.write("more.txt", "")
    function = world.function(_HERE)
    os.mkfifo(world.folder / "fn" / "pipe.py")
    (world.folder / "fn" / "zero").symlink_to("/dev/zero")
    roots = (*function.code.roots, *((place, str(world.folder / file)) for place, file in also))

    with world.host:
        assert "app.py" in world.result(world.environment(world.function(code=CodeSource(roots))))


def test_large_files_are_linked_to_and_not_copied(world: World) -> None:
    function = world.function(
        "def handler(event, context):\n    with open('large', 'rb') as file: return len(file.read(4))"
    )
    with (world.folder / "fn" / "large").open("wb") as file:
        file.truncate(17 * 1024 * 1024)

    with world.host:
        environment = world.environment(function)
        assert world.result(environment) == 4


def test_a_tar_is_unpacked_as_pulumi_does(world: World) -> None:
    world.function(_HERE)
    with tarfile.open(world.folder / "code.tar.gz", "w:gz") as archive:
        archive.add(world.folder / "fn" / "app.py", "app.py")

    with world.host:
        function = world.function(code=CodeSource((("", str(world.folder / "code.tar.gz")),)))
        assert world.result(world.environment(function)) == ["app.py"]


def test_a_zip_that_is_a_file_of_the_archive_stays_one(world: World) -> None:
    function = world.function(_HERE)
    with zipfile.ZipFile(world.folder / "data.zip", "w") as archive:
        archive.writestr("inside", "")
    roots = (*function.code.roots, ("data.zip", str(world.folder / "data.zip")))
    code = """
        import zipfile

        def handler(event, context):
            return zipfile.ZipFile("data.zip").namelist()
    """
    with world.host:
        function = world.function(code, code=CodeSource(roots, plain=("data.zip",)))
        assert world.result(world.environment(function)) == ["inside"]
