"""Rules of Amazon EventBridge: events, patterns, targets, retries, dead-letter queues."""

from delivery_lab.rules.rule import EVENTS_API, EVENTS_GUIDE, LAMBDA_GUIDE, assumed, documented, observed

_SNAPSHOTS = "LocalStack's tests validated against AWS: https://github.com/localstack/localstack/blob/main/tests/aws/services/events/"
_DLQ = EVENTS_GUIDE + "eb-rule-dlq.html"
_TARGET = EVENTS_API + "API_Target.html"
_PUT = EVENTS_API + "API_PutEvents.html"

PUTTING = (
    documented(
        "EB-EVENT-1",
        "An event has the fields version, id, detail-type, source, account, time, region, resources and detail; the time is "
        "that of the PutEvents call where the entry names none.",
        EVENTS_GUIDE + "eb-events-structure.html; the time: " + EVENTS_API + "API_PutEventsRequestEntry.html",
    ),
    documented(
        "EB-PUT-1",
        "PutEvents takes up to 10 entries, which have less than 1 MB together: source, detail-type, detail and resources as "
        "UTF-8, and 14 bytes for a time.",
        _PUT + "; how they are counted: " + EVENTS_GUIDE + "eb-putevents.html",
    ),
    observed(
        "EB-PUT-2",
        "Each entry is accepted or refused by itself: one without Source, DetailType or Detail with InvalidArgument, one whose "
        "Detail is no JSON object with MalformedDetail. The call succeeds, and FailedEntryCount tells.",
        _SNAPSHOTS + "test_events.snapshot.json, test_put_event_malformed_detail and test_put_event_without_detail",
    ),
    observed(
        "EB-PUT-3",
        "An entry for a bus that does not exist is accepted, and nobody gets it.",
        _SNAPSHOTS + "test_events.snapshot.json, test_put_events_nonexistent_event_bus",
    ),
    assumed(
        "EB-TIME-1",
        "A bus hands an event on at the instant of the call, once for each target, and in the order of the calls, unless a fault "
        "of the workload has its name as feeder.",
        "AWS says at least once (a rule may go off more than once for one event, and invoke its target more than once: "
        + EVENTS_GUIDE
        + "eb-troubleshooting.html) and in no order, and of the latency only that it is about half a second, typically.",
    ),
    documented(
        "EB-LOOP-1",
        "Lambda detects loops that lead over SQS, SNS, S3 or Lambda itself. One over EventBridge is not stopped.",
        LAMBDA_GUIDE + "invocation-recursion.html",
    ),
)

MATCHING = (
    documented(
        "EB-PATTERN-1",
        "A rule is about an event if each field of its pattern has one of the values there: exact ones, prefix, suffix, "
        "equals-ignore-case, wildcard, anything-but, numeric, exists, cidr, and $or between fields.",
        EVENTS_GUIDE + "eb-create-pattern-operators.html",
    ),
    observed(
        "EB-PATTERN-2",
        "A pattern that is no object of lists, or that has an operator or operand that EventBridge does not know, is refused "
        "with InvalidEventPatternException. A wildcard that is too complex is refused by AWS and accepted here.",
        _SNAPSHOTS + "test_events_patterns.snapshot.json",
    ),
    assumed(
        "EB-PATTERN-3",
        "An event counts as lost, not as filtered, where the pattern asks at the top for what the event has under detail: "
        "nobody wants that.",
        "What is filtered on purpose nobody can read off a pattern. A detail that matches it field by field is no accident.",
    ),
    documented(
        "EB-DELIVER-1",
        "Every target of every enabled rule that is about an event gets it: one message in a queue or topic, one record in a "
        "stream, one asynchronous invoke of a function.",
        EVENTS_GUIDE + "eb-rules.html",
    ),
    observed(
        "EB-TARGETS-1",
        "A rule has five targets at most: more are refused with LimitExceededException.",
        _SNAPSHOTS
        + "test_events.snapshot.json, test_add_exceed_fife_targets_per_rule; the page of PutTargets says so, too",
    ),
    documented(
        "EB-TARGETS-2",
        "A rule has one target of an id: putting another one of that id updates it. Without an id each has its own.",
        EVENTS_API + "API_PutTargets.html; the provider makes the id that is left out",
    ),
    documented(
        "EB-TARGETS-3",
        "A target names its rule, and the bus that the rule is on, the default one if it names none: where there is no such rule "
        "it is refused.",
        EVENTS_API + "API_PutTargets.html",
    ),
    observed(
        "EB-REGION-1",
        "A rule hands on to queues, functions, topics and streams of its own region only; a target in another region is refused, "
        "unless it is a bus.",
        "AWS's answer, Cross-region API call is not allowed: "
        "https://github.com/aws-samples/amazon-eventbridge-resource-policy-samples/issues/10; the guide's page on targets in other "
        "accounts (eb-service-cross-account) names the same Region as a condition",
    ),
)

INPUT = (
    documented(
        "EB-INPUT-1",
        "A target gets the event with its envelope, or one of: a constant (Input), a part (InputPath), what a template makes "
        "of it (InputTransformer).",
        _TARGET,
    ),
    observed(
        "EB-INPUT-2",
        "InputPath hands on what stands at a JSON path, as JSON: a text with its quotes.",
        _SNAPSHOTS + "test_events_inputs.snapshot.json, test_put_events_with_input_path_max_level_depth",
    ),
    documented(
        "EB-INPUT-3",
        "A template is a JSON object or texts in quotes. Its variables are JSON paths of the event, and aws.events.rule-arn, "
        "rule-name, event, event.json and event.ingestion-time; one that is not defined is refused.",
        EVENTS_GUIDE + "eb-transform-target-input.html",
    ),
    observed(
        "EB-INPUT-4",
        "Nothing is delivered where a template makes no JSON, such as one with an object within quotes; to queues neither.",
        _SNAPSHOTS + "test_events_inputs.py, test_input_transformer_nested_keys_replacement_not_valid",
    ),
    observed(
        "EB-INPUT-5",
        "In an object a variable without quotes becomes JSON, one within quotes its text; in a text objects and lists lose "
        "their quotes. A variable that the event does not have is an empty text.",
        _SNAPSHOTS + "test_events_inputs.snapshot.json, test_input_transformer_nested_keys_replacement",
    ),
)

TARGETS = (
    documented(
        "EB-FIFO-1",
        "A FIFO queue as a target needs content-based deduplication and gets the message group of SqsParameters.",
        _TARGET,
    ),
    observed(
        "EB-FIFO-3",
        "A target that is a FIFO queue and has no message group is refused.",
        "a stack with one is not created: https://github.com/awslabs/aws-ddk/pull/185",
    ),
    assumed(
        "EB-FIFO-2",
        "An event whose body a FIFO queue takes for a repetition counts as lost: it is an event of its own.",
        "With the whole event as body there are no repetitions, since each has its id. With a constant or a template there "
        "are, and the queue drops them within 5 minutes (SQS-FIFO-2).",
    ),
    documented(
        "EB-KINESIS-1",
        "A stream gets the partition key that stands at PartitionKeyPath, and the id of the event without one.",
        EVENTS_API + "API_Target.html; the path: " + EVENTS_API + "API_KinesisParameters.html",
    ),
    observed(
        "EB-BUS-1",
        "A bus as a target gets the event with its detail, source and detail-type as they were.",
        _SNAPSHOTS + "test_events.snapshot.json, test_put_events_bus_to_bus",
    ),
    documented(
        "EB-POLICY-1",
        "A queue, topic or function gets events only if its policy lets events.amazonaws.com in for the rule; for streams and "
        "buses the role of the target has to let EventBridge.",
        EVENTS_GUIDE + "eb-use-resource-based.html",
    ),
    assumed(
        "EB-POLICY-2",
        "A queue, topic or function whose target has a role gets events if the role lets EventBridge, or the policy does.",
        "AWS's page on resource-based policies has been changed: one text says that either will do, another advises against a "
        "role there and says that deliveries may fail, to encrypted queues and topics above all.",
    ),
    documented(
        "EB-RETRY-1",
        "A target that throttles or fails (429, 5xx) is tried again, up to 185 times within 24 hours or as its retry policy "
        "says, with exponential back-off and jitter. Other errors are not: no permission, no such target.",
        EVENTS_GUIDE + "eb-rule-retry-policy.html; what is not retried: " + _DLQ,
    ),
    assumed(
        "EB-RETRY-2",
        "The first retry comes after 1 s, each next wait is twice as long, up to 500 s, and up to half of each wait is taken "
        "off at random.",
        "AWS says exponential and with jitter. With waits of 250 to 500 s some 185 retries fit into 24 hours.",
    ),
    documented(
        "EB-DLQ-1",
        "What a target does not take goes to the dead-letter queue of the target, with the message attributes RULE_ARN, "
        "TARGET_ARN, ERROR_CODE, ERROR_MESSAGE, EXHAUSTED_RETRY_CONDITION and RETRY_ATTEMPTS.",
        _DLQ,
    ),
    assumed(
        "EB-DLQ-2",
        "EXHAUSTED_RETRY_CONDITION and RETRY_ATTEMPTS are there where it was tried again. Attributes are texts, and the "
        "ERROR_CODE is NO_PERMISSIONS, NO_RESOURCE, INVALID_JSON, INVALID_PARAMETER, THROTTLING or ERROR_FROM_TARGET.",
        "AWS lists these codes as a sample, and does not say which error gets which.",
    ),
    assumed(
        "EB-DLQ-3",
        "The body in the dead-letter queue is the event, whatever the input of the target makes of it.",
        "AWS speaks of the event that failed, and not of its input.",
    ),
    documented(
        "EB-DLQ-4",
        "Without a dead-letter queue an event is dropped that its target does not take, or takes no more retries of.",
        EVENTS_GUIDE + "eb-rule-retry-policy.html",
    ),
    documented(
        "EB-DLQ-5",
        "The dead-letter queue is a standard queue whose policy lets events.amazonaws.com send for the rule.",
        _DLQ,
    ),
    observed(
        "EB-SCHEDULE-2",
        "A rule with a schedule expression is refused on any bus but the default one.",
        _SNAPSHOTS + "test_events_schedule.snapshot.json, tests_put_rule_with_schedule_custom_event_bus",
    ),
)

RULES = (*PUTTING, *MATCHING, *INPUT, *TARGETS)
