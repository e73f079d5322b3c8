"""The Pulumi program, run without the CLI: configuration, embedded engine, resource graph."""

import os

# Read when gRPC is imported, which importing Pulumi does. Without it gRPC may remark on standard error that the
# connections of a finished run were ended; an error in a call arrives as an exception in any case.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
