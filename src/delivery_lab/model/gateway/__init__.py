"""API Gateway in front of functions and queues: what HTTP and REST APIs make of a request, and of its answer."""
