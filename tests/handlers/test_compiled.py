"""Compiled extensions in a function's archive. The archives are made of packages that are installed here."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import sys
from pathlib import Path, PurePosixPath

import pytest

from delivery_lab.errors import HandlerLoadError
from delivery_lab.handlers.compiled import extensions_of, fits
from delivery_lab.model.runtime import CodeSource
from tests.handlers.world import World

WHERE = """
    import {package}

    def handler(event, context):
        return {package}.__file__
"""


def pack(name: str, folder: Path) -> Path:
    """Copy an installed distribution, as `pip install --target` would put it there."""
    for file in importlib.metadata.files(name) or ():
        place = PurePosixPath(file)
        if ".." not in place.parts and place.suffix != ".pyc":
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.locate(), folder / place)
    return folder


def extensions_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.so"))


def rename(file: Path, ending: str) -> Path:
    return file.rename(file.with_name(file.name.partition(".")[0] + ending))


def for_another_machine(file: Path) -> None:
    """Say in the header of an ELF file that it is of another machine (RISC-V)."""
    content = bytearray(file.read_bytes())
    content[18:20] = (243).to_bytes(2, "little")
    file.write_bytes(content)


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the archives are of this machine, which is Linux")


def test_a_package_with_an_extension_that_fits_is_taken_from_the_archive(world: World) -> None:
    fn = pack("pydantic_core", world.folder / "fn")
    text = """
        import pydantic_core
        from pydantic_core import _pydantic_core as compiled

        def handler(event, context):
            schema = {"type": "int"}
            value = pydantic_core.SchemaValidator(schema).validate_python("3")
            return [pydantic_core.__file__, compiled.__file__, value]
    """

    assert world.run_code(text) == [
        str(fn / "pydantic_core/__init__.py"),
        str(extensions_in(fn)[0]),
        3,
    ]
    assert world.host.notes == {}


def test_it_is_loaded_once_for_all_environments_and_functions_own_modules_are_not(world: World) -> None:
    pack("pydantic_core", world.folder / "fn")
    text = """
        import pydantic_core

        seen = pydantic_core.__dict__.setdefault("seen", [])
        seen.append(1)
        own = [1]

        def handler(event, context):
            own.append(1)
            return [len(seen), len(own)]
    """
    function = world.function(text)
    with world.host:
        results = [world.result(world.environment(function, number)) for number in (1, 2, 3)]

    assert results == [[1, 2], [2, 2], [3, 2]]
    assert "seen" not in vars(sys.modules["pydantic_core"])


def test_an_extension_of_the_stable_abi_fits(world: World) -> None:
    fn = pack("cryptography", world.folder / "fn")
    (extension,) = extensions_in(fn)
    assert extension.name.endswith(".abi3.so")

    assert world.run_code(WHERE.format(package="cryptography.hazmat.bindings._rust")) == str(extension)


def test_an_extension_in_a_namespace_package_is_loaded(world: World) -> None:
    fn = world.folder / "fn"
    pack("pydantic_core", fn)
    (extension,) = extensions_in(fn)
    (fn / "wide/deep").mkdir(parents=True)
    shutil.move(extension, fn / "wide/deep" / extension.name)
    shutil.rmtree(fn / "pydantic_core")

    found = extensions_of([fn])
    assert (list(found.shared), found.unit_of("wide.deep._pydantic_core")) == (
        ["wide.deep._pydantic_core"],
        "wide.deep._pydantic_core",
    )
    assert found.unit_of("wide.deep") == found.unit_of("wide.other") == ""
    text = """
        import wide.deep._pydantic_core as compiled

        def handler(event, context):
            return compiled.__file__
    """
    assert world.run_code(text) == str(fn / "wide/deep" / extension.name)


def test_an_extension_in_a_layer_is_loaded_from_its_python_folder(world: World) -> None:
    layer = world.folder / "layer/python"
    pack("pydantic_core", layer)
    (extension,) = extensions_in(layer)
    (layer / "only_here").mkdir()
    (layer / "only_here/__init__.py").touch()
    extension = extension.rename(layer / "only_here" / extension.name)
    text = """
        from only_here import _pydantic_core as compiled

        def handler(event, context):
            return compiled.__file__
    """

    layers = (CodeSource((("", str(world.folder / "layer")),)),)
    assert world.run_code(text, layers=layers) == str(extension)


@pytest.mark.parametrize("ending", [".cpython-311-darwin.so", ".cpython-38-x86_64-linux-gnu.so", ".pyd"])
def test_what_is_compiled_for_another_platform_is_taken_from_here_and_said(world: World, ending: str) -> None:
    fn = pack("pydantic_core", world.folder / "fn")
    stranger = rename(extensions_in(fn)[0], ending)

    file = world.run_code(WHERE.format(package="pydantic_core"))

    assert file == importlib.util.find_spec("pydantic_core").origin  # type: ignore[union-attr]
    version = importlib.metadata.version("pydantic_core")
    assert list(world.host.notes) == [
        (
            f"worker: {stranger.name} in its archive is for another Python or platform: pydantic_core {version} from "
            "here is used"
        )
    ]


def test_what_asks_for_it_comes_from_here_too(world: World) -> None:
    fn = pack("pydantic", pack("pydantic_core", world.folder / "fn"))
    pack("annotated-types", fn)
    rename(extensions_in(fn)[0], ".cpython-311-darwin.so")
    text = """
        import annotated_types
        import pydantic

        def handler(event, context):
            return [pydantic.__file__, annotated_types.__file__]
    """

    assert world.run_code(text) == [
        importlib.util.find_spec("pydantic").origin,  # type: ignore[union-attr]
        str(fn / "annotated_types/__init__.py"),
    ]
    (note,) = world.host.notes
    assert f"pydantic {importlib.metadata.version('pydantic')}, pydantic_core" in note


def test_a_file_of_another_machine_does_not_fit_whatever_its_name(world: World) -> None:
    fn = pack("cryptography", world.folder / "fn")
    (extension,) = extensions_in(fn)
    assert fits(extension)
    for_another_machine(extension)
    assert not fits(extension)

    text = WHERE.format(package="cryptography")
    assert world.run_code(text) == importlib.util.find_spec("cryptography").origin  # type: ignore[union-attr]
    (note,) = world.host.notes
    assert "_rust.abi3.so in its archive is for another Python or platform: cryptography" in note


def test_what_fits_nowhere_ends_the_run_and_is_no_failure_of_the_function(world: World) -> None:
    fn = pack("pydantic_core", world.folder / "fn")
    (extension,) = extensions_in(fn)
    (fn / "strange").mkdir()
    extension = rename(extension.rename(fn / "strange" / extension.name), ".cpython-38-darwin.so")
    world.write(
        "fn/strange/__init__.py",
        "try:\n    from . import _pydantic_core\nexcept ImportError:\n    raise ImportError('no') from None\n",
    )
    message = f"Lambda may be able to: {extension.name} is compiled for another Python or platform than this one's"

    with pytest.raises(HandlerLoadError, match=message):
        world.run_code(WHERE.format(package="strange"))


def test_several_extensions_of_which_one_fits() -> None:
    file = Path(
        next(str(each.locate()) for each in importlib.metadata.files("pydantic_core") or () if each.suffix == ".so")
    )

    found = extensions_of([file.parent.parent])

    assert found.shared["pydantic_core"] == file
    assert "pydantic_core" not in found.strangers
