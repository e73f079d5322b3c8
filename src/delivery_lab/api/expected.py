"""What a run has to come to, judged: expectations of a workload, of an option or of a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from delivery_lab.api.plausible import Tried
from delivery_lab.errors import ExpectationError, ModelError, UsageError
from delivery_lab.expectations.expectation import Expectation, read_expectation
from delivery_lab.expectations.expressions import Figures
from delivery_lab.results.figures import ExpectationFigures, Outcome
from delivery_lab.results.named_figures import check_name, figures_of


def read_expectations(texts: Sequence[str]) -> tuple[Expectation, ...]:
    """Read expectations, each once, before anything is run.

    Raises:
        UsageError: one of them cannot be read, or names a figure that there is not.
    """
    if isinstance(texts, str):
        raise UsageError(f"expectations are given as one text, '{texts}': give a list of texts")
    found = [read_expectation(text) for text in dict.fromkeys(texts)]
    for one in found:
        for name in one.names():
            try:
                check_name(name)
            except UsageError as error:
                raise UsageError(f"expectation '{one.text}': {error}") from None
    return tuple(found)


def judged(outcome: Outcome, expectations: Sequence[Expectation], tried: Tried | None = None) -> Outcome:
    """The same outcome, with whether each expectation holds.

    Where figures depend on an assumption with a plausible range, an expectation holds only if it does so over the
    whole of it: nobody can rely on a value in the middle.

    Args:
        outcome: the run with the values that the model assumes.
        expectations: what has to hold.
        tried: the same run with ends of plausible ranges, by rule and value.

    Raises:
        UsageError: an expectation picks a consumer, tenant or function that the run does not have.
    """
    own = figures_of(outcome)
    others = {f"{rule}={value}": figures_of(other) for (rule, value), other in (tried or {}).items()}
    return outcome.model_copy(update={"expectations": tuple(_judged(one, own, others) for one in expectations)})


def _judged(expectation: Expectation, own: Figures, others: Mapping[str, Figures]) -> ExpectationFigures:
    try:
        verdict = expectation.judge(own)
        fails_with = tuple(assumed for assumed, figures in others.items() if not expectation.judge(figures).holds)
    except UsageError as error:
        raise UsageError(f"expectation '{expectation.text}': {error}") from None
    return ExpectationFigures(
        text=expectation.text,
        actual=verdict.actual,
        holds=verdict.holds and not fails_with,
        reason=verdict.reason,
        fails_with=fails_with if verdict.holds else (),
    )


def demand(outcome: Outcome, replay: str, violations: Sequence[str] = ()) -> None:
    """Refuse an outcome of which an expectation does not hold.

    Args:
        outcome: the run, judged.
        replay: the command that runs it again.
        violations: invariants that the run breaks.

    Raises:
        ModelError: the run breaks an invariant.
        ExpectationError: it says which do not hold, and the actual values.
    """
    if violations:
        raise ModelError(f"{outcome.stack}: an invariant is violated: {violations[0]}\n  replay: {replay}")
    failed = [one for one in outcome.expectations if not one.holds]
    if failed:
        lines = [f"{outcome.stack}: {len(failed)} of {len(outcome.expectations)} expectations do not hold"]
        lines += [f"  {one.text}: {one.told}" for one in failed]
        raise ExpectationError("\n".join([*lines, f"  replay: {replay}"]))
