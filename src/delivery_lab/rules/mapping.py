"""Rules of the event source mapping of an SQS queue."""

from delivery_lab.rules.rule import LAMBDA_API, LAMBDA_GUIDE, LOCALSTACK, assumed, documented, observed

_QUEUES = LAMBDA_GUIDE + "with-sqs.html"
_CONFIGURE = LAMBDA_GUIDE + "services-sqs-configure.html"
_ERRORS = LAMBDA_GUIDE + "services-sqs-errorhandling.html"
_SCALING = LAMBDA_GUIDE + "services-sqs-scaling.html"
_LOCALSTACK = LOCALSTACK + "lambda_/event_source_mapping/test_lambda_integration_sqs.py, "
_FIELD_REPORT = (
    "field report: function timeout = visibility timeout = 900 s, reserved concurrency 3: throttled batches were never tried "
    "again; timeout 150 s: all were processed (it is not published)"
)

RULES = (
    documented(
        "ESM-BATCH-1",
        "A batch has at most BatchSize messages: 10 by default, up to 10,000; above 10 a batching window is required. Without a "
        "window, whatever one receive returns is a batch.",
        LAMBDA_API + "API_CreateEventSourceMapping.html; the batch without a window: " + _QUEUES,
    ),
    observed(
        "ESM-ZERO-1",
        "The AWS provider leaves a batchSize or a batching window of 0 out of its request when it creates a mapping, whatever "
        "the source. AWS then takes its default: 10 messages of a queue, 100 records of a stream or topic; no window, or 0.5 s "
        "for Kafka.",
        "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lambda/event_source_mapping.go, which "
        "Pulumi's provider is made of: it sends what `GetOk` finds, and that is no zero",
    ),
    documented(
        "ESM-BATCH-2",
        "With MaximumBatchingWindowInSeconds (0 to 300) a batch is delivered when it is full or when the window is over, which "
        "opened when the previous invoke completed.",
        LAMBDA_GUIDE + "invocation-eventsourcemapping.html",
    ),
    observed(
        "ESM-RECORD-1",
        "A record of a queue has md5OfMessageAttributes where the message has attributes. Where it has none the record has null "
        "there if the mapping has a batching window, and nothing if it has none.",
        _LOCALSTACK + "test_message_body_and_attributes_passed_correctly, test_sqs_event_source_mapping",
    ),
    documented(
        "ESM-BATCH-3",
        "A batch's payload, with the metadata of its records, has at most 6 MB.",
        LAMBDA_GUIDE + "invocation-eventsourcemapping.html; the metadata: " + _CONFIGURE,
    ),
    assumed(
        "ESM-BATCH-4",
        "With a window, the pollers of a mapping fill one batch before they begin the next.",
        "AWS does not say how messages spread over batches that are being collected at the same time.",
    ),
    assumed(
        "ESM-BATCH-5",
        "What was received from a standard queue and does not fit into the 6 MB waits in the poller for the next free batch, at "
        "the maximum concurrency too, with its visibility timeout running. When that is over the poller drops it, and it "
        "is visible again in the queue.",
        "AWS says that such a batch is smaller, not what becomes of the rest. Ten messages of 1 MiB do not fit.",
    ),
    assumed(
        "ESM-BATCH-6",
        "If no further message comes, a batch whose window is shorter than 20 s is delivered 20 s after its first message, else "
        "with the first message after the window: its poller waits in a long poll.",
        "With a batching window and very low traffic Lambda might wait for up to 20 s before it invokes, also if the window is "
        "shorter: " + _QUEUES + ". When it does, and why, is not said.",
    ),
    assumed(
        "ESM-BATCH-7",
        "If a window ends without a message, the next one opens with the next message; so does the first one of a mapping.",
        "AWS says that the next window begins as soon as the previous invoke completes, not what follows a window in which "
        "nothing came: " + LAMBDA_GUIDE + "invocation-eventsourcemapping.html",
    ),
    assumed(
        "ESM-BATCH-8",
        "No batch has a message twice: where its visibility timeout ends while the batch is being collected, and the mapping "
        "receives it again, the new receive takes the place of the old one in the batch.",
        "AWS does not say what a mapping does then. batchItemFailures names messages by their ids, so a message that stood "
        "in a batch twice could not be told apart: " + _ERRORS,
    ),
    documented(
        "ESM-VT-1",
        "Creating or updating a mapping is refused while the queue's visibility timeout is below the function's timeout. "
        "Equal is accepted.",
        _CONFIGURE + "; the message: https://github.com/18F/identity-terraform/pull/27",
    ),
    documented(
        "ESM-VT-2",
        "Messages are hidden for the queue's visibility timeout from when the poller received them, however long the window is: "
        "if waiting for the batch and the function take longer together, they are delivered again meanwhile.",
        _QUEUES + ". Until 2022 that page said that the mapping receives with window + function timeout + 30 s  where "
        "window + function timeout exceed the queue's; the sentence was withdrawn.",
    ),
    observed(
        "ESM-VT-3",
        "Changing the function's timeout or the queue's visibility timeout later is not checked against the other: "
        "a working deployment drifts into visibility timeout < timeout without a word, and the next update of the mapping fails.",
        "https://github.com/github-aws-runners/terraform-aws-github-runner/pull/467, "
        "https://github.com/mongodb/docs-worker-pool/pull/878",
    ),
    documented(
        "ESM-REPORT-1",
        "Without ReportBatchItemFailures the response is not looked at: an invoke without an error deletes the whole batch, "
        "whatever batchItemFailures says.",
        _QUEUES + " (a batch that succeeds is deleted); " + _ERRORS + " (the setting turns partial responses on)",
    ),
    documented("ESM-REPORT-2", "batchItemFailures empty or null: the whole batch succeeded and is deleted.", _ERRORS),
    documented(
        "ESM-REPORT-3",
        "An empty or null response (also an empty list or text): the whole batch succeeded and is deleted.",
        _ERRORS
        + "; the list and the text: "
        + LOCALSTACK
        + "lambda_/event_source_mapping/test_lambda_integration_kinesis.py, "
        "test_kinesis_report_batch_item_success_scenarios, for Kinesis",
    ),
    assumed(
        "ESM-REPORT-4",
        'A response that is not empty and has no batchItemFailures, such as {"statusCode": 200} or a text, counts as success.',
        _ERRORS
        + " names what succeeds (a list that is empty or null, an empty or null response) and what fails (no JSON, "
        "an itemIdentifier that is empty, null or under another key); this is on neither list, and without the key the list "
        "is null. Two reports speak of retries and dead letters of such functions: https://github.com/near/queryapi/pull/75, and "
        "https://github.com/getlift/lift/issues/173, which does not say what was returned.",
    ),
    documented("ESM-REPORT-5", "A response that is no JSON: the whole batch failed.", _ERRORS),
    documented(
        "ESM-REPORT-6",
        "An itemIdentifier that is empty, null or under another key, or a batchItemFailures of another shape: the whole "
        "batch failed.",
        _ERRORS + "; " + _LOCALSTACK + "test_report_batch_item_failures_invalid_result_json_batch_fails",
    ),
    documented("ESM-REPORT-7", "An itemIdentifier that is no message of the batch: the whole batch failed.", _ERRORS),
    documented(
        "ESM-REPORT-8", "A valid list: the messages it names stay in the queue, the others are deleted.", _ERRORS
    ),
    documented(
        "ESM-ERROR-1",
        "An exception, crash or timeout fails the whole batch at once. Nothing is done to failed messages: they are ready "
        "again when the visibility timeout that began with the receive ends.",
        _ERRORS,
    ),
    assumed(
        "ESM-ERROR-2",
        "Without ReportBatchItemFailures a mapping of a standard queue works on at most 3 x s^0.7 batches at once, s being the "
        "successes for each error: 74 with 1 % of errors, 13 with 10 %, 3 with 50 % (plausible: 2 to 4.5 with 50 %), and at "
        "least 1. The share is that of the last invokes, each counting for a hundredth, and begins without errors.",
        "That errors lower the concurrency gradually is documented, by how much is not: "
        + _ERRORS
        + ". Fitted to throughput of 2,000, 1,600, 500, 300 with 0, 1, 5, 10 % of errors: "
        "https://rehanvdm.com/blog/sqs-lambda-esm-scaling-behaviour--experiment-esm-and-lambda-errors",
    ),
    documented("ESM-ERROR-3", "With ReportBatchItemFailures errors do not slow the polling.", _ERRORS),
    documented(
        "ESM-THROTTLE-1",
        "A throttled invoke (429) is retried with the same batch, without receiving it anew: however often, it costs one "
        "receive. When its time is over the batch is dropped, and its messages are visible again.",
        _ERRORS
        + ". That it costs one receive follows: the message is dropped when the visibility of that receive is over.",
    ),
    observed(
        "ESM-THROTTLE-2",
        "A throttled invoke is retried only while at least one function timeout of the visibility timeout is left. "
        "The documentation says: until the visibility timeout ends.",
        _FIELD_REPORT
        + "; reserved 1, 3 s of work, visibility timeout 90 s, a message is dead-lettered after some five minutes: "
        "https://www.reddit.com/r/aws/comments/1oz3p88; reserved 10, messages are dead-lettered without a run: "
        "https://github.com/adobe/spacecat-audit-worker/pull/2876",
    ),
    assumed(
        "ESM-THROTTLE-3",
        "A poller with a throttled batch takes nothing else until the batch was invoked or is let go; with a batch that is "
        "let go, the mapping has one concurrent batch fewer. While its function throttles, the concurrent batches grow by "
        "0.4 a minute for each one that runs (plausible: 0.25 to 0.6), and by at most 30 a minute, until more run at once "
        "than when an invoke was throttled last, or until no messages wait.",
        "That throttling lowers the concurrency gradually is documented, by how much is not: "
        + _ERRORS
        + ". Fitted to two observations: "
        + _FIELD_REPORT.replace("field report:", "the field report, where about 30 of 130 messages were held back:")
        + "; 61 to 119 throttles a minute with reserved concurrency 64, at most 639 in five minutes: "
        "https://github.com/DataBiosphere/azul/issues/7544, https://github.com/DataBiosphere/azul/issues/8257",
    ),
    assumed(
        "ESM-THROTTLE-4",
        "Throttled invokes are retried after 1, 2, 4 ... up to 30 s, each shortened by up to a half at random.",
        "AWS does not publish the spacing.",
    ),
    documented("ESM-SCALE-1", "A mapping of a standard queue starts with 5 concurrent batches.", _SCALING),
    documented(
        "ESM-SCALE-2",
        "While messages wait, the concurrent batches grow by 300 a minute, up to 1,250.",
        _SCALING
        + " (older copies of it, and translations, have 1,000); https://aws.amazon.com/blogs/compute/introducing-faster-polling-scale-up-for-aws-lambda-functions-"
        "configured-with-amazon-sqs/",
    ),
    assumed(
        "ESM-SCALE-3",
        "They grow by 5 every second, and fall back to 5 when the queue is found empty and nothing is being worked on.",
        "AWS gives the growth a minute, not its steps, and does not say how fast it scales down. With work of 100 ms about half "
        "of 300 a minute was measured, 155 and 157, with 200 ms 248 and 265, which is not modelled: "
        "https://rehanvdm.com/blog/sqs-lambda-esm-scaling-behaviour--experiment-lambda-time-vs-batch-size",
    ),
    assumed(
        "ESM-SCALE-4",
        "A mapping that has found nothing for a minute takes up to 5 batches at once when messages come, as a new one does.",
        "In times of low traffic it can go down to 2, which is documented; when, and how fast it goes up again, is not: "
        + _SCALING,
    ),
    documented(
        "ESM-PROV-1",
        "In provisioned mode there are MinimumPollers (2 to 200, 2 by default) to MaximumPollers (2 to 10,000, 200 by default), "
        "each with up to 10 concurrent invokes and 10 polls a second.",
        LAMBDA_API
        + "API_ProvisionedPollerConfig.html; "
        + _SCALING
        + ". AWS contradicts itself on the most: 10,000 in the API's text and model and in "
        + _QUEUES
        + ", 2,000 in "
        + LAMBDA_GUIDE
        + "services-sqs-parameters.html and "
        + _CONFIGURE,
    ),
    documented(
        "ESM-PROV-2",
        "Provisioned pollers grow by up to 1,000 concurrent invokes a minute while messages wait.",
        _SCALING,
    ),
    assumed(
        "ESM-PROV-3",
        "They grow every second, in equal parts, and fall back to the minimum when the queue is found empty and nothing is "
        "being worked on.",
        "AWS gives the growth a minute, not its steps, and does not say how fast it scales down.",
    ),
    assumed(
        "ESM-PROV-4",
        "A poller's limit of 1 MB a second is not applied.",
        "Ten polls a second of ten messages reach it with messages of 10 kB.",
    ),
    documented(
        "ESM-PROV-5",
        "Provisioned mode and MaximumConcurrency cannot be used together.",
        _SCALING,
    ),
    assumed(
        "ESM-PROV-6",
        "Errors do not slow provisioned pollers down, with ReportBatchItemFailures or without.",
        "AWS says that errors lower the concurrency of a mapping, and that provisioned mode keeps at least MinimumPollers; not "
        "how the two go together.",
    ),
    assumed(
        "ESM-PROV-7",
        "Provisioned pollers do not grow while the function throttles, until more batches run at once than when an invoke was "
        "throttled last, or until no messages wait. They stay: one whose batch is let go waits until the visibility "
        "of the batch is over.",
        "AWS says that throttling lowers the concurrency of a mapping, and that provisioned mode keeps at least "
        "MinimumPollers; not how the two go together.",
    ),
    documented(
        "ESM-FIFO-1",
        "A mapping of a FIFO queue works on as many batches at once as there are message groups, or as MaximumConcurrency "
        "allows if that is less. A batch may hold messages of several groups; no group is in two batches.",
        _SCALING,
    ),
    assumed(
        "ESM-FIFO-2",
        "Of messages that do not fit into one payload, the later ones are delivered when the earlier ones are answered, and "
        "are visible again with them if one of their group has failed, or alone if their visibility timeout ends before.",
        "AWS promises the order within a group and does not say how it splits what it has received.",
    ),
    assumed(
        "ESM-FIFO-3",
        "Pollers of a FIFO queue are there as soon as groups have messages, and neither errors nor throttled invokes slow "
        "them down: a group that failed or was throttled waits for its messages, the others go on.",
        "AWS gives a limit, the number of groups, and no pace; that failed and throttled invokes lower the concurrency of a "
        "mapping is documented, not for which queues and by how much: " + _ERRORS,
    ),
    documented(
        "ESM-FIFO-4",
        "A batch of a FIFO queue has at most 10 messages, and there is no batching window: other values are refused.",
        LAMBDA_GUIDE + "services-sqs-parameters.html; the message: https://github.com/aws/aws-lambda-dotnet/pull/1758",
    ),
    documented(
        "ESM-CONC-1",
        "MaximumConcurrency (2 to 1,000) limits the batches that a mapping works on at once. At the limit it stops "
        "receiving, so the rest of the messages wait in the queue, where no visibility timeout runs (but see ESM-BATCH-5).",
        LAMBDA_API
        + "API_ScalingConfig.html (the bounds); that it stops receiving: https://aws.amazon.com/blogs/compute/"
        "introducing-maximum-concurrency-of-aws-lambda-functions-when-using-amazon-sqs-as-an-event-source/, measured in "
        "https://zaccharles.medium.com/does-maximum-concurrency-solve-the-lambda-sqs-issue-3c19701e6e75. While code was updated "
        "some more were seen for moments: "
        "https://rehanvdm.com/blog/sqs-lambda-esm-scaling-behaviour--experiment-esm-and-lambda-concurrency-uploads",
    ),
    documented(
        "ESM-FILTER-1",
        "A message that matches none of the mapping's filters is deleted, not left for another consumer: where another mapping "
        "of the queue would have taken it, it is lost.",
        LAMBDA_GUIDE + "invocation-eventfiltering.html",
    ),
    documented(
        "ESM-FILTER-2",
        "A pattern for a JSON body does not match a body that is plain text, and the reverse: the message is deleted.",
        LAMBDA_GUIDE + "with-sqs-filtering.html",
    ),
    documented(
        "ESM-FILTER-3",
        "A filter pattern that is no valid pattern is refused when the mapping is created; so are more than 10 patterns (5 "
        "unless the quota was raised), and one with more than 4,096 characters.",
        LAMBDA_GUIDE + "invocation-eventfiltering.html; the characters: " + LAMBDA_API + "API_Filter.html",
    ),
    assumed(
        "ESM-FILTER-4",
        "A pattern that asks for another field of a record than the content (body of a message, data of a Kinesis record, value "
        "of a Kafka record), such as messageAttributes or partitionKey, is matched with that field as it stands.",
        "AWS's pages say that filtering is supported on body, data and value only, and not what becomes of other fields: "
        + LAMBDA_GUIDE
        + "with-sqs-filtering.html, "
        + LAMBDA_GUIDE
        + "with-kinesis-filtering.html. They say the same of the field dynamodb of a table's stream, whose eventName was seen "
        "to be matched (LocalStack's test_dynamodb_event_filter, recorded against AWS). So --assume ESM-FILTER-4=unmatched is the other reading.",
    ),
    documented(
        "ESM-KIND-1",
        "Each kind of source has settings of its own: retries, age, bisecting, destinations and starting positions belong to "
        "streams and Kafka, MaximumConcurrency to queues. A mapping with a setting of another kind is refused.",
        LAMBDA_API + "API_CreateEventSourceMapping.html",
    ),
    observed(
        "ESM-ONE-1",
        "A queue or stream and a function can have one mapping: a second one is refused with ResourceConflictException.",
        _LOCALSTACK + "test_duplicate_event_source_mappings, for queues, Kinesis and DynamoDB streams",
    ),
    observed(
        "ESM-REGION-1",
        "A mapping reads a source of its function's region, whoever owns it: one in another region is refused.",
        "AWS's answer, Event source region must match Lambda region: "
        "https://github.com/pmuens/serverless-kinesis-streams/issues/1",
    ),
    observed(
        "ESM-ROLE-1",
        "A mapping is refused unless its function's role may read the source: ReceiveMessage, DeleteMessage and "
        "GetQueueAttributes of a queue; DescribeStream, GetRecords and GetShardIterator of a stream.",
        "AWS's answers: https://github.com/aws/aws-cdk/issues/6770 (ReceiveMessage), "
        "https://github.com/functionalone/serverless-iam-roles-per-function/issues/21 (DeleteMessage), "
        "https://github.com/alertlogic/cwe-collector/issues/2 (streams). GetQueueAttributes is among what the documentation of "
        "mappings asks for. ListShards and ListStreams, which the answer names, are taken not to be needed: AWS's own policies "
        "for functions do not have all of them.",
    ),
    assumed(
        "ESM-POLL-1",
        "Pollers long-poll: a message is received at the instant at which it is ready and a poller is free. Receiving and "
        "deleting take no time.",
        "AWS states no latency; in practice it is a few to some hundred milliseconds. Calibration draws it below 0.3 s.",
    ),
)
