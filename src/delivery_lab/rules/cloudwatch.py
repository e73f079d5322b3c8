"""Rules of what CloudWatch shows, and when its alarms go off."""

from delivery_lab.rules.rule import LAMBDA_GUIDE, SQS_GUIDE, assumed, documented, observed

RULES = (
    observed(
        "CW-SENT-1",
        "NumberOfMessagesSent of a dead-letter queue does not count messages that SQS moves there because they were received too often.",
        "AWS's guide of 2023, sqs-dead-letter-queues.md, as its public repository had it; seen on AWS: "
        "https://www.deadqueue.com/blog/why-numberofmessagessent-is-wrong",
    ),
    documented(
        "CW-NAME-1",
        "The dimensions QueueName and FunctionName are names. Of an ARN or a URL there is no data.",
        SQS_GUIDE + "sqs-available-cloudwatch-metrics.html",
    ),
    documented(
        "CW-AGE-1",
        "ApproximateAgeOfOldestMessage is the age of the oldest message of a standard queue that was received less than three times: one that "
        "is received more often without being deleted goes to the back of the queue and is left out. In a FIFO queue all messages count. In "
        "a dead-letter queue the age begins with the move.",
        SQS_GUIDE + "sqs-available-cloudwatch-metrics.html",
    ),
    documented(
        "CW-AGE-2",
        "IteratorAge is the age of the last record of a batch when its mapping sends it to the function; there is a value for each batch "
        "that is sent, retries included, and none where nothing is.",
        LAMBDA_GUIDE
        + "monitoring-metrics-types.html; that each retry is a batch that is sent, and that one that is throttled is none, is "
        "our reading.",
    ),
    assumed(
        "CW-SAMPLE-1",
        "What says how things are (messages visible, in flight and delayed, age of the oldest one, offset lag) has one value for each minute: "
        "that at its end. What SQS counts has one value for each minute too, 0 where nothing happened.",
        "SQS sends its metrics each minute, of a queue that was used in the last six hours: "
        + SQS_GUIDE
        + "monitoring-using-cloudwatch.html. At which instant of the minute they are taken is not documented, and counts of messages are "
        "approximate.",
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
        "CW-CONC-1",
        "ConcurrentExecutions has a value whenever an invoke begins or ends, and one for each minute in which one goes on.",
        "Lambda sends metrics each minute, and this one is to be viewed as a maximum: "
        + LAMBDA_GUIDE
        + "monitoring-metrics-types.html; of which instants it has values is not documented.",
    ),
    documented(
        "CW-ALARM-1",
        "An alarm looks at the newest datapoints that are there, as many as its evaluation periods, and goes off where as many breach as it "
        "wants. Only where fewer are there, the missing ones count as breaching, or as not breaching. Where missing data is missing and all "
        "that is there breaches, it also goes off as soon as the oldest of them is as many periods old as it wants to breach.",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, with its tables of examples as AWS's "
        "public repository of the guide had them in AlarmThatSendsEmail.md.",
    ),
    assumed(
        "CW-ALARM-2",
        "An alarm looks for two datapoints more than it evaluates.",
        "AWS's page on missing data says that it looks for more, and shows 5 for 3; of other numbers it shows none. What gets known only when "
        "CloudWatch may look there no more is said to be not computed.",
    ),
    assumed(
        "CW-ALARM-3",
        "CloudWatch looks each minute, at windows that slide with it, and sees at once what is known; periods of more than an hour are looked at "
        "sixty times each. The run begins with a minute.",
        "That windows slide is documented: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html; how "
        "often it looks, and how much later than the minute, is not.",
    ),
)
