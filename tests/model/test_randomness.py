"""Named random streams. The golden values hold every Python version and platform to the same sequences."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.model.randomness import DEFAULT_SEED, RandomStreams, derived, uuid4_text


def test_golden_values_of_the_default_seed() -> None:
    streams = RandomStreams(DEFAULT_SEED)

    assert derived(DEFAULT_SEED, "api latency", "worker") == 3915198817376731988
    assert [streams.stream("coin").random() for _ in range(3)] == [
        0.13153663365424673,
        0.5398344261223267,
        0.5795761064646733,
    ]
    assert [streams.stream("dice").randint(1, 1_000_000) for _ in range(3)] == [112294, 893524, 168476]
    assert streams.uuid("message id", "jobs") == "9c60c02d-1c7b-486d-9287-436735500f94"


def test_a_stream_does_not_notice_how_much_others_draw() -> None:
    quiet, busy = RandomStreams(1), RandomStreams(1)
    for _ in range(1_000):
        busy.stream("other").random()
        busy.uuid("message id", "other")

    assert [quiet.stream("coin").random() for _ in range(5)] == [busy.stream("coin").random() for _ in range(5)]


def test_a_stream_goes_on_where_it_stopped() -> None:
    interrupted, plain = RandomStreams(1), RandomStreams(1)
    first = interrupted.stream("coin").random()
    second = interrupted.stream("coin").random()

    assert [first, second] == [plain.stream("coin").random(), plain.stream("coin").random()]
    assert first != second


def test_neighbouring_seeds_and_names_are_unrelated() -> None:
    values = {derived(seed, name) for seed in range(50) for name in ("a", "b", "ab")}

    assert len(values) == 150
    assert derived(1, "a", "b") != derived(1, "ab") != derived(11, "a", "b")
    # A generator started from a plain 1, 2, 3 would give first numbers that hang together; these do not.
    first = [RandomStreams(seed).stream("coin").random() for seed in range(200)]
    assert 0.4 < sum(first) / len(first) < 0.6
    assert len({round(value, 6) for value in first}) == 200


def test_identifiers_look_like_those_of_aws_and_do_not_repeat() -> None:
    streams = RandomStreams(3)
    identifiers = [streams.uuid("message id", "jobs") for _ in range(100)]

    assert len(set(identifiers)) == 100
    assert all(str(uuid.UUID(text)) == text and uuid.UUID(text).version == 4 for text in identifiers)


@given(st.integers(min_value=0, max_value=2**128 - 1))
def test_identifiers_are_random_uuids_of_their_bits(bits: int) -> None:
    assert uuid4_text(bits) == str(uuid.UUID(int=bits, version=4))
