"""The list of what the project is made of, and of its licences."""

from __future__ import annotations

import json

import pytest

from scripts.supply_chain import LOCK, is_accepted, locked, main, sbom

_LOCK = """\
pydantic==2.11.7 \\
    --hash=sha256:aa00000000000000000000000000000000000000000000000000000000000000 \\
    --hash=sha256:bb00000000000000000000000000000000000000000000000000000000000000
    # via delivery-lab
nowhere==1.0 ; sys_platform == 'win32' \\
    --hash=sha256:cc00000000000000000000000000000000000000000000000000000000000000
"""


def test_the_lock_is_read_with_hashes_and_platforms() -> None:
    found = list(locked(_LOCK))

    assert [(each.name, each.version, len(each.hashes), each.elsewhere) for each in found] == [
        ("pydantic", "2.11.7", 2, False),
        ("nowhere", "1.0", 1, True),
    ]
    assert [each.licence for each in found] == ["MIT", ""]


def test_every_package_of_the_lock_is_in_the_document_with_its_hashes() -> None:
    text = LOCK.read_text(encoding="utf-8")
    document = json.loads(sbom(text))
    there = {
        (part["name"], part["version"], len(part["externalReferences"][0]["hashes"])) for part in document["components"]
    }

    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert there == {(each.name, each.version, len(set(each.hashes))) for each in locked(text)}


def test_the_same_lock_gives_the_same_document() -> None:
    assert sbom(_LOCK) == sbom(_LOCK)
    assert sbom(_LOCK) != sbom(_LOCK.replace("aa00", "dd00"))


def test_all_licences_are_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["licences"])
    lines = capsys.readouterr().out.splitlines()

    assert [line for line in lines if "NOT" in line] == []
    assert code == 0
    assert "pydantic" in " ".join(lines)


@pytest.mark.parametrize(
    ("licence", "accepted"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("Apache-2.0 AND GPL-3.0-only", False),
        ("GNU Affero General Public License v3", False),
        ("", False),
    ],
)
def test_a_licence_is_accepted_if_all_that_hold_are(licence: str, accepted: bool) -> None:
    assert is_accepted(licence) == accepted
