"""Messages whose end is counted elsewhere: who is found by an id, and how often all are looked through."""

from __future__ import annotations

import pytest

from delivery_lab.results.consumers import Consumers
from delivery_lab.results.fates import Fate, Ledger
from delivery_lab.results.new_fates import NewFates, NewMessage
from tests.results.world import run_of

CONSUMERS = ("search", "mail")


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(Consumers({}, frozenset(), {}))


@pytest.fixture
def new_fates(ledger: Ledger) -> NewFates:
    return NewFates(run_of(), ledger)


def known(new_fates: NewFates, message: str, consumers: tuple[str | None, ...] = (None,)) -> list[Fate]:
    fates = new_fates.take(NewMessage(message, "", 0, None), "orders", consumers)
    new_fates.know(message, fates)
    return fates


@pytest.mark.parametrize("others", [0, 10])
def test_a_message_that_is_counted_elsewhere_is_found_no_more(new_fates: NewFates, ledger: Ledger, others: int) -> None:
    kept = [fate for number in range(others) for fate in known(new_fates, f"other-{number}")]
    (fate,) = known(new_fates, "a")
    new_fates.leave_to(fate)
    assert new_fates.find("a") == []

    new_fates.let_go()
    assert new_fates.find("a") == []
    assert ledger.fates == kept
    assert "a" not in new_fates.by_message


@pytest.mark.parametrize("others", [0, 10])
def test_of_a_record_for_two_consumers_one_may_be_counted_elsewhere(
    new_fates: NewFates, ledger: Ledger, others: int
) -> None:
    kept = [fate for number in range(others) for fate in known(new_fates, f"other-{number}")]
    search, mail = known(new_fates, "a", CONSUMERS)
    new_fates.by_sequence["1"] = [search, mail]
    new_fates.leave_to(search)
    assert new_fates.find("a") == new_fates.find("1") == [mail]

    new_fates.let_go()
    assert new_fates.find("a") == new_fates.find("1") == [mail]
    assert ledger.fates == [*kept, mail]


def test_what_is_no_message_of_its_own_is_found_and_not_counted(new_fates: NewFates, ledger: Ledger) -> None:
    fates = known(new_fates, "a")
    new_fates.forget(fates)
    new_fates.let_go()

    assert new_fates.find("a") == fates
    assert ledger.fates == []


def test_all_are_looked_through_once_for_many_that_are_counted_elsewhere(
    new_fates: NewFates, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    let_go = NewFates.let_go

    def counted(one: NewFates) -> None:
        looks.append(len(one._ledger.fates))
        let_go(one)

    monkeypatch.setattr(NewFates, "let_go", counted)
    for number in range(1_000):
        # What leaves the stream comes into being behind the pipe.
        (fate,) = known(new_fates, f"record-{number}")
        new_fates.leave_to(fate)
        known(new_fates, f"message-{number}")

    assert sum(looks) < 10 * 1_000
