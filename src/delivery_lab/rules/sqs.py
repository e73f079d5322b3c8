"""Rules of Amazon SQS."""

from delivery_lab.rules.rule import LOCALSTACK, SQS_API, SQS_GUIDE, assumed, documented, observed

_FAIR = SQS_GUIDE + "sqs-fair-queues-detailed.html"
_LOCALSTACK = LOCALSTACK + "sqs/test_sqs.py, "

RULES = (
    documented(
        "SQS-VT-1",
        "The visibility timeout starts when a receive returns the message. Until it ends, no receive returns the "
        "message again; when it ends, the message is simply ready again.",
        SQS_API + "API_ReceiveMessage.html",
    ),
    documented(
        "SQS-VT-2",
        "ChangeMessageVisibility sets the end of the timeout to so many seconds from the call, not on top of what was "
        "left. It holds for this receive only: the next one starts with the queue's timeout again.",
        SQS_API + "API_ChangeMessageVisibility.html",
    ),
    documented(
        "SQS-VT-3",
        "No receive keeps a message for more than 12 hours. An extension that would end later is refused, not clipped.",
        SQS_API + "API_ChangeMessageVisibility.html; " + SQS_GUIDE + "sqs-visibility-timeout.html",
    ),
    documented(
        "SQS-VT-4",
        "Changing the visibility timeout to 0 makes the message ready at once.",
        SQS_GUIDE + "sqs-visibility-timeout.html",
    ),
    documented(
        "SQS-COUNT-1",
        "The receive count goes up by one with every receive, whatever happens to the message afterwards, and is carried "
        "on in the dead-letter queue.",
        SQS_API + "API_ReceiveMessage.html",
    ),
    observed(
        "SQS-DLQ-1",
        "With maxReceiveCount N a message is received N times. The receive that would be number N+1 moves it to the "
        "dead-letter queue instead of returning it. Neither a failure nor the end of the visibility timeout moves anything: "
        "without a further receive the message stays where it is.",
        "https://github.com/localstack/localstack/issues/8234; "
        + _LOCALSTACK
        + "test_dead_letter_queue_max_receive_count",
    ),
    observed(
        "SQS-DLQ-2",
        "The move keeps message id, attributes and receive count, and adds DeadLetterQueueSourceArn.",
        _LOCALSTACK + "test_dead_letter_queue_message_attributes",
    ),
    documented(
        "SQS-DLQ-3",
        "A redrive policy names an existing queue of the same type, account and region.",
        SQS_API
        + "API_SetQueueAttributes.html (type); "
        + SQS_GUIDE
        + "sqs-dead-letter-queues.html (account and region)",
    ),
    documented(
        "SQS-DLQ-4",
        "The redrive allow policy of a dead-letter queue says which queues may name it: all (the default), none, or up to 10. "
        "The policy of any other source is refused where it is set; of one that is there already no page speaks.",
        SQS_API + "API_SetQueueAttributes.html",
    ),
    observed(
        "SQS-DLQ-5",
        "A redrive policy without maxReceiveCount, or without deadLetterTargetArn, is refused. The default of 10 that the "
        "documentation names is not taken.",
        "https://github.com/rubyonjets/jets/pull/101 and https://github.com/ansible-collections/community.aws/issues/2321 "
        "quote AWS: Redrive policy does not contain mandatory attribute: maxReceiveCount. The default: "
        + SQS_API
        + "API_SetQueueAttributes.html",
    ),
    assumed(
        "SQS-DLQ-6",
        "A dead-letter queue with a redrive policy of its own counts all receives of a message against its maxReceiveCount, those "
        "in the source queue too: with the same maxReceiveCount it delivers nothing, and its first receive moves the message on.",
        "Follows from two pages: the receive count is that over all queues (API_ReceiveMessage.html), and a count above "
        "maxReceiveCount moves (API_SetQueueAttributes.html). The guide speaks of receives from the source queue, and users of "
        "an emulator expect a count of the queue's own (https://github.com/localstack/localstack/issues/5225): nobody shows a "
        "measurement.",
    ),
    documented(
        "SQS-POLICY-1",
        "A queue has one policy and one redrive policy: setting them replaces what was there as a whole. A resource that sets one "
        "is created after its queue, and replaces what the queue was created with; a run that depends on which of several "
        "resources is written last is refused.",
        SQS_API + "API_SetQueueAttributes.html (an attribute has one value)",
    ),
    documented(
        "SQS-ADDRESS-1",
        "What sets attributes of a queue names it by its URL: its ARN is no address, and refused.",
        SQS_API + "API_SetQueueAttributes.html (QueueUrl; InvalidAddress)",
    ),
    documented(
        "SQS-RET-1",
        "A message older than the queue's retention period is gone, whether it is ready, delayed or in flight.",
        SQS_API
        + "API_DeleteMessage.html (what stays longer is deleted); "
        + SQS_API
        + "API_SetQueueAttributes.html. No "
        "exception is made for messages in flight.",
    ),
    documented(
        "SQS-RET-2",
        "In the dead-letter queue of a standard queue the age of a message still counts from when it was first sent, so time "
        "spent in the source is taken off the dead-letter queue's retention.",
        SQS_GUIDE + "setting-up-dead-letter-queue-retention.html",
    ),
    assumed(
        "SQS-RET-4",
        "Retention that takes a message while a receiver works on it does not end the work, and the delete that follows reports "
        "success: the message counts as processed.",
        "No source says what that delete is answered with. A delete of a message that is gone succeeds (SQS-STALE-4), and its "
        "answer decides nothing: the message is gone either way.",
    ),
    documented(
        "SQS-BOUNDS-1",
        "Queue attributes have bounds: visibility timeout 0 to 43,200 s, retention 60 s to 14 days, delay 0 to 900 s, receive "
        "wait 0 to 20 s, message size 1 KiB to 1 MiB, maxReceiveCount 1 to 1,000. Values beyond are refused.",
        SQS_API
        + "API_SetQueueAttributes.html; the range of maxReceiveCount, which that page leaves out: https://aws.github.io/"
        "modern-data-architecture-accelerator/typedocs/interfaces/_aws-mdaa_dataops-lambda-l3-construct.QueueDlqProps.html",
    ),
    documented(
        "SQS-NAME-1",
        "The name of a queue has 1 to 80 letters, digits, hyphens and underscores. That of a FIFO queue ends in .fifo, which "
        "counts; another queue has no period in its name. Other names are refused.",
        SQS_API + "API_CreateQueue.html",
    ),
    assumed(
        "SQS-SPREAD-1",
        "Attributes that a handler sets are answered at once and hold 60 s later, a retention period 15 minutes later; a maximum "
        "message size holds at once.",
        "AWS says that they take up to so long: "
        + SQS_API
        + "API_SetQueueAttributes.html. LocalStack's recordings have a message size that held at once and a deduplication scope "
        "that did not: test_send_message_with_updated_maximum_message_size, test_fifo_change_to_high_throughput_after_creation.",
    ),
    observed(
        "SQS-SSE-1",
        "A queue is encrypted with a key of SQS unless it is told otherwise; a KMS key takes its place, and both at once are "
        "refused. GetQueueAttributes answers it, and what happens to messages does not depend on it.",
        _LOCALSTACK
        + "test_set_queue_attributes_default_values, test_sse_queue_attributes, test_sse_kms_and_sqs_are_mutually_exclusive",
    ),
    documented(
        "SQS-PURGE-1",
        "A queue is purged at most once in 60 s: the next purge is refused with PurgeQueueInProgress.",
        SQS_API + "API_PurgeQueue.html",
    ),
    assumed(
        "SQS-PURGE-2",
        "A purge deletes all messages of the queue at its instant, delayed ones and those in flight too.",
        "AWS takes up to 60 s for it, in which messages may still be received: " + SQS_API + "API_PurgeQueue.html",
    ),
    observed(
        "SQS-PURGE-3",
        "After a purge a FIFO queue takes a send with a deduplication id of before for a new message.",
        _LOCALSTACK + "test_purge_queue_clears_fifo_deduplication_cache",
    ),
    assumed(
        "SQS-GONE-1",
        "A deleted queue is gone at once, with its messages.",
        "AWS takes up to 60 s for it, in which some requests may still succeed: " + SQS_API + "API_DeleteQueue.html",
    ),
    documented(
        "SQS-LIST-1",
        "ListQueues answers up to 1,000 queues, or pages of 1 to 1,000 with a token for the next one; a prefix of the name can "
        "limit it.",
        SQS_API + "API_ListQueues.html",
    ),
    documented(
        "SQS-DELAY-1",
        "A delayed message is not returned before its delay is over. The message's own delay replaces the queue's.",
        SQS_API + "API_SendMessage.html",
    ),
    documented(
        "SQS-POLL-1",
        "A receive with a wait time returns as soon as a message is ready, or empty-handed when the time is over.",
        SQS_API + "API_ReceiveMessage.html",
    ),
    documented(
        "SQS-LIMIT-1",
        "About 120,000 messages of a standard queue can be in flight. Beyond, a short poll is answered with OverLimit and a "
        "long poll returns nothing.",
        SQS_GUIDE + "quotas-queues.html",
    ),
    documented(
        "SQS-SIZE-1",
        "A message, body and attributes together, may have the queue's MaximumMessageSize, at most 1 MiB; so may a whole "
        "batch. It has at most 10 attributes.",
        SQS_API + "API_SendMessageBatch.html",
    ),
    observed(
        "SQS-ATTR-1",
        "A message has at most 10 attributes. A name has 1 to 256 letters (not of ASCII alone), digits, underscores, hyphens and "
        "periods; it begins with neither AWS. nor Amazon. in any case, and has no period at its start or end and no two in a "
        "row. A type is String, Number or Binary, with a label or without, of at most 256 characters. A value is not empty; a "
        "text has the characters of bodies, and a number is one.",
        SQS_GUIDE
        + "sqs-message-metadata.html; "
        + _LOCALSTACK
        + "test_send_message_with_invalid_string_attributes, test_send_message_with_empty_string_attribute",
    ),
    documented(
        "SQS-ATTR-2",
        "SQS answers a send and a receive with the MD5 of body and attributes. That of attributes is made of their names in "
        "order, their types and their values, each with its length in front; a receive has it of the attributes that it returns.",
        SQS_GUIDE + "sqs-message-metadata.html",
    ),
    observed(
        "SQS-ATTR-3",
        "A receive returns the message attributes that it names: by name or by a beginning such as order.*; All, * and .* name "
        "all of them.",
        _LOCALSTACK + "test_receive_message_message_attribute_names_filters",
    ),
    documented(
        "SQS-BATCH-1",
        "A batch request has 1 to 10 entries with distinct ids. A malformed batch is refused as a whole; a refused entry is "
        "listed under Failed and does not touch the others.",
        SQS_API + "API_SendMessageBatch.html",
    ),
    observed(
        "SQS-STALE-1",
        "Deleting a message with its newest receipt handle works even after the visibility timeout has ended.",
        _LOCALSTACK + "test_delete_after_visibility_timeout",
    ),
    assumed(
        "SQS-STALE-2",
        "Deleting with an older receipt handle, after the message was received again, reports success; whether the message "
        "is gone is decided by a coin of the run's seed.",
        "The API reference says only that the request succeeds and the message might not be deleted: "
        + SQS_API
        + "API_DeleteMessage.html",
    ),
    observed(
        "SQS-STALE-3",
        "Changing the visibility with a handle whose timeout has ended still takes effect, and so does ending it "
        "(0) with a handle that a newer receive has replaced.",
        _LOCALSTACK + "test_change_message_visibility_after_visibility_timeout_expiration, "
        "test_terminate_visibility_timeout_after_receive",
    ),
    assumed(
        "SQS-STALE-8",
        "Extending the visibility (above 0) with a handle that a newer receive has replaced still takes effect.",
        "AWS was seen to take such a handle for ending the timeout (SQS-STALE-3); no source says what happens to an extension.",
    ),
    observed(
        "SQS-STALE-4",
        "Deleting twice reports success; changing the visibility of a deleted message is an InvalidParameterValue error.",
        _LOCALSTACK + "test_delete_message_with_deleted_receipt_handle, "
        "test_change_visibility_on_deleted_message_raises_invalid_parameter_value",
    ),
    observed(
        "SQS-STALE-5",
        "More than 12 hours after the receive its handle has expired: even a delete is refused.",
        "https://github.com/boto/boto3/issues/2898",
    ),
    documented(
        "SQS-FAIR-1",
        "MessageGroupId on a standard queue names a tenant. A tenant is noisy with more than 10 % of what is in flight and at "
        "least 30 messages of its own in flight, or with more than 10 % of the recent processing time. A message without a group "
        "is a tenant of its own.",
        _FAIR,
    ),
    documented(
        "SQS-FAIR-2",
        "While messages of quiet tenants are ready, receives return those; of several noisy tenants the one with the fewest in "
        "flight comes first. Nothing is refused or limited.",
        _FAIR,
    ),
    documented(
        "SQS-FAIR-3",
        "A tenant is noisy no longer once its backlog is gone, or none of its messages was in flight for 5 minutes.",
        _FAIR,
    ),
    assumed(
        "SQS-FAIR-4",
        "Recent processing time is the time in flight within the last 5 minutes, and the thresholds are exact.",
        "AWS does not say how far back it looks, and calls its thresholds approximate: " + _FAIR,
    ),
    assumed(
        "SQS-SHARE-1",
        "Those who wait for the messages of one queue compete: whenever there are some, it is drawn whose receive gets them. So "
        "two mappings of a queue get about half of its messages each while both have free pollers.",
        "A message is returned to one receive only, which is documented; to whose, is not: "
        + SQS_GUIDE
        + "sqs-visibility-timeout.html",
    ),
    assumed(
        "SQS-ORDER-1",
        "A message that is visible again keeps its place: a receive returns it before what was sent after it.",
        "A standard queue promises no order. In a recording of AWS a message whose visibility timeout had ended came before one "
        "that was sent later, and that only a message received three times goes to the back (SQS-ORDER-2) says the same.",
    ),
    documented(
        "SQS-ORDER-2",
        "A message that was received three times or more and not deleted goes to the back of a queue whose redrive policy has "
        "a maxReceiveCount above 3.",
        SQS_GUIDE + "sqs-dead-letter-queues.html",
    ),
    assumed(
        "SQS-ORDER-3",
        "A receive returns as much as was asked for of what is ready, and messages that were never received in the order in "
        "which they were ready.",
        "A standard queue promises neither order nor full batches; AWS may return less from a short queue.",
    ),
)
