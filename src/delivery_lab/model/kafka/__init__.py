"""Kafka topics in virtual time (semantics.md section G)."""
