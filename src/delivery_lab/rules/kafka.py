"""Rules of Kafka topics and of the mappings that read them."""

from delivery_lab.rules.rule import LAMBDA_API, LAMBDA_GUIDE, assumed, documented

_MSK = LAMBDA_GUIDE + "with-msk-configure.html"
_RETRIES = LAMBDA_GUIDE + "kafka-retry-configurations.html"
_SCALING = LAMBDA_GUIDE + "kafka-scaling-modes.html"
_START = LAMBDA_GUIDE + "kafka-starting-positions.html"
_GROUP = LAMBDA_GUIDE + "kafka-consumer-group-id.html"
_DESTINATION = LAMBDA_GUIDE + "kafka-on-failure-destination.html"
_KAFKA = "https://kafka.apache.org/documentation/"
_PRODUCER = "https://docs.confluent.io/platform/current/clients/producer.html"

RULES = (
    documented(
        "KAF-PART-1",
        "The murmur2 hash of a record's key decides its partition. A partition keeps the order of its records and numbers "
        "them from 0.",
        _PRODUCER + "; " + _KAFKA + "#producerconfigs_partitioner.class",
    ),
    assumed(
        "KAF-PART-2",
        "Without a key the partitions take turns, record by record.",
        "Clients stay with a partition until a batch of batch.size bytes is full, and go on to another then, which evens "
        "out over many records: " + _PRODUCER,
    ),
    documented(
        "KAF-RET-1",
        "A record is gone when the topic's retention is over, 7 days by default, whether or not anybody has processed it. "
        "Reading takes nothing away.",
        _KAFKA + "#topicconfigs_retention.ms",
    ),
    documented(
        "KAF-SIZE-1",
        "Brokers refuse records larger than message.max.bytes, 1,048,588 by default.",
        _KAFKA + "#brokerconfigs_message.max.bytes",
    ),
    assumed(
        "KAF-TOPIC-1",
        "A topic has the partitions and the retention that the workload gives it under `topics`, else those of the cluster's "
        "configuration (num.partitions, log.retention.*), else 1 partition and 7 days; it exists before the mapping does.",
        "No resource of a stack holds a topic's settings.",
    ),
    documented(
        "KAF-START-1",
        "StartingPosition is required: TRIM_HORIZON, LATEST or AT_TIMESTAMP with a time.",
        LAMBDA_API + "API_CreateEventSourceMapping.html",
    ),
    assumed(
        "KAF-START-2",
        "The mapping begins to read 3 minutes after it was created.",
        "AWS says several minutes: " + _START,
    ),
    documented(
        "KAF-START-3",
        "With LATEST, records that were produced before polling begins are missed, those of the minutes after the creation "
        "included.",
        _START,
    ),
    documented(
        "KAF-GROUP-1",
        "A mapping reads as a consumer group: the one it was given (1 to 200 characters), else one of its own.",
        _GROUP + "; the characters: " + LAMBDA_API + "API_AmazonManagedKafkaEventSourceConfig.html",
    ),
    documented(
        "KAF-GROUP-2",
        "If its group has committed offsets the mapping goes on from there, and the starting position is ignored.",
        _GROUP,
    ),
    documented(
        "KAF-GROUP-3",
        "Mappings of one topic are consumer groups of their own, and each reads every record. A consumer group id is unique among "
        "all Kafka mappings: a second mapping with it is refused.",
        _GROUP + ". How it is refused is not said.",
    ),
    documented(
        "KAF-BATCH-1",
        "A mapping reads one topic. A batch has at most BatchSize records (100 by default, up to 10,000), 6 MB, and what comes "
        "within the batching window: 0.5 s, or 0 to 300 whole seconds once it is set.",
        LAMBDA_API + "API_CreateEventSourceMapping.html",
    ),
    documented(
        "KAF-BATCH-3",
        "A batching window opens when the previous invoke completes; in provisioned mode when the previous batch is completed, "
        "whether it succeeded or was discarded.",
        LAMBDA_GUIDE + "invocation-eventsourcemapping.html",
    ),
    assumed(
        "KAF-BATCH-2",
        "A batch holds records of one partition, and one batch of a partition is worked on at a time; other partitions go on "
        "while it fails.",
        "An event may hold several partitions; AWS does not say when it does: " + _MSK,
    ),
    assumed(
        "KAF-POLL-1",
        "Once polling has begun a record is read at the instant at which it was produced.",
        "Pollers wait at the broker for records; AWS states no latency.",
    ),
    documented(
        "KAF-TIME-1",
        "A function that a Kafka mapping invokes may have a timeout of at most 14 minutes.",
        _MSK,
    ),
    assumed(
        "KAF-SCALE-1",
        "On demand there is one poller at first, and one more every minute while partitions wait for one, up to one for each "
        "partition.",
        "Lag is looked at every minute, and a change is done within 3; by how much is not documented, nor how many pollers "
        "there are at first, nor by how many a throttled function lowers them, which is not modelled: " + _SCALING,
    ),
    assumed(
        "KAF-SCALE-2",
        "Provisioned, there are MinimumPollers (1 to 200) at first, and one more every minute while partitions wait for one, up "
        "to MaximumPollers (1 to 2,000) or one for each partition.",
        "The bounds are documented, the steps between them are not: " + _SCALING,
    ),
    documented(
        "KAF-SCALE-3",
        "One provisioned poller has up to 5 invokes at once. (Its 5 MB a second are not applied.)",
        _SCALING + "; " + LAMBDA_GUIDE + "invocation-eventsourcemapping.html",
    ),
    documented(
        "KAF-RETRY-1",
        "MaximumRetryAttempts, MaximumRecordAgeInSeconds, BisectBatchOnFunctionError and ReportBatchItemFailures of a Kafka "
        "mapping need provisioned mode; without it the mapping is refused.",
        _SCALING
        + " (Advanced error handling). It says what they need, not how the API refuses them; so does "
        + _RETRIES
        + ", of the console.",
    ),
    documented(
        "KAF-RETRY-2",
        "Endless retries together with a destination end after 10 retries.",
        _DESTINATION + "; " + _RETRIES,
    ),
    documented(
        "KAF-REPORT-1",
        "An itemIdentifier of Kafka is an object of partition, as topic-number, and offset. An empty response or null is "
        "success; a partition or offset that is not in the event fails the whole batch.",
        _RETRIES,
    ),
    assumed(
        "KAF-REPORT-2",
        "Of a Kafka batch the records that the response names are tried again, and no others: what comes after them "
        "in their partition counts as processed.",
        _RETRIES
        + " says that Lambda can retry only the failed records. It does not say what becomes of the order, nor that "
        "Kafka has no checkpoint between them; for streams everything from the lowest one on is tried again (STR-REPORT-8).",
    ),
    documented(
        "KAF-DEST-1",
        "A Kafka topic as destination must be another topic of the same cluster, and needs provisioned mode. It gets a record "
        "for each that was discarded, with its key, its content and the failure's description; its condition is "
        "RetriesExhausted, not RetryAttemptsExhausted as elsewhere.",
        _DESTINATION,
    ),
)
