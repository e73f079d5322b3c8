"""What moto is kept from while it answers."""

from __future__ import annotations

import os
import random
import socket
import threading

import pytest
from moto.kms.utils import generate_data_key

from delivery_lab.model.moto_isolation import NetworkWantedError, chance_of_system, offline


def test_nothing_real_is_reached_from_this_thread_and_other_threads_are_left_alone() -> None:
    found: list[object] = []
    with socket.socket() as sock, offline():
        for reach in (
            lambda: socket.getaddrinfo("localhost", 80),
            lambda: sock.connect(("127.0.0.1", 9)),
            lambda: sock.connect_ex(("127.0.0.1", 9)),
        ):
            with pytest.raises(NetworkWantedError):
                reach()
        thread = threading.Thread(target=lambda: found.append(socket.getaddrinfo("127.0.0.1", 80)[0][4]))
        thread.start()
        thread.join()

    assert found == [("127.0.0.1", 80)]
    assert socket.getaddrinfo("127.0.0.1", 80)[0][4] == ("127.0.0.1", 80)
    assert "connect" not in vars(socket.socket)


def test_bytes_that_moto_asks_for_come_from_the_seed_as_long_as_it_lasts() -> None:
    real = os.urandom
    drawn = []
    for _ in range(2):
        with chance_of_system(random.Random(1)):
            os.urandom(8)
            drawn.append(generate_data_key(16))

    assert drawn[0] == drawn[1]
    assert os.urandom is real
    assert generate_data_key(16) != drawn[0]
