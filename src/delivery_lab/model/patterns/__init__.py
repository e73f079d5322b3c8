"""Patterns that filter messages: how SNS and EventBridge compare them with JSON."""
