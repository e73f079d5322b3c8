"""Rules of Kinesis, and of the mappings that read its streams and those of tables."""

from delivery_lab.rules.rule import LAMBDA_API, LAMBDA_GUIDE, LOCALSTACK, assumed, documented, observed

_KINESIS_API = "https://docs.aws.amazon.com/kinesis/latest/APIReference/"
_CREATE = LAMBDA_API + "API_CreateEventSourceMapping.html"
_KINESIS = LAMBDA_GUIDE + "with-kinesis.html"
_WINDOWS = LAMBDA_GUIDE + "services-kinesis-windows.html"
_PARAMETERS = LAMBDA_GUIDE + "services-kinesis-parameters.html"
_REPORTING = LAMBDA_GUIDE + "services-kinesis-batchfailurereporting.html"
_FAILURE = LAMBDA_GUIDE + "kinesis-on-failure-destination.html"
_LOCALSTACK = LOCALSTACK + "lambda_/event_source_mapping/test_lambda_integration_kinesis.py, "
_LOCALSTACK_TABLE = "test_lambda_integration_dynamodbstreams.py, "

RULES = (
    documented(
        "KIN-SHARD-1",
        "The MD5 of a record's partition key, or its explicit hash key, decides its shard; a shard keeps the order in which "
        "it took its records and numbers them in that order.",
        _KINESIS_API + "API_PutRecord.html",
    ),
    assumed(
        "KIN-SHARD-2",
        "The shards share the hash keys evenly, and their number stays as it is while a run lasts.",
        "Shards are even when a stream is created; resharding is not modelled.",
    ),
    assumed(
        "KIN-SHARD-3",
        "A stream in on-demand mode has 4 shards.",
        "A new one can take 4 MB/s, which is what 4 shards can; AWS adds shards with traffic.",
    ),
    documented(
        "KIN-RET-1",
        "A record is gone when the stream's retention is over, 24 h by default and at most 8,760 h, whether or not anybody "
        "has processed it.",
        _KINESIS_API + "API_IncreaseStreamRetentionPeriod.html",
    ),
    documented(
        "KIN-SIZE-1",
        "A record has a partition key of 1 to 256 characters and at most 1 MiB, key and data together, or what the stream's "
        "MaxRecordSizeInKiB says, up to 10 MiB; others are refused. (Not modelled: streams that distribute records "
        "by themselves, RecordDistributionStrategy AUTO, need no key.)",
        _KINESIS_API + "API_PutRecord.html; https://docs.aws.amazon.com/streams/latest/dev/large-records.html",
    ),
    documented(
        "KIN-READ-1",
        "A shard gives its standard consumers 5 reads and 2 MB a second, which they share. One read gives at most 10 MB or 10,000 "
        "records; after one of more than 2 MB there is a pause until it is paid for.",
        _KINESIS_API
        + "API_GetRecords.html; https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html",
    ),
    assumed(
        "KIN-READ-2",
        "Up to five standard mappings of a stream poll once a second each; of more each polls so much less often that together "
        "they make 5 reads a second.",
        "That the reads are shared is documented, what mappings do that are throttled is not.",
    ),
    assumed(
        "KIN-READ-3",
        "A read of a mapping that Kinesis throttles or fails is repeated at the mapping's next poll, a second later: nothing is "
        "skipped, the records only wait.",
        "AWS documents that GetRecords is refused beyond the limits of a shard (ProvisionedThroughputExceededException), and not "
        "when a mapping reads again.",
    ),
    documented(
        "KIN-API-1",
        "A shard iterator begins at the oldest record, behind the latest, at or after a sequence number, or at a time, and is good "
        "for 5 minutes; GetRecords goes on from it and counts as a read that standard consumers share.",
        _KINESIS_API + "API_GetShardIterator.html; " + _KINESIS_API + "API_GetRecords.html",
    ),
    documented(
        "KIN-FAN-1",
        "A mapping on the ARN of a consumer registered for enhanced fan-out has 2 MB a second of each shard to itself, and its "
        "records are pushed. A stream has at most 20 such consumers (50 in the mode On-demand Advantage).",
        "https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html",
    ),
    assumed(
        "KIN-FAN-2",
        "A record is pushed to an enhanced fan-out consumer 70 ms after it was put.",
        "AWS says an average of 70 ms: https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html",
    ),
    assumed(
        "KIN-FAN-3",
        "Events of a mapping on a consumer name the consumer's ARN as eventSourceARN; the document of a discarded batch names "
        "the stream's.",
        "No page of AWS shows an event of such a mapping; eventSourceARN is what the mapping reads elsewhere.",
    ),
    documented(
        "STR-START-1",
        "StartingPosition is required: TRIM_HORIZON, LATEST or, not for DynamoDB, AT_TIMESTAMP with a time. Without it, or "
        "with one that is not for the source or a time in the future, the mapping is refused.",
        _CREATE,
    ),
    documented(
        "STR-START-2",
        "With LATEST, or before the time of AT_TIMESTAMP, records that were there before are skipped: they are not delivered.",
        _CREATE,
    ),
    assumed(
        "STR-START-3",
        "The mapping polls from the beginning of the run.",
        "AWS takes up to some minutes to begin; the run is taken to start after that, so LATEST misses nothing.",
    ),
    documented(
        "STR-START-4",
        "A mapping that is disabled and enabled goes on at the place where it was: nothing is skipped, whatever its starting "
        "position.",
        LAMBDA_API
        + "API_UpdateEventSourceMapping.html. Of updates in general a page says that with LATEST records could be "
        "missed, and gives no case: " + LAMBDA_GUIDE + "kafka-starting-positions.html",
    ),
    documented(
        "STR-START-5",
        "A mapping that is deleted and created again knows nothing of the former one's place. With LATEST it misses what came "
        "before it polls, which it may do some minutes after its creation.",
        _CREATE + "; " + LAMBDA_GUIDE + "kafka-starting-positions.html",
    ),
    assumed(
        "STR-START-6",
        "Invokes that run while their mapping is deleted run to their end, and what they succeed with is behind the mapping. "
        "Everything else that it had read is not finished.",
        "AWS says that a mapping may take some seconds to be deleted, and nothing of its invokes: "
        + LAMBDA_API
        + "API_DeleteEventSourceMapping.html",
    ),
    documented(
        "STR-START-7",
        "A mapping that is deleted and created again begins at its starting position: at TRIM_HORIZON with the oldest record "
        "that is still there, at AT_TIMESTAMP with the first one from its time on. It delivers again what the former one was "
        "past.",
        _CREATE + "; " + LAMBDA_GUIDE + "kafka-starting-positions.html",
    ),
    assumed(
        "STR-START-8",
        "Where the new mapping reads again (STR-START-7), invokes of the former one that still run decide nothing: the new one "
        "delivers their records too, also while they run, and its retries, batches and pollers begin anew.",
        "AWS says that a mapping may take some seconds to be deleted, and nothing of its invokes: "
        + LAMBDA_API
        + "API_DeleteEventSourceMapping.html",
    ),
    documented("STR-POLL-1", "A shard of a Kinesis stream is polled once a second.", _KINESIS),
    documented(
        "STR-POLL-2", "A shard of a DynamoDB stream is polled four times a second.", LAMBDA_GUIDE + "with-ddb.html"
    ),
    documented(
        "STR-BATCH-1",
        "A batch has records of one shard only: at most BatchSize (100 by default, up to 10,000) and at most 6 MB. At any time "
        "one batch of a shard is being worked on, or one for each slot of the parallelization factor (1 to 10).",
        _PARAMETERS + "; " + _KINESIS,
    ),
    documented(
        "STR-BATCH-2",
        "With MaximumBatchingWindowInSeconds (0 to 300) a batch is delivered when it is full or when the window is over, which "
        "opened when the previous invoke completed: records that come late in it wait for less.",
        LAMBDA_GUIDE + "invocation-eventsourcemapping.html",
    ),
    assumed(
        "STR-BATCH-3",
        "If a window ends without a record, the next one opens with the next record; so does the first one of a mapping.",
        "AWS says that the next window begins when the previous invoke completes, not what follows a window in which nothing "
        "came: " + LAMBDA_GUIDE + "invocation-eventsourcemapping.html",
    ),
    assumed(
        "STR-PARALLEL-1",
        "With a parallelization factor the partition keys of a shard are divided among its slots by a hash; a key's records "
        "stay in order and are never in two batches at once.",
        "That the order of each key is kept is documented, how keys are divided is not: " + _KINESIS,
    ),
    observed(
        "STR-READ-1",
        "Several mappings may read one stream, each for another function: each gets every record and is past it by itself, and "
        "what one does with a record means nothing to the others.",
        _LOCALSTACK
        + "test_create_kinesis_event_source_mapping_multiple_lambdas_single_kinesis_event_stream; of tables up to two are "
        "advised: " + LAMBDA_GUIDE + "with-ddb.html",
    ),
    documented(
        "STR-CHECKPOINT-1",
        "What a batch succeeded with is behind the checkpoint: it is not delivered again by this mapping.",
        _REPORTING,
    ),
    documented(
        "STR-ERROR-1",
        "An exception, crash or timeout fails the whole batch, whatever was done of it; all its records are delivered again.",
        _FAILURE,
    ),
    documented(
        "STR-ERROR-2",
        "While a batch fails nothing behind it in its shard (or slot) is delivered: one record that cannot be processed holds "
        "up all others until retries, age or retention end it.",
        _FAILURE,
    ),
    documented(
        "STR-RETRY-1",
        "A failed batch is retried up to MaximumRetryAttempts times (-1, the default: without end); then it is discarded. "
        "The first attempt does not count, so 3 retries are 4 invokes.",
        _PARAMETERS + "; " + _LOCALSTACK + "test_kinesis_event_source_mapping_with_on_failure_destination_config",
    ),
    assumed(
        "STR-RETRY-2",
        "A batch that failed or was throttled is retried after 0.5, 1, 2 ... up to 60 s, each shortened by up to a half "
        "at random.",
        "AWS does not publish the spacing. Fitted to 8 invokes within a maximum age of 60 s ("
        + _LOCALSTACK
        + "test_kinesis_maximum_record_age_exceeded), and to the most that can be set: 10,000 retries, one a minute, take the "
        "7 days of the longest maximum age.",
    ),
    documented(
        "STR-THROTTLE-1",
        "A throttled invoke (429) is retried with the same batch and uses up no retry; only age and retention end it.",
        _FAILURE + "; " + LAMBDA_GUIDE + "invocation-eventsourcemapping.html",
    ),
    documented(
        "STR-AGE-1",
        "With MaximumRecordAgeInSeconds records that are older are discarded before the next attempt, without an invoke.",
        _PARAMETERS + "; " + _FAILURE,
    ),
    documented(
        "STR-AGE-2",
        "MaximumRecordAgeInSeconds is -1 (no limit) or 60 to 604,800; values between are refused.",
        LAMBDA_API + "API_EventSourceMappingConfiguration.html",
    ),
    assumed(
        "STR-AGE-3",
        "A batch that waits to be retried is discarded at the moment at which its last record is too old; at an attempt "
        "before that the records that are too old are discarded and the others tried.",
        "AWS does not say when it looks at the age.",
    ),
    documented(
        "STR-BISECT-1",
        "With BisectBatchOnFunctionError a batch that failed as a whole is cut into two, down to single records.",
        LAMBDA_API + "API_CreateEventSourceMapping.html; " + LAMBDA_GUIDE + "kinesis-on-failure-destination.html",
    ),
    documented(
        "STR-BISECT-2",
        "With ReportBatchItemFailures too it is cut at the record that was returned, and only the rest is retried; after "
        "an exception it is bisected as without.",
        _REPORTING,
    ),
    assumed(
        "STR-BISECT-3",
        "The parts of a batch that was cut follow at once and in order; when the first record of a batch is returned it is cut "
        "in half. Cutting uses up no retry.",
        "That a cut uses up no retry is documented ("
        + _FAILURE
        + "); AWS says nothing of a wait between the parts, nor of "
        "a cut that would leave everything: " + _REPORTING,
    ),
    documented(
        "STR-REPORT-1",
        "Without ReportBatchItemFailures the response is not looked at: an invoke without an error is behind the checkpoint.",
        _REPORTING,
    ),
    documented(
        "STR-REPORT-2",
        "An empty or null response is success; so are an empty text and an empty list.",
        _REPORTING + "; " + _LOCALSTACK + "test_kinesis_report_batch_item_success_scenarios",
    ),
    documented("STR-REPORT-3", "batchItemFailures empty or null: the whole batch succeeded.", _REPORTING),
    documented(
        "STR-REPORT-4",
        "An itemIdentifier that is empty, null or under another key: the whole batch failed.",
        _REPORTING,
    ),
    observed(
        "STR-REPORT-5",
        "An itemIdentifier that is no record of the batch: the whole batch failed.",
        _LOCALSTACK + "test_kinesis_report_batch_item_failure_scenarios",
    ),
    assumed(
        "STR-REPORT-6",
        "A response that is no JSON, or whose batchItemFailures is no list: the whole batch failed.",
        "AWS says so for queues, not for streams.",
    ),
    assumed(
        "STR-REPORT-7",
        "A response that is not empty and has no batchItemFailures counts as success.",
        _REPORTING
        + " names what succeeds and what fails, and this is on neither list; the model reads it as a null list, as it "
        "does for queues (ESM-REPORT-4).",
    ),
    documented(
        "STR-REPORT-8",
        "Of the records named the one with the lowest sequence number counts: everything before it is behind the checkpoint, "
        "everything from it on is delivered again, later successes included.",
        _REPORTING,
    ),
    observed(
        "STR-REPORT-9",
        "A partial failure that moves the checkpoint uses up no retry. What is left is a batch of its own: it is tried once and "
        "then up to MaximumRetryAttempts times, and approximateInvokeCount counts these invokes only. With batches of 3 and 3 "
        "retries, a third record that always fails is delivered 5 times, and its document says 4.",
        _LOCALSTACK
        + "test_kinesis_report_batch_item_failures; the same of a table: "
        + _LOCALSTACK_TABLE
        + "test_dynamodb_report_batch_item_failures",
    ),
    assumed(
        "STR-REPORT-10",
        "Retries that a batch had used up before a partial failure moved the checkpoint do not count for what is left of it.",
        "It follows if what is left is a batch of its own, as its approximateInvokeCount says; in the recordings no retry had "
        "been used up before the checkpoint moved.",
    ),
    assumed(
        "STR-REPORT-11",
        "When the retries of a partial failure are over all records from the lowest failed one on are discarded together.",
        "AWS says that the batch is discarded; in the recordings the failed record was the last of its batch: "
        + _FAILURE,
    ),
    documented(
        "STR-DEST-1",
        "A destination gets one document for each batch that was discarded: requestContext with condition and "
        "approximateInvokeCount (1 also for a batch that was never invoked), responseContext (not when age ended it; functionError "
        "null after a partial failure), and where in the stream the records are.",
        _FAILURE + "; " + _LOCALSTACK + "test_kinesis_maximum_record_age_exceeded",
    ),
    documented(
        "STR-DEST-2",
        "SQS and SNS get the document only; the records have to be fetched from the stream before they expire. S3 gets the "
        "event too.",
        _FAILURE,
    ),
    assumed(
        "STR-DEST-3",
        "If the destination refuses the document the batch is skipped nevertheless.",
        "AWS counts it as DestinationDeliveryFailures and does not say that it stops.",
    ),
    documented(
        "STR-DEST-4",
        "Without a destination discarded records are skipped, and nothing of them is kept. (A mapping's metrics count "
        "them as DroppedEventCount, where MetricsConfig asks for it.)",
        _FAILURE,
    ),
    documented(
        "STR-DEST-5",
        "A destination is a standard SQS queue, a standard SNS topic, an S3 bucket or, of Kafka, a topic; others are refused.",
        LAMBDA_API + "API_OnFailure.html",
    ),
    documented(
        "STR-FILTER-1",
        "Records that match none of the mapping's filters are skipped.",
        LAMBDA_GUIDE + "invocation-eventfiltering.html",
    ),
    documented(
        "STR-WINDOW-1",
        "With a tumbling window (up to 900 s) batches hold records of one window and hand a state on from one to the next, and "
        "the window ends with a final invoke; with more than 1 MB of state it ends early.",
        _WINDOWS + "; the longest: " + LAMBDA_API + "API_CreateEventSourceMapping.html",
    ),
    documented(
        "STR-WINDOW-2", "In a tumbling window a response without a state is a failure of the whole batch.", _WINDOWS
    ),
    assumed(
        "STR-WINDOW-3",
        "A tumbling window together with a parallelization factor above 1 is refused.",
        "AWS does not say whose state it would be.",
    ),
    assumed(
        "STR-WINDOW-4",
        "Tumbling windows follow each other from midnight on 2026-01-01 UTC without gaps; the final invoke of one has no "
        "records and comes a second after its end, or before the first record of a later one; a window without records has "
        "no invoke.",
        "AWS says that it waits for up to 2 minutes where no further records come ("
        + _WINDOWS
        + "), not for how long, where "
        "windows begin, or what the final invoke holds.",
    ),
)
