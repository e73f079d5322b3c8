"""Start the provider: `python -m delivery_lab.live.provider`, by Pulumi's engine as `pulumi-resource-aws`.

It prints the port that it answers at, on 127.0.0.1, and ends with the engine.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from delivery_lab.live.provider.server import ProviderServer

# The engine sends as many calls at once as it creates resources: 16 times the cores, unless told otherwise.
_THREADS = 32
_GRACE_SECONDS = 2
_PARENT_CHECK_SECONDS = 1
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def main() -> int:
    """Serve until told to stop, or until the engine is gone."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(ProviderServer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    engine = os.getppid()
    # An engine that was killed tells nobody.
    while not stop.wait(_PARENT_CHECK_SECONDS) and os.getppid() == engine:
        pass
    server.stop(_GRACE_SECONDS).wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
