"""A mail server: it takes what it is sent, by SMTP (RFC 5321), with STARTTLS or TLS from the start where it has a certificate."""

from __future__ import annotations

import base64
import email
import email.policy
import queue
import socketserver
import ssl
import threading
from email.message import EmailMessage
from typing import Any

from .patience import PATIENCE


class MailServer:
    def __init__(
        self, *, context: ssl.SSLContext | None = None, implicit: bool = False, login: tuple[str, str] | None = None
    ):
        #: (sender, recipients, message, whether it came over TLS)
        self.mail: queue.Queue[tuple[str, list[str], EmailMessage, bool]] = queue.Queue()
        self.refusals = 0
        mail_server = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    self.converse()
                except (OSError, ssl.SSLError):
                    pass

            def open(self, secure: bool) -> None:
                if secure:
                    assert context
                    self.request = context.wrap_socket(self.request, server_side=True)
                self.file = self.request.makefile("rwb")
                self.secure = secure

            def say(self, *lines: str) -> None:
                for line in lines:
                    self.file.write(line.encode() + b"\r\n")
                self.file.flush()

            def converse(self) -> None:
                self.open(implicit)
                sender, recipients, known = "", [], login is None
                self.say("220 mail.test ESMTP")
                while line := self.file.readline().decode().strip():
                    verb = line.split(" ")[0].upper()
                    if verb == "EHLO":
                        offers = ["STARTTLS"] if context and not self.secure else []
                        offers += ["AUTH PLAIN"] if login else []
                        self.say(*(f"250-{offer}" for offer in ["mail.test", *offers]), "250 SMTPUTF8")
                    elif verb == "STARTTLS":
                        self.say("220 go on")
                        self.open(True)
                    elif verb == "AUTH":
                        given = line.split(" ")[2] if line.count(" ") > 1 else ""
                        if not given:
                            self.say("334 ")
                            given = self.file.readline().decode().strip()
                        known = login is not None and base64.b64decode(given) == "\0{}\0{}".format(*login).encode()
                        self.say("235 welcome" if known else "535 who are you?")
                    elif not known and verb in ("MAIL", "RCPT", "DATA"):
                        self.say("530 sign in first")
                    elif verb == "MAIL":
                        sender = line.split("<")[1].split(">")[0]
                        self.say("250 ok")
                    elif verb == "RCPT":
                        recipients.append(line.split("<")[1].split(">")[0])
                        self.say("250 ok")
                    elif verb == "DATA":
                        self.say("354 go on")
                        lines = []
                        while (part := self.file.readline()) != b".\r\n":
                            lines.append(part)
                        if mail_server.refusals > 0:
                            mail_server.refusals -= 1
                            self.say("451 try later")
                            continue
                        message: Any = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                        mail_server.mail.put((sender, recipients, message, self.secure))
                        self.say("250 taken")
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("500 what?")

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.listener.server_address[1]}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def next(self) -> tuple[str, list[str], EmailMessage, bool]:
        return self.mail.get(timeout=PATIENCE)

    def close(self) -> None:
        self.listener.shutdown()
        self.listener.server_close()
