"""Why the default of each argument of the components is safe; the page docs/components.md and the schema tell it.

By class and field, the class that says it first; a class below it can say another reason for its own default.
"""

from __future__ import annotations

from collections.abc import Mapping

COMPUTED: Mapping[str, str] = {
    "QueueSettings.visibility_timeout_seconds": "6 x the function's timeout + the batching window",
    "HeartbeatSettings.extend_to_seconds": "2 x everySeconds",
}
"""Defaults that follow from other arguments, in words."""

REASONS: Mapping[str, str] = {
    # -- queues -------------------------------------------------------------------------------------------------------
    "QueueSettings.visibility_timeout_seconds": (
        "What AWS advises: a throttled invoke can be tried again before the message is visible to another one. Less "
        "than the function's timeout is refused, as AWS refuses the mapping."
    ),
    "QueueSettings.max_receive_count": (
        "What AWS advises at least: throttles and short outages use up receives of healthy messages too."
    ),
    "QueueSettings.retention_seconds": "4 days, AWS's own: a weekend without anybody at work is outlived.",
    "QueueSettings.delay_seconds": "Messages are there to be received at once, as senders expect.",
    "QueueSettings.receive_wait_time_seconds": (
        "Long polls: other readers make fewer empty receives, and miss no server of SQS."
    ),
    "QueueSettings.maximum_message_bytes": (
        "All that SQS takes, so that no sender is refused; a Lambda invoke takes 6 MB in all."
    ),
    "OrderableQueueSettings.fifo": "A standard queue has no order that a failed message could hold up.",
    "OrderableQueueSettings.content_based_deduplication": (
        "SQS's own: off, so two equal bodies are two messages, and a sender has to name each."
    ),
    "OrderableQueueSettings.deduplication_scope": "SQS's own: the whole queue.",
    "OrderableQueueSettings.fifo_throughput_limit": "SQS's own: the whole queue.",
    "DeadLetterQueueSettings.retention_seconds": "14 days, the longest: a message keeps its age when it moves.",
    "QueueWithDlqArguments.function_timeout_seconds": (
        "The default of the workers here. Say what your function has: the visibility timeout follows from it."
    ),
    "QueueWithDlqArguments.maximum_batching_window_seconds": "The default of the workers here.",
    # -- alarms -------------------------------------------------------------------------------------------------------
    "AlarmSettings.enabled": "A dead-letter queue that nobody looks at keeps messages until they expire.",
    "AlarmSettings.topic_arn": "Without it alarms change their state and notify nobody: give one.",
    # -- code ---------------------------------------------------------------------------------------------------------
    "CodeArguments.code": "The function of this package, whose behaviour the arguments of the worker decide.",
    "CodeArguments.handler": "The function `lambda_handler` in `handler.py`.",
    "CodeArguments.runtime": "The runtime of this package's own functions.",
    "CodeArguments.architecture": (
        "The one of this package's own functions; code with compiled parts has to be built for it."
    ),
    "CodeArguments.layers": "Nothing is added to your code.",
    "CodeArguments.environment": "Your code finds what the component tells it, and nothing else.",
    "CodeArguments.statements": "The role may do what the mapping takes and write its own logs, and nothing else.",
    "BatchWorkerArguments.queue_visibility_timeout_seconds": (
        "Not told, it is not checked here, and AWS refuses the mapping if it is below the function's timeout. "
        "`QueueWithDlq` has it as an output."
    ),
    "BatchWorkerArguments.fifo": "A standard queue. An ARN that says otherwise is refused.",
    # -- functions ----------------------------------------------------------------------------------------------------
    "FunctionSettings.timeout_seconds": "Ends work that hangs while its message is still hidden.",
    "FunctionSettings.memory_mb": "Enough for handlers without large data; a function that needs more fails visibly.",
    "FunctionSettings.reserved_concurrency": (
        "None: reserving less than the mapping asks for makes throttles, and those use up receives. Limit the mapping "
        "instead."
    ),
    "FunctionSettings.log_retention_days": (
        "Long enough to look into a failure; AWS's own default keeps logs for ever."
    ),
    # -- mappings -----------------------------------------------------------------------------------------------------
    "MappingSettings.filters": "Everything is delivered: what matches no filter is deleted or skipped.",
    "MappingSettings.enabled": "The worker works.",
    "SqsWorkerSettings.batch_size": "AWS's own, and the most without a batching window.",
    "IdempotentWorkerSettings.batch_size": (
        "One message at a time: work that takes long cannot use up the others' visibility timeout."
    ),
    "SqsWorkerSettings.maximum_batching_window_seconds": "Waiting for a batch takes time off the visibility timeout.",
    "SqsWorkerSettings.report_batch_item_failures": "A failed record does not take its batch with it.",
    "SqsWorkerSettings.maximum_concurrency": (
        "No limit but the account's. A limit here makes no throttles; reservedConcurrency does."
    ),
    "SqsWorkerSettings.provisioned_pollers": "Pollers on demand cost nothing while the queue is empty.",
    "ProvisionedPollersSettings.minimum": "AWS's own.",
    "ProvisionedPollersSettings.maximum": "AWS's own.",
    "BatchWorkerSettings.on_record_error": "Failed records are named, so that the others are not delivered again.",
    "BatchWorkerSettings.keep_group_order": "On a FIFO queue: yes, which is what such a queue is for.",
    "RetrySettings.non_retryable": (
        "Nothing is lost: after maxReceiveCount receives the message is in the dead-letter queue."
    ),
    "RetrySettings.backoff": "Each retry waits for the visibility timeout; shorter delays use up receives faster.",
    "BatchIdempotencySettings.mode": (
        "No table that nobody asked for. Choose powertools unless work may be done twice: SQS delivers at least once."
    ),
    "BatchIdempotencySettings.expires_after_seconds": (
        "30 days: longer than a message can live, with one redrive of the dead-letter queue."
    ),
    "HeartbeatSettings.enabled": "The visibility timeout is long enough by itself.",
    "HeartbeatSettings.every_seconds": "Far below the visibility timeout that the queue has by default.",
    "HeartbeatSettings.extend_to_seconds": "One extension may fail without the message being visible in between.",
    "HeartbeatSettings.failing": "For experiments: a heartbeat that fails.",
    "IdempotencySettings.mode": (
        "A record that is in progress holds off the same message elsewhere; a failure clears it."
    ),
    "IdempotencySettings.expires_after_seconds": (
        "30 days: longer than a message can live, with one redrive of the dead-letter queue."
    ),
    # -- ordered logs -------------------------------------------------------------------------------------------------
    "OrderedWorkerSettings.batch_size": "AWS's own for Kinesis and Kafka.",
    "OrderedWorkerSettings.starting_position": "From the oldest record: none that was written before is missed.",
    "OrderedWorkerSettings.starting_position_timestamp": "It goes with AT_TIMESTAMP alone.",
    "OrderedWorkerSettings.maximum_retry_attempts": (
        "A record that cannot be processed holds up its shard for six attempts, and not until it expires, as AWS's "
        "own default (-1) has it."
    ),
    "OrderedWorkerSettings.maximum_record_age_seconds": (
        "No limit: an outage of the worker discards no healthy records."
    ),
    "OrderedWorkerSettings.bisect_batch_on_function_error": (
        "A record that makes the invoke fail is cut out of its batch."
    ),
    "OrderedWorkerSettings.report_batch_item_failures": "Records before the failed one are not processed again.",
    "OrderedWorkerSettings.on_record_error": (
        "The first failed record is named, so that the ones before it count as done."
    ),
    "StreamWorkerSettings.maximum_batching_window_seconds": "Records are processed at once.",
    "StreamWorkerSettings.parallelization_factor": "AWS's own: one batch of a shard at a time.",
    "StreamWorkerSettings.tumbling_window_seconds": (
        "Off, which is AWS's own: windows are for functions that aggregate."
    ),
    "StreamWorkerSettings.on_failure": "What is discarded is told to a queue that keeps it, and not lost in silence.",
    "StreamWorkerArguments.source": "A data stream; `dynamodb` makes a table with its stream instead.",
    "KinesisSettings.shards": "One shard keeps the order of all records. Capacity is paid for by the shard.",
    "KinesisSettings.retention_hours": "AWS's own.",
    "TableSettings.stream_view_type": "Both images: the worker can tell what changed.",
    # -- Kafka --------------------------------------------------------------------------------------------------------
    "KafkaConsumerArguments.cluster_arn": "Give this or selfManaged.",
    "KafkaConsumerArguments.self_managed": "Give this or clusterArn.",
    "KafkaConsumerArguments.topic_partitions": "The lowest threshold: the alarm is early rather than late.",
    "KafkaConsumerSettings.timeout_seconds": "Ends work that hangs; AWS takes 14 minutes at most behind Kafka.",
    "KafkaConsumerSettings.maximum_batching_window_seconds": "AWS's own 500 ms, which no number of seconds gives.",
    "KafkaConsumerSettings.consumer_group_id": (
        "A group of the mapping's own: no other consumer takes partitions from it."
    ),
    "KafkaConsumerSettings.on_failure": "What is discarded is told to a queue that keeps it, and not lost in silence.",
    "KafkaConsumerSettings.failure_topic": "Only read with onFailure kafka.",
    "PollerSettings.mode": "AWS bounds retries and takes batchItemFailures of Kafka with provisioned pollers only.",
    "PollerSettings.minimum": "The lowest: each poller is paid for.",
    "PollerSettings.maximum": "AWS's own.",
    "SelfManagedKafkaSettings.authentication": (
        "The network is trusted. Brokers that ask for credentials take one of the others, with secretArn."
    ),
    "SelfManagedKafkaSettings.secret_arn": "It goes with authentication alone.",
    "SelfManagedKafkaSettings.root_ca_secret_arn": "Certificates of public authorities are trusted.",
    "SelfManagedKafkaSettings.subnet_ids": "Brokers that the internet reaches.",
    "SelfManagedKafkaSettings.security_group_ids": "Brokers that the internet reaches.",
    # -- MSK ----------------------------------------------------------------------------------------------------------
    "MskSettings.mode": "Brokers of a known size and price.",
    "MskSettings.zones": (
        "One zone may fail, or be patched, without the topic being gone; three cost half as much again."
    ),
    "MskSettings.instance_type": "The smallest. It is for trying things out: take kafka.m7g.large or larger for work.",
    "MskSettings.brokers_per_zone": "The fewest.",
    "MskSettings.storage_gb": "Little, and it can only grow.",
    "MskSettings.kafka_version": "A fixed version: brokers change theirs when this argument does.",
    "MskSettings.vpc": "A private network of its own: nothing in it reaches the internet, or is reached from there.",
    "TopicDefaultsSettings.partitions": "One partition keeps the order of all records.",
    "TopicDefaultsSettings.retention_hours": "7 days, Kafka's own.",
    "MskClusterArguments.services": (
        "What `KafkaConsumer` with its defaults needs: SQS for what is discarded. With on-demand pollers add `lambda` "
        "and `sts`."
    ),
}
