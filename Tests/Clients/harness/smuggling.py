"""What a request that several could read differently is to meet with: nobody behind the web front gets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .front import HOST, Answer, Shop, get
from .recorder import Reading, Recorder, read_by_h11, read_by_llhttp
from .web_front import until

#: What an attacker would have the application take for a request of its own.
SMUGGLED = get(b"/smuggled")


@dataclass
class Target:
    """The web front and the application behind it, for one test."""

    front: Shop
    application: Recorder

    def used(self) -> Iterator["Target"]:
        """For one test; the same process serves on afterwards, and all that has arrived was read by h11."""
        process = self.front.server.process
        assert process
        self.application.forget()
        yield self
        assert process.poll() is None, "the server died"
        errors, self.application.errors = self.application.errors, []
        assert not errors, (errors, self.application.bytes)

    def nothing_arrived(self, *, begun: bool = False) -> None:
        """One request that comes after is the only one that has arrived; all is forgotten then. With `begun`, another may
        have come in part, on a connection that is closed."""
        self.front.works()
        readings = self.application.wait()
        assert [one.target[:7] for one in readings] == [b"/works/"], readings
        whole = []
        for data in self.application.arrived:
            by_llhttp, _ = read_by_llhttp(data)
            by_h11, _ = read_by_h11(data)
            assert [one.word for one in by_llhttp] == [one.word for one in by_h11]
            whole += by_h11
            assert by_h11 or begun, data
        assert len(whole) == 1 and b"smuggled" not in whole[0].target, whole
        # It may not have noticed yet that the one before was closed.
        until(lambda: self.application.connections <= 1)
        assert not self.application.errors, self.application.errors
        self.application.forget()

    def refuses(self, data: bytes, *statuses: int, begun: bool = False, shut: bool = False) -> Answer | None:
        """The last answer is of one of these statuses (400), and the connection is closed."""
        got, is_closed = self.front.tell(data, shut=shut)
        assert is_closed, got
        assert [one.status for one in got if one.status >= 200], "closed without a word"
        assert len(got) == 1 and got[0].status in (statuses or (400,)), got
        assert got[0].word is None, "the application was asked"
        self.nothing_arrived(begun=begun)
        return got[0]

    def passes(self, data: bytes, *, target: bytes = b"/", body: bytes = b"", method: str = "GET") -> Reading:
        """It arrives as this one request, by two opinions; whatever else the client said is no part of it."""
        got, _ = self.front.tell(data, shut=True, methods=(method,))
        final = [one for one in got if one.status >= 200]
        assert final and final[0].status == 200, got
        reading = self.application.wait()[0]
        assert (reading.method, reading.target, reading.body) == (method, target, body), reading
        assert final[0].word == reading.word
        self.agree()
        return reading

    def passes_or_refuses(self, data: bytes, **reading: object) -> None:
        """Both are safe; anything else is not."""
        got, _ = self.front.tell(data, shut=True, methods=(str(reading.get("method", "GET")),))
        final = [one for one in got if one.status >= 200]
        if final and final[0].status in (400, 404, 405, 414, 417, 501, 505):
            return self.nothing_arrived()
        self.application.forget()
        self.passes(data, **reading)  # type: ignore[arg-type]

    def agree(self) -> list[Reading]:
        """All that has arrived, in one reading; and no request is left in the middle on a connection that is open."""
        everything: list[Reading] = []
        for data in self.application.arrived:
            (by_h11, within), (by_llhttp, within_too) = read_by_h11(data), read_by_llhttp(data)
            assert [one.word for one in by_h11] == [one.word for one in by_llhttp], data
            assert within == within_too, data
            everything += by_h11
        return everything


@contextmanager
def target(folder: Path, settings: str = "") -> Iterator[Target]:
    with Recorder() as application, Shop(folder, application, settings) as front:
        yield Target(front, application)


def lines(*fields: bytes, host: bool = True, first: bytes = b"POST / HTTP/1.1") -> bytes:
    """A head of these lines."""
    return b"\r\n".join([first, *([b"Host: " + HOST] if host else []), *fields, b"", b""])
