"""Orders from a queue, processed in batches by code of one's own; invoices, by the package's function, each once."""

import pulumi
from pulumi_delivery_lab import BatchWorker, IdempotentWorker, QueueWithDlq

FUNCTION_TIMEOUT_SECONDS = 60

config = pulumi.Config()

# The visibility timeout follows from the timeout of the function: 6 x 60 s.
orders = QueueWithDlq("orders", function_timeout_seconds=FUNCTION_TIMEOUT_SECONDS)

worker = BatchWorker(
    "orders",
    queue_arn=orders.queue_arn,
    queue_url=orders.queue_url,
    queue_visibility_timeout_seconds=orders.visibility_timeout_seconds,
    worker={"timeout_seconds": FUNCTION_TIMEOUT_SECONDS, "maximum_concurrency": 20},
    code=pulumi.FileArchive("app"),
    handler="orders.handler",
    # Variables may be secrets, and outputs of other resources.
    environment={"SHOP_KEY": config.require_secret("shopKey")},
)

# Without `code` the function is the package's own, with its layer: it keeps a record of work done in a table.
invoices = IdempotentWorker("invoices", worker={"timeout_seconds": 20, "idempotency": {"mode": "powertools"}})

pulumi.export("ordersQueueUrl", orders.queue_url)
pulumi.export("ordersDlqUrl", orders.dlq_url)
pulumi.export("ordersFunction", worker.function_name)
pulumi.export("invoicesQueueUrl", invoices.queue_url)
pulumi.export("invoicesTable", invoices.table_name)
