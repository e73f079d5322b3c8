"""Counts retries: the metric `RetryCount` by `FunctionName` and `ErrorType`.

The count is a line of the function's log in CloudWatch's embedded metric format, from which CloudWatch makes the metric
itself. A call of `PutMetricData` in the middle of a retry would cost time exactly when there is none, and could be
throttled in its turn.
"""

from __future__ import annotations

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "DeliveryLab"
METRIC = "RetryCount"

LONGEST_VALUE_CHARACTERS = 250
"""CloudWatch takes values of dimensions of up to 1,024 bytes; four bytes are the most that a character takes."""


class RetryMetrics:
    """Counts the retries of invokes of one function. Who made them stands beside the metric, as `service`.

    Args:
        function_name: value of the dimension `FunctionName`: the function that is invoked.
        namespace: CloudWatch namespace.
    """

    def __init__(self, function_name: str, namespace: str = NAMESPACE) -> None:
        self._function_name = function_name
        self._namespace = namespace

    def count(self, error_type: str) -> None:
        """Count one retry that is about to be made.

        Args:
            error_type: what the try before it failed with: AWS's error code, or the type of an exception.
        """
        with single_metric(name=METRIC, unit=MetricUnit.Count, value=1, namespace=self._namespace) as metric:
            # Powertools' own dimension would split the count by caller, and nobody could ask for it by these two alone.
            caller, metric.service = metric.service, ""
            if caller:
                metric.add_metadata("service", caller)
            metric.add_dimension(name="FunctionName", value=self._function_name[:LONGEST_VALUE_CHARACTERS])
            metric.add_dimension(name="ErrorType", value=error_type[:LONGEST_VALUE_CHARACTERS])
