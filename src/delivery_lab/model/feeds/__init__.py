"""What hands messages on to queues and functions: targets, retries, dead-letter queues."""
