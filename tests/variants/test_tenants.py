"""Tenants of a standard queue, through a whole run."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.cli.main import main
from delivery_lab.errors import WorkloadError
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from tests.lab_support import ROOT, stack_of

NOISY = """\
stacks: ["*"]
send:
  - {{at: 0, times: 400, queue: batch-queue, body: {{id: "big-{{n}}", sleep: 1}}{noisy}}}
  - {{at: 20, every: 10, times: 10, queue: batch-queue, body: {{id: "small-{{n}}", sleep: 1}}{quiet}}}
"""


def written(folder: Path, noisy: str = ", key: big", quiet: str = ", key: small") -> Path:
    path = folder / "load.yaml"
    path.write_text(NOISY.format(noisy=noisy, quiet=quiet))
    return path


def outcome(path: Path) -> Outcome:
    return outcome_of(simulate(stack_of("concurrency-capped"), ROOT, read_workload(path), seed=1))


def test_sqs_fair_2_a_quiet_tenant_does_not_wait_behind_the_backlog_of_a_noisy_one(tmp_path: Path) -> None:
    found = outcome(written(tmp_path))
    big, small = found.tenants

    assert found.messages.processed == 410
    assert [(each.queue, each.tenant, each.messages) for each in (big, small)] == [
        ("batch-queue", "big", 400),
        ("batch-queue", "small", 10),
    ]
    assert small.dwell_seconds.max is not None
    assert small.dwell_seconds.max <= 11  # no longer than until one of three batches of ten is done
    assert big.dwell_seconds.max is not None
    assert big.dwell_seconds.max > 100


def test_without_tenants_everybody_waits_behind_the_backlog(tmp_path: Path) -> None:
    found = outcome(written(tmp_path, noisy="", quiet=""))

    small = [message.delivered_at[0] for message in found.per_message if message.id.startswith("small")]
    assert found.tenants == ()
    assert min(small) > 100


@pytest.mark.parametrize("key", ["a b", "x" * 129])
def test_a_tenant_that_sqs_would_refuse_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        outcome(written(tmp_path, noisy=f", key: '{key}'"))

    assert f"SQS would refuse a message for batch-queue: Value {key} for parameter MessageGroupId is invalid." in str(
        caught.value
    )


def test_the_text_has_the_dwell_time_of_each_tenant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, noisy=", key: 'tenant-{n}'")
    main(["run", "concurrency-capped", "--workload", str(path), "--no-alternatives"])

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("tenant")]
    assert len(lines) == 6
    assert lines[0].startswith("tenant       tenant-")
    assert "messages 1, dwell p50" in lines[0]
    assert lines[-1] == "tenants      396 more, whose messages waited for less"
