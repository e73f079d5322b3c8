from __future__ import annotations

import gc
import logging
import os
import pickle
import sys
import textwrap
import warnings
from pathlib import Path

import pytest

import delivery_lab.errors
from delivery_lab.errors import ProgramError
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from tests.lab_support import ROOT
from tests.program.conftest import MakeProject

USES_COMPONENTS = """\
import pulumi
import components
from components.parts import PART
pulumi.export("part", [PART, components.NAME])
"""


def test_two_projects_have_modules_of_the_same_name(make_project: MakeProject) -> None:
    projects = [
        make_project(
            USES_COMPONENTS,
            folder=name,
            files={"components/__init__.py": f"NAME = '{name}'\n", "components/parts.py": f"PART = '{name}-part'\n"},
        )
        for name in ("first", "second")
    ]
    outputs = [evaluate(project, "dev").outputs["part"] for project in (*projects, projects[0])]
    assert outputs == [["first-part", "first"], ["second-part", "second"], ["first-part", "first"]]


def test_a_project_may_have_a_lab_package_of_its_own(make_project: MakeProject) -> None:
    program = "import pulumi, lab, lab.errors\npulumi.export('lab', [lab.WHOSE, lab.errors.WHOSE])\n"
    files = {"lab/__init__.py": "WHOSE = 'theirs'\n", "lab/errors.py": "WHOSE = 'theirs'\n"}
    assert evaluate(make_project(program, files=files), "dev").outputs == {"lab": ["theirs", "theirs"]}
    assert not [name for name in sys.modules if name.partition(".")[0] == "lab"]


def test_a_project_may_have_a_package_with_the_name_of_ours(make_project: MakeProject) -> None:
    program = (
        "import pulumi, delivery_lab, delivery_lab.errors\n"
        "pulumi.export('lab', [delivery_lab.WHOSE, delivery_lab.errors.WHOSE])\n"
    )
    files = {"delivery_lab/__init__.py": "WHOSE = 'theirs'\n", "delivery_lab/errors.py": "WHOSE = 'theirs'\n"}
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "delivery_lab"}
    assert evaluate(make_project(program, files=files), "dev").outputs == {"lab": ["theirs", "theirs"]}
    after = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "delivery_lab"}
    assert after == before
    assert sys.modules["delivery_lab.errors"] is delivery_lab.errors


@pytest.mark.parametrize("last", ["", "import sys\ndel sys.modules['functions']\n"])
def test_folders_without_init_files_inside_each_other_are_forgotten(make_project: MakeProject, last: str) -> None:
    program = "import pulumi\nfrom functions.common.names import NAME\npulumi.export('name', NAME)\n" + last
    project = make_project(
        program, files={"functions/common/names.py": "NAME = 'a'\n", "functions/__init__.pyi": "", "functions/x.py": ""}
    )
    assert [evaluate(project, "dev").outputs for _ in range(2)] == [{"name": "a"}] * 2
    assert not [name for name in sys.modules if name.partition(".")[0] == "functions"]


def test_folders_beside_the_project_on_its_path_are_forgotten(make_project: MakeProject) -> None:
    program = "import pulumi, sys\nsys.path.append('../shared')\nfrom lambdas.common.names import NAME\n"
    project = make_project(program, files={"../shared/lambdas/common/names.py": "NAME = 'a'\n"})
    assert [evaluate(project, "dev").outputs for _ in range(2)] == [{}] * 2
    assert not [name for name in sys.modules if name.partition(".")[0] == "lambdas"]


def test_modules_are_imported_afresh_for_every_run(make_project: MakeProject) -> None:
    project = make_project(
        "import infra\n",
        files={
            # A resource made, and config read, while a module is imported: common in Pulumi programs.
            "infra.py": "import pulumi, pulumi_aws as aws\naws.sqs.Queue(pulumi.Config().require('name'))\n"
        },
        stacks={"a": "config: {name: one}", "b": "config: {name: two}"},
    )
    graphs = [evaluate(project, stack) for stack in ("a", "b", "a")]
    assert [queue.name for graph in graphs for queue in graph.of_type("aws:sqs/queue:Queue")] == ["one", "two", "one"]
    assert "infra" not in sys.modules


def test_modules_from_a_path_that_the_program_adds_are_forgotten_too(make_project: MakeProject, tmp_path: Path) -> None:
    program = """\
    import pathlib, sys, pulumi
    sys.path.append(str(pathlib.Path(__file__).parent.parent / "shared-{}"))
    import helper_of_the_test
    pulumi.export("who", helper_of_the_test.WHO)
    """
    for who in ("x", "y"):
        (tmp_path / f"shared-{who}").mkdir()
        (tmp_path / f"shared-{who}" / "helper_of_the_test.py").write_text(f"WHO = '{who}'\n")
        project = make_project(program.format(who), folder=who)
        assert evaluate(project, "dev").outputs == {"who": who}
    assert "helper_of_the_test" not in sys.modules


@pytest.mark.parametrize("ending", ["", "raise ValueError('no')\n"])
def test_the_process_is_as_before(make_project: MakeProject, ending: str) -> None:
    program = """\
    import logging, os, sys, warnings
    import pulumi_aws, side
    os.environ["ADDED_BY_PROGRAM"] = "1"
    os.environ["PATH"] = "/nowhere"
    del os.environ["KEPT"]
    sys.path.insert(0, "/nowhere")
    sys.argv.append("x")
    logging.basicConfig(level=logging.DEBUG, force=True)
    warnings.simplefilter("ignore")
    os.chdir("/")
    print("hello")
    """
    project = make_project(program.replace("    ", "") + ending, files={"side.py": ""})
    os.environ["KEPT"] = "kept"
    root = logging.getLogger()

    def state() -> tuple[object, ...]:
        return (
            Path.cwd(),
            dict(os.environ),
            list(sys.path),
            list(sys.argv),
            list(root.handlers),
            root.level,
            list(warnings.filters),
            sys.stdout,
            sys.modules["__main__"],
        )

    try:
        before = state()
        if ending:
            with pytest.raises(ProgramError):
                evaluate(project, "dev")
        else:
            evaluate(project, "dev")
        assert state() == before
        assert "side" not in sys.modules
    finally:
        del os.environ["KEPT"]


def test_the_program_runs_as_the_language_host_runs_it(make_project: MakeProject) -> None:
    program = """\
    import os, sys, pulumi
    pulumi.export("name", __name__)
    pulumi.export("cwd", os.getcwd())
    pulumi.export("path", sys.path[0])
    pulumi.export("main", sys.modules["__main__"].__dict__ is globals())
    pulumi.export("file", __file__)
    pulumi.export("argv", len(sys.argv))
    pulumi.export("root", pulumi.runtime.get_root_directory())
    pulumi.export("organization", pulumi.get_organization())
    """
    project = make_project(program)
    root = str(project.root)
    assert evaluate(project, "dev").outputs == {
        "name": "__main__",
        "cwd": root,
        "path": root,
        "main": True,
        "file": f"{root}/__main__.py",
        "argv": 1,
        "root": root,
        "organization": "organization",
    }


def test_warnings_of_the_program_are_no_errors_of_the_lab(make_project: MakeProject) -> None:
    program = "import warnings\nwarnings.warn('old', DeprecationWarning)\nwarnings.warn('odd', UserWarning)\n"
    project = make_project(program)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("error")
        evaluate(project, "dev")
    assert [str(warning.message) for warning in caught] == ["old", "odd"]


def test_a_project_cannot_shadow_what_the_sdk_is_made_of(make_project: MakeProject) -> None:
    files = {"pulumi/__init__.py": "raise RuntimeError('shadowed')\n", "logging.py": "raise RuntimeError('shadowed')\n"}
    program = "import logging, pulumi\npulumi.export('ok', logging.INFO)\n"
    assert evaluate(make_project(program, files=files), "dev").outputs == {"ok": 20}


def test_an_sdk_that_a_project_carries_along_registers_in_every_run(make_project: MakeProject) -> None:
    sdk = """\
    import pulumi

    class Module(pulumi.runtime.ResourceModule):
        def version(self):
            return None
        def construct(self, name, typ, urn):
            raise NotImplementedError

    pulumi.runtime.register_resource_module("carried", "index", Module())
    """
    project = make_project("import carried_sdk\n", files={"carried_sdk.py": sdk})
    for _ in range(2):
        evaluate(project, "dev")


def classes_of_components() -> int:
    seen: set[type] = {object}
    waiting: list[type] = [object]
    for base in waiting:  # grows while it is read
        derived: list[type] = type.__subclasses__(base)
        waiting += [one for one in derived if one not in seen]
        seen.update(derived)
    return sum(str(one.__module__).startswith("components.") for one in seen)


@pytest.mark.parametrize("stack", ["visibility-short", "msk-default"])
def test_an_evaluated_program_leaves_none_of_its_classes_behind(stack: str) -> None:
    evaluate(read_project(ROOT), stack)
    before = classes_of_components()
    for _ in range(2):
        evaluate(read_project(ROOT), stack)
        assert classes_of_components() == before


def test_the_garbage_of_an_evaluation_is_collected_with_it() -> None:
    evaluate(read_project(ROOT), "visibility-short")
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(3):
        evaluate(read_project(ROOT), "visibility-short")
    assert len(gc.get_objects()) - before < 300  # each evaluation makes 20,000 that last until it ends


def test_dynamic_resources_leave_pythons_pickler_as_it_was(make_project: MakeProject) -> None:
    program = """\
        from pulumi.dynamic import CreateResult, Resource, ResourceProvider

        class Provider(ResourceProvider):
            def create(self, props):
                return CreateResult("id", props)

        class One(Resource, name="One"):
            def __init__(self, name):
                super().__init__(Provider(), name, {"kept": name})

        for number in range(3):
            One(f"one-{number}")
        """
    pickler = vars(pickle)["_Pickler"]
    before = dict(vars(pickler))
    evaluate(make_project(textwrap.dedent(program)), "dev")
    assert dict(vars(pickler)) == before
