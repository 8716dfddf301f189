"""Networks of a test's own, in which it may do to packets what it likes: nothing of them is seen outside, and nothing is left.

    network = Network()
    with network:
        with Server(…) as server: …      it, and whatever else is started or opened here, is in the network
        network.syn("198.18.0.1", 8080)  a packet that asks for a connection, from an address that is nobody's

A network is a namespace of Linux: it is there as long as somebody is in it, or this object is. It has a loopback of its own, with
all of 127.0.0.0/8 and 2001:db8::/32, an address that others could reach, `HERE`, and a way out (198.18.0.0/15, which is for measurements) at whose end nobody is.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import select
import shutil
import socket
import struct
import subprocess
from typing import Any

NEW_NETWORK = 0x40000000
PATIENCE = 10
HERE = "192.0.2.1"
_libc = ctypes.CDLL(None, use_errno=True)


@functools.cache
def missing(*, nftables: bool = False) -> str | None:
    """Why there can be no networks here; None: there can."""
    if not hasattr(_libc, "unshare"):
        return "this is no Linux"
    for program, package in [("ip", "iproute2"), *([("nft", "nftables")] if nftables else [])]:
        if not shutil.which(program):
            return f"there is no program {program}: install {package}"
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.unshare(NEW_NETWORK):
            return f"a network namespace can't be made: {os.strerror(ctypes.get_errno())} (that is for root)"
        words = "add table inet probe; add chain inet probe input { type filter hook input priority 0; }"
        if nftables and (done := subprocess.run(["nft", words], capture_output=True, text=True)).returncode:
            return f"the kernel has no nftables: {done.stderr.strip()}"
        return None
    finally:
        _libc.setns(before, NEW_NETWORK)
        os.close(before)


class Network:
    """Whoever enters it is in it: the thread, and the processes that it starts. It can be entered again and again."""

    def __init__(self) -> None:
        self._outside: int | None = None
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _check(_libc.unshare(NEW_NETWORK))
            self._inside = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            for words in (
                "link set lo up", "link add way type veth peer name end", "link set way arp off up", "link set end up",
                f"address add {HERE}/32 dev lo", "route add 198.18.0.0/15 dev way", "-6 route add local 2001:db8::/32 dev lo",
            ):  # fmt: skip
                subprocess.run(["ip", *words.split()], check=True)
            self._raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        finally:
            _check(_libc.setns(before, NEW_NETWORK))
            os.close(before)

    def __enter__(self) -> Network:
        assert self._outside is None
        self._outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _check(_libc.setns(self._inside, NEW_NETWORK))
        return self

    def __exit__(self, *_: object) -> None:
        assert self._outside is not None
        _check(_libc.setns(self._outside, NEW_NETWORK))
        os.close(self._outside)
        self._outside = None

    def close(self) -> None:
        self._raw.close()
        os.close(self._inside)

    def syn(self, source: str, port: int, *, number: int = 0) -> None:
        """Asks for a connection to `HERE` in somebody's name, and cares for no answer."""
        self._raw.sendto(syn(source, HERE, port, number), (HERE, 0))

    def has_sent_cookies(self) -> bool:
        """Whether more connections have begun than the kernel remembers, so that it has answered with SYN cookies."""
        with open("/proc/thread-self/net/netstat") as file:
            names, values = [line.split() for line in file if line.startswith("TcpExt:")]
        return int(values[names.index("SyncookiesSent")]) > 0


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def syn(source: str, destination: str, port: int, number: int) -> bytes:
    """A packet that asks for a connection (RFC 9293, 3.1; RFC 791, 3.1)."""
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    sender = 1024 + number % 60000
    tcp = struct.pack(">HHIIBBHHH", sender, port, number & 0xFFFFFFFF, 0, 5 << 4, 2, 65535, 0, 0)
    whole = addresses + struct.pack(">BBH", 0, socket.IPPROTO_TCP, len(tcp)) + tcp
    total = sum(struct.unpack(f">{len(whole) // 2}H", whole))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    tcp = tcp[:16] + struct.pack(">H", ~total & 0xFFFF) + tcp[18:]
    # The kernel fills in the sum.
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), number & 0xFFFF, 0, 64, socket.IPPROTO_TCP, 0) + addresses + tcp


def begin(source: str, port: int, host: str = "127.0.0.1") -> socket.socket:
    """Asks for a connection and waits for nothing."""
    connection = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    connection.setblocking(False)
    if ":" in source:
        connection.setsockopt(socket.IPPROTO_IPV6, 75, 1)  # IPV6_FREEBIND: an address of a network that is routed here
    connection.bind((source, 0))
    connection.connect_ex((host, port))
    return connection


def is_open(connection: socket.socket, within: float = PATIENCE) -> bool:
    """Whether the connection that was begun is there."""
    _, writable, _ = select.select([], [connection], [], within)
    return bool(writable) and connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


def nft(*words: str) -> list[dict[str, Any]]:
    """What nft prints."""
    done = subprocess.run(["nft", "-j", *words], check=True, capture_output=True, text=True)
    return list(json.loads(done.stdout)["nftables"]) if done.stdout else []


def tables() -> list[str]:
    """The names of all tables."""
    return [entry["table"]["name"] for entry in nft("list", "tables") if "table" in entry]


def counter(table: str, name: str) -> int:
    """How many packets a counter has counted."""
    (found,) = [entry["counter"] for entry in nft("list", "counter", "inet", table, name) if "counter" in entry]
    return int(found["packets"])


def elements(table: str, name: str) -> dict[str, dict[str, Any]]:
    """What is in a set, and what is said of each; of those with a time `timeout` and `expires`, in seconds."""
    (found,) = [entry["set"] for entry in nft("list", "set", "inet", table, name) if "set" in entry]
    all = [entry["elem"] if isinstance(entry, dict) and "elem" in entry else {"val": entry} for entry in found.get("elem", [])]
    return {str(entry["val"]): entry for entry in all}
