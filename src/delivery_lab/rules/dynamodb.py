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
