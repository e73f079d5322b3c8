"""Rules of AWS Lambda: concurrency, environments, timeout."""

from delivery_lab.rules.rule import (
    EVENTS_API,
    LAMBDA_API,
    LAMBDA_GUIDE,
    LOCALSTACK,
    SCHEDULER_API,
    SNS_API,
    SQS_API,
    assumed,
    documented,
    observed,
)

_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/api/"
_GATEWAY_V2 = "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis"

RULES = (
    documented(
        "LAM-ENV-1",
        "An execution environment handles one invoke at a time and is used again afterwards, module globals and all. An "
        "invoke that finds none idle starts a new one.",
        LAMBDA_GUIDE + "lambda-runtime-environment.html",
    ),
    assumed(
        "LAM-ENV-2",
        "Of several idle environments the one used last is used first. None is shut down while a run lasts.",
        "AWS does not say which one is taken, nor how long idle ones live.",
    ),
    assumed(
        "LAM-INIT-1",
        "A cold start takes 0.25 s, which is not taken off the function's timeout.",
        "Depends on code, memory and luck: from below 0.1 s to above 1 s, by AWS's analysis of production workloads, "
        "https://docs.aws.amazon.com/lambda/latest/operatorguide/execution-environments.html. Calibration draws it between "
        "these two, and `--alternatives` tries both. That initialisation has a limit of its own is documented: "
        + LAMBDA_GUIDE
        + "lambda-runtime-environment.html",
    ),
    observed(
        "LAM-INIT-2",
        "Code that cannot be initialised is a function error of each invoke, retried like any other: an exception while its "
        "module is imported, Runtime.ImportModuleError, Runtime.UserCodeSyntaxError, Runtime.HandlerNotFound, "
        "Runtime.MalformedHandlerName, or Runtime.ExitError where it ends its process. The environment ends with it.",
        "Lambda's own runtime client for Python: https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/"
        "awslambdaric/bootstrap.py; the answers: "
        + LOCALSTACK
        + "lambda_/test_lambda.py, TestLambdaErrors::test_lambda_runtime_error and ::test_lambda_runtime_exit",
    ),
    assumed(
        "LAM-INIT-3",
        "Code that cannot be initialised is imported once for each invoke, after a cold start.",
        "AWS initialises it once more within the invoke, with the function's timeout: "
        + LAMBDA_GUIDE
        + "lambda-runtime-environment.html; how long that takes is not said. It matters to what the code does while it is "
        "imported.",
    ),
    documented(
        "LAM-TIME-1",
        "After the function's timeout (1 to 900 s) the invoke ends with an error, wherever the code is: nothing after that "
        "point runs, not even a finally.",
        LAMBDA_GUIDE
        + "configuration-timeout.html; that the environment is reset, so that nothing can run on: "
        + LAMBDA_GUIDE
        + "lambda-runtime-environment.html",
    ),
    documented(
        "LAM-MEMORY-1",
        "A function has 128 to 10,240 MB of memory, 128 if nothing is said. In the model it changes nothing: code takes no time "
        "by itself.",
        LAMBDA_GUIDE + "configuration-memory.html",
    ),
    documented(
        "API-VALUE-1",
        "A function, alias, layer, configuration of invokes, topic, subscription, notification of a bucket, bus, rule, target, schedule, pipe or part "
        "of an API is refused when it is created for a value that the API takes of nobody: too short or too long, out of its range, "
        "against its pattern, or none of those that there are.",
        f"{LAMBDA_API}API_CreateFunction.html, {LAMBDA_API}API_CreateAlias.html, {LAMBDA_API}API_PublishLayerVersion.html, "
        f"{LAMBDA_API}API_PutFunctionEventInvokeConfig.html, {LAMBDA_API}API_PutProvisionedConcurrencyConfig.html, "
        f"{SNS_API}API_CreateTopic.html, {SNS_API}API_Subscribe.html, "
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html, "
        f"{EVENTS_API}API_CreateEventBus.html, {EVENTS_API}API_PutRule.html, {EVENTS_API}API_PutTargets.html, "
        f"{SCHEDULER_API}API_CreateSchedule.html, https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html, "
        f"{_GATEWAY}API_CreateStage.html, {_GATEWAY}API_PutIntegration.html, {_GATEWAY}API_PutIntegrationResponse.html, {_GATEWAY}API_PutMethod.html, "
        f"{_GATEWAY_V2}.html, {_GATEWAY_V2}-apiid-integrations.html, {_GATEWAY_V2}-apiid-stages.html",
    ),
    documented(
        "API-NAME-1",
        "A queue, function, alias, stream, table or bus of a name that another one of the account and region has, a route of an "
        "HTTP API with the key of another one, and a permission of a statement id that is in the function's policy, is refused when it is created. Of two queues of one name and the same "
        "attributes SQS returns the first: they are refused, too, since a program that writes one queue twice means two.",
        f"{LAMBDA_API}API_CreateFunction.html, {LAMBDA_API}API_AddPermission.html, {LAMBDA_API}API_CreateAlias.html, {_GATEWAY_V2}.html, {SQS_API}API_CreateQueue.html, "
        "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html, "
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html, "
        f"{EVENTS_API}API_CreateEventBus.html",
    ),
    documented(
        "LAM-CREATE-1",
        "A function whose code is a .zip archive has a handler (128 characters at most, no spaces) and a runtime, which is one of "
        "Lambda's. It has five layers at most, each named by the ARN of one of its versions (or of a layer of AWS's own); one whose code is a "
        "container image has none. Anything else is refused when the function is created. Handler and runtime of an image have no effect: Pulumi's AWS "
        "provider does not send them.",
        LAMBDA_API
        + "API_CreateFunction.html; five layers: "
        + LAMBDA_GUIDE
        + "gettingstarted-limits.html; none beside an image: "
        + LAMBDA_GUIDE
        + "chapter-layers.html; the provider: "
        "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lambda/function.go",
    ),
    documented(
        "LAM-SNAP-1",
        "SnapStart is for published versions, and aliases that mean one: what invokes a function without a qualifier invokes "
        "$LATEST, whose environments begin without a snapshot. A run that invokes a version with SnapStart is refused: how "
        "long it takes to resume one is not said.",
        LAMBDA_GUIDE + "snapstart.html",
    ),
    documented(
        "LAM-VARS-1",
        "Names of environment variables have letters, digits and _, a letter first, two characters at least, and are none that "
        "Lambda sets itself, such as AWS_REGION. All of them have 4 KB together. Anything else is refused when the function is "
        "created. The model counts names and values; AWS does not say what it counts besides.",
        LAMBDA_API
        + "API_Environment.html, for the names; what is reserved: "
        + LAMBDA_GUIDE
        + "configuration-envvars.html; the "
        "size: " + LAMBDA_GUIDE + "gettingstarted-limits.html",
    ),
    observed(
        "LAM-FILES-1",
        "Code may write to /tmp and nowhere else: a write beside the code fails with EROFS, Read-only file system. Each "
        "environment has a /tmp of its own of the size in EphemeralStorage, 512 to 10,240 MB, where a write beyond it fails with "
        "ENOSPC, No space left on device. What is there stays while the environment is warm, also after a timeout or an exit.",
        LAMBDA_GUIDE
        + "configuration-ephemeral-storage.html and lambda-runtime-environment.html; LocalStack's snapshot "
        "lambda_invoke_timed_out_environment_reuse: files stay after a timeout; "
        "https://www.tech-reader.blog/2025/11/aws-lambda-error-eacces-permission.html and "
        "https://www.17golang.com/article/314006.html name the error of libraries that write elsewhere",
    ),
    documented(
        "LAM-TIME-2",
        "A timeout, or a process that ends itself, ends the execution environment: the next invoke initialises anew.",
        LAMBDA_GUIDE + "lambda-runtime-environment.html",
    ),
    documented(
        "LAM-ERR-1",
        "A function error (exception, crash) is an answer with FunctionError set, not an HTTP error; after an exception the "
        "environment is used again.",
        LAMBDA_API
        + "API_Invoke.html; "
        + LAMBDA_GUIDE
        + "lambda-runtime-environment.html, which names crashes and timeouts "
        "as what resets an environment",
    ),
    observed(
        "LAM-RESPONSE-1",
        "What a handler in Python returns is written as JSON: a Decimal as a number, a named tuple as an object, bytes within "
        "it as UTF-8 text, NaN and Infinity as these words, which are no JSON. Bytes alone are the response as they are. "
        "Runtimes up to python3.11 write what is not ASCII as escapes; later ones write UTF-8, and a lone surrogate in the "
        "response or in the message of an error ends the process.",
        "Lambda's own runtime client for Python: https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/"
        "awslambdaric/lambda_runtime_marshaller.py, and bootstrap.py, which catches nothing where it sends what was written",
    ),
    documented(
        "LAM-FREEZE-1",
        "Between invokes an environment is frozen: threads that a handler left behind go on with the next invoke.",
        LAMBDA_GUIDE + "lambda-runtime-environment.html",
    ),
    documented(
        "LAM-CONC-1",
        "Functions without reserved concurrency share what the account has left of its quota in the region: 1,000 concurrent "
        "executions by default, less in new accounts. An invoke beyond it is answered with 429.",
        LAMBDA_GUIDE + "lambda-concurrency.html; new accounts: " + LAMBDA_GUIDE + "gettingstarted-limits.html",
    ),
    documented(
        "LAM-CONC-2",
        "Reserved concurrency is both kept for the function and its ceiling: an invoke beyond it is answered with 429 "
        "ReservedFunctionConcurrentInvocationLimitExceeded. With 0 nothing runs.",
        LAMBDA_API
        + "API_PutFunctionConcurrency.html; the reason: "
        + LAMBDA_API
        + "API_Invoke.html; 0: "
        + LAMBDA_GUIDE
        + "invocation-async-retain-records.html",
    ),
    documented(
        "LAM-CONC-3",
        "At least 100 of the account's concurrent executions stay unreserved. An account with a lower quota has nothing to "
        "reserve; a reserved concurrency of 0 is accepted in any.",
        LAMBDA_API + "API_PutFunctionConcurrency.html; the message of an account with a quota of 10: "
        "https://github.com/aws-samples/one-observability-demo/issues/278",
    ),
    assumed(
        "LAM-VERSION-1",
        "A version or an alias of a function means the code that the program deploys, and its settings. The code is told "
        "$LATEST and the ARN without a qualifier.",
        "An alias can mean an older version, or two of them by weight, whose code is not in the program; such ones are refused: "
        + LAMBDA_GUIDE
        + "configuration-aliases.html",
    ),
    documented(
        "LAM-VERSION-2",
        "A permission for a version or an alias lets nobody invoke the function by another name, or by none. One for the function "
        "is taken to let its versions and aliases be invoked, too.",
        LAMBDA_GUIDE + "using-aliases.html; of permissions for the function nothing else is said.",
    ),
    documented(
        "LAM-PROV-1",
        "Provisioned concurrency keeps so many environments ready for invokes by one version or alias, which begin in them without a "
        "cold start. More invokes than that at once get environments on demand. Invokes by another name get none of them; those by an "
        "alias of a version that has them do.",
        LAMBDA_GUIDE
        + "provisioned-concurrency.html; beyond what is provisioned: "
        + LAMBDA_GUIDE
        + "lambda-concurrency.html. That an alias of the version counts is read from that it is the version which has them.",
    ),
    documented(
        "LAM-PROV-2",
        "Provisioned concurrency counts against the function's reserved concurrency; where it has none, other invokes of the "
        "account have so much less, whether the environments work or not.",
        LAMBDA_GUIDE
        + "lambda-concurrency.html; whether they work or not: "
        + LAMBDA_GUIDE
        + "monitoring-concurrency.html",
    ),
    observed(
        "LAM-PROV-3",
        "Provisioned concurrency is refused for $LATEST, for an alias of it, beyond the function's reserved concurrency, and where "
        "less than 100 of the account's concurrent executions would stay unreserved.",
        LAMBDA_GUIDE + "provisioned-concurrency.html; the messages and the 100: "
        "https://github.com/localstack/localstack/blob/main/localstack-core/localstack/services/lambda_/provider.py, whose tests "
        "of it were recorded against AWS: "
        + LOCALSTACK
        + "lambda_/test_lambda_api.py, TestLambdaProvisionedConcurrency",
    ),
    assumed(
        "LAM-PROV-4",
        "An environment that is kept ready is taken before one on demand, a used one before an unused one. Where one has ended (a "
        "timeout, an exit, code that is replaced), the next invoke that gets its place begins with a cold start. Its code is imported with its first invoke, "
        "and no time passes meanwhile: code that waits while it is imported, or fails then, is refused.",
        "AWS says that environments are initialised when they are allocated and recycled every few hours, and not which invoke gets "
        "which, nor when another one is ready where one has ended: " + LAMBDA_GUIDE + "provisioned-concurrency.html",
    ),
    documented(
        "LAM-CODE-1",
        "While the code of a function is replaced, invokes go to the code before; when the update is complete they go to the new "
        "code, which is loaded anew: what modules of the old one had in memory is lost.",
        LAMBDA_GUIDE + "functions-states.html",
    ),
    assumed(
        "LAM-CODE-2",
        "An invoke that runs when an update of the code is complete goes on with the code that it began with, and its environment "
        "ends with it; those that wait end at once. A mapping, or whoever else has invoked, notices nothing of it.",
        "AWS says to which code invokes go, and nothing of those that run: "
        + LAMBDA_GUIDE
        + "functions-states.html. Here the new "
        "code is that of the program, too.",
    ),
    documented(
        "LAM-SCALE-1",
        "A function may start 1,000 environments every 10 s, refilled continuously and not saved up beyond that.",
        LAMBDA_GUIDE + "scaling-behavior.html",
    ),
    assumed(
        "LAM-CONC-4",
        "Lambda takes any number of requests a second. A run says so when a function had more than 10 for each of its "
        "concurrent executions, which AWS would throttle.",
        "The limit is documented, over which time it is counted is not: " + LAMBDA_GUIDE + "lambda-concurrency.html",
    ),
    assumed(
        "LAM-DURATION-1",
        "Code takes the virtual time that it sleeps and waits, and nothing else; an invoke takes at least 1 ms.",
        "How long real computation takes depends on memory, code and neighbours. Put `sleep` into the workload for work. "
        "Calibration adds to each invoke what it draws between 0 and 0.1 s.",
    ),
    observed(
        "LAM-TRACE-1",
        "Each invoke has an X-Ray trace header in _X_AMZN_TRACE_ID, which is not there while the code is imported. The SDK sends "
        "it along: a function that is invoked belongs to the same trace, and a message has the header as AWSTraceHeader, in its "
        "dead-letter queue too, unless it was given one. So has the record at an event's destination. Here no trace is sampled.",
        "https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html; recorded against AWS by LocalStack's tests "
        "marked aws.validated: tests/aws/services/lambda_/test_lambda_integration_xray.py, tests/aws/services/sqs/test_sqs.py, "
        "test_aws_trace_header_propagation, test_dead_letter_queue_message_attributes, test_lambda_destinations.py, test_retries",
    ),
)
