from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.wire import SIGNATURE, UNKNOWN_TEXT, Decoder, encode, merged

DECODER = Decoder(Path("/program"))

# Characters of the private use area from U+E000 to U+E07F mark what stands for something unknown.
texts = st.text(st.characters(exclude_categories=["Cs"]).filter(lambda letter: not "\ue000" <= letter <= "\ue07f"))
# Keys that mean something on the wire cannot be those of a user's mapping.
keys = texts.filter(lambda text: text not in (SIGNATURE, "@isPulumiResource"))
values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | texts.filter(lambda text: text != UNKNOWN_TEXT) | st.just(UNKNOWN),
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner),
    max_leaves=20,
)


@settings(max_examples=50)
@given(st.dictionaries(keys, values))
def test_plain_values_survive_the_wire(properties: dict[str, object]) -> None:
    found = DECODER.properties(encode(properties))
    assert found.values == properties
    assert found.secrets == frozenset()


def test_whole_numbers_are_integers_and_nothing_is_left_out() -> None:
    found = DECODER.properties(encode({"whole": 3.0, "half": 0.5, "none": None, "inner": {"none": None}})).values
    assert found == {"whole": 3, "half": 0.5, "inner": {"none": None}}
    assert isinstance(found["whole"], int)


def struct(**fields: Any) -> Struct:
    found = Struct()
    found.update(fields)
    return found


def test_secrets_are_unwrapped_and_named_wherever_they_stand() -> None:
    secret = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "x"}
    output = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "y", "secret": True}
    found = DECODER.properties(struct(a=secret, b=[{"c": secret}], d="open", e=output))
    assert found.values == {"a": "x", "b": [{"c": "x"}], "d": "open", "e": "y"}
    assert found.secrets == {"a", "b", "e"}


def test_outputs_and_references_without_a_value_are_unknown() -> None:
    output = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
    reference = {SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:x"}
    found = DECODER.properties(
        struct(output=output, known={**reference, "id": "i"}, new={**reference, "id": ""}, urn=reference)
    )
    assert found.values == {"output": UNKNOWN, "known": "i", "new": UNKNOWN, "urn": "urn:x"}


def test_a_signature_that_is_not_known_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^a property has the signature xyz, which this engine does not know$"):
        DECODER.properties(struct(a={SIGNATURE: "xyz"}))


def test_inputs_win_over_computed_outputs_and_keep_their_form() -> None:
    inputs = struct(name="given", token={SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "x"})
    state = merged(inputs, {"name": "made", "arn": UNKNOWN})
    assert state.fields["token"].struct_value[SIGNATURE] == "1b47061264138c4ac30d75fd1eb44270"
    assert state["arn"] == UNKNOWN_TEXT
    assert DECODER.properties(state).values == {"name": "given", "arn": UNKNOWN, "token": "x"}


def test_what_cannot_be_encoded_is_refused_by_type() -> None:
    with pytest.raises(TypeError, match=r"^cannot put a object on the wire$"):
        encode({"a": object()})
