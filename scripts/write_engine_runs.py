"""Write into docs/deploy.md what is run with Pulumi's engine and by which test: `python -m scripts.write_engine_runs`.

A test holds the page to this list, and the list to the tests: each of them that needs the engine is named in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "deploy.md"
_HEAD = "| what | run by | how, and what is not |\n| --- | --- | --- |\n"

COMMANDS_NOT_RUN = {
    "make layer": "the layer is built before the tests",
}
"""Commands of the steps that are not run, by a part of their text, with the reason."""

COMMANDS_REFUSED = {
    "aws sqs start-message-move-task": "`InvalidAction`",
    "aws sqs list-message-move-tasks": "`InvalidAction`",
}
"""Commands of the steps that the AWS CLI accepts and the emulator refuses, by their beginning, with the code."""


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the page.

    Attributes:
        what: what is run, or is not.
        tests: names of the tests that run it; none where it is not run.
        note: how it is run, and what of it is not.
    """

    what: str
    tests: tuple[str, ...] = ()
    note: str = ""


def runs() -> tuple[Run, ...]:
    """All rows."""
    not_run = ", ".join(f"`{command}` ({reason})" for command, reason in COMMANDS_NOT_RUN.items())
    refused = ", ".join(f"`{command}` ({code})" for command, code in COMMANDS_REFUSED.items())
    return (
        Run(
            "every variant: `preview`, `up`, `up` again without changes, `destroy` with nothing left",
            ("test_a_variant_is_previewed_deployed_unchanged_compared_and_destroyed",),
            "Mappings of MSK and MSK configurations are records, see above",
        ),
        Run(
            "from each variant to the next of its family: `preview` shows the settings of `delivery-lab diff`",
            (
                "test_every_variant_has_a_neighbour_or_is_alone_in_its_family",
                "test_a_variant_is_previewed_deployed_unchanged_compared_and_destroyed",
            ),
            "by `preview --json`, which holds what `--diff` prints: inputs by name; not their texts",
        ),
        Run(
            "what was deployed, by `delivery-lab diff --state` of the exported stack: no difference to the program",
            ("test_a_variant_is_previewed_deployed_unchanged_compared_and_destroyed",),
            "not compared: what the layer holds",
        ),
        Run(
            "from one variant to a far one: to FIFO queues and back, dynamic resources or none, another family",
            ("test_a_stack_is_updated_to_a_far_variant",),
            "then all that exists is as if the other variant had been deployed at once",
        ),
        Run(
            "`refresh` after a change or a deletion behind Pulumi's back, and `up --refresh`",
            (
                "test_refresh_sees_what_somebody_else_changed_and_up_puts_it_back",
                "test_refresh_forgets_what_somebody_else_deleted_and_up_makes_it_anew",
                "test_up_with_refresh_puts_back_what_somebody_else_changed",
            ),
            "drift of code is not seen",
        ),
        Run(
            "`up --target`, `destroy --target`; a second update while one runs, a stack file that changes meanwhile",
            (
                "test_up_of_a_target_leaves_the_rest_for_the_next_one",
                "test_destroy_of_a_target_takes_what_depends_on_it_only_when_told",
                "test_an_update_of_the_mapping_alone_is_refused_as_the_page_warns",
                "test_what_changes_while_an_update_runs_is_for_the_next_one",
            ),
        ),
        Run(
            "a protected queue; `stack export` and `stack import`; a reference to another stack",
            (
                "test_a_protected_queue_is_neither_destroyed_nor_replaced",
                "test_an_exported_state_is_imported_again_and_nothing_changes",
                "test_a_stack_reference_gives_the_output_of_the_other_stack",
            ),
        ),
        Run(
            "replacement of a mapping: deleted first, then created; `up --replace`, which takes its destination away",
            (
                "test_a_replaced_mapping_is_deleted_before_the_new_one_is_created",
                "test_a_destination_that_is_left_out_stays_until_the_mapping_is_replaced",
            ),
        ),
        Run(
            "a failed create, and the next `up`",
            ("test_a_failed_create_leaves_the_rest_and_the_next_up_completes_it",),
        ),
        Run(
            "import of a queue that exists",
            ("test_a_queue_that_exists_is_imported_and_then_unchanged",),
            "without generated code: our language host generates none",
        ),
        Run(
            "secrets in the configuration",
            ("test_secrets_of_the_configuration_stay_secret_in_the_state",),
            "in the stack file, in the state, in outputs",
        ),
        Run(
            "a renamed component, with and without its alias",
            (
                "test_a_renamed_component_keeps_its_queues_by_its_alias",
                "test_a_renamed_component_without_an_alias_gets_other_queues",
            ),
            "`QueueWithDlq`",
        ),
        Run(
            "another logical name for a resource of a fixed name, without an alias; `state protect`",
            (
                "test_a_queue_of_a_fixed_name_that_gets_another_logical_name_is_deleted",
                "test_a_queue_of_a_fixed_name_with_another_attribute_too_is_refused_and_stays",
                "test_a_role_of_a_fixed_name_that_gets_another_logical_name_is_refused_and_stays",
                "test_protection_that_the_program_does_not_have_ends_with_the_next_up",
            ),
            "see [Other names](#other-names-and-protection)",
        ),
        Run(
            "raise and lower of the visibility stacks, also when the update of the mapping fails in between",
            (
                "test_the_visibility_timeout_is_raised_for_an_update_of_the_mapping_and_lowered_again",
                "test_a_mapping_that_was_changed_outside_pulumi_is_refused_as_the_page_warns",
                "test_an_update_that_fails_in_the_middle_is_put_right_by_the_next_one",
                "test_settings_that_are_taken_back_after_a_failed_update_lower_the_queue_again",
            ),
            "with Pulumi's own provider of dynamic resources",
        ),
        Run(
            "the policy pack: `preview --policy-pack policy`",
            (
                "test_a_variant_with_accepted_findings_passes",
                "test_a_finding_that_is_not_accepted_stops_the_first_preview",
                "test_a_lowered_queue_is_found_once_it_is_deployed",
            ),
            "the queue that a visibility stack lowers is found once it is deployed: before, its URL is not known",
        ),
        Run(
            "nothing runs on and nothing is left after success, failure, Ctrl-C, a killed CLI, a dead emulator",
            (
                "test_nothing_is_left_of_a_deployment_that_succeeds",
                "test_nothing_is_left_of_a_deployment_that_fails",
                "test_nothing_is_left_after_ctrl_c",
                "test_nothing_runs_on_when_the_cli_is_killed",
                "test_nothing_is_left_when_the_emulator_dies_in_the_middle",
            ),
            "a killed CLI leaves its lock: `pulumi cancel` removes it",
        ),
        Run(
            "the components as a package, from a folder and from a git URL, in Python and TypeScript",
            (
                "test_a_python_program_adds_the_package_and_is_deployed",
                "test_a_typescript_program_is_checked_and_deployed",
                "test_kafka_components_are_added_from_a_git_url_and_deployed",
            ),
            "git on this machine, over HTTPS; the git URL in Python only",
        ),
        Run(
            "what the provider of the tests does not know is refused",
            ("test_what_the_provider_does_not_know_fails_the_preview_by_name",),
        ),
        Run(
            "the commands of [Steps](#steps)",
            ("test_every_command_of_the_steps_works_as_written",),
            "at a terminal Pulumi asks, so the test says `--yes`; `aws logs tail` is interrupted once it shows a line. "
            "The signed request is answered, but the emulator checks no signature. With Debian's AWS CLI 2.9, and 1.46 "
            f"for what is newer. Run, but refused by the emulator: {refused}. Not run: {not_run}",
        ),
        Run(
            "the layer that `make layer` builds",
            note="deployed once by hand, with all variants but the `msk-*` ones. Tests deploy the shared code alone; "
            "the functions find their dependencies in the emulator's environment",
        ),
        Run(
            "the commands of the stream, MSK, SNS, S3, API, async and sync stacks, and the settings for an emulator",
            (
                "test_a_command_of_the_other_sections_works_as_written",
                "test_every_command_of_the_other_sections_is_run_or_has_its_reason",
                "test_the_settings_for_an_emulator_are_those_that_the_tests_deploy_with",
            ),
            "the request to `/produce` reaches the producer, which answers 502: the emulator has no brokers, and its "
            "environment not their client",
        ),
        Run("the AWS provider of Pulumi, AWS itself"),
    )


def table() -> str:
    """The rows as a Markdown table."""
    return _HEAD + "".join(
        f"| {run.what} | {'<br>'.join(f'`{test}`' for test in run.tests) or '**not run**'} | {run.note} |\n"
        for run in runs()
    )


def page_text() -> str:
    """The page with the table in the place of the one that it has.

    Raises:
        ValueError: the page has no such table.
    """
    before, head, rest = PAGE.read_text(encoding="utf-8").partition(_HEAD)
    if not head:
        raise ValueError(f"{PAGE.name} has no table of what is run: it begins with {_HEAD.splitlines()[0]}")
    lines = rest.splitlines(keepends=True)
    after = next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return f"{before}{table()}{''.join(lines[after:])}"


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
