"""Kinesis data streams and DynamoDB streams in virtual time (semantics.md section F)."""
