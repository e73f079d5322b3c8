"""Amazon SQS: standard and FIFO queues and the API in front of them (semantics.md section A)."""
