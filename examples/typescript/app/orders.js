"use strict";

// Process orders; name those that failed, so that only they are delivered again.
exports.handler = async (event) => {
    const batchItemFailures = [];
    for (const record of event.Records) {
        try {
            const order = JSON.parse(record.body);
            if (!(order.amount > 0)) {
                throw new Error(`order ${order.id} asks for nothing`);
            }
            console.log(`order ${order.id} processed`);
        } catch (error) {
            batchItemFailures.push({ itemIdentifier: record.messageId });
        }
    }
    return { batchItemFailures };
};
