"""The settings of an SQS mapping, and what AWS refuses about them at its creation (semantics.md B1, B2, B5)."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.limits.across import (
    advised_visibility_seconds,
    allows_fifo_batch,
    allows_pollers,
    allows_visibility,
    needs_window,
)
from delivery_lab.limits.limit import Bound
from delivery_lab.limits.mappings import (
    FIFO_BATCH_SIZE,
    MAXIMUM_CONCURRENCY,
    SQS_BATCH_SIZE,
    SQS_BATCH_SIZE_WITHOUT_WINDOW,
    SQS_MAXIMUM_POLLERS,
    SQS_MINIMUM_POLLERS,
    SQS_WINDOW,
)
from delivery_lab.model.mapping.filters import Pattern
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rule_ids import RuleId


@dataclass(frozen=True, slots=True)
class SqsProvisionedMode:
    """Provisioned mode (ESM-PROV-1).

    Attributes:
        minimum: `MinimumPollers`, 2 to 200.
        maximum: `MaximumPollers`, 2 to 10,000.
    """

    minimum: int = SQS_MINIMUM_POLLERS.default
    maximum: int = SQS_MAXIMUM_POLLERS.default


@dataclass(frozen=True, slots=True)
class SqsMappingConfig:
    """Settings of a mapping. Defaults are those of AWS.

    Attributes:
        name: name of the mapping, for the journal.
        function: name of the function.
        batch_size: 1 to 10,000; to 10 for a FIFO queue.
        window_seconds: `MaximumBatchingWindowInSeconds`, 0 to 300; 0 for a FIFO queue.
        report_batch_item_failures: whether the response is looked at.
        maximum_concurrency: `ScalingConfig.MaximumConcurrency`, 2 to 1,000, or None.
        provisioned: provisioned mode, or None.
        patterns: event filter patterns.
        enabled: whether it polls at all.
    """

    name: str
    function: str
    batch_size: int = SQS_BATCH_SIZE.default
    window_seconds: int = SQS_WINDOW.default
    report_batch_item_failures: bool = False
    maximum_concurrency: int | None = None
    provisioned: SqsProvisionedMode | None = None
    patterns: tuple[Pattern, ...] = ()
    enabled: bool = True

    @property
    def who(self) -> tuple[str, str]:
        """Whom a fault may name: the mapping or pipe, and the function."""
        return self.name, self.function

    def check(self, queue: SqsQueue, function_timeout_seconds: int | None) -> None:
        """Refuse what `CreateEventSourceMapping` and `UpdateEventSourceMapping` refuse.

        Args:
            queue: the queue that it reads.
            function_timeout_seconds: the function's timeout; None where the mapping is neither created nor updated, so
                that AWS does not compare the two (ESM-VT-3).

        Raises:
            DeploymentRefusedError: with AWS's code and message.
        """
        self.check_settings(queue.attributes.visibility_timeout_seconds, function_timeout_seconds, fifo=queue.fifo)

    def check_settings(
        self, visibility_timeout_seconds: int, function_timeout_seconds: int | None, *, fifo: bool
    ) -> None:
        """Like `check`, of a queue that is known by its attributes."""
        self._check_bounds()
        self._check_pollers()
        if fifo:
            self._check_fifo()
        elif needs_window(self.batch_size) and self.window_seconds == 0:
            fix = f"set a batching window of at least 1 s, or a batch size of {SQS_BATCH_SIZE_WITHOUT_WINDOW}"
            raise self._refused(_NO_WINDOW, "ESM-BATCH-1", fix)
        if function_timeout_seconds is not None:
            self._check_visibility(visibility_timeout_seconds, function_timeout_seconds)

    def _check_bounds(self) -> None:
        bounds: list[tuple[str, int | None, Bound]] = [
            ("batchSize", self.batch_size, SQS_BATCH_SIZE),
            ("maximumBatchingWindowInSeconds", self.window_seconds, SQS_WINDOW),
            ("scalingConfig.maximumConcurrency", self.maximum_concurrency, MAXIMUM_CONCURRENCY),
        ]
        if self.provisioned is not None:
            bounds += [
                ("provisionedPollerConfig.minimumPollers", self.provisioned.minimum, SQS_MINIMUM_POLLERS),
                ("provisionedPollerConfig.maximumPollers", self.provisioned.maximum, SQS_MAXIMUM_POLLERS),
            ]
        for name, value, limit in bounds:
            if value is not None and not limit.allows(value):
                message = f"Value {value} at '{name}' failed to satisfy constraint: {limit.range}"
                raise self._refused(message, limit.rule, f"set {name} from {limit.range}")

    def _check_pollers(self) -> None:
        pollers = self.provisioned
        if pollers is None:
            return
        if self.maximum_concurrency is not None:
            message = "Maximum concurrency and provisioned mode cannot be used together"
            raise self._refused(message, "ESM-PROV-5", "remove scalingConfig, or provisionedPollerConfig")
        if not allows_pollers(pollers.minimum, pollers.maximum):
            message = f"MinimumPollers {pollers.minimum} is greater than MaximumPollers {pollers.maximum}"
            raise self._refused(message, "ESM-PROV-1", f"set minimumPollers to {pollers.maximum} or less")

    def _check_fifo(self) -> None:
        if self.window_seconds:
            fix = "remove maximumBatchingWindowInSeconds"
            raise self._refused("Batching window is not supported for FIFO queues", "ESM-FIFO-4", fix)
        if not allows_fifo_batch(self.batch_size):
            fix = f"set batchSize to {FIFO_BATCH_SIZE} or less: a FIFO queue has no batching window"
            raise self._refused(_NO_WINDOW, "ESM-FIFO-4", fix)

    def _check_visibility(self, visibility_seconds: int, function_timeout_seconds: int) -> None:
        if allows_visibility(visibility_seconds, function_timeout_seconds):
            return
        message = (
            f"Queue visibility timeout: {visibility_seconds} seconds is less than "
            f"Function timeout: {function_timeout_seconds} seconds"
        )
        advised = advised_visibility_seconds(function_timeout_seconds, self.window_seconds)
        fix = (
            f"set the queue's visibility timeout to {advised} s "
            "(6 x function timeout + batching window), or shorten the function's timeout"
        )
        raise self._refused(message, "ESM-VT-1", fix)

    def _refused(self, message: str, rule: RuleId, fix: str) -> DeploymentRefusedError:
        return DeploymentRefusedError(self.name, "InvalidParameterValueException", message, rule=rule, fix=fix)


_NO_WINDOW = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
