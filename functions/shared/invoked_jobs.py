"""Works on the event of an invoke, as the workers of queues work on the body of a message."""

from __future__ import annotations

import json

from shared.contract import EventLog, Invoked
from shared.errors import InvalidMessageError, ProcessingError, RejectedError
from shared.jobs import Job, parse_job, work_for


def work_on(event: object, request_id: str, events: EventLog) -> Job:
    """Do the work of an event and log what became of it.

    Raises:
        InvalidMessageError: the event is not a job.
        ProcessingError: it is told to fail.
        RejectedError: it is told to be rejected.
    """
    invoked = Invoked(request_id)
    business_id: str | None = None
    try:
        job = job_of(event)
        business_id = job.id
        events.started(job.id, invoked)
        work_for(job.sleep)
        if job.rejected:
            raise RejectedError(f"event {job.id} was told to be rejected")
        if job.should_fail:
            raise ProcessingError(f"event {job.id} was told to fail")
        events.processed(job.id, invoked)
    except InvalidMessageError as error:
        events.failed(error.business_id, invoked, error)
        raise
    except Exception as error:
        events.failed(business_id, invoked, error)
        raise
    return job


def job_of(event: object) -> Job:
    """Read an event.

    Raises:
        InvalidMessageError: it is not a job.
    """
    job = parse_job(json.dumps(event))
    if job.fail_times:
        message = "failTimes is for messages of a queue: Lambda tells no function which attempt at an event it is"
        raise InvalidMessageError(message, job.id)
    return job
