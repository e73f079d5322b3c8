from __future__ import annotations

import pytest

from delivery_lab.errors import NotModelledError
from tests.handlers.world import WorldMaker


def handler(expression: str) -> str:
    return f"import os\ndef handler(event, context):\n    return {expression}\n"


@pytest.mark.parametrize(
    "expression",
    [
        "os.environ['TABLE']",
        "os.environ.get('TABLE')",
        "os.environ.get('TABLE', 'none')",
        "os.getenv('TABLE', 'none')",
        "os.environb[b'TABLE'].decode()",
        "os.environ.setdefault('TABLE', 'x')",
        "os.environ.pop('TABLE')",
        "os.path.expandvars('$TABLE')",
        "'{TABLE}'.format_map(os.environ)",
    ],
)
def test_reading_a_variable_that_is_not_known_ends_the_run(make_world: WorldMaker, expression: str) -> None:
    world = make_world()
    with pytest.raises(NotModelledError) as caught:
        world.run_code(handler(expression), unknown_variables=("TABLE",))
    assert str(caught.value) == (
        "function worker reads the environment variable TABLE, which is known only after deployment, at "
        f"{world.folder / 'fn' / 'app.py'}:3 in handler\n"
        "  fix: give it a value in the workload: functions: {worker: {environment: {TABLE: VALUE}}}"
    )


def test_no_handler_can_catch_that_it_reads_what_is_not_known(make_world: WorldMaker) -> None:
    text = "import os\ntry:\n    TABLE = os.environ['TABLE']\nexcept BaseException:\n    TABLE = 'x'\n"
    with pytest.raises(NotModelledError, match=r"app\.py:3 in <module>"):
        make_world().run_code(text + "def handler(event, context):\n    pass\n", unknown_variables=("TABLE",))


@pytest.mark.parametrize(
    "expression", ["dict(os.environ.items())", "os.environ.copy()", "[*os.environ.values()]", "os.environ | {'A': 'b'}"]
)
def test_reading_all_variables_reads_those_that_are_not_known(make_world: WorldMaker, expression: str) -> None:
    with pytest.raises(NotModelledError, match="reads all environment variables, among them TABLE, which is known"):
        make_world().run_code(handler(expression), unknown_variables=("TABLE",))


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("['TABLE' in os.environ, 'CHAIR' in os.environ]", [True, False]),
        ("sorted(set(os.environ) & {'TABLE', 'CHAIR'})", ["TABLE"]),
        ("os.environ.get('CHAIR', 'none')", "none"),
        ("__import__('urllib.request').request.getproxies()", {}),
        ("'(known after deployment)' in repr(os.environ)", True),
    ],
)
def test_that_it_is_set_is_known(make_world: WorldMaker, expression: str, found: object) -> None:
    assert make_world().run_code(handler(expression), unknown_variables=("TABLE",)) == found


def test_what_code_sets_itself_it_can_read(make_world: WorldMaker) -> None:
    text = "import os\ndef handler(event, context):\n    os.environ['TABLE'] = 'mine'\n    return os.environ['TABLE']\n"
    assert make_world().run_code(text, unknown_variables=("TABLE",)) == "mine"


def test_what_code_removes_is_gone(make_world: WorldMaker) -> None:
    text = "import os\ndef handler(event, context):\n    del os.environ['TABLE']\n    return os.environ.get('TABLE')\n"
    assert make_world().run_code(text, unknown_variables=("TABLE",)) is None
