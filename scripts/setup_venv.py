"""Create the project's virtual environment from the lock; run by make with any Python from 3.11 on."""

import subprocess
import sys
import threading
import venv
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Create the environment that is named on the command line."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        return _fail(f"Python {found} is too old: Delivery Lab needs 3.11 or newer (make PYTHON=python3.13 ...)")
    target = ROOT / sys.argv[1]
    if target.is_symlink():
        # Creating it anew would empty the folder behind it, which somebody else may be using.
        return _fail(f"{target} is a symbolic link to {target.resolve()}: remove it, or make that environment yourself")
    print(f"setting up {target.name} (once, about a minute)", file=sys.stderr)
    try:
        venv.create(target, with_pip=True, clear=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return _fail(f"the virtual environment {target} cannot be created: {error}")
    python = target / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    locked = ["--require-hashes", "-r", "requirements.txt"]
    for what, words in (("the locked packages", locked), ("the lab", ["--no-deps", "--no-build-isolation", "-e", "."])):
        trouble = _install(what, [*pip, *words])
        if trouble:
            return _fail(f"{what} cannot be installed:\n{trouble}")
    # Where Python is told to write no bytecode (PYTHONDONTWRITEBYTECODE), each start would compile all of it anew.
    subprocess.run([str(python), "-m", "compileall", "-q", "src", "components"], cwd=ROOT, check=False)
    (target / ".ready").touch()
    return 0


def _install(what: str, command: list[str]) -> str:
    """Run pip, saying every 15 s that it is still at work; what it said of a failure, "" if it worked."""
    done = threading.Event()

    def reassure() -> None:
        passed = 0
        while not done.wait(15):
            passed += 15
            print(f"  installing {what}, {passed} s ...", file=sys.stderr)

    teller = threading.Thread(target=reassure)
    teller.start()
    try:
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    finally:
        done.set()
        teller.join()
    errors = [line for line in result.stderr.splitlines() if not line.startswith("WARNING")]
    return "" if result.returncode == 0 else "\n".join(errors or [f"pip ended with {result.returncode}"])


def _fail(message: str) -> int:
    print(f"setup failed: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
