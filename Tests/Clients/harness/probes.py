"""Single packets, sent and seen: what passes between two networks, without waiting for what does not."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections.abc import Iterator
from typing import NamedTuple

from .patience import PATIENCE

TCP, UDP, ICMP, ICMPV6, OTHER = 6, 17, 1, 58, 253
ECHO = {ICMP: (8, 0), ICMPV6: (128, 129)}


class Packet(NamedTuple):
    """What a packet is told by. Of ICMP, the port of the sender is the echo's identifier, and the other is 0."""

    source: str
    destination: str
    protocol: int
    sender: int = 0
    port: int = 0

    @property
    def answer(self) -> Packet:
        """What a machine without any service answers."""
        if self.protocol in ECHO:
            return self._replace(source=self.destination, destination=self.source, port=1)
        return Packet(self.destination, self.source, self.protocol, self.port, self.sender)

    def bytes(self) -> bytes:
        version = 6 if ":" in self.source else 4
        family = socket.AF_INET6 if version == 6 else socket.AF_INET
        addresses = socket.inet_pton(family, self.source) + socket.inet_pton(family, self.destination)
        if self.protocol == TCP:
            body = struct.pack(">HHIIBBHHH", self.sender, self.port, 1, 0, 5 << 4, 2, 65535, 0, 0)
            place = 16
        elif self.protocol == UDP:
            body = struct.pack(">HHHH", self.sender, self.port, 12, 0) + b"ping"
            place = 6
        elif self.protocol in ECHO:
            body = struct.pack(">BBHHH", ECHO[self.protocol][0], 0, 0, self.sender, 1) + b"ping"
            place = 2
        else:
            body, place = b"ping", -1
        if place >= 0:
            pseudo = addresses + struct.pack(">II", len(body), self.protocol) if self.protocol != ICMP else b""
            body = body[:place] + struct.pack(">H", _sum(pseudo + body)) + body[place + 2 :]
        if version == 6:
            return struct.pack(">IHBB", 6 << 28, len(body), self.protocol, 64) + addresses + body
        return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, self.protocol, 0) + addresses + body


def _sum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def read(frame: bytes) -> Packet | None:
    """What a packet of IP is."""
    if not frame:
        return None
    if frame[0] >> 4 == 4:
        protocol, body = frame[9], frame[(frame[0] & 15) * 4 :]
        source, destination = socket.inet_ntoa(frame[12:16]), socket.inet_ntoa(frame[16:20])
    elif frame[0] >> 4 == 6:
        protocol, body = frame[6], frame[40:]
        source = socket.inet_ntop(socket.AF_INET6, frame[8:24])
        destination = socket.inet_ntop(socket.AF_INET6, frame[24:40])
    else:
        return None
    if protocol in (TCP, UDP):
        return Packet(source, destination, protocol, *struct.unpack(">HH", body[:4]))
    if protocol in ECHO:
        if body[0] not in ECHO[protocol]:
            return None
        return Packet(source, destination, protocol, struct.unpack(">H", body[4:6])[0], ECHO[protocol].index(body[0]))
    return Packet(source, destination, protocol)


class Wire:
    """An interface, as seen from within its network: enter that before this is made."""

    def __init__(self, device: str = "eth0"):
        self._seen = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self._seen.bind((device, 0))
        self._seen.setsockopt(socket.SOL_SOCKET, 33, 1 << 23)  # SO_RCVBUFFORCE
        self._seen.setblocking(False)
        self._four = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._six = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def close(self) -> None:
        for one in (self._seen, self._four, self._six):
            one.close()

    def send(self, packet: Packet) -> None:
        with contextlib.suppress(PermissionError):
            (self._six if ":" in packet.source else self._four).sendto(packet.bytes(), (packet.destination, 0))

    def arrived(self) -> Iterator[Packet]:
        """What has come since the last time; what was sent from here is not looked at."""
        while True:
            try:
                frame, address = self._seen.recvfrom(2048)
            except BlockingIOError:
                return
            if address[2] != 4 and (packet := read(frame)):
                yield packet

    def wait(self, packet: Packet) -> set[Packet]:
        """All that comes until this one has."""
        found: set[Packet] = set()
        end = time.monotonic() + PATIENCE
        while packet not in found:
            left = end - time.monotonic()
            assert left > 0, f"{packet} did not come"
            select.select([self._seen], [], [], left)
            found.update(self.arrived())
        return found
