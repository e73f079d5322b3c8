"""What a queue keeps in mind of messages that are hidden."""

from __future__ import annotations

import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.model.sqs import visibility
from delivery_lab.model.sqs.message import Message
from delivery_lab.model.sqs.visibility import HiddenMessages

STEPS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["hide", "leave"]), st.integers(0, 20)), min_size=10, max_size=60
)


class _Watched(Message):
    """A message of which one can see that nobody holds it."""


def messages(count: int) -> list[Message]:
    return [Message(str(number), "", 0, sequence=number) for number in range(count)]


@given(steps=STEPS)
def test_messages_become_visible_in_the_same_order_however_often_stale_entries_are_dropped(
    steps: list[tuple[int, str, int]],
) -> None:
    def order(few: int) -> list[str]:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(visibility, "FEW_ENTRIES", few)
            hidden, all_of_them = HiddenMessages(), messages(10)
            for number, what, at in steps:
                if what == "hide":
                    hidden.hide(all_of_them[number], at)
                else:
                    all_of_them[number].hiding += 1
            return [message.id for message in hidden.due(20)]

    assert order(few=1) == order(few=1_000)


def test_messages_that_are_gone_are_not_kept_until_their_visibility_timeout_would_have_ended() -> None:
    hidden = HiddenMessages()
    gone = []
    for number in range(3 * visibility.FEW_ENTRIES):
        message = _Watched(str(number), "", 0, sequence=number)
        hidden.hide(message, 43_200_000_000)
        message.hiding += 1  # deleted
        gone.append(weakref.ref(message))
    del message

    kept = sum(message() is not None for message in gone)
    assert kept <= visibility.FEW_ENTRIES
