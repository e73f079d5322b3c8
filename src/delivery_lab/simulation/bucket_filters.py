"""Prefixes and suffixes of notifications of buckets: how they are written, and which S3 refuses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from urllib.parse import quote_plus, unquote_plus

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.model.api_errors.services import OVERLAPPING
from delivery_lab.stack.notifications import BucketNotification, NotificationConfig


def plain(text: str) -> str:
    """What keys begin or end with, of a prefix or suffix as it is written (S3-FILTER-3)."""
    return unquote_plus(text)


def unencoded(config: NotificationConfig, name: str) -> str:
    """Why it is not known what a configuration is about, "" where it is.

    Args:
        config: the configuration.
        name: name of its notification.
    """
    for kind, setting in (("prefix", config.prefix), ("suffix", config.suffix)):
        text = setting.certain()
        if " " in text or not text.isascii():
            return (
                f"{name} has the {kind} {text!r}; S3 wants a space in it to be written as +, and other special "
                "characters percent-encoded, and what it makes of them as they are is not known (S3-FILTER-3)\n"
                f"  fix: write {quote_plus(text, safe='/')}"
            )
    return ""


def refuse_overlapping(resource: BucketNotification) -> None:
    """Refuse configurations of which one key can be meant by two (S3-FILTER-2).

    Raises:
        DeploymentRefusedError: S3 would refuse them.
    """
    known = [each for each in resource.configs if None not in (each.events.known, each.prefix.known, each.suffix.known)]
    for one, other in combinations(known, 2):
        if _share(one.events.certain(), other.events.certain()) and _overlap(one, other):
            filters = " and ".join(f"{each.prefix.certain()!r} ... {each.suffix.certain()!r}" for each in (one, other))
            error = OVERLAPPING.error()
            raise DeploymentRefusedError(
                resource.name,
                error.code,
                f"{error.message} They are {filters}.",
                rule="S3-FILTER-2",
                fix=f"give the configurations of {resource.name} prefixes or suffixes of which no key has both; to "
                "tell two targets of the same objects, put a topic between",
            )


def _overlap(one: NotificationConfig, other: NotificationConfig) -> bool:
    begins, ends = (one.prefix.certain(), other.prefix.certain()), (one.suffix.certain(), other.suffix.certain())
    prefixes = begins[0].startswith(begins[1]) or begins[1].startswith(begins[0])
    return prefixes and (ends[0].endswith(ends[1]) or ends[1].endswith(ends[0]))


def _share(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two lists of event types have one in common; with * a name stands for all of its kind."""

    def same(one: str, other: str) -> bool:
        if one.endswith("*") and other.endswith("*"):
            return one[:-1].startswith(other[:-1]) or other[:-1].startswith(one[:-1])
        return other.startswith(one[:-1]) if one.endswith("*") else one == other

    return any(same(one, other) or same(other, one) for one in some for other in others)
