"""The command as its users meet it: output, streams, exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from delivery_lab.cli import stacks
from delivery_lab.events import journal
from tests.cli.conftest import Lab
from tests.lab_support import FOREIGN, ROOT

OUTCOME_KEYS = {
    "schemaVersion",
    "stack",
    "place",
    "workload",
    "seed",
    "virtualSeconds",
    "traceHash",
    "model",
    "messages",
    "deliveries",
    "effects",
    "invocations",
    "latencySeconds",
    "ordering",
    "perMessage",
}


def test_list_names_every_variant_with_its_sentence(lab: Lab) -> None:
    said = lab("list", "--json")

    listed = {line["stack"]: line["description"] for line in said.lines()}
    assert said.code == 0
    assert {path.name.split(".")[1] for path in (ROOT / "stacks").glob("*.yaml")} == set(listed)
    assert all(description.endswith(".") for description in listed.values())


def test_list_prints_a_table(lab: Lab) -> None:
    said = lab("list")

    assert said.out.splitlines()[0].split()[0] == "variant"
    assert "batch-partial" in said.out


def test_run_prints_the_contract_as_json(lab: Lab) -> None:
    said = lab("run", "batch-partial", "--json")

    outcome = said.json()
    assert said.code == 0
    assert set(outcome) >= OUTCOME_KEYS
    assert outcome["place"] == "simulation"
    assert outcome["messages"]["deadLettered"] == 3
    assert len(outcome["perMessage"]) == 10
    assert set(outcome["perMessage"][0]) >= {"id", "messageId", "deliveredAt", "outcome"}


def test_run_writes_what_became_of_each_message_a_line_each(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    said = lab("run", "batch-partial", "--json", "--per-message", str(file))

    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert said.code == 0
    assert lines == said.json()["perMessage"]


def test_a_run_whose_events_are_not_kept_has_no_timeline_but_the_way_of_a_message(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = lab("run", "batch-partial", "--message", "order-1", "--no-alternatives")
    monkeypatch.setattr(journal, "KEPT_EVENTS", 60)

    said = lab("run", "batch-partial", "--no-alternatives")
    way = lab("run", "batch-partial", "--message", "order-1", "--no-alternatives")

    assert said.out.splitlines()[2] == (
        "The timeline is left out, since very much happened. --message NAME shows the way of one message."
    )
    assert way.out == kept.out


@pytest.mark.parametrize("option", ["--per-message", "--trace"])
def test_a_file_that_cannot_be_written_is_an_error_before_anything_is_run(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setattr(stacks, "run_one", None)

    said = lab("run", "batch-partial", option, str(tmp_path))

    assert said.code == 1
    assert said.err.splitlines()[-1] == f"error: {option}: {tmp_path} cannot be written: it is a folder, not a file"


def test_run_prints_timeline_figures_conclusion_and_assumptions(lab: Lab) -> None:
    said = lab("run", "batch-partial", "--seed", "7")

    assert said.out.startswith("batch-partial: workload batch, seed 7, ")
    assert "batch-worker #1 gets 1 2 3 4 5 6 7 8 9 10  [ESM-BATCH-1]" in said.out
    assert "moved from batch-queue to batch-dlq: 3 6 9  [SQS-DLQ-1]" in said.out
    assert "3 poison messages end in the dead-letter queue; 7 of 10 are processed once." in said.out
    assert "Relies on the assumptions " in said.out
    assert said.err == ""


def test_a_long_story_is_summarised(lab: Lab) -> None:
    said = lab("run", "batch-single", "--body", "count=40")

    assert re.search(r"\.\.\. {4}\d+ more, up to \d+\.\d{3} s", said.out)
    assert len(said.out.splitlines()) < 50


def test_run_takes_settings_bodies_and_seeds_from_the_command_line(lab: Lab) -> None:
    words = ("run", "batch-partial", "--json", "--seed", "3", "--body", "count=12", "--body", "failEvery=4")

    outcome = lab(*words, "--set", "batch.worker.batchSize=1").json()

    assert outcome["seed"] == 3
    assert outcome["messages"] == {**outcome["messages"], "sent": 12, "deadLettered": 3, "processed": 9}
    assert outcome["invocations"]["total"] > 12


def test_run_of_several_stacks_prints_a_row_and_a_conclusion_each(lab: Lab) -> None:
    said = lab("run", "batch-partial", "batch-unreported")

    assert re.search(r"^batch-unreported +10 +7 +0 +0 +0 +3 +", said.out, flags=re.MULTILINE)
    assert "batch-unreported: 3 of 10 messages are lost: deleted, never processed, in no dead-letter queue" in said.out


def test_run_of_several_stacks_as_json_is_an_object_a_line(lab: Lab) -> None:
    said = lab("run", "batch-partial", "batch-unreported", "--json")

    assert [line["stack"] for line in said.lines()] == ["batch-partial", "batch-unreported"]


def test_a_failing_stack_does_not_stop_the_others(lab: Lab) -> None:
    said = lab("run", "batch-partial", "visibility-safe", "--set", "batch.worker.batchSize=2")

    assert said.code == 2
    assert "batch-partial" in said.out
    assert said.err.startswith("error: visibility-safe: --set batch.worker.batchSize=2: ")


def test_a_foreign_project_is_run_by_its_folder(lab: Lab) -> None:
    said = lab("run", "prod", "--project", str(FOREIGN), "--workload", str(FOREIGN / "workload.yaml"), "--json")

    assert said.code == 0
    assert said.json()["messages"]["deadLettered"] == 1


def test_diff_shows_settings_resources_and_behaviour(lab: Lab) -> None:
    said = lab("diff", "batch-partial", "batch-unreported")

    assert said.code == 0
    assert "Settings\n  ~  batch.worker.reportBatchItemFailures: true -> false\n" in said.out
    assert "Resources\n  ~  aws:lambda/eventSourceMapping:EventSourceMapping batch-mapping\n" in said.out
    assert '~  functionResponseTypes: ["ReportBatchItemFailures"] -> []' in said.out
    assert "  ~ messages lost: 0 -> 3\n" in said.out
    assert "  3 of 10 messages differ in outcome, deliveries or effects\n" in said.out


def test_diff_of_two_visibility_variants_names_the_two_settings_that_differ(lab: Lab) -> None:
    compared = lab("diff", "visibility-short", "visibility-heartbeat", "--json").json()

    assert len(compared["settings"]) == 2
    assert {change["what"].rpartition(".")[0] for change in compared["settings"]} == {"visibility.worker.heartbeat"}
    assert compared["behaviour"]["effects.duplicated"] == [1, 0]
    assert compared["behaviour"]["deliveries.overlapping"] == [2, 0]


def test_diff_says_plainly_when_nothing_differs(lab: Lab) -> None:
    said = lab("diff", "batch-partial", "batch-partial")

    assert said.out == (
        "batch-partial -> batch-partial\nNothing differs: settings, resources and behaviour are the same.\n"
    )


def test_explain_prints_a_rule_and_suggests_the_nearest(lab: Lab) -> None:
    said, wrong = lab("explain", "esm-report-7"), lab("explain", "ESM-REPORT-99")

    assert said.out.startswith("ESM-REPORT-7 (documented)\n")
    assert "source: https://docs.aws.amazon.com/" in said.out
    assert wrong.code == 2
    assert wrong.err.startswith("error: no rule has the id ESM-REPORT-99: did you mean ESM-REPORT-")


def test_explain_without_a_rule_lists_all(lab: Lab) -> None:
    rules = lab("explain", "--json").lines()

    assert len(rules) > 50
    assert {rule["status"] for rule in rules} == {"documented", "observed", "assumption"}


def test_a_pattern_stands_for_all_stacks_that_match_it_and_each_stack_is_run_once(lab: Lab) -> None:
    ran = [line["stack"] for line in lab("run", "batch-s*", "batch-partial", "batch-[ps]*", "--json").lines()]

    assert ran == ["batch-single", "batch-partial"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "batch-partal"), "error: no stack 'batch-partal' in stacks of "),
        (("diff", "batch-partial", "nothing"), "error: no stack 'nothing' in stacks of "),
        (
            ("run", "nix-*"),
            "error: no stack matches 'nix-*'\n  stacks: apigateway-sqs-safe, apigateway-sqs, ",
        ),
        (("check", "nix-*"), "error: no stack matches 'nix-*'\n"),
        (
            ("run",),
            "error: name the stacks to run, or say --all (stacks: apigateway-sqs-safe, apigateway-sqs, ",
        ),
        (("run", "batch-partial", "--all"), "error: name the stacks to run, or say --all"),
        (("run", "batch-partial", "--workload", "none.yaml"), "error: there is no workload file none.yaml"),
        (("run", "batch-partial", "--set", "batch.worker.batchSze=1"), "batchSize"),
        (("run", "batch-partial", "--set", "bach.worker.batchSize=1"), "error: --set bach.worker.batchSize=1: "),
        (("run", "batch-partial", "--set", "batch.worker.batchSize=20000"), "batchSize"),
        (("run", "batch-partial", "--project", "/nowhere"), "error: "),
        (("run", "batch-partial", "--sed", "1"), "error: No such option: --sed"),
        (("rnu", "batch-partial"), "error: No such command 'rnu'"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(lab: Lab, words: tuple[str, ...], message: str) -> None:
    said = lab(*words)

    assert said.code == 2
    assert message in said.err
    assert said.out == ""


def test_a_setting_out_of_bounds_names_file_line_key_value_bound_and_fix(lab: Lab) -> None:
    said = lab("run", "batch-partial", "--set", "batch.worker.batchSize=20000")

    for part in ("Pulumi.batch-partial.yaml", "delivery-lab:batch.worker.batchSize", "20000", "10000"):
        assert part in said.err.replace(",", "")


def test_a_refused_deployment_ends_with_1(lab: Lab, tmp_path: Path) -> None:
    program = (FOREIGN / "__main__.py").read_text().replace("timeout=10", "timeout=100")
    for name in ("Pulumi.yaml", "Pulumi.prod.yaml", "workload.yaml"):
        (tmp_path / name).write_text((FOREIGN / name).read_text())
    (tmp_path / "worker").symlink_to(FOREIGN / "worker")
    (tmp_path / "__main__.py").write_text(program)

    said = lab("run", "prod", "--project", str(tmp_path), "--workload", str(tmp_path / "workload.yaml"))

    assert said.code == 1
    assert said.err.startswith("error: AWS would refuse mapping: InvalidParameterValueException: Queue visibility ")


def test_the_version_names_the_model(lab: Lab) -> None:
    versions = r"delivery-lab \d+\.\d+\.\d+ \(model \d+\.\d+, Python \d+\.\d+\.\d+\S*, pulumi \d+\.\d+\.\d+\)\n"
    assert re.fullmatch(versions, lab("--version").out)
