"""What a result takes for work done, of functions that do not say what they do with a message."""

from delivery_lab.rules.rule import assumed

RULES = (
    assumed(
        "EVD-CLAIM-1",
        "Of a function that writes on a condition first, and then something else for the same message, the write on the condition "
        "is a claim and no work. A message whose claim is refused, and whose work was never seen, was not processed.",
        "Code that claims a message, fails, and finds its own claim the next time takes the message for done. A function whose "
        "only writes are those on a condition is taken to have done its work with them.",
    ),
    assumed(
        "EVD-DELETE-1",
        "A message that a handler deletes by DeleteMessage itself counts as processed, also if its invoke fails later, unless "
        "the code reads its content only afterwards, or not at all.",
        "Code that deletes a message says that it needs it no more; code that reads a message, deletes it and works on it only "
        "then cannot be told from it.",
    ),
    assumed(
        "EVD-DLQ-1",
        "What a function does with a message of a dead-letter queue is not the work that failed, unless the function reads "
        "the message's own queue or stream, too, follows the log contract, or leaves the mark of work that the workload names.",
        "Most of these functions tell somebody, or keep the message. One that does the work in another way cannot be told from "
        "them: the mark does.",
    ),
    assumed(
        "EVD-EFFECT-1",
        "What a handler writes through boto3 or HTTP is work for the message whose values stand in what is written, else for the "
        "record that its code was reading; all writes of one delivery are one piece of work. No work are: a write whose "
        "condition is refused, the records of a library for idempotency but for the one that notes completed work, and what "
        "is written in an except block for an error of the code's own.",
        "Nothing in an API call says which message it is for. Where neither tells, effects are not counted.",
    ),
    assumed(
        "EVD-ERROR-1",
        "A message at which a handler logs an error with its traceback, leaves an exception in a future, or answers with a "
        "statusCode of 400 or above, was not processed, unless something is written for it, although its invoke "
        "succeeds. An error that is beside no message is one of those that were never looked at.",
        "An error of a part that does not matter looks the same. Nobody reads the status that a handler answers to a mapping.",
    ),
    assumed(
        "EVD-INVOKE-1",
        "A message that was handed to an invoke that succeeded was processed, where nothing else is known of it.",
        "Lambda deletes it, or moves past it, for that reason alone; what the code did is not known.",
    ),
    assumed(
        "EVD-LOOK-1",
        "A record whose content a handler never reads was not processed, if the function reads others.",
        "Serialising, copying and logging an event are no reading. A function that reads none of its records may work on the "
        "mere fact that something arrived.",
    ),
    assumed(
        "EVD-POISON-1",
        "A poison message whose invoke succeeds was not processed, unless something was written for it.",
        "The workload says that no handler can process it.",
    ),
    assumed(
        "EVD-RESPONSE-1",
        "A message that a response does not name among the failed ones was processed, where nothing else is known of it.",
        "That is what the response says; it does not say what was done.",
    ),
)
