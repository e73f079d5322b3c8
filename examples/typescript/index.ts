// Orders from a queue, processed in batches by code of one's own; changes of a table, read in order by another function.

import * as pulumi from "@pulumi/pulumi";
import { BatchWorker, QueueWithDlq, StreamWorker } from "@pulumi/delivery-lab";

const functionTimeoutSeconds = 60;
const config = new pulumi.Config();

// The visibility timeout follows from the timeout of the function: 6 x 60 s.
const orders = new QueueWithDlq("orders", { functionTimeoutSeconds });

const worker = new BatchWorker("orders", {
    queueArn: orders.queueArn,
    queueUrl: orders.queueUrl,
    queueVisibilityTimeoutSeconds: orders.visibilityTimeoutSeconds,
    worker: { timeoutSeconds: functionTimeoutSeconds, maximumConcurrency: 20 },
    code: new pulumi.asset.FileArchive("app"),
    handler: "orders.handler",
    runtime: "nodejs22.x",
    // Variables may be secrets, and outputs of other resources.
    environment: { SHOP_KEY: config.requireSecret("shopKey") },
});

// A table, its stream, and a function that reads it. What cannot be processed is put aside after six attempts.
const stock = new StreamWorker("stock", {
    source: "dynamodb",
    code: new pulumi.asset.FileArchive("app"),
    handler: "stock.handler",
    runtime: "nodejs22.x",
});

export const ordersQueueUrl = orders.queueUrl;
export const ordersDlqUrl = orders.dlqUrl;
export const ordersFunction = worker.functionName;
export const stockTable = stock.tableName;
export const stockFailures = stock.failureDestinationArn;
