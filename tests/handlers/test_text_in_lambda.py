from __future__ import annotations

import json
import re
from pathlib import Path

from delivery_lab.handlers.answers import text_in_lambda


def test_files_of_this_machine_are_where_lambda_has_them(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.touch()
    assert text_in_lambda(f'  File "{file}", line 3') == '  File "/var/task/app.py", line 3'
    assert text_in_lambda(json.dumps({"file": str(file), "at": "/no/such.py"})) == json.dumps(
        {"file": "/var/task/app.py", "at": "/no/such.py"}
    )
    assert text_in_lambda(f'File "{re.__file__}"') == 'File "/var/lang/lib/python3/__init__.py"'
    assert text_in_lambda("nothing here") == "nothing here"
