"""Rules of what CloudWatch shows, and when its alarms go off."""

from delivery_lab.rules.rule import LAMBDA_GUIDE, assumed, observed

RULES = (
    observed(
        "CW-SENT-1",
        "NumberOfMessagesSent of a dead-letter queue does not count messages that SQS moves there because they were received too often.",
        "AWS's guide of 2023, sqs-dead-letter-queues.md, as its public repository had it; seen on AWS: "
        "https://www.deadqueue.com/blog/why-numberofmessagessent-is-wrong",
    ),
    assumed(
        "CW-SAMPLE-1",
        "What says how things are (messages visible, in flight and delayed, age of the oldest one, iterator age, offset lag) has one value "
        "for each minute: that at its end.",
        "CloudWatch gets such metrics each minute; at which instant of it they are taken is not documented, and counts of messages "
        "are approximate.",
    ),
    assumed(
        "CW-INVOKE-1",
        "What an invoke counts for (invocations, errors, duration) is stamped with its start, and known when it ends.",
        "That the timestamp is that of the invoke, and that the metric comes later, is documented: "
        + LAMBDA_GUIDE
        + "monitoring-metrics-view.html; how "
        "much later than the end is not.",
    ),
    assumed(
        "CW-ALARM-1",
        "An alarm goes off as soon as so many of the last evaluation periods breach as it wants. Periods are those of the clock, the run begins "
        "with one, and one without data is no breach unless missing data is to be treated as breaching.",
        "CloudWatch evaluates a minute or so later, and looks further back where data is missing; both make an alarm later, not earlier.",
    ),
)
