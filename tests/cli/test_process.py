"""The command as a process: interruption, pipes, and the wheel in a venv of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from delivery_lab.cli.console import Console
from delivery_lab.cli.interrupts import noticed
from tests.lab_support import FOREIGN, ROOT

_COMMAND = [sys.executable, "-m", "delivery_lab.cli"]


def _spinning(folder: Path) -> Path:
    """A project whose handler keeps the simulation busy for ever."""
    for name in ("Pulumi.yaml", "Pulumi.prod.yaml", "__main__.py", "workload.yaml"):
        (folder / name).write_text((FOREIGN / name).read_text())
    (folder / "worker").mkdir()
    spin = "import time\ndef handle(event, context):\n    while True:\n        time.sleep(0.000001)\n"
    (folder / "worker" / "app.py").write_text(spin)
    return folder


def test_ctrl_c_ends_with_a_clean_message_and_leaves_no_process(tmp_path: Path) -> None:
    project = _spinning(tmp_path)
    words = ["run", "prod", "--project", str(project), "--workload", str(project / "workload.yaml")]
    process = subprocess.Popen([*_COMMAND, *words], cwd=ROOT, stdout=-1, stderr=-1, text=True, start_new_session=True)
    try:
        assert process.stderr is not None
        # The line that appears once a run takes longer than a second: the handler is at work by then.
        assert process.stderr.readline() == "simulating prod ...\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()

    assert process.returncode == 130
    assert out == ""
    assert err == "interrupted; nothing was left behind\n"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_signals_end_it_as_ctrl_c_does_and_leave_no_file(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    (tmp_path / "project").mkdir()
    project = _spinning(tmp_path / "project")
    (tmp_path / "temporary").mkdir()
    ignored = signal.signal(number, signal.SIG_DFL)  # as it is under nohup, whose children leave it ignored
    process = subprocess.Popen(
        [*_COMMAND, "run", "prod", "--project", str(project), "--workload", str(project / "workload.yaml")],
        cwd=ROOT,
        stdout=-1,
        stderr=-1,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
    )
    signal.signal(number, ignored)
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == "simulating prod ...\n"
        while not list((tmp_path / "temporary").iterdir()):  # the line comes after a second, however far it is by then
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()

    assert (process.returncode, out) == (code, "")
    assert err == f"ended by {number.name}; nothing was left behind\n"
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_command_in_the_background_for_which_ctrl_c_is_ignored_ends_at_sigterm(tmp_path: Path) -> None:
    words = [*_program(tmp_path, "import time\nprint('begun', flush=True)\ntime.sleep(600)\n"), "--no-cache"]
    process = subprocess.Popen(["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *words], cwd=ROOT, stderr=-1, text=True)
    try:
        assert process.stderr is not None
        assert "begun\n" in iter(process.stderr.readline, "")
        process.terminate()
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()

    assert (process.returncode, err) == (143, "ended by SIGTERM; nothing was left behind\n")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_processes_that_share_the_work_end_with_the_command(tmp_path: Path, number: signal.Signals) -> None:
    words = ["explore", "prod", "--project", str(FOREIGN), "--workload", str(FOREIGN / "workload.yaml")]
    process = subprocess.Popen(
        [*_COMMAND, *words, "--seeds", "100000", "--processes", "2", "--json"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=-1,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    own = f"delivery-lab-of-{process.pid}-"
    try:
        while len(theirs := [path for path in tmp_path.iterdir() if not path.name.startswith(own)]) < 2:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        process.communicate(timeout=60)
        # Where the command was killed, nobody waits for its workers.
        late = time.monotonic() + 60
        while any(path.exists() for path in theirs) and time.monotonic() < late:
            time.sleep(0.05)
    finally:
        process.kill()
        process.communicate()

    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    left = list(tmp_path.iterdir())
    assert len(left) <= 1 if number == signal.SIGKILL else left == []


def test_ctrl_c_while_the_command_is_being_loaded_is_answered_in_the_same_way() -> None:
    code = (
        "import signal, sys, delivery_lab.cli.__main__ as command\n"
        "class Loading:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'delivery_lab.cli.main': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Loading())\n"
        "sys.exit(command.main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 130
    assert (done.stdout, done.stderr) == ("", "interrupted; nothing was left behind\n")


def test_an_interrupt_that_python_ignored_ends_the_command_at_its_next_step() -> None:
    class Collected:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    found = [Collected()]
    with noticed(), pytest.raises(KeyboardInterrupt), Console().working("simulating"):
        found.clear()


def test_what_fails_at_the_end_of_the_process_is_a_line_each_and_the_exit_code_stays() -> None:
    code = (
        "import atexit, weakref\nfrom delivery_lab.cli.__main__ import leave\ndef bad(): 1 / 0\nclass Kept: pass\n"
        "kept = Kept()\nweakref.finalize(kept, bad)\natexit.register(bad)\nleave(5)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    line = "note: at the end of the process: ZeroDivisionError: division by zero (<string>:3)\n"
    assert (done.returncode, done.stdout, done.stderr) == (5, "", 2 * line)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_output_that_cannot_be_written_is_said_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*_COMMAND, "list"], cwd=ROOT, stdout=full, stderr=-1, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "error: the output cannot be written: No space left on device\n"


def test_closed_output_is_no_failure() -> None:
    done = subprocess.run(["sh", "-c", '"$0" "$@" >&-', *_COMMAND, "list"], cwd=ROOT, capture_output=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_reader_that_goes_away_ends_the_command_quietly() -> None:
    process = subprocess.Popen([*_COMMAND, "explain"], cwd=ROOT, stdout=-1, stderr=-1, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    process.wait()

    assert "Traceback" not in err


def test_off_a_terminal_there_is_no_colour() -> None:
    done = subprocess.run([*_COMMAND, "run", "batch-partial"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "\x1b" not in done.stdout + done.stderr


def test_the_wheel_holds_the_command_alone(tmp_path: Path) -> None:
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wheel = tmp_path / done.stdout.split()[-1]
    # Installed without its dependencies beside ours: what counts is that nothing of this repository is needed.
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    words = ["run", "prod", "--project", str(FOREIGN), "--workload", str(FOREIGN / "workload.yaml"), "--json"]
    run = subprocess.run(
        [sys.executable, "-m", "delivery_lab.cli", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert {path.name for path in target.iterdir() if path.is_dir()} >= {"delivery_lab"}
    assert not (target / "components").exists()
    assert not (target / "functions").exists()
    assert run.returncode == 0, run.stderr
    assert '"sent":11' in run.stdout


def _program(folder: Path, program: str) -> list[str]:
    """The words that run a program which registers nothing."""
    (folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {aws:region: us-east-1}\n")
    (folder / "__main__.py").write_text(program)
    return [*_COMMAND, "check", "dev", "--project", str(folder)]


@pytest.mark.parametrize("busy", ["time.sleep(600)", "while True: pass"])
def test_one_ctrl_c_ends_a_program_that_sleeps_or_loops(tmp_path: Path, busy: str) -> None:
    words = _program(tmp_path, f"import time\n\nprint('begun', flush=True)\n{busy}\n")
    process = subprocess.Popen(words, cwd=ROOT, stdout=-1, stderr=-1, text=True, start_new_session=True)
    try:
        assert process.stderr is not None
        assert "begun\n" in iter(process.stderr.readline, "")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()

    assert process.returncode == 130
    assert err.endswith("interrupted; nothing was left behind\n")


def test_a_thread_that_a_program_leaves_behind_does_not_keep_the_command_alive(tmp_path: Path) -> None:
    code = "import threading, time\n\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
    done = subprocess.run(_program(tmp_path, code), cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_what_is_for_a_closed_standard_error_is_not_printed_elsewhere(tmp_path: Path) -> None:
    program = "import subprocess, sys\nsubprocess.run(['true'], check=True)\nprint('told', file=sys.stderr)\n"
    words = [*_program(tmp_path, program), "--json"]
    heard = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    closed = ["sh", "-c", 'exec "$@" 2>&-', "sh", *words]
    done = subprocess.run(closed, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert "starts a process: true" in heard.stderr
    assert (done.returncode, done.stdout, done.stderr) == (0, heard.stdout, "")


def test_the_package_is_run_as_the_command() -> None:
    said = [
        subprocess.run([sys.executable, "-m", module, *words], cwd=ROOT, capture_output=True, text=True, check=False)
        for module in ("delivery_lab", "delivery_lab.cli")
        for words in (["--version"], ["explain", "nonsense"])
    ]

    assert [one.returncode for one in said] == [0, 2, 0, 2]
    assert [(one.stdout, one.stderr) for one in said[:2]] == [(one.stdout, one.stderr) for one in said[2:]]
