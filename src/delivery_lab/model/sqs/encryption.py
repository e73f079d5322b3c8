"""How a queue is encrypted, as its attributes say; nothing of what happens to a message depends on it (SQS-SSE-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from delivery_lab.limits.queues import KMS_REUSE
from delivery_lab.model.api_errors import sqs as errors

MANAGED = "SqsManagedSseEnabled"
KEY = "KmsMasterKeyId"
REUSE = "KmsDataKeyReusePeriodSeconds"
ENCRYPTION = frozenset((MANAGED, KEY, REUSE))
"""The attributes that say so."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """Encryption at rest. Defaults are those of a queue that was told nothing: keys of SQS.

    Attributes:
        managed: whether with a key of SQS.
        kms_key: the KMS key, "" without one.
        reuse_seconds: how long a data key of KMS is used.
    """

    managed: bool = True
    kms_key: str = ""
    reuse_seconds: int = KMS_REUSE.default

    def changed(self, attributes: Mapping[str, str]) -> Encryption:
        """This encryption with attributes set anew.

        Raises:
            AwsError: a value is none, or two kinds of encryption are asked for.
        """
        managed = self.managed if MANAGED not in attributes else _switch(MANAGED, attributes[MANAGED])
        key = attributes.get(KEY, self.kms_key)
        if key and attributes.get(KEY) and MANAGED in attributes and managed:
            raise errors.ONE_ENCRYPTION.error()
        if attributes.get(KEY):
            managed = False
        elif MANAGED in attributes and managed:
            key = ""
        text = attributes.get(REUSE, str(self.reuse_seconds))
        if not text.isdecimal() or not KMS_REUSE.allows(int(text)):
            raise errors.ATTRIBUTE_VALUE.error(name=REUSE, why=f"It is {text}, not {KMS_REUSE.range}.")
        return Encryption(managed, key, int(text))

    def as_text(self) -> dict[str, str]:
        """The attributes by AWS's names; those of KMS only with a key."""
        values = {MANAGED: str(self.managed).lower()}
        return values | ({KEY: self.kms_key, REUSE: str(self.reuse_seconds)} if self.kms_key else {})


MANAGED_BY_SQS = Encryption()
"""How a queue is encrypted that was told nothing."""


def _switch(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise errors.ATTRIBUTE_VALUE.error(name=name, why=f"{text} is neither true nor false.")
    return text.lower() == "true"
