"""Delivery Lab: what a Lambda event source configuration does to its messages, before it is deployed."""

import os

# gRPC reads this once, when it is imported; without it, it writes remarks of its own to standard error.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
