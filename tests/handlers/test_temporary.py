"""/tmp: each environment has its own, of the configured size; it stays while warm and is gone after the run."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.handlers.world import World

_MEBIBYTE = 1 << 20

WAYS = {
    "open('/tmp/a', 'w').write('x')": 1,
    "open('/tmp/a', 'w').name": "/tmp/a",
    "[open('/tmp/a', 'w').close(), open('/tmp/a', 'r').name][1]": "/tmp/a",
    "[(open('/tmp/a', 'w+'))][0].mode": "w+",
    "open('/tmp/a', 'wb').mode": "wb",
    "[pathlib.Path('/tmp/a').write_text('é'), pathlib.Path('/tmp/a').read_bytes().decode()][1]": "é",
    "[pathlib.Path('/tmp/d/e').mkdir(parents=True), [str(p) for p in pathlib.Path('/tmp').rglob('*')]][1]": [
        "/tmp/d",
        "/tmp/d/e",
    ],
    "[open('/tmp/a', 'x').close(), str(pathlib.Path('/tmp/a').rename('/tmp/b')), os.listdir('/tmp')]": [
        None,
        "/tmp/b",
        ["b"],
    ],
    "[open('/tmp/a', 'w').close(), [e.path for e in os.scandir('/tmp')], glob.glob('/tmp/*'), os.remove('/tmp/a')]": [
        None,
        ["/tmp/a"],
        ["/tmp/a"],
        None,
    ],
    "[os.makedirs('/tmp/d/e'), [(f, n) for f, n, _ in os.walk('/tmp')]][1]": [
        ["/tmp", ["d"]],
        ["/tmp/d", ["e"]],
        ["/tmp/d/e", []],
    ],
    "[os.chdir('/tmp'), open('a', 'w').close(), os.getcwd(), os.path.abspath('a'), os.path.realpath('a')][2:]": [
        "/tmp",
        "/tmp/a",
        "/tmp/a",
    ],
    "[os.symlink('/tmp/a', '/tmp/b'), os.readlink('/tmp/b'), os.path.exists('/tmp/b'), os.path.islink('/tmp/b')][1:]": [
        "/tmp/a",
        False,
        True,
    ],
    "tempfile.gettempdir()": "/tmp",
    "os.path.dirname(tempfile.mkdtemp())": "/tmp",
    "[f := tempfile.NamedTemporaryFile('w+'), f.write('abc'), f.flush(), os.path.getsize(f.name)][3]": 3,
    "[f := tempfile.mkstemp(), os.write(f[0], b'ab'), os.stat(f[1]).st_size][1:]": [2, 2],
    "[d := tempfile.TemporaryDirectory(), open(d.name + '/a', 'w').close(), d.cleanup(), os.listdir('/tmp')][3]": [],
    "[shutil.copy(__file__, '/tmp/a'), shutil.copytree('/tmp', '/tmp2') if 0 else 0, os.path.getsize('/tmp/a') > 9]": [
        "/tmp/a",
        0,
        True,
    ],
    "[os.mkdir('/tmp/d'), os.mkdir('/tmp/d/a'), shutil.copytree('/tmp/d', '/tmp/e'), os.listdir('/tmp/e')][2:]": [
        "/tmp/e",
        ["a"],
    ],
    "[os.mkdir('/tmp/d'), shutil.move('/tmp/d', '/tmp/e'), shutil.rmtree('/tmp/e'), os.listdir('/tmp')][1:]": [
        "/tmp/e",
        None,
        [],
    ],
    "[zipfile.ZipFile('/tmp/z', 'w').writestr('a', 'x'), zipfile.is_zipfile('/tmp/z')][0]": None,
    "[gzip.open('/tmp/g', 'wt').close(), gzip.open('/tmp/g', 'rt').read()][1]": "",
    "[c := sqlite3.connect('/tmp/db'), c.execute('create table t (a)') and 0, os.listdir('/tmp')][2]": ["db"],
    "[sqlite3.connect('file:/tmp/db?mode=rwc', uri=True).execute('create table t (a)') and 0, os.listdir('/tmp')][1]": [
        "db"
    ],
    "[open('/tmp/extra.py', 'w').write('a = 5'), sys.path.insert(0, '/tmp'), __import__('extra').a][2]": 5,
    "[os.mkdir('/tmp/a'), os.access('/tmp/a', os.W_OK), os.access('/tmp/b', os.F_OK)][1:]": [True, False],
    "os.path.samefile('/tmp', '/tmp/../tmp/.')": True,
}
"""Ways to the files of /tmp, and what they say."""

REFUSED = {
    "open('/tmp/none')": "[Errno 2] No such file or directory: '/tmp/none'",
    "os.rename('/tmp/a', '/tmp/b')": "[Errno 2] No such file or directory: '/tmp/a' -> '/tmp/b'",
    "pathlib.Path('/tmp/a').unlink()": "[Errno 2] No such file or directory: '/tmp/a'",
    "os.listdir('/tmp/a')": "[Errno 2] No such file or directory: '/tmp/a'",
    "[os.mkdir('/tmp/a'), os.mkdir('/tmp/a')]": "[Errno 17] File exists: '/tmp/a'",
    "open('/tmp/a', 'wq')": "invalid mode: 'wq'",
    "open('/tmp/a', 'wb', encoding='utf-8')": "binary mode doesn't take an encoding argument",
    "[os.symlink('/etc', '/tmp/e'), open('/tmp/e/x', 'w')]": "[Errno 30] Read-only file system: '/tmp/e/x'",
    "open('/tmp/../etc/x', 'w')": "[Errno 30] Read-only file system: '/tmp/../etc/x'",
}
"""What goes wrong there, and what is said: paths are those that the code gave."""

_IMPORTS = "import glob, gzip, os, pathlib, shutil, sqlite3, sys, tempfile, zipfile\n"


def _function(world: World, body: str, size_mb: int = 512) -> Any:
    return replace(world.function(f"{_IMPORTS}\ndef handler(event, context):\n    {body}\n"), temporary_mb=size_mb)


def _answer(world: World, body: str, size_mb: int = 512) -> Any:
    with world.host:
        return json.loads(world.invoke(world.environment(_function(world, body, size_mb))).payload)


def _left() -> set[str]:
    return {path.name for path in Path(tempfile.gettempdir()).glob(f"delivery-lab-of-{os.getpid()}-*/environment-*")}


@pytest.mark.parametrize("expression", WAYS)
def test_lam_files_1_every_way_leads_to_the_environments_own_files(world: World, expression: str) -> None:
    assert _answer(world, f"return {expression}") == WAYS[expression]
    assert _left() == set()


@pytest.mark.parametrize("expression", REFUSED)
def test_lam_files_1_errors_name_the_paths_of_the_code(world: World, expression: str) -> None:
    assert _answer(world, f"return {expression}")["errorMessage"] == REFUSED[expression]


def test_lam_files_1_it_is_kept_while_warm_and_each_environment_has_its_own(world: World) -> None:
    function = _function(world, "open('/tmp/a', 'a').write('x'); return os.path.getsize('/tmp/a')")
    with world.host:
        one, other = world.environment(function), world.environment(function)
        assert [world.invoke(each).payload for each in (one, one, other, one)] == ["1", "2", "1", "3"]
        assert not Path("/tmp/a").exists()
        assert len(_left()) == 2

    assert _left() == set()


def test_lam_files_1_it_stays_where_lambda_resets_the_environment(world: World) -> None:
    body = "kept = os.path.exists('/tmp/a'); open('/tmp/a', 'w').close()\n    if not kept: os._exit(1)\n    return kept"
    function = _function(world, body)
    with world.host:
        first = world.environment(function)
        world.invoke(first)
        first.stop()

        assert world.invoke(world.environment(function)).payload == "true"


def test_lam_files_1_it_is_gone_with_an_environment_that_is_idle(world: World) -> None:
    function = _function(world, "kept = os.path.exists('/tmp/a'); open('/tmp/a', 'w').close(); return kept")
    with world.host:
        first = world.environment(function)
        world.invoke(first)
        first.stop()

        assert _left() == set()
        assert world.invoke(world.environment(function)).payload == "false"


FULL = f"[Errno {errno.ENOSPC}] No space left on device"

_FILLING = {
    "with open('/tmp/a', 'wb') as f: f.write(b'x' * 3 * 2**20)": FULL,
    "pathlib.Path('/tmp/a').write_text('x' * 3 * 2**20)": FULL,
    "f = tempfile.NamedTemporaryFile(); f.write(b'x' * 3 * 2**20); f.flush()": FULL,
    "f = os.open('/tmp/a', os.O_WRONLY | os.O_CREAT)\n    while True: os.write(f, bytes(2**18))": FULL,
    "[open(f'/tmp/{n}', 'wb').write(bytes(2**19)) for n in range(9)]": FULL,
    "open('/tmp/a', 'wb').write(bytes(2**20)); [shutil.copyfile('/tmp/a', f'/tmp/b{n}') for n in range(3)]": FULL,
    "c = sqlite3.connect('/tmp/a'); c.execute('create table t (a)')\n"
    "    for n in range(9): c.execute('insert into t values (?)', [bytes(2**19)])": "database or disk is full",
}


@pytest.mark.parametrize("body", _FILLING)
def test_lam_files_1_it_has_the_configured_size(world: World, body: str) -> None:
    assert _answer(world, body, size_mb=2)["errorMessage"].startswith(_FILLING[body])


def test_lam_files_1_what_fits_is_written_and_what_is_removed_is_free_again(world: World) -> None:
    body = (
        "for _ in range(5):\n"
        "        with open('/tmp/a', 'wb') as f: f.write(bytes(2**20))\n"
        "        with open('/tmp/b', 'ab') as f: f.write(bytes(2**20 - 4096))\n"
        "        os.remove('/tmp/b')\n"
        "    return list(shutil.disk_usage('/tmp'))"
    )

    assert _answer(world, body, size_mb=2) == [2 * _MEBIBYTE, _MEBIBYTE, _MEBIBYTE]


def test_the_files_of_the_code_are_found_wherever_the_project_lies(world: World) -> None:
    """This project lies in /tmp, as tests' projects do."""
    assert str(world.folder).startswith("/tmp") or not tempfile.gettempdir().startswith("/tmp")
    body = (
        "return [os.path.basename(__file__) in os.listdir(os.path.dirname(__file__)), len(open(__file__).read()) > 9]"
    )

    assert _answer(world, body) == [True, True]
