"""Rules of Amazon SNS: publishing, filter policies, envelopes, deliveries."""

from delivery_lab.rules.rule import SNS_API, SNS_GUIDE, assumed, documented, observed

_FILTERS = SNS_GUIDE + "sns-subscription-filter-policies.html"
_SNAPSHOT = (
    "LocalStack's tests validated against AWS: https://github.com/localstack/localstack/blob/main/"
    "tests/aws/services/sns/test_sns.snapshot.json"
)

PUBLISHING = (
    documented(
        "SNS-SIZE-1",
        "A message has at most MaximumMessageSize bytes with its attributes, 262,144 by default and 1,048,576 at most; its "
        "subject has less than 100 characters and no line break.",
        SNS_API + "API_Publish.html",
    ),
    documented(
        "SNS-BATCH-1",
        "PublishBatch takes up to 10 messages with different ids, which may be as large together as one may be. Each is "
        "accepted or refused by itself.",
        SNS_API + "API_PublishBatch.html",
    ),
    documented(
        "SNS-ATTR-1",
        "Message attributes go with messages that are the same for all protocols; a message of the structure json has none.",
        SNS_GUIDE + "sns-message-attributes.html",
    ),
    documented(
        "SNS-FIFO-1",
        "A message for a FIFO topic names its message group, and a deduplication id unless the topic makes one out of the "
        "body (SHA-256 of the body alone). A deduplication id is refused by a standard topic.",
        SNS_API + "API_Publish.html",
    ),
    documented(
        "SNS-FIFO-2",
        "A publish that repeats a deduplication id within 5 minutes is accepted and not delivered: within the topic, or "
        "within the message group where FifoThroughputScope says so.",
        SNS_GUIDE + "fifo-message-dedup.html",
    ),
    documented(
        "SNS-FIFO-3",
        "A FIFO topic hands group and deduplication id on to FIFO queues. A standard queue gets neither, and keeps no order.",
        SNS_GUIDE + "fifo-message-grouping.html",
    ),
    observed(
        "SNS-FIFO-4",
        "A FIFO queue cannot be subscribed to a standard topic.",
        _SNAPSHOT + ", test_validations_for_fifo",
    ),
    documented(
        "SNS-FIFO-5",
        "A FIFO topic hands each message on once and in the order of the publishes, to standard queues too: what their consumers "
        "get twice or in another order the queue has repeated or reordered.",
        SNS_GUIDE + "fifo-topic-message-ordering.html",
    ),
    documented(
        "SNS-FIFO-6",
        "A FIFO topic delivers to queues only: a function gets its messages from a queue that subscribes. The subscription of a "
        "function is refused.",
        SNS_GUIDE + "fifo-message-delivery.html",
    ),
)

FILTERING = (
    documented(
        "SNS-FILTER-1",
        "A subscription gets a message if every name of its filter policy matches: in the scope MessageAttributes, which is "
        "the default, a message attribute, in the scope MessageBody a property of the body. A body that is no JSON object "
        "matches no policy of that scope.",
        _FILTERS,
    ),
    documented(
        "SNS-FILTER-2",
        "A filter policy has up to 5 keys and 150 combinations, for which each array counts as many times as it is deep. "
        "Nested policies are for the scope MessageBody.",
        SNS_GUIDE + "subscription-filter-policy-constraints.html",
    ),
    documented(
        "SNS-FILTER-3",
        "Operators are exact values (texts, numbers, true, false, null), prefix, suffix, equals-ignore-case, cidr, numeric, "
        "exists, anything-but with values or a prefix, and $or. Attributes of the type Binary are not compared; those of the "
        "type String.Array match by any of their elements. Of attributes, exists with false holds only where the message has one at "
        "all; exists with true asks for a value that is neither null nor empty.",
        _FILTERS,
    ),
    assumed(
        "SNS-FILTER-4",
        "For an attribute with several values anything-but holds if it holds for all of them, for an array in a body if it holds "
        "for one of its elements.",
        "For String.Array the page on string value matching says today that no element may be listed; earlier editions said "
        "that one other element is enough, and still do of arrays in bodies.",
    ),
    assumed(
        "SNS-FILTER-5",
        "A message counts as lost, not as filtered, where the policy is about message attributes and the body has what it "
        "asks for: nobody wants that.",
        "What is filtered on purpose nobody can read off a policy. A body that matches it field by field is no accident.",
    ),
)

DELIVERING = (
    documented(
        "SNS-DELIVER-1",
        "Every subscription of a topic gets every message that its filter policy takes: one message in a queue, or one "
        "asynchronous invoke of a function.",
        SNS_GUIDE + "welcome.html",
    ),
    assumed(
        "SNS-TIME-1",
        "A topic hands a message on at the instant of the publish, once, and in the order of the publishes, unless a fault of "
        "the workload has its name as feeder.",
        "AWS promises at least once and no order of standard topics, and says neither how long it takes nor how often a "
        "message comes twice.",
    ),
    documented(
        "SNS-ENVELOPE-1",
        "Without raw message delivery the body of the queue's message is an envelope in JSON: Type, MessageId, TopicArn, "
        "Subject where there is one, Message (the body as text), Timestamp, SignatureVersion, Signature, SigningCertURL, "
        "UnsubscribeURL and MessageAttributes where there are some. That of a FIFO topic has a SequenceNumber, no signature.",
        SNS_GUIDE + "sns-large-payload-raw-message-delivery.html",
    ),
    assumed(
        "SNS-ENVELOPE-2",
        "A message counts as lost, not as filtered, where the filter of a mapping would take it without the envelope of SNS "
        "around it.",
        "What is filtered on purpose nobody can read off a pattern. A message within the envelope that matches it is no "
        "accident: https://github.com/elastic/elastic-serverless-forwarder/issues/308.",
    ),
    assumed(
        "SNS-SIGN-1",
        "Signatures in envelopes are not real: code that verifies them finds them wrong.",
        "The key that SNS signs with is known to nobody else.",
    ),
    documented(
        "SNS-RAW-1",
        "With raw message delivery a queue gets the body as it was published, and message attributes as such.",
        SNS_GUIDE + "sns-large-payload-raw-message-delivery.html",
    ),
    documented(
        "SNS-RAW-2",
        "With raw message delivery a message with more than 10 attributes is discarded as a client-side error.",
        SNS_GUIDE + "sns-message-attributes.html",
    ),
    documented(
        "SNS-LAMBDA-1",
        "A function gets an event of one record, with EventSource aws:sns, EventSubscriptionArn and the message under Sns; it "
        "is invoked asynchronously.",
        "https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html",
    ),
    documented(
        "SNS-ENDPOINT-1",
        "The endpoint of the protocol sqs is the ARN of a queue, that of lambda the ARN of a function: a URL, or the ARN of "
        "something else, is refused.",
        SNS_API + "API_Subscribe.html",
    ),
    documented(
        "SNS-POLICY-1",
        "A queue gets messages of a topic only if its policy lets sns.amazonaws.com send for the topic, a function only if a "
        "permission lets it invoke. Without it a delivery fails with a client-side error.",
        SNS_GUIDE + "subscribe-sqs-queue-to-sns-topic.html",
    ),
    documented(
        "SNS-POLICY-2",
        "A topic has one policy: a TopicPolicy replaces it as a whole, and of several the one that is written last counts.",
        SNS_API + "API_SetTopicAttributes.html (an attribute is set to a new value)",
    ),
    documented(
        "SNS-KMS-1",
        "SNS cannot send to a queue that is encrypted with the key of AWS (alias/aws/sqs): its policy lets no service in.",
        SNS_GUIDE + "sns-enable-encryption-for-topic-sqs-queue-subscriptions.html",
    ),
    documented(
        "SNS-KMS-2",
        "To a queue that is encrypted with a key of the account SNS, S3 and EventBridge send only if the policy of the key lets "
        "the service do kms:GenerateDataKey and kms:Decrypt. A key without a policy lets in nobody but its account.",
        SNS_GUIDE + "sns-enable-encryption-for-topic-sqs-queue-subscriptions.html",
    ),
    documented(
        "SNS-RETRY-1",
        "After a server-side error SNS tries queues and functions again: 3 times at once, 2 times 1 s apart, 10 times with "
        "waits from 1 s to 20 s, and 100,000 times 20 s apart, over 23 days. After a client-side error it does not.",
        SNS_GUIDE + "sns-message-delivery-retries.html",
    ),
    assumed(
        "SNS-RETRY-2",
        "The ten waits from 1 s to 20 s grow by the same factor each time; there is no jitter.",
        "AWS says that they grow exponentially and that there is jitter, not by how much.",
    ),
    documented(
        "SNS-DLQ-1",
        "What a subscription cannot deliver goes to the dead-letter queue of its redrive policy, whose policy has to let SNS "
        "send, too.",
        SNS_GUIDE + "sns-dead-letter-queues.html",
    ),
    documented(
        "SNS-DLQ-2",
        "Without a redrive policy SNS discards what it cannot deliver.",
        SNS_GUIDE + "sns-dead-letter-queues.html",
    ),
    observed(
        "SNS-DLQ-3",
        "The dead-letter queue of a FIFO subscription has to be a FIFO queue.",
        _SNAPSHOT + ", test_validations_for_fifo",
    ),
    observed(
        "SNS-ONE-1",
        "An endpoint has one subscription of a topic: another one with the same attributes is the one that is there, and "
        "one with other attributes is refused.",
        _SNAPSHOT + ", test_subscribe_idempotency",
    ),
)

RULES = (*PUBLISHING, *FILTERING, *DELIVERING)
