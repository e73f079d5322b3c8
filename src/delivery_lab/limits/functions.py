"""Limits of Lambda functions and of their invokes."""

from __future__ import annotations

from delivery_lab.limits.limit import Bound, Choice, Limit

TIMEOUT = Limit("Timeout", 1, 900, "s", "LAM-TIME-1", 3)
EPHEMERAL_STORAGE = Limit("EphemeralStorage.Size", 512, 10_240, "MB", "LAM-FILES-1", 512)
MEMORY = Limit("MemorySize", 128, 10_240, "MB", "LAM-MEMORY-1", 128)

HANDLER = r"\S{1,128}"
"""Handlers that Lambda takes (LAM-CREATE-1)."""
CLOSED_RUNTIMES = frozenset(
    {
        *("dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "go1.x", "java8", "nodejs", "nodejs4.3"),
        *("nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "provided"),
        *("python2.7", "python3.6", "python3.7", "ruby2.5", "ruby2.7"),
    }
)
"""Runtimes that functions may still have, and that Lambda creates no function with any more (November 2026).

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""
LAYER_ARN = r"arn:[a-zA-Z0-9-]+:lambda:([a-zA-Z0-9-]+:[0-9]{12}:layer:[a-zA-Z0-9_-]+:[0-9]+|::awslayer:[a-zA-Z0-9_-]+)"
"""What names a version of a layer, or a layer of AWS's own (LAM-CREATE-1)."""
MOST_LAYERS = 5
"""Of a function (LAM-CREATE-1)."""

VARIABLE_NAME = "[a-zA-Z][a-zA-Z0-9_]+"
"""Names of environment variables that Lambda takes (LAM-VARS-1)."""
ENVIRONMENT_BYTES = 4_096
"""Of the names and values of all environment variables together (LAM-VARS-1)."""
RESERVED_VARIABLES = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    }
)
"""Names of environment variables that Lambda sets itself and takes from nobody (LAM-VARS-1)."""

ACCOUNT_CONCURRENCY = 1_000
"""Concurrent executions of an account whose quota was not raised (LAM-CONC-1)."""
UNRESERVED_MINIMUM = 100
"""Concurrent executions of an account that no function can reserve (LAM-CONC-3)."""
ENVIRONMENT_BURST = 1_000
"""Environments that a function may start at once (LAM-SCALE-1)."""
ENVIRONMENTS_PER_SECOND = 100
"""By how many the burst is refilled each second (LAM-SCALE-1)."""
REQUESTS_PER_SECOND_AND_CONCURRENCY = 10
"""Requests a second for each concurrent execution (LAM-CONC-4)."""

SYNCHRONOUS_PAYLOAD = Bound("Payload", 0, 6 * 1_048_576, "bytes", "SYN-PAYLOAD-1")
ASYNCHRONOUS_PAYLOAD = Bound("Payload", 0, 1_048_576, "bytes", "SYN-PAYLOAD-1")

LOG_TAIL_BYTES = 4_096
"""How much of its log an invoke answers (SYN-LOG-1)."""

RETRY_ATTEMPTS = Limit("MaximumRetryAttempts", 0, 2, "retries", "ASY-RETRY-2", 2)
"""Of asynchronous invokes."""
EVENT_AGE = Limit("MaximumEventAgeInSeconds", 60, 21_600, "s", "ASY-AGE-1", 21_600)
"""Of asynchronous invokes."""
RECURSIVE_LOOP = Choice("RecursiveLoop", ("Allow", "Terminate"), "Terminate", "ASY-LOOP-1")
LOOP_PASSES = 16
"""Passes after which Lambda stops a loop (ASY-LOOP-1)."""

BOTO3_READ_TIMEOUT_SECONDS = 60
"""How long boto3 waits for an answer unless it is told otherwise (SYN-RETRY-2)."""
