"""Rules of the simulation itself: how it stands in for what AWS does not define."""

from delivery_lab.rules.rule import assumed

RULES = (
    assumed(
        "SIM-API-1",
        "An AWS API call by a handler takes 5 to 15 ms of virtual time before it takes effect, drawn from the seed.",
        "Real latencies vary with service, region and load; they are small against visibility timeouts.",
    ),
    assumed(
        "SIM-FAULT-1",
        "What a workload lists under `faults` happens when and to whom it says: throttles, internal errors, function "
        "errors, delays, duplicates.",
        "The scenario is the user's; how AWS, its SDK and the handlers react to it is the model's.",
    ),
    assumed(
        "SIM-ONCE-1",
        "A standard queue delivers no message twice by itself: duplicates come from visibility timeouts and retries only.",
        "At-least-once delivery allows more, rarely: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/"
        "SQSDeveloperGuide/standard-queues-at-least-once-delivery.html. A fault of the kind duplicate in a workload lets a copy miss "
        "its delete.",
    ),
    assumed(
        "SIM-REPEAT-1",
        "When a batch of a stream or topic has failed 100 times in a row in exactly the same way, without calling AWS, its code "
        "is run for one attempt in 25; the attempts between are taken to be like the last one, log lines included.",
        "Days of retries of one record would otherwise take minutes. Code that recovers by itself is noticed up to 25 attempts "
        "late.",
    ),
)
