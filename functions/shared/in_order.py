"""Work on the records of a stream or topic: each key's records in their order, whatever fails.

A batch of SQS holds messages that have nothing to do with each other. The records of a shard or partition that share a
key do: what was written later is not to be done earlier. So after a record has failed, later records of the same key
are not worked on; they fail as well, and are retried together with the one that they wait for. Other keys go on.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Hashable

from shared.contract import EventLog, RecordDelivery
from shared.errors import InvalidMessageError, PrecedingRecordError, ProcessingError
from shared.jobs import parse_job, work_for


class InOrder:
    """Works on the records of one batch.

    Args:
        events: where each step is logged.
    """

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._failed_keys: set[Hashable] = set()

    def work_on(self, message_id: str, key: Hashable, read_body: Callable[[], str]) -> None:
        """Work on one record.

        Args:
            message_id: where the record stands in its source.
            key: records of the same key are kept in order; None for a record that has no key.
            read_body: gives the text that the record carries.

        Raises:
            InvalidMessageError: the record holds no job that can be read.
            PrecedingRecordError: an earlier record of its key failed.
            ProcessingError: it carries `shouldFail`.
        """
        delivery = RecordDelivery(message_id)
        business_id: str | None = None
        try:
            job = parse_job(read_body())
            business_id = job.id
            if key in self._failed_keys:
                raise PrecedingRecordError(f"an earlier record of the key of {job.id} failed")
            self._events.started(job.id, delivery)
            work_for(job.sleep)
            if job.should_fail:
                raise ProcessingError(f"record {job.id} was told to fail")
            self._events.processed(job.id, delivery)
        except Exception as error:
            if key is not None:
                self._failed_keys.add(key)
            found = error.business_id if isinstance(error, InvalidMessageError) else business_id
            self._events.failed(found, delivery, error)
            raise


def decoded(payload: object) -> str:
    """The text of a Base64 payload, which is how Lambda hands over the bytes of Kinesis and Kafka.

    Strictly: what is no Base64 must not read as some other text.

    Raises:
        InvalidMessageError: there is no payload (a tombstone of Kafka has none), or no text can be read from it.
    """
    if not isinstance(payload, str):
        raise InvalidMessageError("the record carries no data")
    try:
        data = base64.b64decode(payload, validate=True)
    except ValueError:
        raise InvalidMessageError("the data is not valid Base64") from None
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidMessageError("the data is not UTF-8 text") from None
