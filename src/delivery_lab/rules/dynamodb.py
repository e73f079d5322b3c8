"""Rules of DynamoDB, as far as delivery depends on them."""

from delivery_lab.rules.rule import assumed, documented

_GUIDE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"

RULES = (
    documented(
        "DDB-COND-1",
        "A conditional write is one atomic step: of two that demand that an item does not exist yet, one succeeds and the other "
        "gets ConditionalCheckFailedException.",
        _GUIDE + "Expressions.ConditionExpressions.html; "
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html",
    ),
    documented(
        "DDB-UPDATE-1",
        "UpdateItem changes an item or, where it is not there, creates it, also by its key alone. One that is refused changes "
        "nothing and creates nothing.",
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html",
    ),
    documented(
        "DDB-CAPACITY-1",
        "A table with provisioned capacity has so many units a second: a write unit writes 1 KB, a read unit reads 4 KB "
        "consistently or 8 KB not so, begun ones count. A request beyond gets ProvisionedThroughputExceededException, which "
        "boto3 tries again.",
        _GUIDE + "ProvisionedThroughput.html",
    ),
    documented(
        "DDB-CAPACITY-2",
        "Capacity that is not used is kept for 300 s, as a burst. (That DynamoDB may use it up itself is not modelled.)",
        _GUIDE + "bp-partition-key-design.html",
    ),
    assumed(
        "DDB-CAPACITY-3",
        "A request is let through while anything is left, whatever its size; what it uses beyond is missing to the next ones. "
        "A write that its condition forbids uses what the item is worth that is there. The capacity of a table is one, whatever "
        "its partitions.",
        "AWS does not say how it treats a request larger than what is left; of a forbidden write one page names the item that "
        "is there and one the new one. Adaptive capacity lends partitions what others do not use: "
        + _GUIDE
        + "bp-partition-key-design.html",
    ),
    documented(
        "DDB-CAPACITY-4",
        "Of a batch, items that nothing is left for are unprocessed, and the batch is throttled where that is so of all. A "
        "transaction uses twice the units; where an item is throttled it is cancelled with the reason "
        "ProvisionedThroughputExceeded, which boto3 does not try again.",
        _GUIDE
        + "HowItWorks.ReadWriteCapacityMode.html, https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/"
        "API_BatchWriteItem.html, https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html",
    ),
    documented(
        "DDB-CAPACITY-5",
        "A write uses write units of each global secondary index whose entry it changes, two where the entry gets another "
        "place. Where an index has nothing left the write is throttled. Local indexes use the table's units.",
        _GUIDE + "GSI.html#GSI.ThroughputConsiderations",
    ),
    assumed(
        "DDB-CAPACITY-6",
        "A run begins with the unused capacity of 300 s. What a workload puts into a table by itself uses none.",
        "A table that nobody used for 5 minutes has it; AWS guarantees no burst, so --assume DDB-CAPACITY-6=none is the other "
        "end: https://repost.aws/knowledge-center/dynamodb-spiky-workloads-short-intervals",
    ),
    assumed(
        "DDB-READ-1",
        "Every read sees the latest write, as a strongly consistent one does.",
        "An eventually consistent read (the default) usually does so within a second; AWS gives no bound: "
        + _GUIDE
        + "HowItWorks.ReadConsistency.html",
    ),
    assumed(
        "DDB-TTL-1",
        "An item whose TTL attribute has passed stays readable and writable until the run ends.",
        "AWS deletes expired items in the background, typically within a few days, so nothing may rely on their absence: "
        + _GUIDE
        + "ttl-expired-items.html",
    ),
)
