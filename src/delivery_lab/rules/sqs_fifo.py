"""Rules of SQS FIFO queues."""

from delivery_lab.rules.rule import LOCALSTACK, SQS_API, SQS_GUIDE, assumed, documented, observed

_LOCALSTACK = LOCALSTACK + "sqs/test_sqs.py, "

RULES = (
    documented(
        "SQS-FIFO-1",
        "The messages of a group are returned in the order of their sends. While one of them is in flight, nothing behind it in "
        "its group is returned, until it is deleted or visible again.",
        SQS_GUIDE + "FIFO-queues-understanding-logic.html",
    ),
    observed(
        "SQS-FIFO-2",
        "A message that is visible again makes its group readable from there on, but nothing behind one that is still hidden "
        "is returned.",
        _LOCALSTACK + "test_fifo_group_visibility_extends_with_change_message_visibility",
    ),
    documented(
        "SQS-FIFO-3",
        "A send whose deduplication id (or, with content-based deduplication, whose body) was seen within five minutes is "
        "accepted and not delivered, also after the first one was deleted. The id counts for the whole queue, or for its "
        "group with the deduplication scope messageGroup.",
        SQS_API + "API_SendMessage.html",
    ),
    documented(
        "SQS-FIFO-4",
        "A receive takes as many messages of one group as it can, then of the next, up to 10.",
        SQS_GUIDE + "FIFO-queues-understanding-logic.html",
    ),
    documented(
        "SQS-FIFO-5",
        "In a FIFO dead-letter queue the message's deduplication id is its message id.",
        SQS_GUIDE + "sqs-configure-dead-letter-queue-redrive.html",
    ),
    assumed(
        "SQS-FIFO-6",
        "A FIFO queue takes any number of requests a second.",
        "AWS limits them, to 300 a second and action without high throughput; workloads here stay below, or would be slowed "
        "down at the sender.",
    ),
    documented(
        "SQS-FIFO-7",
        "A send names a message group, and a deduplication id unless the queue deduplicates by content. Messages cannot be "
        "delayed one by one: a DelaySeconds other than 0 is refused.",
        SQS_API + "API_SendMessage.html",
    ),
    documented(
        "SQS-FIFO-8",
        "About 120,000 messages of a FIFO queue can be in flight. Beyond, a receive returns nothing, without an error.",
        SQS_GUIDE + "quotas-fifo.html (no error); that nothing is returned follows",
    ),
    assumed(
        "SQS-FIFO-9",
        "Of several groups that can be read, the one that has been readable for longest comes first.",
        "AWS promises an order within groups and none among them.",
    ),
    documented(
        "SQS-FIFO-10",
        "A new delay of a FIFO queue holds for messages that are already being delayed.",
        SQS_GUIDE + "sqs-delay-queues.html",
    ),
    observed(
        "SQS-FIFO-11",
        "An entry without a message group, or without a deduplication id that the queue needs, ends the whole batch with an "
        "error: no entry is sent.",
        _LOCALSTACK
        + "test_send_batch_missing_message_group_id_for_fifo_queue, test_send_batch_missing_deduplication_id_for_fifo_queue",
    ),
    documented(
        "SQS-RET-3",
        "In the dead-letter queue of a FIFO queue the age of a message counts from its move.",
        SQS_GUIDE + "setting-up-dead-letter-queue-retention.html",
    ),
    observed(
        "SQS-STALE-6",
        "On a FIFO queue a message cannot be deleted with a receipt handle whose visibility timeout has ended, or which a newer "
        "receive has replaced: the handle has expired.",
        _LOCALSTACK + "test_fifo_delete_after_visibility_timeout",
    ),
    assumed(
        "SQS-STALE-7",
        "On a FIFO queue an expired receipt handle cannot change the visibility either.",
        "AWS does not say; deleting with such a handle is refused (SQS-STALE-6).",
    ),
)
