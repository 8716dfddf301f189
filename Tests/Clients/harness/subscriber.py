"""A server that is subscribed to topics: it keeps what it gets, or refuses it."""

from __future__ import annotations

import http.server
import json
import queue
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.patience import PATIENCE

HOST = "subscriber.example.com"


@dataclass
class Delivery:
    path: str
    headers: dict[str, str]
    text: str

    @property
    def message(self) -> Any:
        return json.loads(self.text)


class Subscriber:
    """Its endpoints are `http://subscriber.example.com/PATH` for a server that was started with `options`."""

    def __init__(self) -> None:
        self.deliveries: queue.Queue[Delivery] = queue.Queue()
        #: The status that is answered, and how often something was refused.
        self.status: Callable[[str], int] = lambda path: 200
        self.refused: queue.Queue[str] = queue.Queue()
        subscriber = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status = subscriber.status(self.path)
                if status == 200:
                    subscriber.deliveries.put(Delivery(self.path, dict(self.headers.items()), text))
                else:
                    subscriber.refused.put(self.path)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.options = ("--subscriber-host", f"{HOST}=http://127.0.0.1:{self.server.server_address[1]}")
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str = "") -> str:
        return f"http://{HOST}/{path}"

    def next(self) -> Delivery:
        return self.deliveries.get(timeout=PATIENCE)

    def subscribe(self, sns: Any, topic: str, path: str = "", **more: Any) -> str:
        """Subscribes, and confirms as somebody does who visits the address."""
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=self.url(path), **more)
        message = self.next().message
        with urllib.request.urlopen(message["SubscribeURL"], timeout=PATIENCE) as answer:
            assert "<ConfirmSubscriptionResponse" in answer.read().decode()
        (arn,) = [
            one["SubscriptionArn"]
            for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
            if one["Endpoint"] == self.url(path)
        ]
        return str(arn)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
