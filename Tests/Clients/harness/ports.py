"""Ports for what is started later."""

import random
import socket

#: Below those that the system gives to whoever asks for any (32768 and up): between the choice and the use nobody is given it.
LATER = range(20_000, 32_000)


def free_port() -> int:
    """A port at which nobody listens, for somebody who can't be told to take any."""
    while True:
        port = random.choice(LATER)
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
