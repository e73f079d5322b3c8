"""Makes a bundle: the sources, and a file that says so."""

import pathlib
import shutil
import sys

target = pathlib.Path(sys.argv[1])
shutil.copytree("src_of_worker", target, dirs_exist_ok=True)
(target / "made.txt").write_text("made")
