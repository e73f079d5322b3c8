"""Rules of the simulation itself: how it stands in for what AWS does not define."""

from delivery_lab.rules.rule import assumed

RULES = (
    assumed(
        "SIM-API-1",
        "An AWS API call by a handler takes 5 to 15 ms of virtual time before it takes effect, drawn from the seed.",
        "Real latencies vary with service, region and load; they are small against visibility timeouts.",
    ),
    assumed(
        "SIM-ANSWER-1",
        "A call of a handler gets what the workload says under `answers`, before anything that the model would answer.",
        "What third parties answer, and how fast, is the user's to say; how the client and the handler take it is the model's.",
    ),
    assumed(
        "SIM-ANSWER-2",
        "A call or a request whose connection fails, as the workload says, changes nothing where it went to. A connection whose "
        "packets are dropped is tried for the connect timeout of the client, and for 127 s without one.",
        "Whether a third party worked on a request whose answer is lost is not known; one that works and answers too late is a "
        "`latency` above the timeout. 127 s is what Linux does with tcp_syn_retries of 6, its default: "
        "https://man7.org/linux/man-pages/man7/tcp.7.html",
    ),
    assumed(
        "SIM-CLOCK-1",
        "The clock of an environment tells virtual time to all code in it. A fault of a workload can make it late: then times and "
        "dates are late, and durations, waits, the function's timeout and the remaining time that its context tells are not.",
        "AWS promises no precision of the clocks of environments. A call that is signed with a time of five minutes ago is refused, "
        "so a clock may be late by so much: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-signing.html",
    ),
    assumed(
        "SIM-DESCRIBED-1",
        "A function that the workload describes under `functions` takes as long, fails, answers and logs as it says; Lambda treats it "
        "as any other. What is drawn for a message depends on the seed, the function, the message and the number of its delivery.",
        "What the code of such a function would do is the user's to say; how AWS takes it is the model's.",
    ),
    assumed(
        "SIM-FAULT-1",
        "What a workload lists under `faults` happens when and to whom it says: throttles, internal errors, function "
        "errors, delays, duplicates.",
        "The scenario is the user's; how AWS, its SDK and the handlers react to it is the model's.",
    ),
    assumed(
        "SIM-FAULT-2",
        "How often the faults of `standard` and `harsh` happen is the lab's choice: often enough that a hundred runs meet each of "
        "them. It is no frequency of AWS's.",
        "AWS documents that these things happen, and publishes no rates of them. A fault of your own has the share that you give it.",
    ),
    assumed(
        "SIM-MOTO-1",
        "S3, SSM parameters, secrets, keys of KMS, mails of SES, starts of Step Functions, CloudWatch metrics and logs, and records for "
        "Firehose are answered by moto: what is put is read again at once, and a run begins with what the stack itself creates. "
        "Identities of the stack are verified; an execution that is started does nothing; what Firehose takes is delivered nowhere.",
        "moto implements these services' own rules: https://github.com/getmoto/moto. AWS says that S3 is strongly consistent; "
        "for the others it gives no bound.",
    ),
    assumed(
        "SIM-ONCE-1",
        "A standard queue delivers no message twice by itself: duplicates come from visibility timeouts and retries only.",
        "At-least-once delivery allows more, rarely: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/"
        "SQSDeveloperGuide/standard-queues-at-least-once-delivery.html. A fault of the kind duplicate in a workload lets a copy miss "
        "its delete.",
    ),
    assumed(
        "SIM-ONCE-2",
        "A schedule hands on once each time that it goes off, and a pipe each batch once, by themselves: what comes twice comes "
        "from retries, or from a fault with its name as feeder. So do topics, buckets and buses (SNS-TIME-1, S3-TIME-1, EB-TIME-1).",
        "Scheduler delivers at least once: https://docs.aws.amazon.com/scheduler/latest/UserGuide/what-is-scheduler.html. A rule "
        "may go off more than once for one scheduled time: https://docs.aws.amazon.com/eventbridge/latest/userguide/"
        "eb-troubleshooting.html. Of pipes it follows from PIPE-POLL-1.",
    ),
    assumed(
        "SIM-REPEAT-1",
        "When a batch of a stream or topic has failed 100 times in a row in exactly the same way, without calling AWS, its code "
        "is run for one attempt in 25; the attempts between are taken to be like the last one, log lines included.",
        "Days of retries of one record would otherwise take minutes. Code that recovers by itself is noticed up to 25 attempts "
        "late.",
    ),
    assumed(
        "SIM-STS-1",
        "STS says that a function is its execution role, with the function's name as session. A role of the stack whose trust policy "
        "names an AWS principal can be taken on, and calls with its credentials are answered as those of the function.",
        "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html. What a role permits is not modelled.",
    ),
)
