"""Rules of EventBridge Pipes."""

from __future__ import annotations

from delivery_lab.rules.rule import EVENTS_GUIDE, assumed, documented, observed

_BATCHES = EVENTS_GUIDE + "eb-pipes-batching-concurrency.html"
_ERRORS = EVENTS_GUIDE + "eb-pipes-error-troubleshooting.html"
_INPUT = EVENTS_GUIDE + "eb-pipes-input-transformation.html"

RULES = (
    documented(
        "PIPE-EVENT-1",
        "A function gets a JSON array of records, also where the batch size is 1. A record of Kinesis stands in it without its "
        "block kinesis, whose fields are beside the others.",
        _BATCHES,
    ),
    assumed(
        "PIPE-POLL-1",
        "A pipe polls its source as an event source mapping of Lambda does: slots, windows, filters, beat of polls.",
        "AWS describes both in the same words, and says less of pipes.",
    ),
    documented(
        "PIPE-TARGET-1",
        "A queue, topic, stream or bus gets one message, record or event for each record of the batch, by the batch API of the "
        "target.",
        _BATCHES,
    ),
    observed(
        "PIPE-BUS-1",
        "An event of a pipe that says no source has Pipe and the name of the pipe, and without a detail type Event from and the "
        "source of the record, such as Event from aws:sqs.",
        "rules of public projects that match such events, of SQS and DynamoDB: https://github.com/umccr/orcabus, "
        "https://github.com/brutalismbot. Of Kinesis by analogy.",
    ),
    documented(
        "PIPE-BATCH-1",
        "A batch size above what the target takes is refused: 10 for queues, topics and buses, 500 for streams.",
        _BATCHES,
    ),
    assumed(
        "PIPE-BATCH-2",
        "A pipe of a stream that does not say its batch size hands on one record at a time, whatever its target takes.",
        "AWS's reference of the API names no default; the page of its CDK for such sources says 1, and its example hands on to a "
        "queue without a batch size: https://docs.aws.amazon.com/cdk/api/v2/docs/@aws-cdk_aws-pipes-sources-alpha."
        "DynamoDBSourceParameters.html. A mapping takes 100.",
    ),
    documented(
        "PIPE-REPORT-1",
        "Partial failures of a batch are retried alone. A function names them as batchItemFailures: by messageId of a message, by "
        "eventID of a record. There is no switch. A name that is empty, null or of no record, or a wrong key, fails the batch.",
        _BATCHES + ", " + EVENTS_GUIDE + "eb-pipes-sqs.html, " + EVENTS_GUIDE + "eb-pipes-kinesis.html",
    ),
    documented(
        "PIPE-REPORT-2",
        "Of a stream too only those records are retried that are named as failed, unless the pipe has AUTOMATIC_BISECT.",
        EVENTS_GUIDE
        + "eb-pipes-kinesis.html, "
        + EVENTS_GUIDE
        + "eb-pipes-dynamodb.html. With AUTOMATIC_BISECT everything from the lowest failed "
        "record on is cut in halves here, as a mapping does; AWS says no more than that halves are retried.",
    ),
    assumed(
        "PIPE-REPORT-3",
        "What is behind a record that a target has refused is not sent before it, where the source keeps an order.",
        "AWS says that pipes keep the order of a stream and of a FIFO queue, and not what they do within a batch.",
    ),
    documented(
        "PIPE-TIME-1",
        "A pipe works on a batch for at most 5 minutes, its target included. What becomes of the batch then is not said: a run in "
        "which a function takes longer is refused.",
        _BATCHES,
    ),
    documented(
        "PIPE-RETRY-1",
        "What is wrong with the code, or with a permission, is retried up to the maximum retries or age of the pipe where it reads a "
        "stream, and up to the queue's maxReceiveCount where it reads a queue.",
        _ERRORS,
    ),
    assumed(
        "PIPE-RETRY-2",
        "A target that throttles or is down is tried again while the batch is hidden, as a throttled function is; then what is left "
        "is visible again, one receive older. Of a stream it is tried until the records expire.",
        "AWS says that such retries do not end and do not count as receives, and not how a message stays hidden meanwhile.",
    ),
    assumed(
        "PIPE-ROLE-1",
        "A pipe does everything with its role; policies of queues, topics and functions of the same account need not name it.",
        "AWS says that a pipe acts with its role; that the role is enough follows from how IAM takes policies of one account together.",
    ),
    documented(
        "PIPE-ROLE-2",
        "The role of a pipe has to allow what reading takes: ReceiveMessage, DeleteMessage and GetQueueAttributes of a queue, and "
        "DescribeStream, GetRecords and GetShardIterator of a stream. A pipe without them is not created.",
        EVENTS_GUIDE
        + "eb-pipes-sqs.html, "
        + EVENTS_GUIDE
        + "eb-pipes-kinesis.html, "
        + EVENTS_GUIDE
        + "eb-pipes-dynamodb.html, "
        + _ERRORS,
    ),
    documented(
        "PIPE-INPUT-1",
        "Without an input template the target gets the record as it is. With one it gets what the template makes of each record: a "
        "JSON path, a text, or JSON with paths in it. A text without quotes refuses the runs that meet it: how values look in it is "
        "not said.",
        _INPUT,
    ),
    documented(
        "PIPE-INPUT-2",
        "Paths lead into a body that is JSON, and into data that is Base64 of JSON; data that is no JSON stays in Base64. A text gets "
        "quotes where the template has none, an object does not, and within quotes an object loses its own.",
        _INPUT,
    ),
    documented(
        "PIPE-INPUT-3",
        "A template that is a path to JSON and nothing else, such as <$.body>, makes no JSON: the quotes are removed. A run in which "
        "a record meets one is refused.",
        _INPUT + ". Pipes to state machines in public projects have such templates and rely on getting JSON.",
    ),
    observed(
        "PIPE-INPUT-4",
        "A queue gets a text that is all that a template makes without quotes around it.",
        "an integration test of the CDK, run against AWS: "
        "https://github.com/aws/aws-cdk/blob/main/packages/%40aws-cdk/aws-pipes-alpha/test/integ.pipe.ts",
    ),
    assumed(
        "PIPE-DLQ-1",
        "The dead-letter queue of a pipe gets what the on-failure destination of a mapping gets, with the pipe in the function's place.",
        "AWS shows no such message.",
    ),
)
