from __future__ import annotations

import importlib
import os
import sys
import threading
import zipfile

import pytest

from delivery_lab.errors import HandlerLoadError
from delivery_lab.handlers.modules import SearchPath
from delivery_lab.model.runtime import CodeSource, FunctionConfig
from tests.handlers.world import World

COUNTING = """
    import helper
    seen = []

    def handler(event, context):
        seen.append(event)
        helper.count += 1
        return [len(seen), helper.count, __file__]
"""


def test_an_environment_keeps_its_globals_and_another_has_its_own(world: World) -> None:
    world.write("fn/helper.py", "count = 0\n")
    function = world.function(COUNTING)
    with world.host:
        first, second = world.environment(function, 1), world.environment(function, 2)
        file = str(world.folder / "fn/app.py")
        assert world.result(first) == [1, 1, file]
        assert world.result(first) == [2, 2, file]
        assert world.result(second) == [1, 1, file]
        assert world.result(first) == [3, 3, file]
    assert "app" not in sys.modules
    assert "helper" not in sys.modules
    assert not list(world.folder.rglob("__pycache__"))


def test_a_module_is_looked_for_once_however_many_environments_import_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_for: list[str] = []
    look = SearchPath._look_for

    def noted(search: SearchPath, name: str) -> object:
        looked_for.append(name)
        return look(search, name)

    monkeypatch.setattr(SearchPath, "_look_for", noted)
    world.write("fn/helper.py", "count = 0\n")
    function = world.function(COUNTING)
    with world.host:
        for number in (1, 2, 3):
            assert world.result(world.environment(function, number))[:2] == [1, 1]

    assert looked_for == ["app", "helper"]


@pytest.mark.parametrize("files", [("pack/__init__.py", "pack/inner.py"), ("pack/inner.py",)])
def test_where_a_package_looks_for_its_modules_is_each_environments_own(world: World, files: tuple[str, ...]) -> None:
    for file in files:
        world.write(f"fn/{file}", "")
    function = world.function(
        """
        import pack, pack.inner

        pack.__path__.append("more")
        pack.__spec__.submodule_search_locations.append("more")

        def handler(event, context):
            return list(pack.__path__).count("more")
        """
    )
    with world.host:
        found = [world.result(world.environment(function, number)) for number in (1, 2)]

    assert found == [2, 2]  # the list of the spec is that of the module


@pytest.mark.parametrize("name", ["lab", "delivery_lab", "components", "handler", "utils", "tests", "yaml", "calendar"])
def test_module_names_may_shadow_the_hosts(world: World, name: str) -> None:
    import delivery_lab.errors

    world.write(f"fn/{name}/__init__.py", "")
    world.write(f"fn/{name}/errors.py", "mine = True\n")
    result = world.run_code(
        f"""
        def handler(event, context):
            import {name}.errors, {name}
            from {name} import errors
            return [{name}.errors.mine, {name}.__file__]
        """
    )
    assert result == [True, str(world.folder / f"fn/{name}/__init__.py")]
    assert sys.modules["delivery_lab.errors"] is delivery_lab.errors


def test_lazy_imports_see_the_own_modules_after_another_environment_ran(world: World) -> None:
    world.write("fn/late.py", "import os\nvalue = os.environ['WHO']\n")
    text = """
        import time, importlib, sys

        def handler(event, context):
            time.sleep(1)
            import late
            assert sys.modules["late"] is late is importlib.import_module("late")
            return late.value
    """
    one = world.function(text, environment={"WHO": "one"})
    two = world.function(text, name="other", environment={"WHO": "two"})
    with world.host:
        world.start(world.environment(one), request_id="r1")
        world.start(world.environment(two), request_id="r2")
        world.scheduler.run()
    assert [response.payload for _, response in world.answers] == ['"one"', '"two"']


def test_the_hosts_own_project_is_not_there_for_a_function(world: World) -> None:
    message = "No module named 'components'"
    assert (
        world.run_code(
            """
        def handler(event, context):
            try:
                import components
            except ModuleNotFoundError as error:
                return str(error)
        """
        )
        == message
    )


def test_another_thread_of_the_process_may_import_while_a_handler_runs(world: World) -> None:
    sys.modules.pop("stringprep", None)
    # Files are no way between the two: the handler's /tmp is its own.
    (hear_running, say_running), (hear_imported, say_imported) = os.pipe(), os.pipe()
    over = threading.Event()
    found: list[object] = []

    def import_meanwhile() -> None:
        os.read(hear_running, 1)
        try:
            found.append(importlib.import_module("stringprep").__name__)
            importlib.import_module("no_such_module")
        except (ModuleNotFoundError, RecursionError) as error:
            found.append(repr(error))
        os.write(say_imported, b"x")
        over.wait()

    thread = threading.Thread(target=import_meanwhile)
    thread.start()
    try:
        world.run_code(
            f"""
            import os

            def handler(event, context):
                os.write({say_running}, b"x")
                os.read({hear_imported}, 1)
            """
        )
    finally:
        over.set()
        thread.join()
        for file in (hear_running, say_running, hear_imported, say_imported):
            os.close(file)
    assert found == ["stringprep", """ModuleNotFoundError("No module named 'no_such_module'")"""]


def test_packages_of_the_venv_are_shared_and_what_code_sets_in_them_is_its_environments_own(world: World) -> None:
    function = world.function(
        "import yaml\nyaml.seen = getattr(yaml, 'seen', 0) + 1\n"
        "def handler(e, c):\n    yaml.seen += 1\n    return [id(yaml), yaml.seen]"
    )
    shared = importlib.import_module("yaml")
    with world.host:
        first = world.environment(function, 1)
        assert world.result(first) == [id(shared), 2]
        assert world.result(world.environment(function, 2)) == [id(shared), 2]
        assert world.result(first) == [id(shared), 3]
    assert not hasattr(shared, "seen")


def test_parts_of_an_archive_find_each_other_and_tracebacks_name_the_users_file(world: World) -> None:
    main = world.write(
        "src/worker_main.py",
        """
        import json
        from pathlib import Path
        import rules.limits
        HERE = Path(__file__).resolve().parent
        SETTINGS = json.loads((HERE / "settings.json").read_text())

        def handler(event, context):
            with open("rules/limits.txt") as limits:
                found = [limits.read(), SETTINGS["name"], rules.limits.most, Path(__file__).name]
            return found
        """,
    )
    world.write("rules/limits.py", "most = 3\n")
    world.write("rules/limits.txt", "ten")
    code = CodeSource(
        (("app.py", str(main)), ("rules", str(world.folder / "rules"))), (("settings.json", '{"name": "resize"}'),)
    )
    with world.host:
        assert world.result(world.environment(world.function(code=code))) == ["ten", "resize", 3, "app.py"]
    main.write_text("1 / 0")
    with world.host:
        world.invoke(world.environment(world.function(code=code)))
    [note] = world.host.notes
    assert note.endswith(f": ZeroDivisionError: division by zero (raised in {main}:1)")


def test_layers_come_after_the_function_and_later_layers_win(world: World) -> None:
    world.write("one/python/both.py", "origin = 'one'\n")
    world.write("one/python/common.py", "origin = 'one'\n")
    world.write("two/python/common.py", "origin = 'two'\n")
    world.write("two/python/lib/python3.13/site-packages/deep/__init__.py", "origin = 'site-packages'\n")
    world.write("two/python/yaml/__init__.py", "origin = 'built for Lambda'\n")
    world.write("fn/both.py", "origin = 'function'\n")
    layers = tuple(CodeSource((("", str(world.folder / name)),)) for name in ("one", "two", "missing"))
    result = world.run_code(
        """
        import both, common, deep, yaml
        def handler(event, context):
            return [both.origin, common.origin, deep.origin, "site-packages" in yaml.__file__]
        """,
        layers=layers,
    )
    assert result == ["function", "two", "site-packages", True]


def test_roots_deeper_in_the_archive_inline_text_and_zip_files(world: World) -> None:
    world.write("anywhere/shared/tool.py", "from . import other\nvalue = other.value\n")
    world.write("anywhere/shared/other.py", "value = 42\n")
    with zipfile.ZipFile(world.folder / "code.zip", "w") as archive:
        archive.writestr("pkg/zipped.py", "from pathlib import Path\nhere = Path(__file__).is_file()\n")
    layer = CodeSource((("python/shared", str(world.folder / "anywhere/shared")),))
    code = CodeSource(
        (("", str(world.folder / "code.zip")),),
        (
            (
                "src/entry.py",
                "import shared.tool, pkg.zipped\ndef main(e, c): return [shared.tool.value, pkg.zipped.here]",
            ),
        ),
    )
    function = world.function(handler="src/entry.main", code=code, layers=(layer,))
    before = {
        name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("src", "pkg", "shared")
    }
    with world.host:
        assert world.result(world.environment(function)) == [42, True]
    after = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("src", "pkg", "shared")}
    assert after == before


def test_a_folder_that_the_code_adds_to_its_path(world: World) -> None:
    world.write("fn/vendor/addition.py", "value = 7\n")
    before = list(sys.path)
    assert (
        world.run_code(
            """
        import os, sys
        sys.path.insert(0, os.path.join(os.path.dirname(__file__), "vendor"))
        import addition
        def handler(event, context): return addition.value
        """
        )
        == 7
    )
    assert sys.path == before
    assert "addition" not in sys.modules


def load_error(world: World, function: FunctionConfig) -> str:
    with world.host, pytest.raises(HandlerLoadError) as caught:
        world.invoke(world.environment(function))
    return str(caught.value)


def test_a_missing_folder(world: World) -> None:
    path = world.folder / "fn"
    assert load_error(world, world.function()) == (
        f"the code of function worker is missing: {path} does not exist\n"
        "  fix: correct the path in the program, or build what should stand there\n"
        "  or describe the function in the workload instead of running it, such as\n"
        "    functions:\n      worker: {duration: 0.2}"
    )


def test_optional_packages_can_be_looked_for(world: World) -> None:
    assert world.run_code(
        """
        import importlib.util
        found = [importlib.util.find_spec(name) is not None for name in ("boto3", "no_such_package", "components")]
        def handler(event, context): return found
        """
    ) == [True, False, False]


def test_dataclasses_and_pickle_find_their_module(world: World) -> None:
    assert world.run_code(
        """
        from __future__ import annotations
        import pickle, typing
        from dataclasses import dataclass, field
        @dataclass
        class Job:
            id: str
            parts: list[int] = field(default_factory=list)
        def handler(event, context):
            job = pickle.loads(pickle.dumps(Job("a", [1])))
            return [job.parts, list(typing.get_type_hints(Job))]
        """
    ) == [[1], ["id", "parts"]]


def test_a_shared_package_is_executed_once_and_has_its_modules(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "sqlite3"]:
        monkeypatch.delitem(sys.modules, name)

    assert world.run_code(
        """
        import sqlite3
        def handler(event, context):
            import sys
            return [hasattr(sqlite3, "dbapi2"), sqlite3 is sys.modules["sqlite3"]]
        """
    ) == [True, True]


def test_folders_of_the_function_that_its_python_path_names_are_looked_into(world: World) -> None:
    world.write("fn/lib/models/user.py", "name = 'user'\n")
    function = world.function(
        """
        from models.user import name

        def handler(event, context):
            return name
        """,
        environment={"PYTHONPATH": "/var/task/lib:/opt/other"},
    )
    with world.host:
        assert world.result(world.environment(function, 1)) == "user"
