"""Code that cannot be initialised: a failure of the function, or of this machine."""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest

from delivery_lab.errors import HandlerLoadError
from delivery_lab.handlers import missing
from delivery_lab.model.runtime import CodeSource, FunctionConfig
from tests.handlers.world import World

_FAILS = "worker fails before its handler is called, in AWS too: "


def failure(world: World, function: FunctionConfig) -> tuple[dict[str, Any], str]:
    """The error answer of an invoke, and the note about it."""
    with world.host:
        response = world.invoke(world.environment(function))
    payload = json.loads(response.payload)
    assert response.ended
    assert response.error == payload["errorType"]
    return payload, "".join(world.host.notes).removeprefix(_FAILS)


def refusal(world: World, function: FunctionConfig) -> str:
    with world.host, pytest.raises(HandlerLoadError) as caught:
        world.invoke(world.environment(function))
    return str(caught.value)


def test_lam_init_2_an_exception_at_import_is_the_answer_of_each_invoke(world: World) -> None:
    world.write("fn/inner.py", "import os\nTABLE = os.environ['TABLE']\n")
    function = world.function("import inner\ndef handler(e, c): ...")

    payload, note = failure(world, function)

    assert payload == {
        "errorMessage": "'TABLE'",
        "errorType": "KeyError",
        "requestId": "",
        "stackTrace": [
            '  File "/var/task/app.py", line 1, in <module>\n    import inner\n',
            "  File \"/var/task/inner.py\", line 2, in <module>\n    TABLE = os.environ['TABLE']\n",
        ],
    }
    assert note == f"KeyError: 'TABLE' (raised in {world.folder / 'fn/inner.py'}:2)"


def test_lam_init_2_a_module_that_is_neither_packed_nor_in_a_layer(world: World) -> None:
    world.write("layer/python/common.py", "")
    layers = (CodeSource((("", str(world.folder / "layer")),)),)
    function = world.function("import common, no_such_package\ndef handler(e, c): ...", layers=layers)

    payload, note = failure(world, function)

    message = "Unable to import module 'app': No module named 'no_such_package'"
    assert payload == {
        "errorMessage": message, "errorType": "Runtime.ImportModuleError", "requestId": "", "stackTrace": [],
    }  # fmt: skip
    assert note == f"Runtime.ImportModuleError: {message} (pack the module with the function or a layer)"


def test_lam_init_2_a_name_that_a_module_of_the_function_does_not_have(world: World) -> None:
    world.write("fn/inner.py", "")

    payload, _ = failure(world, world.function("from inner import nothing"))

    assert payload["errorMessage"] == (
        "Unable to import module 'app': cannot import name 'nothing' from 'inner' (/var/task/inner.py)"
    )


@pytest.mark.parametrize(
    ("handler", "kind", "message"),
    [
        ("nothere.handler", "ImportModuleError", "Unable to import module 'nothere': No module named 'nothere'"),
        ("src/app.handler", "ImportModuleError", "Unable to import module 'src/app': No module named 'src'"),
        ("app.main", "HandlerNotFound", "Handler 'main' missing on module 'app'"),
        ("app", "MalformedHandlerName", "Bad handler 'app': not enough values to unpack (expected 2, got 1)"),
        ("sys.exit", "BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
    ],
)
def test_lam_init_2_a_handler_that_is_not_there(world: World, handler: str, kind: str, message: str) -> None:
    payload, _ = failure(world, world.function("def handler(e, c): ...", handler=handler))

    assert payload == {
        "errorMessage": message, "errorType": f"Runtime.{kind}", "requestId": "", "stackTrace": [],
    }  # fmt: skip


def test_lam_init_2_a_syntax_error(world: World) -> None:
    payload, _ = failure(world, world.function("x = 1\ndef handler(:\n"))

    assert payload["errorType"] == "Runtime.UserCodeSyntaxError"
    assert payload["errorMessage"].startswith("Syntax error in module 'app': ")
    assert payload["stackTrace"] == ['  File "/var/task/app.py" Line 2\n    def handler(:\n']


@pytest.mark.parametrize(
    ("leave", "reason"),
    [
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(4)", "Runtime exited with error: exit status 4"),
        ("raise KeyboardInterrupt", "Runtime exited with error: exit status 1"),
    ],
)
def test_lam_init_2_a_process_that_ends_while_it_is_initialised(world: World, leave: str, reason: str) -> None:
    payload, note = failure(world, world.function(f"import os, sys\n{leave}\ndef handler(e, c): ..."))

    assert payload == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: r1 Error: {reason}"}
    assert note == ""


def test_lam_init_3_the_next_invoke_imports_the_code_again_and_the_note_is_made_once(world: World) -> None:
    function = world.function("print('imported')\n1 / 0\ndef handler(e, c): ...")
    with world.host:
        for number in (1, 2):
            world.invoke(world.environment(function, number))

    assert world.text == ["imported", "imported"]
    assert len(world.host.notes) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("handler = 3", "TypeError: 'int' object is not callable"),
        (
            "async def handler(e, c): return 1",
            "Runtime.MarshalError: Unable to marshal response: Object of type coroutine is not JSON serializable",
        ),
        (
            "async def handler(e, c): yield 1",
            "Runtime.MarshalError: Unable to marshal response: Object of type async_generator is not JSON serializable",
        ),
    ],
)
def test_a_handler_that_lambda_cannot_call_fails_when_it_is_invoked(world: World, code: str, error: str) -> None:
    with world.host:
        response = world.invoke(world.environment(world.function(code)))

    payload = json.loads(response.payload)
    assert f"{payload['errorType']}: {payload['errorMessage']}" == error
    assert (payload["requestId"], response.ended) == ("r1", False)


# -- what says nothing about Lambda ---------------------------------------------------------------------------


DESCRIBED = [
    "  or describe the function in the workload instead of running it, such as",
    "    functions:",
    "      worker: {duration: 0.2}",
]


def _why(world: World, function: FunctionConfig) -> str:
    """The reason that a refusal gives."""
    first, *rest = refusal(world, function).split("\n")
    assert rest[-4:] == [
        "  fix: install it where the lab runs, or pack it with the function or a layer: packages come from there",
        *DESCRIBED,
    ]
    start = "function worker: 'app' cannot be imported here, and Lambda may be able to: "
    assert first.startswith(start)
    return first.removeprefix(start)


def test_a_layer_that_is_not_here_may_hold_the_module(world: World) -> None:
    function = world.function("import no_such_package", absent_layers=("arn:aws:lambda:eu-west-1:1:layer:x:2", "deps"))

    assert _why(world, function) == (
        "it may be in the layer arn:aws:lambda:eu-west-1:1:layer:x:2 or deps, which is not on this machine"
    )


def test_a_refusal_shows_the_users_lines(world: World) -> None:
    function = world.function("import no_such_package", absent_layers=("deps",))

    assert f'  File "{world.folder / "fn/app.py"}", line 1, in <module>\n    import no_such_package\n' in refusal(
        world, function
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("fn/requirements.txt", "boto3\nNo.Such_Package[extra]>=1,<2  # needed\n"),
        ("fn/pyproject.toml", '[project]\nname = "x"\ndependencies = ["no-such-package>=1"]\n'),
        ("fn/pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.12"\nno-such-package = "^1"\n'),
        ("fn/Pipfile", '[packages]\nno-such-package = "*"\n'),
        ("requirements-prod.txt", "no_such_package\n"),
    ],
)
def test_packages_that_a_build_has_yet_to_pack(world: World, file: str, text: str) -> None:
    path = world.write(file, text)

    why = _why(world, world.function("import no_such_module"))

    assert why.startswith(f"{path} asks for ")
    assert why.endswith(", which is not in the archive: its packages have yet to be packed")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("fn/requirements.txt", "boto3\n"),
        ("fn/requirements.txt", "-r other.txt\n# comment\n\n"),
        ("fn/pyproject.toml", "not = [toml"),
        ("fn/requirements.txt", "packed\nPacked-Too==1\n"),
    ],
)
def test_lam_init_2_what_is_asked_for_and_there_makes_another_module_no_less_missing(
    world: World, file: str, text: str
) -> None:
    world.write("fn/packed/__init__.py", "")
    world.write("fn/packed_too-1.0.dist-info/METADATA", "")
    world.write(file, text)

    payload, _ = failure(world, world.function("import no_such_package"))

    assert payload["errorType"] == "Runtime.ImportModuleError"


def test_lam_init_2_what_the_pulumi_program_asks_for_is_not_what_the_function_asks_for(world: World) -> None:
    world.write("Pulumi.yaml", "name: x")
    world.write("requirements.txt", "no_such_package\n")

    payload, _ = failure(world, world.function("import no_such_package"))

    assert payload["errorType"] == "Runtime.ImportModuleError"


def test_a_module_that_is_compiled_for_lambdas_platform(world: World) -> None:
    world.write("fn/fast/__init__.py", "from fast import _core\nfrom fast._core import run\n")
    world.write("fn/fast/_core.cpython-313-aarch64-linux-gnu.so", "")

    assert "is compiled for another Python or platform than this one's" in _why(
        world, world.function("import fast._core")
    )


def test_what_lambdas_runtime_brings_along(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing, "_IN_THE_RUNTIME", frozenset(("no_such_package",)))

    assert _why(world, world.function("import no_such_package")) == (
        "no_such_package is part of Lambda's runtime python3.13"
    )


@pytest.mark.parametrize(("runtime", "there"), [("python3.11", True), ("python3.12", True), ("python3.13", False)])
def test_the_standard_library_of_another_python(
    world: World, monkeypatch: pytest.MonkeyPatch, runtime: str, there: bool
) -> None:
    monkeypatch.setitem(missing._LEFT, "left_with_3_13", 13)
    function = world.function("import left_with_3_13", runtime=runtime)

    if there:
        why = f"left_with_3_13 is part of the standard library of {runtime}, and not of this Python's"
        assert _why(world, function) == why
    else:
        assert failure(world, function)[0]["errorType"] == "Runtime.ImportModuleError"


def test_a_module_that_came_with_a_later_python(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(missing._CAME, "came_with_3_14", 14)

    assert "of python3.14, and" in _why(world, world.function("import came_with_3_14", runtime="python3.14"))


@pytest.mark.parametrize("line", ["type X = int |", "def f[T](x: T) -> (:", "x = f'{a['b']'", 'return rf"{x"'])
def test_a_syntax_that_a_later_python_may_know(world: World, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(missing, "_THIS_MINOR", 11)

    assert _why(world, world.function(line, runtime="python3.13")) == ("python3.13 may read what this Python cannot")


@pytest.mark.parametrize(("line", "minor"), [("def handler(:", 13), ("x = = 3", 14), ("type X = int |", 11)])
def test_lam_init_2_a_syntax_that_no_python_knows(
    world: World, monkeypatch: pytest.MonkeyPatch, line: str, minor: int
) -> None:
    monkeypatch.setattr(missing, "_THIS_MINOR", 11)

    payload, _ = failure(world, world.function(line, runtime=f"python3.{minor}"))

    assert payload["errorType"] == "Runtime.UserCodeSyntaxError"


def test_a_package_of_the_venv_may_be_another_version_than_lambdas(world: World) -> None:
    assert _why(world, world.function("from yaml import no_such_name")) == (
        "yaml is taken from where the lab runs, maybe in another version than in Lambda"
    )


def test_a_zip_that_holds_compiled_code(world: World) -> None:
    with zipfile.ZipFile(world.folder / "code.zip", "w") as archive:
        archive.writestr("app.py", "import quick\n")
        archive.writestr("quick.abi3.so", "")
    code = CodeSource((("", str(world.folder / "code.zip")),))

    assert (
        _why(world, world.function(code=code))
        == "quick.abi3.so is compiled for another Python or platform than this one's"
    )


_NO_TEXT = """
class Silent(Exception):
    def __str__(self):
        {how}
"""


@pytest.mark.parametrize(
    ("how", "status"), [("raise ValueError('x')", 1), ("return None", 1), ("raise SystemExit(3)", 3)]
)
def test_lam_err_1_an_exception_whose_text_cannot_be_had_ends_the_process(world: World, how: str, status: int) -> None:
    code = _NO_TEXT.format(how=how) + "def handler(event, context):\n    raise Silent()\n"
    payload, _ = failure(world, world.function(code))

    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith(f"Error: Runtime exited with error: exit status {status}")


def test_lam_init_2_an_exception_whose_text_cannot_be_had_while_it_is_imported(world: World) -> None:
    payload, _ = failure(world, world.function(_NO_TEXT.format(how="return None") + "raise Silent()\n"))

    assert payload["errorType"] == "Runtime.ExitError"
