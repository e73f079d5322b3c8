"""Workload files: what they may say, and what is said when they say something else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from delivery_lab.errors import UsageError, WorkloadError
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_files import default_workload, read_body, read_workload


def _write(folder: Path, text: str, name: str = "jobs.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _read(folder: Path, text: str) -> Workload:
    return read_workload(_write(folder, text))


def _bodies(workload: Workload, seed: int = 1) -> list[str]:
    return [arrival.body for arrival in workload.arrivals(random.Random(seed))]


def test_a_line_is_repeated_at_its_interval_with_its_number_filled_in(tmp_path: Path) -> None:
    workload = _read(tmp_path, 'send: [{at: 1, every: 0.5, times: 3, queue: jobs, body: {id: "job-{n}", n: 7}}]')

    arrivals = list(workload.arrivals(random.Random(1)))

    assert [arrival.at_seconds for arrival in arrivals] == [1, 1.5, 2]
    assert [arrival.body for arrival in arrivals] == [f'{{"id": "job-{n}", "n": 7}}' for n in (1, 2, 3)]
    assert {arrival.name for arrival in arrivals} == {"jobs"}


def test_a_text_body_is_sent_as_it_is_with_braces_that_are_no_placeholder(tmp_path: Path) -> None:
    workload = _read(tmp_path, "send: [{queue: jobs, body: 'no {\"json\": {n}'}]")

    assert _bodies(workload) == ['no {"json": 1']


def test_values_are_drawn_from_the_seed(tmp_path: Path) -> None:
    text = "send: [{times: 20, queue: jobs, body: {s: {$uniform: [2, 3]}, k: {$choice: [a, b]}}}]"
    workload = _read(tmp_path, text)

    assert _bodies(workload, seed=1) == _bodies(workload, seed=1)
    assert _bodies(workload, seed=1) != _bodies(workload, seed=2)


def test_poison_is_marked_by_a_field_of_the_body(tmp_path: Path) -> None:
    workload = _read(tmp_path, "poison: bad\nsend: [{queue: jobs, body: x}]")
    poison = workload.mark_of_poison

    assert poison.marks('{"bad": true}')
    assert not poison.marks('{"bad": false}')
    assert not poison.marks('{"id": 1}')
    assert not poison.marks("bad")


def test_fields_of_bodies_can_be_set_from_outside(tmp_path: Path) -> None:
    text = "send: [{http: {path: /a, body: {count: 1}}}, {queue: q, body: {count: 2, id: x}}]"

    changed = _read(tmp_path, text).with_body(read_body(["count=25", "late=true"]))

    assert _bodies(changed) == ['{"count": 25, "late": true}', '{"count": 25, "id": "x", "late": true}']


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("count", "--body count: write it as field=value, such as --body count=25"),
        ("=3", "--body =3: write it as field=value, such as --body count=25"),
        ("a=[1", "--body a=[1: the value '[1' cannot be read as YAML: expected ',' or ']', but got '<stream end>'"),
    ],
)
def test_a_malformed_change_of_a_body_is_refused(change: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_body([change])

    assert str(caught.value) == message


def test_dates_are_sent_as_the_texts_that_they_are(tmp_path: Path) -> None:
    workload = _read(tmp_path, "send: [{queue: jobs, body: {day: 2026-01-31, from: 1e3}}]")

    assert _bodies(workload.with_body(read_body(["until=2026-02-01"]))) == [
        '{"day": "2026-01-31", "from": 1000.0, "until": "2026-02-01"}'
    ]


@pytest.mark.parametrize("number", [".inf", ".nan"])
def test_a_body_with_a_number_that_json_has_not_is_refused(tmp_path: Path, number: str) -> None:
    workload = _read(tmp_path, f"send: [{{queue: jobs, body: {{a: {number}}}}}]")

    with pytest.raises(WorkloadError) as caught:
        _bodies(workload)

    assert str(caught.value) == f"{workload.path}: send 1: the body has a number that JSON has not: .inf or .nan"


def test_a_text_body_has_no_fields_to_set(tmp_path: Path) -> None:
    workload = _read(tmp_path, "send: [{queue: q, body: text}]")

    with pytest.raises(UsageError) as caught:
        workload.with_body({"a": 1})

    assert str(caught.value) == f"--body a: the body of {workload.path}: send 1 is no object, so it has no fields"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("send: [", "{path}:1: not valid YAML: expected the node content, but found '<stream end>'"),
        ("- 1", "{path}:1: the file has to be a mapping of keys to values, found a list"),
        ("poison: x", "{path}: send has to have at least one entry, unless until is a number of seconds in which"),
        ("send: []", "{path}: send has to have at least one entry"),
        (
            "send: [{body: 1}]",
            (
                "{path}:1: send.1: name exactly one target of http, queue, stream, table, topic, sns, s3, invoke, "
                "event, schedule, not none"
            ),
        ),
        (
            "send: [{queue: a, invoke: b, body: 1}]",
            (
                "{path}:1: send.1: name exactly one target of http, queue, stream, table, topic, sns, s3, invoke, "
                "event, schedule, not queue and invoke"
            ),
        ),
        ("send: [{queue: a}]", "{path}:1: send.1: a body is missing"),
        (
            "send: [{queue: a, body: 1, at: -1}]",
            "{path}:1: send.1.at: has to be greater than or equal to 0, not -1",
        ),
        ("send: [{queue: a, body: 1, times: x}]", "{path}:1: send.1.times: has to be a valid integer, not 'x'"),
        ("send: [{queue: a, body: 1, evry: 1}]", "{path}:1: send.1.evry is no key of a workload"),
        (
            "until: -3\nsend: [{queue: a, body: 1}]",
            "{path}: until is a positive number of virtual seconds, at most 315360000, or drained, not -3",
        ),
        ("send: [3]", "{path}:1: send.1: has to be a mapping, not 3"),
        (
            "send:\n  - {queue: a, body: 1}\n  - {queue: a, body: 1, at: .inf}",
            "{path}:3: send.2.at: has to be a finite number, not inf",
        ),
        (
            "send: [{queue: a, body: 1, at: 1e9}]",
            "{path}:1: send.1.at: has to be less than or equal to 315360000, not 1000000000.0",
        ),
        (
            "send: [{queue: a, body: 1, every: 1e6, times: 1000}]",
            "{path}:1: send.1: the last of 1000 is sent after 9.99e+08 s; at most 315360000 s are run",
        ),
        (
            "send: [{queue: a, body: 1}, {queue: a, body: 1, every: 2}]",
            "{path}:1: send.2: every is 2 and times is missing, so it would be sent once: say how often",
        ),
        (
            "send: [{queue: a, body: 1}]\nsend: [{queue: b, body: 1}]",
            "{path}:2: the key 'send' is there twice, first in line 1",
        ),
        (
            "send: [{http: {path: enqueue}}]",
            "{path}:1: send.1.http.path: String should match pattern '^/', not 'enqueue'",
        ),
        (
            "send: [{http: {path: /, headers: {'a b': c}}}]",
            "{path}:1: send.1.http: headers: 'a b' is no name of a header: letters, digits and !#$%&'*+-.^_`|~",
        ),
        (
            'send: [{http: {path: /, headers: {a: "b\\r\\nc: d"}}}]',
            "{path}:1: send.1.http: headers: the value of a has a control character, as 'b\\r\\nc: d' shows (RFC 9110)",
        ),
    ],
)
def test_a_malformed_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = _write(tmp_path, text)

    with pytest.raises(WorkloadError) as caught:
        read_workload(path)

    assert message.replace("{path}", str(path)) in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('"{m}"', "{m} is an unknown placeholder (known: {n})"),
        (
            "{a: {$uniform: [1]}}",
            '{"$uniform": [1]} draws nothing: write {$uniform: [low, high]} or {$choice: [a, b]}',
        ),
        ("{a: {$uniform: [5, 1]}}", "$uniform: [5, 1] has its bounds the wrong way round: write {$uniform: [1, 5]}"),
        ("{a: {$uniform: [true, 2]}}", '{"$uniform": [true, 2]} draws nothing'),
        ("{a: {$normal: [1, 2]}}", '{"$normal": [1, 2]} draws nothing: write {$uniform: [low, high]}'),
    ],
)
def test_a_body_that_does_not_render_is_refused_with_its_line(tmp_path: Path, body: str, message: str) -> None:
    workload = _read(tmp_path, f"send: [{{queue: a, body: x}}, {{queue: a, body: {body}}}]")

    with pytest.raises(WorkloadError) as caught:
        _bodies(workload)

    assert str(caught.value).startswith(f"{workload.path}: send 2: {message}")


def test_what_is_drawn_is_filled_in_like_the_rest(tmp_path: Path) -> None:
    workload = _read(tmp_path, "send: [{queue: a, times: 2, body: {$choice: [{id: 'job-{n}', a: {$choice: [7]}}]}}]")

    assert _bodies(workload) == ['{"id": "job-1", "a": 7}', '{"id": "job-2", "a": 7}']


def test_keys_of_yaml_are_keys_of_json(tmp_path: Path) -> None:
    workload = _read(tmp_path, "send: [{queue: a, body: {2: a, true: b, null: c, 1.5: d}}]")

    assert _bodies(workload) == ['{"2": "a", "true": "b", "null": "c", "1.5": "d"}']


def test_poison_is_marked_by_a_text_in_bodies_that_are_no_json(tmp_path: Path) -> None:
    poison = _read(tmp_path, 'poison: {text: ";BROKEN"}\nsend: [{queue: jobs, body: x}]').mark_of_poison

    assert poison.marks("7;BROKEN;2026-01-01")
    assert not poison.marks("7;fine;2026-01-01")
    assert not poison.marks('{"BROKEN": true}')


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("send: [{queue: jobs, body: {id: {n}}}]", "1: send.1.body.id"),
        ("send:\n  - queue: jobs\n    body: {ids: [{n}, a]}", "3: send.1.body.ids.1"),
        ("send: [{queue: jobs, body: {id: a}, key: {n}}]", "1: send.1.key"),
    ],
)
def test_a_number_of_the_repetition_without_quotes_is_refused(tmp_path: Path, text: str, place: str) -> None:
    path = _write(tmp_path, text)

    with pytest.raises(WorkloadError) as caught:
        read_workload(path)

    assert str(caught.value) == f'{path}:{place}: {{n}} without quotes is a mapping\n  fix: put it in quotes: "{{n}}"'


def test_a_body_may_have_a_key_n_without_a_value(tmp_path: Path) -> None:
    assert _bodies(_read(tmp_path, "send: [{queue: jobs, body: {n: null}}]")) == ['{"n": null}']


@pytest.mark.parametrize(("bare", "quoted"), [("job-{n}", "job-{n}"), ("{n}-a{n}", "{n}-a{n}"), ("k_{n}", "k_{n}")])
def test_a_text_with_braces_that_yaml_cannot_read_is_shown_in_quotes(tmp_path: Path, bare: str, quoted: str) -> None:
    path = _write(tmp_path, f"send:\n  - queue: jobs\n    body: {{id: {bare}, type: order}}")

    with pytest.raises(WorkloadError) as caught:
        read_workload(path)

    assert str(caught.value).startswith(f"{path}:3: not valid YAML: ")
    assert str(caught.value).endswith(f'fix: a text with braces stands in quotes within {{ }} and [ ]: "{quoted}"')


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError) as caught:
        read_workload(tmp_path / "none.yaml")

    assert str(caught.value) == f"there is no workload file {tmp_path / 'none.yaml'}"


def test_the_default_is_the_workload_whose_patterns_name_the_stack(tmp_path: Path) -> None:
    _write(tmp_path, 'stacks: ["a-*"]\nsend: [{queue: q, body: 1}]', "wide.yaml")
    _write(tmp_path, "stacks: [a-1]\nsend: [{queue: q, body: 1}]", "exact.yaml")

    assert default_workload(tmp_path, "a-2").name == "wide"
    assert default_workload(tmp_path, "a-1").name == "exact"


@pytest.mark.parametrize(
    "stacks",
    [
        "stacks: [a-1, b]",
        "stacks: ['b', \"a-?\"]",
        "stacks: ['[ab]-1']",
        "stacks:\n  - a-1",
        "stacks: [b,\n  a-1]",
        "# stacks: [b]\nstacks: [a-1]  # of one",
        '"stac\\u006bs": [a-1]',
        "# about stacks\nstacks: [a-1]",
    ],
)
def test_the_default_is_found_however_its_stacks_are_written(stacks: str, tmp_path: Path) -> None:
    _write(tmp_path, f"{stacks}\nsend: [{{queue: q, body: 1}}]", "mine.yaml")
    _write(tmp_path, "stacks: [b-*, a-12]\nsend: 1", "other.yaml")
    _write(tmp_path, "send: 1", "nobodys.yaml")

    assert default_workload(tmp_path, "a-1").path == tmp_path / "mine.yaml"


def test_a_file_that_cannot_be_read_is_named_where_it_is_asked_for(tmp_path: Path) -> None:
    _write(tmp_path, "stacks: [a-1]\nsend: 1", "broken.yaml")
    _write(tmp_path, "stacks: [b]\nsend: [{queue: q, body: 1}]", "sound.yaml")

    assert default_workload(tmp_path, "b").name == "sound"
    for stack in ("a-1", "c"):
        with pytest.raises(WorkloadError, match=r"broken\.yaml"):
            default_workload(tmp_path, stack)


def test_no_default_and_two_defaults_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, 'stacks: ["a-*"]\nsend: [{queue: q, body: 1}]', "one.yaml")
    _write(tmp_path, 'stacks: ["*"]\nsend: [{queue: q, body: 1}]', "two.yaml")

    with pytest.raises(WorkloadError) as several:
        default_workload(tmp_path, "a-1")
    (tmp_path / "two.yaml").unlink()
    with pytest.raises(WorkloadError) as none:
        default_workload(tmp_path, "b")

    assert str(several.value) == (
        "several workloads are for the stack a-1: one.yaml, two.yaml\n  fix: choose with --workload FILE"
    )
    assert str(none.value) == (
        f"no workload in {tmp_path} is for the stack b (there are: one.yaml (a-*))\n"
        "  fix: give one with --workload FILE, or add b to the `stacks` of one"
    )


def test_an_invoke_waits_unless_it_is_asynchronous(tmp_path: Path) -> None:
    lines = "send: [{invoke: f, body: {}}, {invoke: f, type: sync, body: {}}, {invoke: f, type: async, body: {}}]"

    targets = [arrival.target for arrival in _read(tmp_path, lines).arrivals(random.Random(1))]

    assert targets == ["invoke", "invoke", "event"]


def test_faults_are_read_and_stay_when_a_body_is_changed(tmp_path: Path) -> None:
    faults = (
        "faults: [{at: 10, for: 60, function: f, kind: throttle, share: 0.5, ids: [a]}, {service: sqs, kind: error}]"
    )
    workload = _read(tmp_path, f"send: [{{invoke: f, body: {{}}}}]\n{faults}")

    first, second = workload.with_body({"n": 1}).faults

    assert (first.at, first.for_seconds, first.function, first.kind, first.share, first.ids) == (
        10, 60, "f", "throttle", 0.5, ["a"],
    )  # fmt: skip
    assert (second.at, second.for_seconds, second.service, second.share) == (0, None, "sqs", 1)


_ONE_OF = "name exactly one of function, service and feeder, or a queue alone"
_WITH_FUNCTION = (
    "a service has the kinds throttle, error and latency, and no ids: the others go with function, or with a queue "
    "alone"
)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("{kind: error}", f"faults.1: {_ONE_OF}"),
        ("{function: f, service: sqs, kind: error}", f"faults.1: {_ONE_OF}"),
        (
            "{queue: q, kind: error}",
            "faults.1: a queue alone has the kinds duplicate and lostReceive only; error needs service: sqs beside it",
        ),
        ("{service: sqs, kind: failure}", f"faults.1: {_WITH_FUNCTION}"),
        ("{service: sqs, kind: error, ids: [a]}", f"faults.1: {_WITH_FUNCTION}"),
        ("{feeder: t, queue: q, kind: duplicate}", "faults.1: queue goes with service: sqs, or alone"),
        ("{feeder: t, function: f, kind: duplicate}", f"faults.1: {_ONE_OF}"),
        (
            "{feeder: t, kind: throttle}",
            "faults.1: a feeder has the kinds duplicate and latency only; the others go with function or service",
        ),
        ("{feeder: t, kind: latency}", "faults.1: the kind latency needs seconds"),
        ("{function: f, operation: Invoke, kind: error}", "faults.1: operation goes with service"),
        ("{service: sns, queue: q, kind: error}", "faults.1: queue goes with service: sqs, or alone"),
        ("{function: f, kind: latency}", "faults.1: the kind latency needs seconds"),
        ("{function: f, kind: pause}", "faults.1: the kind pause needs seconds"),
        (
            "{function: f, kind: error, seconds: 1}",
            (
                "faults.1: seconds goes with the kinds latency, pause, lateClock, recreated, crash and timeout, and "
                "with duplicate of a feeder"
            ),
        ),
        ("{function: f, kind: lostReceive}", "faults.1: the kind lostReceive goes with a queue alone"),
        (
            "{function: f, kind: pause, seconds: 1, ids: [a]}",
            "faults.1: pause happens to no message in particular: leave ids out",
        ),
        ("{function: f, kind: error, share: 0}", "faults.1.share: has to be greater than 0, not 0"),
        ("{function: f, kind: error, until: 9}", "faults.1.until is no key of a workload"),
    ],
)
def test_a_malformed_fault_is_refused_with_its_place(tmp_path: Path, fault: str, message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        _read(tmp_path, f"send: [{{invoke: f, body: {{}}}}]\nfaults: [{fault}]")

    assert str(caught.value) == f"{tmp_path / 'jobs.yaml'}:2: {message}"
