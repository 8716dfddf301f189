"""A server in the place of a Lambda function that a user pool asks."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable
from typing import Any

from .server import ACCOUNT

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:trigger"

#: What a function does with an event: returns the answer's status, headers and body.
Answer = tuple[int, dict[str, str], bytes]


class Function:
    """A server in the place of a Lambda function."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.behaviour: Callable[[Any], Any] = lambda event: event
        function = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                function.events.append(event)
                answer = function.behaviour(event)
                if not isinstance(answer, tuple):
                    answer = (200, {}, json.dumps(answer).encode())
                status, headers, body = answer
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/invoke"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answers(self, **response: Any) -> None:
        self.behaviour = lambda event: event | {"response": event["response"] | response}

    def sources(self) -> list[str]:
        return [event["triggerSource"] for event in self.events]
