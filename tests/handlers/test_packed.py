from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from delivery_lab.errors import HandlerLoadError
from delivery_lab.handlers.packed import loads_here, replaced_by_installed
from tests.handlers.world import World

USING = """
    import rpds

    def handler(event, context):
        return [rpds.__file__, rpds.HashTrieMap({"a": 1})["a"], rpds.rpds is __import__("sys").modules["rpds.rpds"]]
"""


def _installed() -> Path:
    spec = importlib.util.find_spec("rpds")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _pack(folder: Path, *, tag: str | None = None) -> Path:
    """Pack the compiled package `rpds` into a folder, as built for another platform where a tag is given."""
    target = folder / "rpds"
    shutil.copytree(_installed(), target, ignore=shutil.ignore_patterns("__pycache__"))
    if tag is not None:
        for file in target.glob("*.so"):
            file.rename(file.with_name(f"rpds{tag}"))
    return target


def _distribution(folder: Path, name: str, *requires: str, tops: str = "") -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    asked = "".join(f"Requires-Dist: {each}\n" for each in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{asked}")
    (info / "RECORD").write_text("".join(f"{top}/__init__.py,,\n" for top in tops.split()))


def test_an_extension_module_is_loaded_from_the_bundle_in_each_environment(world: World) -> None:
    packed = _pack(world.folder / "fn")
    function = world.function(USING)
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        assert world.result(first) == [str(packed / "__init__.py"), 1, True]
        assert world.result(second) == [str(packed / "__init__.py"), 1, True]
    assert not world.host.notes
    assert not str(getattr(sys.modules.get("rpds"), "__file__", "")).startswith(str(world.folder))


@pytest.mark.parametrize("tag", [".cpython-399-x86_64-linux-gnu.so", ".cpython-311-darwin.so", ".cp311-win_amd64.pyd"])
def test_an_installed_copy_stands_in_for_a_package_of_another_platform(world: World, tag: str) -> None:
    _pack(world.folder / "fn", tag=tag)

    assert world.run_code(USING) == [str(_installed() / "__init__.py"), 1, True]

    [note] = world.host.notes
    assert note.startswith("worker packs rpds for another platform or version of Python: rpds-py ")


def test_what_is_not_installed_either_is_refused(world: World) -> None:
    world.write("fn/only_in_lambda/__init__.py", "from only_in_lambda import core\n")
    world.write("fn/only_in_lambda/core.cpython-399-darwin.so", "")
    with pytest.raises(HandlerLoadError, match=r"core.cpython-399-darwin.so is compiled for Lambda's platform"):
        world.run_code("import only_in_lambda\ndef handler(event, context): return 1\n")


def test_packages_that_ask_for_it_are_replaced_with_it(tmp_path: Path) -> None:
    _pack(tmp_path, tag=".cpython-399-darwin.so")
    for name in ("asking", "further", "optional", "apart", "missing"):
        (tmp_path / name).mkdir()
    _distribution(tmp_path, "rpds_py", tops="rpds")
    _distribution(tmp_path, "asking", "rpds-py==1.0", tops="asking")
    _distribution(tmp_path, "further", "Asking>=1 ; python_version > '3.8'", tops="further")
    _distribution(tmp_path, "optional", "rpds-py ; extra == 'fast'", tops="optional")
    _distribution(tmp_path, "apart", "attrs", tops="apart")
    _distribution(tmp_path, "missing", "rpds-py", tops="missing")
    installed = dict.fromkeys(["rpds", "asking", "further", "optional", "apart"])

    assert set(replaced_by_installed([tmp_path], installed)) == {"rpds", "asking", "further"}


def test_files_for_another_machine_are_told_by_their_header(tmp_path: Path) -> None:
    [ours] = _installed().glob("*.so")
    plain = tmp_path / "plain.so"
    shutil.copyfile(ours, plain)
    mac = tmp_path / "mac.abi3.so"
    mac.write_bytes(b"\xcf\xfa\xed\xfe" + bytes(40))

    assert loads_here(plain)
    assert not loads_here(mac)
    assert not loads_here(tmp_path / "absent.so")
