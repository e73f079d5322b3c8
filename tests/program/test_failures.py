from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pulumi_aws.sqs
import pytest

from delivery_lab.errors import LabError, NotModelledError, ProgramError, SettingsError, StackFileError
from delivery_lab.program.engine import evaluate
from tests.program.conftest import MakeProject


def failing(make_project: MakeProject, program: str, **options: Any) -> LabError:
    with pytest.raises(LabError) as caught:
        evaluate(make_project(program, **options), "dev")
    return caught.value


def said(capfd: pytest.CaptureFixture[str]) -> str:
    """What was printed, without gRPC's remarks, which it makes when another test imported it before us."""
    output = capfd.readouterr()
    return "".join(line for line in (output.out + output.err).splitlines(True) if "chttp2_transport.cc" not in line)


def test_an_exception_is_reported_with_its_message_and_line(make_project: MakeProject) -> None:
    error = failing(make_project, "import pulumi\n\nraise ValueError('a bad thing')\n")
    assert type(error) is ProgramError
    assert str(error) == "the program raised ValueError: a bad thing (__main__.py:3)"
    assert error.exit_code == 1
    assert error.__cause__ is None
    assert error.__context__ is None


def test_the_way_to_a_deeper_frame_is_shown_without_frames_of_others(make_project: MakeProject) -> None:
    files = {
        "infra/__init__.py": "",
        "infra/queue.py": "import json\n\n\ndef make(text):\n    return json.loads(text)\n",
    }
    error = failing(make_project, "from infra import queue\n\nqueue.make('{')\n", files=files)
    assert str(error) == (
        "the program raised JSONDecodeError: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1) (infra/queue.py:5)\n"
        "  __main__.py:3 in <module>\n"
        "  infra/queue.py:5 in make"
    )


def test_a_long_way_is_shortened(make_project: MakeProject) -> None:
    error = failing(make_project, "def down(n):\n    return down(n - 1) if n else 1 / 0\n\ndown(30)\n")
    lines = str(error).splitlines()
    assert lines[0] == "the program raised ZeroDivisionError: division by zero (__main__.py:2)"
    assert lines[1:] == [
        "  __main__.py:4 in <module>",
        *["  __main__.py:2 in down"] * 3,
        "  ... in ...",
        *["  __main__.py:2 in down"] * 4,
    ]


def test_an_exception_without_a_message_is_its_type(make_project: MakeProject) -> None:
    assert str(failing(make_project, "assert False\n")) == "the program raised AssertionError (__main__.py:1)"


@pytest.mark.parametrize("use", ["pulumi.export('x', bad)", "aws.sqs.Queue('r', name=bad)", "pass"])
def test_an_exception_in_an_apply_is_reported_with_its_line(make_project: MakeProject, use: str) -> None:
    program = f"""\
    import pulumi, pulumi_aws as aws
    def look(arn):
        return arn["key"]
    bad = aws.sqs.Queue("q").arn.apply(look)
    {use}
    """
    assert str(failing(make_project, program)).splitlines()[0] == (
        "the program raised TypeError: string indices must be integers, not 'str' (__main__.py:3)"
    )


def test_a_mistake_that_the_sdk_finds_is_reported_with_the_line(make_project: MakeProject) -> None:
    program = "import pulumi_aws as aws\naws.sqs.Queue('q', visibility_timeout=3)\n"
    assert str(failing(make_project, program)) == (
        "the program raised TypeError: Queue._internal_init() got an unexpected keyword argument 'visibility_timeout' "
        "(__main__.py:2)"
    )


def test_a_failing_program_leaves_no_noise(make_project: MakeProject, capfd: pytest.CaptureFixture[str]) -> None:
    program = """\
    import pulumi, pulumi_aws as aws
    queues = [aws.sqs.Queue(f"q{n}") for n in range(5)]
    bad = queues[0].arn.apply(lambda arn: 1 / 0)
    aws.sqs.Queue("r", name=bad)
    aws.sqs.Queue("s", name=bad.apply(str))
    pulumi.export("bad", bad)
    raise KeyError("first")
    """
    assert str(failing(make_project, program)).startswith("the program raised")
    assert said(capfd) == ""


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        ("raise ValueError('x')", "the program raised ValueError: x"),
        ("aws.sqs.Queue('r', name=queue.arn.apply(lambda arn: 1 / 0))", "the program raised ZeroDivisionError"),
        ("aws.sqs.Queue('q0')", "Duplicate resource URN 'urn:pulumi:dev::demo::aws:sqs/queue:Queue::q0'"),
    ],
)
def test_a_failure_while_transforms_are_under_way_is_reported_as_itself(
    make_project: MakeProject, capfd: pytest.CaptureFixture[str], ending: str, message: str
) -> None:
    program = f"""\
    import pulumi, pulumi_aws as aws
    pulumi.runtime.register_resource_transform(lambda args: None)
    for number in range(10):
        queue = aws.sqs.Queue(f"q{{number}}")
    {ending}
    """
    for _ in range(3):
        assert str(failing(make_project, program)).startswith(message)
    assert said(capfd) == ""


@pytest.mark.parametrize(
    ("program", "raised"),
    [
        (
            "aws.apigateway.Deployment('d', rest_api='a', stage_name='')",
            "TypeError: Deployment._internal_init() got an unexpected keyword argument 'stage_name'",
        ),
        (
            "from pulumi_aws.sqs import Topic",
            f"ImportError: cannot import name 'Topic' from 'pulumi_aws.sqs' ({pulumi_aws.sqs.__file__})",
        ),
        ("aws.sqs.Topic('t')", "AttributeError: module 'pulumi_aws.sqs' has no attribute 'Topic'"),
    ],
)
def test_what_an_installed_package_has_not_is_said_with_its_version_and_the_one_asked_for(
    make_project: MakeProject, program: str, raised: str
) -> None:
    files = {"requirements.txt": "pulumi>=3\npulumi_aws-extra==1\nPulumi_AWS>=5.0.0,<6.0.0  # of 2023\n"}
    error = failing(make_project, f"import pulumi_aws as aws\n{program}\n", files=files)
    assert str(error) == (
        f"the program raised {raised} (__main__.py:2)\n"
        f"  pulumi-aws {version('pulumi-aws')} is installed here; requirements.txt:3 asks for Pulumi_AWS>=5.0.0,<6.0.0"
    )


def test_a_package_of_another_vendor_is_named_with_its_version_too(
    make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed"
    (installed / "acme_pulumi").mkdir(parents=True)
    (installed / "acme_pulumi" / "__init__.py").write_text("")
    (installed / "acme_pulumi-2.0.dist-info").mkdir()
    (installed / "acme_pulumi-2.0.dist-info" / "METADATA").write_text("Name: acme-pulumi\nVersion: 2.0\n")
    monkeypatch.syspath_prepend(installed)

    files = {"requirements.txt": "acme_pulumi<2\n"}
    error = failing(make_project, "import acme_pulumi\n\nacme_pulumi.Index('i')\n", files=files)

    assert str(error).splitlines()[1:] == [
        "  acme-pulumi 2.0 is installed here; requirements.txt:1 asks for acme_pulumi<2"
    ]


def test_an_argument_that_the_programs_own_function_has_not_is_no_matter_of_versions(make_project: MakeProject) -> None:
    error = failing(make_project, "import pulumi_aws\n\ndef make():\n    pass\n\nmake(name='x')\n")
    assert str(error) == (
        "the program raised TypeError: make() got an unexpected keyword argument 'name' (__main__.py:6)"
    )


def test_run_errors_are_settings_errors_with_the_message_as_it_is(make_project: MakeProject) -> None:
    error = failing(make_project, "import pulumi\nraise pulumi.RunError('batch size 0\\n  fix: 1 or more')\n")
    assert type(error) is SettingsError
    assert error.exit_code == 2
    assert str(error) == "batch size 0\n  fix: 1 or more"


PROBLEMS = """\
import pulumi

class Problem:
    def __init__(self, *path):
        self.path = path
        self.key = ".".join(path)

class Refused(pulumi.RunError):
    problems = (
        Problem("demo:batch", "worker", "batchSize"),
        Problem("demo:batch", "worker", "batch"),
        Problem("demo:batch", "queue", "size"),
        Problem("demo:batch", "default"),
        Problem("demo:nothing", "at", "all"),
    )

raise Refused(
    "settings are wrong\\n"
    "  demo:batch.worker.batchSize = 0: must be 1 or more\\n"
    "    fix: set it to 1\\n"
    "  demo:batch.worker.batch = 1: unknown key\\n"
    "  demo:batch.default = 1: no"
)
"""


def test_problems_are_given_the_line_of_the_stack_file(make_project: MakeProject) -> None:
    stack = """\
    # about
    config:
      batch:
        worker:
          batch: 1
          batchSize: 0
        queue: {size: 3}
    """
    error = failing(make_project, PROBLEMS, stacks={"dev": stack})
    assert str(error) == (
        "settings are wrong\n"
        "  demo:batch.worker.batchSize = 0: must be 1 or more (Pulumi.dev.yaml:6)\n"
        "    fix: set it to 1\n"
        "  demo:batch.worker.batch = 1: unknown key (Pulumi.dev.yaml:5)\n"
        "  demo:batch.default = 1: no\n"
        "  demo:batch.queue.size (Pulumi.dev.yaml:7)"
    )


def test_problems_of_an_override_name_the_override(make_project: MakeProject) -> None:
    project = make_project(PROBLEMS, stacks={"dev": "config:\n  batch:\n    worker: {batchSize: 1}\n"})
    with pytest.raises(SettingsError, match=r"1 or more \(--set batch\.worker\.batchSize=0\)\n"):
        evaluate(project, "dev", ["batch.worker.batchSize=0"])


def test_a_missing_config_key_is_a_settings_error(make_project: MakeProject) -> None:
    error = failing(make_project, "import pulumi\npulumi.Config().require('size')\n")
    assert type(error) is SettingsError
    assert str(error).startswith("Missing required configuration variable 'demo:size'")
    assert str(error).split("\n")[0].endswith(" (Pulumi.dev.yaml)")
    assert str(error).endswith("\n  fix: set it in Pulumi.dev.yaml, under config: demo:size")


def test_a_config_value_of_the_wrong_type_is_a_settings_error(make_project: MakeProject) -> None:
    program = "import pulumi\npulumi.Config().require_int('size')\n"
    error = failing(make_project, program, stacks={"dev": "config: {size: big}"})
    assert type(error) is SettingsError
    assert str(error) == "Configuration 'demo:size' value 'big' is not a valid 'int' (Pulumi.dev.yaml:1)"


def test_a_secret_that_has_to_be_a_number_can_be_given_on_the_command_line(make_project: MakeProject) -> None:
    program = "import pulumi\npulumi.export('n', pulumi.Config().require_secret_int('size'))\n"
    project = make_project(program, stacks={"dev": "config: {size: {secure: AAA}}"})
    with pytest.raises(SettingsError) as caught:
        evaluate(project, "dev")
    assert str(caught.value) == (
        "Configuration 'demo:size' value '[secret]' is not a valid 'int' (Pulumi.dev.yaml:1)\n"
        "  the lab does not decrypt secrets; give it a value with --set demo:size=VALUE"
    )
    assert evaluate(project, "dev", ["size=3"]).outputs == {"n": 3}


@pytest.mark.parametrize(("call", "code"), [("sys.exit(3)", "3"), ("sys.exit()", "None"), ("exit('bye')", "'bye'")])
def test_a_program_that_exits_is_reported(make_project: MakeProject, call: str, code: str) -> None:
    error = failing(make_project, f"import sys\n{call}\n")
    assert str(error) == f"the program called sys.exit({code}) before it was done (__main__.py:2)"


def test_syntax_errors_name_the_file_and_line(make_project: MakeProject) -> None:
    assert str(failing(make_project, "x = 1\nif x\n")) == (
        "the program cannot be read: SyntaxError: expected ':' (__main__.py:2)"
    )
    error = failing(make_project, "import helper\n", files={"helper.py": "def f():\nreturn 1\n"})
    assert str(error) == (
        "the program cannot be read: IndentationError: "
        "expected an indented block after function definition on line 1 (helper.py:2)"
    )


def test_a_missing_package_says_where_it_has_to_be_installed(make_project: MakeProject) -> None:
    error = failing(make_project, "import pulumi\nimport pulumi_nowhere.sub\n", files={"requirements.txt": "pulumi\n"})
    python = sys.executable
    message = str(error)
    assert message.startswith(
        f"the program imports 'pulumi_nowhere', which is not installed for the Python that runs it, {python}; "
        "the lab runs programs in its own process, so install the project's requirements there: "
        f"{python} -m pip install -r /"
    )
    assert message.endswith("/demo/requirements.txt (__main__.py:2)")


def test_a_missing_package_of_a_project_without_requirements(make_project: MakeProject) -> None:
    error = failing(make_project, "import pulumi_nowhere\n")
    assert f"{sys.executable} -m pip install pulumi-nowhere (__main__.py:1)" in str(error)


def test_a_missing_module_of_the_project_itself_is_no_missing_package(make_project: MakeProject) -> None:
    error = failing(make_project, "import infra.gone\n", files={"infra/__init__.py": ""})
    assert str(error) == "the program raised ModuleNotFoundError: No module named 'infra.gone' (__main__.py:1)"


def test_what_a_program_cannot_do_with_a_placeholder_names_the_question(make_project: MakeProject) -> None:
    program = """\
    import json, pulumi_aws as aws
    def look():
        return aws.ssm.get_parameter(name="x")
    json.loads(look().value)
    """
    error = failing(make_project, program)
    assert type(error) is ProgramError
    assert str(error).startswith("the program raised JSONDecodeError: Expecting value: line 1 column 1 (char 0)")
    assert str(error).endswith(
        "\n  before that it got placeholders for what only the cloud can answer: "
        "aws:ssm/getParameter:getParameter (__main__.py:3)\n  fix: say what they answer, such as answers: "
        '[{token: "aws:ssm/getParameter:getParameter", answer: {...}}], or give the program such values through its '
        "config"
    )


def test_an_environment_variable_that_is_missing_is_named_with_the_ways_to_give_it(make_project: MakeProject) -> None:
    error = failing(make_project, "import os\nos.environ['NO_SUCH_VARIABLE']\n")

    assert str(error) == (
        "the program raised KeyError: 'NO_SUCH_VARIABLE' (__main__.py:2)\n"
        "  fix: set it in the shell, or in delivery-lab.yaml: environment: {NO_SUCH_VARIABLE: VALUE}"
    )


def test_a_refusal_cannot_be_swallowed(make_project: MakeProject) -> None:
    program = """\
    import pulumi_aws as aws
    try:
        aws.iam.get_policy_document(source_policy_documents=["{"])
    except Exception:
        pass
    """
    assert "aws:iam/getPolicyDocument:getPolicyDocument" in str(failing(make_project, program))


def test_wrong_arguments_of_a_function_are_reported(make_project: MakeProject) -> None:
    program = "import pulumi_aws as aws\naws.iam.get_policy_document(source_policy_documents=['{'])\n"
    error = failing(make_project, program)
    assert type(error) is ProgramError
    assert str(error) == (
        "the arguments of aws:iam/getPolicyDocument:getPolicyDocument are wrong: a source or override policy document "
        "is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1) (__main__.py:2)"
    )


def test_circular_dependencies_are_the_sdks_own_error(make_project: MakeProject) -> None:
    program = """\
    import pulumi, pulumi_aws as aws
    parent = pulumi.ComponentResource("demo:index:Parent", "parent")
    child = aws.sqs.Queue("child", opts=pulumi.ResourceOptions(parent=parent, depends_on=[parent]))
    """
    assert "We have detected a circular dependency involving a resource of type" in str(failing(make_project, program))


def test_ctrl_c_ends_the_run(make_project: MakeProject) -> None:
    program = """\
    import os, subprocess, pulumi_aws as aws
    aws.sqs.Queue("q")
    subprocess.run(["kill", "-INT", str(os.getpid())])
    while True: pass
    """
    with pytest.raises(KeyboardInterrupt):
        evaluate(make_project(program), "dev")


def test_methods_of_remote_components_are_refused(make_project: MakeProject) -> None:
    program = """\
    import pulumi
    parent = pulumi.ComponentResource("demo:index:Parent", "parent")
    pulumi.export("x", pulumi.runtime.call("demo:index:Parent/method", {}, parent))
    """
    error = failing(make_project, program)
    assert type(error) is NotModelledError
    assert str(error).startswith(
        "the program calls the method demo:index:Parent/method of a remote component; the lab only has these"
    )


@pytest.mark.parametrize("how", ["raise ValueError('x')", "return None", "raise SystemExit(3)"])
def test_an_exception_whose_text_cannot_be_had(make_project: MakeProject, how: str) -> None:
    program = f"class Silent(Exception):\n    def __str__(self):\n        {how}\n\nraise Silent()\n"

    assert str(failing(make_project, program)) == (
        "the program raised Silent: <its text cannot be read: __str__ raises> (__main__.py:5)"
    )


def test_an_exit_code_that_cannot_be_shown(make_project: MakeProject) -> None:
    program = "import sys\n\nclass Code:\n    def __repr__(self):\n        return None\n\nsys.exit(Code())\n"

    assert str(failing(make_project, program)) == (
        "the program called sys.exit(Code) before it was done (__main__.py:7)"
    )


_FUNCTION = """
import pulumi
import pulumi_aws as aws

aws.sqs.Queue("jobs", region={region!r})
"""


def test_a_resource_in_a_region_that_does_not_exist(make_project: MakeProject) -> None:
    error = failing(make_project, _FUNCTION.format(region="mars-1"))

    assert type(error) is ProgramError
    assert str(error) == (
        "jobs: region: 'mars-1' is no AWS region\n  fix: write its code, such as eu-central-1 (__main__.py:5)"
    )


def test_a_stack_in_a_region_that_does_not_exist(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    said = failing(make_project, "", stacks={"dev": "config:\n  aws:region: mars-1\n"})
    assert type(said) is SettingsError
    assert str(said).startswith("Pulumi.dev.yaml:2: 'mars-1' is no AWS region")

    monkeypatch.setenv("AWS_REGION", "mars-2")
    assert str(failing(make_project, "")).startswith("AWS_REGION: 'mars-2' is no AWS region")


def test_a_region_that_may_be_new_is_said(make_project: MakeProject) -> None:
    graph = evaluate(make_project("", stacks={"dev": "config:\n  aws:region: eu-central-9\n"}), "dev")

    assert any("'eu-central-9' is no region that the boto3 installed here knows" in each for each in graph.warnings)


def _python(options: str) -> str:
    return f"name: demo\nruntime:\n  name: python\n  options:\n    {options}\n"


def test_a_virtual_environment_that_is_not_there_is_said(make_project: MakeProject) -> None:
    graph = evaluate(make_project("", project=_python("virtualenv: nope")), "dev")

    assert (
        f"Pulumi.yaml:5: there is no folder nope: a deployment needs it; here the program runs with {sys.executable}"
    ) in graph.warnings


def test_an_option_that_the_runtime_has_not_is_said(make_project: MakeProject) -> None:
    graph = evaluate(make_project("", project=_python("nope: 1")), "dev")

    assert "Pulumi.yaml:5: 'nope' is no option of the runtime python" in graph.warnings


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("virtualenv: 5", "Pulumi.yaml:5: 'virtualenv' has to be a text, found a number"),
        ("toolchain: conda", "Pulumi.yaml:5: 'toolchain' has to be one of pip, poetry, uv, not 'conda'"),
    ],
)
def test_an_option_that_pulumi_refuses(make_project: MakeProject, option: str, message: str) -> None:
    with pytest.raises(StackFileError) as refused:
        make_project("", project=_python(option))
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("os._exit(3)", "_exit"),
        ("posix._exit(3)", "_exit"),
        ("os.abort()", "abort"),
        ("os.execv('/bin/true', ['true'])", "execv"),
        ("os.execlp('true', 'true')", "execv"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "kill"),
        ("os.killpg(0, signal.SIGKILL)", "killpg"),
        ("signal.raise_signal(signal.SIGTERM)", "raise_signal"),
    ],
)
def test_a_program_cannot_end_the_process(make_project: MakeProject, call: str, name: str) -> None:
    program = f"import os, posix, signal\n\ntry:\n    {call}\nexcept Exception:\n    pass\n"
    error = failing(make_project, program)

    assert type(error) is ProgramError
    assert f".{name} before it was done (__main__.py:4)" in str(error)


def test_a_process_that_a_program_forks_may_end_itself(make_project: MakeProject) -> None:
    program = """
    import os

    child = os.fork()
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    os.kill(os.getpid(), 0)
    """
    evaluate(make_project(program), "dev")
