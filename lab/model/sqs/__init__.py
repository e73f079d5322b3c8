"""Amazon SQS: standard queues and the API in front of them (semantics.md section A)."""
