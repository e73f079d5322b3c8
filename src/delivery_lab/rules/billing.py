"""Rules of what is billed, where AWS's price pages leave a number open. The prices stand in `cost/lists`."""

from delivery_lab.rules.rule import LAMBDA_GUIDE, assumed, documented

RULES = (
    assumed(
        "BILL-POLL-1",
        "While its queue is empty, a mapping has a receive open with each of its pollers, and each waits for 20 s: 3 empty "
        "receives a minute and poller. There are as many pollers as ESM-SCALE-4 assumes; 2 to 5 are plausible, of a FIFO queue 1 to 5. "
        "A receive that finds messages ends a wait early, so there can be fewer while messages come.",
        "That Lambda polls long, and with few pollers when idle, is documented, the number of receives is not: "
        + LAMBDA_GUIDE
        + "with-sqs.html",
    ),
    assumed(
        "BILL-POLL-2",
        "An idle provisioned poller of a queue has 1 to 10 receives open at once, each for 20 s; 1 is taken.",
        "AWS says that a poller has up to 10 polls a second and 10 invokes at once, not how it polls an empty queue: "
        + LAMBDA_GUIDE
        + "services-sqs-scaling.html",
    ),
    assumed(
        "BILL-RECEIVE-1",
        "A mapping's receive finds up to 10 of the messages that are ready; at most each of them takes a receive of its own.",
        "SQS looks at a part of its servers in a short poll and can return fewer messages than there are; how many Lambda gets "
        "at once is not documented.",
    ),
    assumed(
        "BILL-DELETE-1",
        "A mapping deletes what succeeded with one request for 10 messages of a batch; at most with one for each message.",
        "AWS does not say with which requests Lambda deletes.",
    ),
    assumed(
        "BILL-EPU-1",
        "A provisioned poller of a queue is one event poller unit.",
        "AWS's price for SQS is a twentieth of that for Kafka, as 1 MB/s of a queue's poller is of the 20 MB/s of a Kafka unit; that "
        "they are one and the same is not said.",
    ),
    documented(
        "BILL-EPU-2",
        "Ten provisioned pollers of a Kafka mapping are one event poller unit by default. A unit takes up to 20 MB/s, so busy pollers can "
        "need more of them, and mappings that share a poller group fewer.",
        LAMBDA_GUIDE + "kafka-scaling-modes.html",
    ),
    assumed(
        "BILL-SNS-1",
        "Each published message is a request; at best ten messages of a PublishBatch are one.",
        "Requests are billed by 64 KB; events do not say which messages came in one batch.",
    ),
    assumed(
        "BILL-LOG-1",
        "Logs hold what handlers write, and at most 1 KB more for each invoke.",
        "Lambda writes START, END and REPORT, and CloudWatch counts 26 bytes more for each event; how long they are depends on the "
        "format.",
    ),
    assumed(
        "BILL-MONTH-1",
        "A month is 730 hours in which the workload goes on at the rate at which it is sent, from its first to its last send. What is paid "
        "by time is paid for all of it; of empty receives there are as many a second as in the run, none at least. A workload that is sent at "
        "one instant has no rate, and of a run in which a shard or partition was blocked no month is computed.",
        "A workload says what is sent in one run; how a month looks is the user's to say.",
    ),
)
