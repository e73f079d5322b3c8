"""Rules of notifications of S3 buckets."""

from delivery_lab.rules.rule import S3_GUIDE, assumed, documented, observed

_STRUCTURE = S3_GUIDE + "notification-content-structure.html"
_CONFIGURE = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html"

RULES = (
    documented(
        "S3-NOTIFY-1",
        "A bucket tells of a change of an object to each destination whose configuration names the event: one message in a "
        "queue or topic, one asynchronous invoke of a function, at least once and in no promised order.",
        S3_GUIDE + "EventNotifications.html",
    ),
    assumed(
        "S3-TIME-1",
        "It does so at the instant of the change, once, and in the order of the changes, unless a fault of the workload has its "
        "name as feeder. A destination that fails for reasons of its own is not modelled.",
        "AWS says that notifications come within seconds and sometimes after a minute, at least once, and neither how often "
        "twice nor for how long it tries.",
    ),
    documented(
        "S3-RECORD-1",
        "The message holds one record: eventVersion, eventSource aws:s3, awsRegion, eventTime, eventName, userIdentity, "
        "requestParameters, responseElements and, under s3, configurationId, bucket and object with key, size, eTag and "
        "sequencer. An object that is gone has neither size nor eTag.",
        _STRUCTURE,
    ),
    assumed(
        "S3-RECORD-2",
        "The eventVersion is 2.5, and names of principals, addresses and hosts are made up.",
        "The page on the structure has 2.1 in older editions, and 2.5 today: since 2.4 all kinds of events have one version, which "
        "grows. 2.1 was recorded in January 2025, and may be what a bucket still sends. AWS asks to compare the major version only.",
    ),
    documented(
        "S3-KEY-1",
        "The key in a record is URL-encoded, with + for a space. Prefixes and suffixes are, too (S3-FILTER-3).",
        _STRUCTURE,
    ),
    documented(
        "S3-NOTIFY-2",
        "A bucket has one configuration of notifications: writing it replaces what was there as a whole. A run that depends on "
        "which of several resources is written last is refused.",
        _CONFIGURE,
    ),
    observed(
        "S3-ADDRESS-1",
        "Whoever configures a bucket names it by its name: its ARN is no name, and refused.",
        "AWS's SDKs: https://github.com/boto/boto3/issues/2779 (only ARNs of access points are taken)",
    ),
    documented(
        "S3-FILTER-1",
        "A configuration is about the events that it names, with * for all of a kind, and about keys with its prefix and its "
        "suffix.",
        S3_GUIDE + "notification-how-to-filtering.html",
    ),
    documented(
        "S3-FILTER-2",
        "Two configurations of a bucket may not be about the same kind of event where both their prefixes and their suffixes "
        "overlap, as one without a filter does with all others: S3 refuses them with InvalidArgument.",
        S3_GUIDE + "notification-how-to-filtering.html",
    ),
    documented(
        "S3-FILTER-3",
        "In a prefix or suffix a space is written as +, and other special characters percent-encoded; * stands for itself. What S3 "
        "makes of a space, or of a character beyond ASCII, that is not encoded is not said: a run that needs it is refused.",
        S3_GUIDE + "notification-how-to-filtering.html",
    ),
    documented(
        "S3-TEST-1",
        "When notifications are configured S3 sends a test message to each queue and topic: no Records, but Event "
        "s3:TestEvent. A function gets none.",
        _CONFIGURE,
    ),
    documented(
        "S3-POLICY-1",
        "A configuration is refused if S3 may not publish to the queue or topic, or not invoke the function.",
        _CONFIGURE,
    ),
    documented(
        "S3-BUS-1",
        "With eventbridge switched on the default bus gets an event of every change, whatever else is configured: source "
        "aws.s3, detail-type Object Created or Object Deleted, the bucket among the resources, and in the detail version, "
        "bucket, object with key, size, etag and sequencer, request-id, requester, source-ip-address and reason.",
        S3_GUIDE + "ev-events.html",
    ),
    assumed(
        "S3-BUS-2",
        "The key in such an event is as it is, not URL-encoded, and the detail has no event-version.",
        "The page does not say so of the key, and public examples show it as it is; editions of the page differ in the "
        "fields that newer events have.",
    ),
    observed(
        "S3-REGION-1",
        "A bucket notifies queues, topics and functions of its own region only; a configuration with a destination in another "
        "region is refused.",
        "https://github.com/cloud-custodian/cloud-custodian/issues/297 quotes AWS; its former documentation says so, too: "
        "https://github.com/awsdocs/amazon-s3-user-guide/blob/master/doc_source/setup-event-notification-destination.md",
    ),
    documented(
        "S3-FIFO-1",
        "A FIFO queue or topic cannot be a destination.",
        S3_GUIDE + "notification-how-to-event-types-and-destinations.html",
    ),
)
