"""The codes of a virtual MFA device: RFC 6238 with SHA-1, six digits, thirty seconds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

STEP = 30


def code_at(secret: bytes, step: int) -> str:
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


class VirtualDevice:
    """Never gives the same code twice, because AWS takes each only once."""

    def __init__(self, seed: bytes, now: float | None = None):
        """`seed` is the base32 text that CreateVirtualMFADevice gives."""
        self.secret = base64.b32decode(seed)
        # The two steps before this one serve enrolment; sign-in accepts this one and the next two.
        self.next = int((now or time.time()) // STEP) - 2

    def code(self) -> str:
        code = code_at(self.secret, self.next)
        self.next += 1
        return code

    def two_codes(self) -> tuple[str, str]:
        return self.code(), self.code()

    def wrong_code(self) -> str:
        """Six digits that are no code of this device now."""
        near = {code_at(self.secret, self.next + offset) for offset in range(-10, 10)}
        return next(f"{number:06}" for number in range(1_000_000) if f"{number:06}" not in near)
