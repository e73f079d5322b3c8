"""The environment variables of a function, as Lambda's Python runtime has them."""

from __future__ import annotations

import os

from delivery_lab.handlers.modules import SearchPath
from delivery_lab.model.runtime import FunctionConfig


def variables_of(function: FunctionConfig, log_stream: str, search: SearchPath) -> dict[str, str]:
    """All variables of one environment; of the host's only PATH is passed on.

    `_X_AMZN_TRACE_ID` is set for each invoke (LAM-TRACE-1). HOME is a folder that does not exist, so no AWS profile of
    the host is ever read.
    """
    region = function.region
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": "/home/sbx_user1051",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.deployed_name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": function.initialization,
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_SESSION_TOKEN": "not-a-token",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAMBDA_TASK_ROOT": search.folders[0] if search.folders else "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "_HANDLER": function.handler,
        **function.environment,
    }
