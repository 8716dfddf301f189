"""A name server of the test's own, made of dnspython: it answers questions by UDP and TCP, and takes signed updates."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.tsigkeyring


class NameServer:
    """The records of all zones in one, by name and type."""

    def __init__(self, keys: dict[str, str] | None = None):
        self.records: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], dns.rrset.RRset] = {}
        self.keys = dns.tsigkeyring.from_text(keys) if keys else None
        #: The names that were asked for, with the types, and the way they came by.
        self.asked: list[tuple[str, str, str]] = []
        #: Answers by UDP say that they are cut off.
        self.cuts_off = False
        #: Answers that it can't say.
        self.fails = False
        #: Does not answer what is asked of names that end so.
        self.is_silent_of = ""
        self.lock = threading.Lock()
        self.port = 0

    def put(self, name: str, kind: str, *values: str) -> None:
        owner = dns.name.from_text(name)
        with self.lock:
            self.records[owner, dns.rdatatype.from_text(kind)] = dns.rrset.from_text(owner, 60, "IN", kind, *values)

    def answer(self, wire: bytes, way: str) -> bytes | None:
        message = dns.message.from_wire(wire, keyring=self.keys) if self.keys else dns.message.from_wire(wire)
        if message.opcode() == dns.opcode.UPDATE:
            return self.update(message)
        (question,) = message.question
        with self.lock:
            self.asked.append((question.name.to_text(), dns.rdatatype.to_text(question.rdtype), way))
            if self.is_silent_of and question.name.to_text().endswith(self.is_silent_of):
                return None
            answer = dns.message.make_response(message)
            if self.fails:
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif self.cuts_off and way == "UDP":
                answer.flags |= dns.flags.TC
            else:
                self.fill(answer, question)
        return answer.to_wire()

    def fill(self, answer: dns.message.Message, question: dns.rrset.RRset) -> None:
        name = question.name
        for _ in range(9):
            found = self.records.get((name, question.rdtype))
            if found:
                answer.answer.append(found)
                return
            alias = self.records.get((name, dns.rdatatype.CNAME))
            if not alias:
                break
            answer.answer.append(alias)
            name = alias[0].target
        if not any(owner == question.name for owner, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)

    def update(self, message: dns.message.Message) -> bytes:
        answer = dns.message.make_response(message)
        if self.keys and not message.had_tsig:
            answer.set_rcode(dns.rcode.REFUSED)
            return answer.to_wire()
        with self.lock:
            for change in message.update:
                key = (change.name, change.rdtype)
                if change.deleting == dns.rdataclass.ANY or not len(change):
                    self.records.pop(key, None)
                else:
                    self.records[key] = dns.rrset.from_rdata_list(change.name, change.ttl, list(change))
        return answer.to_wire()


class ByDatagram(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, socket = self.request
        if answer := self.server.names.answer(wire, "UDP"):  # type: ignore[attr-defined]
            socket.sendto(answer, self.client_address)


class ByStream(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        length = self.request.recv(2)
        (count,) = struct.unpack("!H", length)
        wire = b""
        while len(wire) < count:
            wire += self.request.recv(count - len(wire))
        if answer := self.server.names.answer(wire, "TCP"):  # type: ignore[attr-defined]
            self.request.sendall(struct.pack("!H", len(answer)) + answer)


@contextmanager
def name_server(keys: dict[str, str] | None = None) -> Iterator[NameServer]:
    names = NameServer(keys)
    streams = socketserver.ThreadingTCPServer(("127.0.0.1", 0), ByStream)
    names.port = streams.server_address[1]
    datagrams = socketserver.ThreadingUDPServer(("127.0.0.1", names.port), ByDatagram)
    for server in (streams, datagrams):
        server.names = names  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield names
    finally:
        for server in (streams, datagrams):
            server.shutdown()
            server.server_close()
