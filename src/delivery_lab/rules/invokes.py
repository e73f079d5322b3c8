"""Rules of asynchronous and synchronous invokes, destinations, and redrives of dead-letter queues."""

from delivery_lab.rules.rule import (
    LAMBDA_API,
    LAMBDA_GUIDE,
    LOCALSTACK,
    SQS_API,
    SQS_GUIDE,
    assumed,
    documented,
    observed,
)

_ERRORS = LAMBDA_GUIDE + "invocation-async-error-handling.html"
_RECORDS = LAMBDA_GUIDE + "invocation-async-retain-records.html"
_BOTOCORE = "https://github.com/boto/botocore/tree/develop/botocore/retries (run with botocore 1.44.5)"
_MOVE_SNAPSHOT = (
    "LocalStack's tests validated against AWS: https://github.com/localstack/localstack/blob/8b9a79f05/"
    "tests/aws/services/sqs/test_sqs_move_task.snapshot.json"
)

ASYNCHRONOUS = (
    documented(
        "ASY-QUEUE-1",
        "An asynchronous invoke is answered with 202 as soon as Lambda has taken the event into its own queue; the caller "
        "never hears what became of it. Events are in no order.",
        LAMBDA_GUIDE + "invocation-async.html",
    ),
    documented(
        "ASY-RETRY-1",
        "When the function fails (error, crash, timeout), Lambda invokes it again 1 minute later, and 2 minutes after the "
        "second failure.",
        _ERRORS,
    ),
    documented(
        "ASY-RETRY-2",
        "MaximumRetryAttempts is 0 to 2, by default 2: so many retries after a function error, then the event is discarded.",
        LAMBDA_API + "API_PutFunctionEventInvokeConfig.html",
    ),
    documented(
        "ASY-BACKOFF-1",
        "A throttled invoke (429) or one that Lambda itself fails (5xx) goes back to the queue, is retried after 1 s at "
        "first and at most 5 min later on, and uses up no retry.",
        _ERRORS,
    ),
    assumed(
        "ASY-BACKOFF-2",
        "That wait doubles with each attempt from 1 s on, and is up to a fifth shorter or longer, drawn from the seed for each "
        "wait, the longest too: at the cap events do not retry in step. It is counted for each event by itself.",
        "AWS documents the first and the longest wait. The spread is fitted to two events that were throttled for 60 s, one "
        "of which was tried for the 6th time at 33 s and with success for the 7th at 68 s, the other for the 7th time at 59 s "
        "and with success for the 8th at 117 s: https://cosmo-grant.github.io/aws-by-example/lambda_retries.html. AWS also "
        "slows down while its queue is long, by how much is not said, and it is not modelled.",
    ),
    documented(
        "ASY-AGE-1",
        "An event is kept for MaximumEventAgeInSeconds at most: 60 to 21,600 s, by default 6 hours.",
        LAMBDA_API + "API_PutFunctionEventInvokeConfig.html",
    ),
    assumed(
        "ASY-AGE-2",
        "An event that waits is discarded at the instant at which it is too old. An invoke that runs then goes on; if it "
        "fails, there is no further retry.",
        "AWS says how long an event is kept, not when it looks.",
    ),
    documented(
        "ASY-ZERO-1",
        "With a reserved concurrency of 0, new events go to the dead-letter queue or the on-failure destination at once, "
        "without a retry. The condition in the destination's record is ZeroReservedConcurrency, with 0 invokes.",
        _RECORDS
        + "; the record: "
        + LOCALSTACK
        + "lambda_/test_lambda.py, TestLambdaConcurrency::test_reserved_concurrency. That there is no retry was "
        "measured too: https://cosmo-grant.github.io/aws-by-example/lambda_retries.html",
    ),
    assumed(
        "ASY-ONCE-1",
        "Lambda hands an event over once for each attempt. A fault of the kind duplicate in a workload lets it do so twice.",
        "AWS says that a function may get an event more than once without any error, and not how often: "
        + LAMBDA_API
        + "API_Invoke.html",
    ),
    observed(
        "ASY-ID-1",
        "All attempts of an event have the same request id.",
        "Powertools relies on it: https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/",
    ),
    documented(
        "ASY-CONFIG-1",
        "Setting the event invoke config replaces it as a whole: what is left out is back at its default.",
        LAMBDA_API + "API_PutFunctionEventInvokeConfig.html",
    ),
    documented(
        "ASY-CONFIG-2",
        "An event invoke config is one of a function, a version or an alias, and holds for the invokes by that name. One without a "
        "qualifier is that of $LATEST.",
        LAMBDA_API + "API_PutFunctionEventInvokeConfig.html",
    ),
    assumed(
        "ASY-CONFIG-3",
        "A version or an alias without an event invoke config of its own has the defaults, not what the function has. Its dead-"
        "letter queue is that of the function.",
        "No page says it. A public plugin moved the config to its alias because that of the function did not hold there: "
        "https://github.com/davidgf/serverless-plugin-canary-deployments/pull/149. The dead-letter queue is part of the function's "
        "settings, which a version keeps.",
    ),
    documented(
        "ASY-GONE-1",
        "Without a destination and without a dead-letter queue, an event whose retries are used up is discarded.",
        LAMBDA_GUIDE + "invocation-async-error-handling.html",
    ),
    documented(
        "ASY-LOOP-1",
        "A chain of events that has run through the same function some 16 times by way of SQS, SNS, S3 or Lambda invokes is stopped: "
        "the mapping of a queue gets RecursiveInvocationException instead of an invoke, again with every receive, until the "
        "message was received maxReceiveCount times; an event goes to the function's destination (unless that is a function "
        "of the loop), and without one it is discarded; a synchronous caller gets the exception. PutFunctionRecursionConfig with "
        "Allow switches this off. By way of DynamoDB or another service nothing is counted, and a loop never ends.",
        LAMBDA_GUIDE + "invocation-recursion.html; seen in https://github.com/boto/boto3/issues/3899",
    ),
    observed(
        "SYN-LOG-1",
        "With LogType=Tail the answer of a synchronous invoke has the last 4 KB of its log in base64, from START to REPORT. What "
        "REPORT says of the memory used is the memory of the function: how much code uses is not followed.",
        "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html; recorded against AWS by LocalStack's tests marked "
        "aws.validated: tests/aws/services/lambda_/test_lambda.py, test_invocation_with_logs",
    ),
)

SYNCHRONOUS = (
    documented(
        "SYN-ERROR-1",
        "A function that fails answers a synchronous invoke with HTTP 200 and FunctionError; neither Lambda nor an SDK "
        "retries that.",
        LAMBDA_API + "API_Invoke.html",
    ),
    documented(
        "SYN-THROTTLE-1",
        "A throttled synchronous invoke is answered with 429 TooManyRequestsException and its Reason. Lambda does not try "
        "it again: that is up to the caller.",
        LAMBDA_API + "API_Invoke.html",
    ),
    documented(
        "SYN-PAYLOAD-1",
        "The payload of an invoke is JSON of at most 6 MB (synchronous) or 1 MB (asynchronous); otherwise it is answered "
        "with 400 InvalidRequestContentException or 413 RequestTooLargeException.",
        LAMBDA_API + "API_Invoke.html",
    ),
    documented(
        "SYN-NAME-1",
        "A function is named by its name, its ARN or a part of it; one that does not exist is a 404.",
        LAMBDA_API + "API_Invoke.html",
    ),
    observed(
        "SYN-ID-1",
        "The request id in the answer to an invoke, synchronous or asynchronous, is the aws_request_id that the function sees.",
        LOCALSTACK + "lambda_/test_lambda.py, TestLambdaConcurrency::test_reserved_concurrency_async_queue",
    ),
    observed(
        "SYN-RETRY-1",
        "A boto3 client tries 429 and 5xx answers again: 3 attempts in all (mode standard, the default since botocore "
        "1.44; also adaptive), 5 in the mode legacy; 400, 404, 409 and 413 are not retried.",
        _BOTOCORE,
    ),
    observed(
        "SYN-RETRY-2",
        "A boto3 client waits 60 s for an answer unless told otherwise, then counts the call as failed and makes it again: "
        "a function that takes longer runs up to 3 times, or 5 in the mode legacy.",
        _BOTOCORE,
    ),
)

DESTINATIONS = (
    documented(
        "DST-SUCCESS-1",
        "With an on-success destination a record of each success is sent to it.",
        LAMBDA_GUIDE + "invocation-async-retain-records.html",
    ),
    documented(
        "DST-FAILURE-1",
        "With an on-failure destination a record of each event that is discarded is sent to it.",
        LAMBDA_GUIDE + "invocation-async-retain-records.html",
    ),
    documented(
        "DST-RECORD-1",
        "The record holds request id, function, condition (Success, RetriesExhausted, EventAgeExceeded and, observed, "
        "ZeroReservedConcurrency), the number of invokes, the event, and the last answer where there was one.",
        _RECORDS,
    ),
    documented(
        "DST-DLQ-1",
        "A function's dead-letter queue or topic gets the event as it was, with the attributes RequestID, ErrorCode and "
        "ErrorMessage. It may be set beside a destination; both are served.",
        _RECORDS + "; both: " + LAMBDA_API + "API_PutFunctionEventInvokeConfig.html",
    ),
    documented(
        "DST-SIZE-1",
        "A record that is too large for its destination (256 KB for SNS) is sent without the event and the answer.",
        LAMBDA_API + "API_OnFailure.html",
    ),
    documented(
        "DST-TARGET-1",
        "Destinations are standard SQS queues, standard SNS topics, Lambda functions and EventBridge buses, for failures "
        "also S3 buckets; dead-letter queues are SQS queues or SNS topics.",
        LAMBDA_API + "API_PutFunctionEventInvokeConfig.html; dead-letter queues: " + _RECORDS,
    ),
    documented(
        "DST-ROLE-1",
        "Lambda sends to destinations and dead-letter queues with the role of the function, which needs sqs:SendMessage, "
        "sns:Publish, lambda:InvokeFunction, events:PutEvents or s3:PutObject. What it may not send is dropped, and "
        "DestinationDeliveryFailures or DeadLetterErrors counts it.",
        _RECORDS + "; mappings: " + LAMBDA_GUIDE + "kinesis-on-failure-destination.html",
    ),
    assumed(
        "DST-SINK-1",
        "A topic without subscriptions, a bus without rules and a bucket without notifications in the stack take what they are "
        "given and hand nothing on.",
        "Others may subscribe to them; what happens there is no part of the stack.",
    ),
    assumed(
        "DST-SINK-2",
        "Failed events that go to a topic without subscriptions, or a bus without rules, are taken to reach somebody outside "
        "the stack. Where nobody subscribes they are lost: neither a topic nor a bus keeps anything.",
        "People subscribe by mail or chat to topics whose program has no subscription. A topic hands each message on once, to "
        "who has subscribed by then: https://docs.aws.amazon.com/sns/latest/dg/welcome.html",
    ),
)

REDRIVE = (
    documented(
        "RDR-SOURCE-1",
        "StartMessageMoveTask moves messages out of a queue that is the dead-letter queue of an SQS queue, and of no other; "
        "one task at a time for each source.",
        SQS_API + "API_StartMessageMoveTask.html",
    ),
    observed(
        "RDR-SOURCE-2",
        "A message that was sent to the dead-letter queue directly has no queue to go back to: without a DestinationArn the "
        "task fails with CouldNotDetermineMessageSource.",
        _MOVE_SNAPSHOT,
    ),
    documented(
        "RDR-NEW-1",
        "A redriven message is a new one: new message id, new time of sending, fresh retention.",
        SQS_GUIDE + "sqs-configure-dead-letter-queue-redrive.html",
    ),
    observed(
        "RDR-NEW-2",
        "The receives of a redriven message are counted from 0 again.",
        "https://github.com/floci-io/floci/issues/900; otherwise it would go straight back to the dead-letter queue",
    ),
    assumed(
        "RDR-END-1",
        "A task moves what the dead-letter queue could hand out when it began, the longest waiting first, and no message "
        "twice.",
        "That it begins with the oldest is documented: "
        + SQS_GUIDE
        + "sqs-configure-dead-letter-queue-redrive.html. AWS does not say what becomes of messages that arrive or return while a task runs.",
    ),
    assumed(
        "RDR-RATE-1",
        "Without MaxNumberOfMessagesPerSecond a task moves 500 messages a second.",
        "SQS chooses the rate then, as high as it can; 500 is the highest that can be asked for: "
        + SQS_API
        + "API_StartMessageMoveTask.html",
    ),
    documented(
        "RDR-RATE-2",
        "A task runs for 36 hours at most.",
        SQS_GUIDE + "sqs-configure-dead-letter-queue-redrive.html",
    ),
    documented(
        "RDR-CANCEL-1",
        "A task that runs can be cancelled; what it has moved stays where it is.",
        SQS_API + "API_CancelMessageMoveTask.html",
    ),
)

RULES = (*ASYNCHRONOUS, *SYNCHRONOUS, *DESTINATIONS, *REDRIVE)
