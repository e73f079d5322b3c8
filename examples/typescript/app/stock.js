"use strict";

// Changes of the table, in the order in which they were made. The first one that fails is where the shard is read again from.
exports.handler = async (event) => {
    for (const record of event.Records) {
        try {
            console.log(`${record.eventName} ${JSON.stringify(record.dynamodb.Keys)}`);
        } catch (error) {
            return { batchItemFailures: [{ itemIdentifier: record.dynamodb.SequenceNumber }] };
        }
    }
    return { batchItemFailures: [] };
};
