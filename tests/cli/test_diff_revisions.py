"""`delivery-lab diff REV..REV`: two revisions of a project's repository."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from delivery_lab.api.lab import Lab as OpenedLab
from tests.cli.conftest import Lab
from tests.lab_support import FOREIGN

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="needs git")

Git = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project `orders` in a folder of a repository of its own; temporary folders are made beside it."""
    project = tmp_path / "repository" / "shop"
    shutil.copytree(FOREIGN, project, ignore=shutil.ignore_patterns("__pycache__"))
    aside = tmp_path / "temporary"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    monkeypatch.chdir(project)
    return project


@pytest.fixture
def git(folder: Path) -> Git:
    """Git in the project, whose first commit is called `first`."""

    def call(*words: str) -> str:
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
        ran = subprocess.run([str(GIT), *who, *words], cwd=folder, check=True, capture_output=True, text=True)
        return ran.stdout.strip()

    call("init", "--quiet", "--initial-branch", "main", "..")
    call("add", "--all")
    call("commit", "--quiet", "--message", "one")
    call("tag", "first")
    return call


def changed(folder: Path, file: str, before: str, after: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def call(lab: Lab, folder: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The command in the project; afterwards nothing of the revisions may be left."""

    def in_project(*words: str):  # type: ignore[no-untyped-def]
        monkeypatch.chdir(folder)
        said = lab(*words)
        assert git("worktree", "list").splitlines() == [git("worktree", "list").splitlines()[0]]
        assert not list(Path(tempfile.gettempdir()).glob("delivery-lab-revisions-*"))
        return said

    return in_project


def commit(git: Git) -> str:
    git("commit", "--quiet", "--all", "--message", "another")
    return git("rev-parse", "HEAD")


def test_a_setting_that_changed_is_compared(call: Lab, folder: Path, git: Git) -> None:
    changed(folder, "Pulumi.prod.yaml", '"60"', '"30"')
    head = commit(git)

    said = call("diff", "first..HEAD", "prod", "--workload", "workload.yaml")

    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == f"prod of first ({git('rev-parse', 'first')[:7]}) -> prod of HEAD ({head[:7]})"
    assert '  ~  orders:visibilityTimeout: "60" -> "30"' in lines
    assert said.err == ""


def test_code_that_changed_is_compared_and_what_is_worse_fails(call: Lab, folder: Path, git: Git) -> None:
    changed(folder, "worker/app.py", "failures = []", "raise ValueError")
    commit(git)

    said = call("diff", "first..", "--workload", "workload.yaml", "--json", "--fail-on", "worse")

    difference, summary = map(json.loads, said.out.splitlines())
    assert said.code == 5
    (function,) = difference["resources"]
    assert function["what"] == "aws:lambda/function:Function worker"
    assert function["changes"][0]["what"] == "code"
    assert function["changes"][0]["before"].startswith("shop/worker (contents ")
    assert difference["revisions"] == summary["revisions"]
    assert difference["revisions"]["after"] == {"name": "HEAD", "commit": git("rev-parse", "HEAD")}
    assert difference["worse"] == ["messages.healthyDeadLettered went up from 0 to 10"]
    assert (summary["kind"], summary["changed"], summary["same"], summary["failed"]) == ("summary", ["prod"], [], {})


def test_many_seeds_are_run_in_both(call: Lab, folder: Path, git: Git) -> None:
    changed(folder, "worker/app.py", "failures = []", "raise ValueError")
    commit(git)

    said = call("diff", "first..HEAD", "--workload", "workload.yaml", "--seeds", "10", "--fail-on", "worse")

    assert said.code == 5
    assert "Worse: messages.healthyDeadLettered went up." in said.out.splitlines()


def test_stacks_that_are_the_same_new_or_gone_are_said_and_not_run(
    call: Lab, folder: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(folder / "Pulumi.prod.yaml", folder / "Pulumi.new.yaml")
    (folder / "README.md").write_text("Changes nothing.\n", encoding="utf-8")
    git("add", "--all")
    commit(git)
    monkeypatch.setattr(OpenedLab, "run", lambda *_, **__: pytest.fail("it is run"))

    said = call("diff", "first..HEAD", "--workload", "workload.yaml")

    first, head = git("rev-parse", "first")[:7], git("rev-parse", "HEAD")[:7]
    assert said.out == f"No stack differs between first ({first}) and HEAD ({head}).\n"
    assert said.err.splitlines() == [
        "note: the same in both revisions, so left out: prod",
        f"note: new in HEAD ({head}), so there is nothing to compare with: new",
    ]
    gone = call("diff", "HEAD..first", "--workload", "workload.yaml", "--json")
    assert (json.loads(gone.out)["onlyBefore"], json.loads(gone.out)["same"]) == (["new"], ["prod"])


def test_each_revision_is_run_with_its_own_workload(call: Lab, folder: Path, git: Git) -> None:
    (folder / "workloads").mkdir()
    git("mv", "workload.yaml", "workloads/some.yaml")
    git("add", "--all")
    base = commit(git)
    changed(folder, "workloads/some.yaml", "times: 10", "times: 20")
    commit(git)

    said = call("diff", f"{base}..HEAD", "--json")

    assert json.loads(said.out.splitlines()[0])["behaviour"]["messages.sent"] == [11, 21]
    assert said.err == "note: prod: what is sent changed: each revision is run with its own (--workload for one)\n"


def test_three_dots_compare_with_where_both_parted(call: Lab, folder: Path, git: Git) -> None:
    git("checkout", "--quiet", "-b", "branch")
    changed(folder, "Pulumi.prod.yaml", '"60"', '"30"')
    commit(git)
    git("checkout", "--quiet", "main")
    changed(folder, "Pulumi.prod.yaml", '"60"', '"90"')
    commit(git)

    said = call("diff", "main...branch", "--workload", "workload.yaml", "--json")

    assert json.loads(said.out.splitlines()[0])["settings"][0]["before"] == "60"


def test_a_lock_that_differs_is_said(call: Lab, folder: Path, git: Git) -> None:
    (folder / "requirements.txt").write_text("pulumi==3.200.0\n", encoding="utf-8")
    git("add", "--all")
    head = commit(git)

    said = call("diff", "first..HEAD", "--workload", "workload.yaml")

    note = f"note: shop/requirements.txt is another one in HEAD ({head[:7]}) than in first "
    assert said.err.startswith(note)
    assert "both are run with the packages that are installed here\n" in said.err


def test_what_the_repository_has_on_pythons_path_is_that_of_the_revision(
    call: Lab, folder: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = folder.parent / "src"
    (beside / "of_shop").mkdir(parents=True)
    (beside / "of_shop" / "__init__.py").write_text("SIZE = 5\n", encoding="utf-8")
    changed(folder, "__main__.py", "import json\n", "import json\nfrom of_shop import SIZE\n")
    changed(folder, "__main__.py", "batch_size=5", "batch_size=SIZE")
    git("add", "--all", "..")
    base = commit(git)
    (beside / "of_shop" / "__init__.py").write_text("SIZE = 2\n", encoding="utf-8")
    commit(git)
    (beside / "of_shop" / "__init__.py").write_text("SIZE = 7\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(beside))

    said = call("diff", f"{base}..HEAD", "--workload", "workload.yaml", "--json")

    change = json.loads(said.out.splitlines()[0])["resources"][0]["changes"][0]
    assert (change["what"], change["before"], change["after"]) == ("batchSize", 5, 2)
    assert "of_shop" not in sys.modules


def test_a_program_that_fails_is_said_with_its_revision(call: Lab, folder: Path, git: Git) -> None:
    changed(folder, "__main__.py", "batch_size=5", "batch_size=nothing")
    head = commit(git)

    said = call("diff", "first..HEAD", "--workload", "workload.yaml")

    assert said.code == 1
    assert said.err.startswith(f"error: prod: HEAD ({head[:7]}): ")
    assert "name 'nothing' is not defined" in said.err
    assert tempfile.gettempdir() not in said.err


def test_an_interrupt_leaves_nothing_behind(call: Lab, folder: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(folder, "Pulumi.prod.yaml", '"60"', '"30"')
    commit(git)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(OpenedLab, "run", interrupted)

    assert call("diff", "first..HEAD", "--workload", "workload.yaml").code == 130


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing..HEAD",), "error: there is no revision 'nothing' in {top}\n  fix: name a branch, a tag or a commit"),
        (("first..HEAD", "nothing"), "error: HEAD ({head}): no stack 'nothing' in the project's folder of HEAD:shop\n"),
        (("first..HEAD", "--state", "x.json"), "error: --state goes with two stacks, and not with revisions"),
        (("prod",), "error: diff compares two stacks, and one is given\n"),
        (("prod", "prod", "prod"), "error: diff compares two stacks, and 3 are given\n"),
    ],
)
def test_what_cannot_be_compared_is_refused(call: Lab, git: Git, folder: Path, words: list[str], message: str) -> None:
    said = call("diff", *words)

    assert said.code == 2
    assert said.err.startswith(message.format(top=folder.parent.resolve(), head=git("rev-parse", "HEAD")[:7]))


def test_before_a_project_was_added_none_of_its_stacks_were_there(call: Lab, folder: Path, git: Git) -> None:
    git("rm", "-r", "--cached", "--quiet", ".")
    empty = git("commit-tree", git("write-tree"), "-m", "nothing yet")

    said = call("diff", f"{empty}..first", "--workload", "workload.yaml", "--format", "markdown")

    assert said.code == 0
    assert said.err.startswith(f"note: {empty[:7]} has no project in shop: all stacks are new\n")
    assert said.out.splitlines()[1] == "### 1 stack is new"


def test_a_second_revision_without_the_project_is_refused(call: Lab, folder: Path, git: Git) -> None:
    git("mv", "Pulumi.yaml", "Other.yaml")
    head = commit(git)

    git("mv", "Other.yaml", "Pulumi.yaml")
    said = call("diff", "first..HEAD", "--workload", "workload.yaml")

    assert said.code == 2
    assert said.err.startswith(f"error: HEAD ({head[:7]}): HEAD:shop is no Pulumi project: ")


def test_a_folder_in_no_repository_is_refused(lab: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent.parent))

    said = lab("diff", "a..b", "--project", str(folder))

    assert said.code == 2
    assert said.err.startswith(f"error: two revisions cannot be compared: {folder} is in no git repository: fatal: ")


def test_the_comment_of_two_revisions_is_about_all_stacks(call: Lab, folder: Path, git: Git) -> None:
    changed(folder, "Pulumi.prod.yaml", '"60"', '"30"')
    commit(git)

    said = call("diff", "first..HEAD", "prod", "--workload", "workload.yaml", "--format", "markdown")

    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "<!-- delivery-lab diff: orders -->"
    assert '! orders:visibilityTimeout: "60" -> "30"' in lines
    short = git("rev-parse", "first")[:7], git("rev-parse", "HEAD")[:7]
    assert (
        lines[-1] == f"Delivery Lab compared first ({short[0]})..HEAD ({short[1]}): workload workload, seed 20260101."
    )


def test_the_comment_says_what_could_not_be_compared(call: Lab, folder: Path, git: Git) -> None:
    program = folder / "__main__.py"
    program.write_text("raise SystemExit('broken')\n", encoding="utf-8")
    commit(git)

    said = call("diff", "first..HEAD", "prod", "--workload", "workload.yaml", "--format", "markdown")

    assert said.code != 0
    lines = said.out.splitlines()
    assert lines[1] == "### 1 stack could not be compared"
    assert lines[3].startswith(f"prod could not be compared: HEAD ({git('rev-parse', 'HEAD')[:7]}): ")
    assert next(line for line in lines if line.startswith("- prod could not be compared: "))


def test_two_revisions_without_a_difference_are_quiet_where_that_is_wanted(call: Lab, folder: Path, git: Git) -> None:
    (folder / "README.md").write_text("another\n", encoding="utf-8")
    git("add", "--all")
    commit(git)

    comparing = ("diff", "first..HEAD", "prod", "--workload", "workload.yaml")
    assert call(*comparing, "--quiet-if-same", "--format", "markdown").out == ""
    assert call(*comparing, "--quiet-if-same").out == ""
    assert call(*comparing, "--format", "markdown").out.splitlines()[1:4] == [
        "### Nothing differs",
        "",
        "No stack was compared.",
    ]


def test_a_new_stack_and_one_that_is_gone_are_said_in_the_first_sentence_of_a_comment(
    call: Lab, folder: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("mv", "Pulumi.prod.yaml", "Pulumi.next.yaml")
    head = commit(git)[:7]
    monkeypatch.setattr(OpenedLab, "run", lambda *_, **__: pytest.fail("it is run"))

    said = call("diff", "first..HEAD", "--workload", "workload.yaml", "--format", "markdown", "--quiet-if-same")

    assert said.code == 0
    gone = f"Not in HEAD ({head}) any more, so left out: prod."
    assert said.out.splitlines()[:4] == [
        "<!-- delivery-lab diff: orders -->",
        "### 1 stack is new, 1 stack is gone",
        "",
        f"{gone} New in HEAD ({head}), so there is nothing to compare with: next.",
    ]


def test_a_new_stack_beside_one_that_changed_is_said_after_what_changes(call: Lab, folder: Path, git: Git) -> None:
    shutil.copy(folder / "Pulumi.prod.yaml", folder / "Pulumi.new.yaml")
    changed(folder, "Pulumi.prod.yaml", '"60"', '"30"')
    git("add", "--all")
    head = commit(git)[:7]

    lines = call("diff", "first..HEAD", "--workload", "workload.yaml", "--format", "markdown").out.splitlines()

    assert lines[1] == "### Nothing gets worse"
    assert lines[3].startswith("prod: ")
    assert lines[3].endswith(f" New in HEAD ({head}), so there is nothing to compare with: new.")


EXPECTED = ("--expect", "messages.lost == 0", "--expect", "messages.processed > 1000", "--workload", "workload.yaml")


@pytest.fixture
def with_new(folder: Path, git: Git) -> str:
    """A second revision with a stack that the first one has not: its short hash."""
    shutil.copy(folder / "Pulumi.prod.yaml", folder / "Pulumi.new.yaml")
    git("add", "--all")
    return commit(git)[:7]


def test_what_is_expected_of_a_new_stack_is_judged(call: Lab, with_new: str) -> None:
    said = call("diff", "first..HEAD", *EXPECTED, "--fail-on", "expectations")

    assert said.code == 5
    lines = said.out.splitlines()
    assert lines[:2] == [f"new of HEAD ({with_new}), which is new", "  ✓ messages.lost == 0"]
    assert lines[2].startswith("  ✗ messages.processed > 1000: the value is ")
    assert call("diff", "first..HEAD", *EXPECTED, "--fail-on", "worse").code == 0
    summary = json.loads(call("diff", "first..HEAD", *EXPECTED, "--json").out)
    assert [(one["text"], one["holds"]) for one in summary["expectations"]["new"]] == [
        ("messages.lost == 0", True),
        ("messages.processed > 1000", False),
    ]


def test_the_comment_and_the_test_cases_have_what_is_expected_of_a_new_stack(call: Lab, with_new: str) -> None:
    lines = call("diff", "first..HEAD", *EXPECTED, "--format", "markdown", "--quiet-if-same").out.splitlines()

    assert lines[1] == "### 1 stack is new, 1 expectation of new stacks does not hold"
    assert lines[3].endswith("new, which is new: 2 expectations, 1 of which does not hold.")
    (action,) = [line for line in lines if line.startswith("- new: does not hold: ")]
    assert action.startswith("- new: does not hold: messages.processed \\> 1000: the value is ")
    cases = call("diff", "first..HEAD", *EXPECTED, "--format", "junit").out
    assert '<testsuite name="new" tests="2" failures="1" errors="0">' in cases


def test_many_seeds_of_a_new_stack_are_judged(call: Lab, with_new: str) -> None:
    said = call("diff", "first..HEAD", "new", *EXPECTED, "--seeds", "2", "--fail-on", "expectations")

    assert said.code == 5
    assert said.out.splitlines()[2] == "  ✗ messages.processed > 1000: it holds in 0 of 2 runs (0.0%, [0.0%, 65.8%])"


def test_a_new_stack_that_cannot_be_run_is_said_where_something_is_expected_of_it(
    call: Lab, folder: Path, git: Git
) -> None:
    (folder / "Pulumi.new.yaml").write_text("config: {}\n", encoding="utf-8")
    git("add", "--all")
    commit(git)

    assert call("diff", "first..HEAD", "new").code == 0  # no workload is for it, so nothing is expected
    said = call("diff", "first..HEAD", "new", *EXPECTED, "--format", "markdown")
    assert said.code != 0
    assert said.out.splitlines()[1] == "### 1 stack could not be compared, 1 stack is new"


@pytest.mark.parametrize("broken_first", [True, False])
def test_a_program_that_fails_on_one_side_keeps_no_other_stack_from_being_compared(
    call: Lab, folder: Path, git: Git, broken_first: bool
) -> None:
    shutil.copy(folder / "Pulumi.prod.yaml", folder / "Pulumi.other.yaml")
    fine = (folder / "Pulumi.other.yaml").read_text(encoding="utf-8")
    (folder / "Pulumi.other.yaml").write_text("config:\n  orders:visibilityTimeout: none\n" if broken_first else fine)
    git("add", "--all")
    sides = [f"second ({commit(git)[:7]})"]
    git("tag", "second")
    (folder / "Pulumi.other.yaml").write_text(fine if broken_first else "config:\n  orders:visibilityTimeout: none\n")
    changed(folder, "Pulumi.prod.yaml", '"60"', '"30"')
    sides.append(f"HEAD ({commit(git)[:7]})")

    said = call("diff", "second..HEAD", "--workload", "workload.yaml", "--format", "markdown")

    lines = said.out.splitlines()
    assert said.code == 2
    assert lines[1] == "### 1 stack could not be compared"
    assert lines[3].startswith(f"other could not be compared: {sides[0 if broken_first else 1]}: Configuration ")
    assert " prod: " in lines[3]
    assert '! orders:visibilityTimeout: "60" -> "30"' in lines
    assert said.err.startswith("error: other: ")
