"""Names and identifiers that AWS or Pulumi would make up, derived from the URN so that they never change."""

from __future__ import annotations

import hashlib
import uuid

ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"

_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyz0123456789"


def _digest(urn: str, purpose: str) -> bytes:
    return hashlib.sha256(f"{purpose}\x1f{urn}".encode()).digest()


def hex_digits(urn: str, count: int, purpose: str = "id") -> str:
    """`count` hexadecimal digits (at most 64), the same for the same URN and purpose."""
    return _digest(urn, purpose).hex()[:count]


def alphanumeric(urn: str, count: int, purpose: str = "id") -> str:
    """`count` small letters and digits (at most 32), the first one a letter, as ids of API Gateway look."""
    digest = _digest(urn, purpose)
    return _ALPHANUMERIC[digest[0] % 26] + "".join(_ALPHANUMERIC[byte % 36] for byte in digest[1:count])


def uuid_of(urn: str, purpose: str = "id") -> str:
    """A version 4 UUID."""
    return str(uuid.UUID(bytes=_digest(urn, purpose)[:16], version=4))


def auto_name(urn: str, logical_name: str, suffix: str = "") -> str:
    """The physical name of a resource without one: Pulumi adds `-` and seven random hexadecimal digits.

    Source: https://www.pulumi.com/docs/iac/concepts/resources/names/
    """
    return f"{logical_name}-{hex_digits(urn, 7, 'name')}{suffix}"


def prefixed_name(urn: str, prefix: str, suffix: str = "") -> str:
    """The physical name from a `namePrefix`: the provider adds 26 digits."""
    return f"{prefix}{hex_digits(urn, 26, 'name')}{suffix}"


def partition_of(region: str) -> str:
    """The partition of a region: `aws`, `aws-cn` or `aws-us-gov`."""
    for start, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if region.startswith(start):
            return partition
    return "aws"


def dns_suffix_of(region: str) -> str:
    """The domain of AWS endpoints of a region."""
    return "amazonaws.com.cn" if partition_of(region) == "aws-cn" else "amazonaws.com"
