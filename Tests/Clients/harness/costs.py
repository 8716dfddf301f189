"""Calls that are counted here as well, and what they cost by a list of prices that Python reads itself."""

from __future__ import annotations

import collections
import datetime
import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from . import raw
from .identity import Identity
from .server import Server

#: A list with whole cents, and one with many digits; STS has no price, and SNS one in one Region alone.
PRICES = """
published 2026-11-30
currency USD
product kms awskms AWS Key Management Service
product iam IAM AWS Identity and Access Management
price kms * {region}-KMS-Requests Requests 0.01 GenerateRandom
price kms * {region}-KMS-Requests Requests 0.000000000123456789 ListKeys,ListAliases
price iam * {prefix}Requests Requests 0.25 CreateUser
price iam * {prefix}Requests Requests 0 *
price sns eu-west-1 {prefix}Requests-Tier1 Requests 0.0000005 *
"""


def price_file(folder: Path, text: str = PRICES) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "prices"
    file.write_text(text)
    return file


class Prices:
    """The same list, read in another way: first the operation, then the Region."""

    def __init__(self, text: str = PRICES):
        self.lines = [line.split() for line in text.splitlines() if line.startswith("price ")]

    def of(self, service: str, operation: str, region: str) -> Decimal | None:
        for wanted in (operation, "*"):
            for place in (region, "*"):
                for _, name, regions, _, _, amount, operations in self.lines:
                    if name == service and place in regions.split(",") and wanted in operations.split(","):
                        return Decimal(amount)
        return None


Key = tuple[str, str, str]


class Counted:
    """Counts what the clients of an identity send, by service, operation and Region."""

    def __init__(self, identity: Identity):
        self.identity = identity
        self.calls: collections.Counter[Key] = collections.Counter()

    def client(self, service: str, region: str = "us-east-1") -> Any:
        client = self.identity.client(service, region=region, retries={"total_max_attempts": 1})
        # Global services are in one Region, whichever their clients say.
        place = "us-east-1" if service in {"iam", "ce", "budgets", "cur", "organizations"} else region

        def count(model: Any, **_: Any) -> None:
            self.calls[service, model.name, place] += 1

        client.meta.events.register("before-call", count)
        return client

    def cost(self, prices: Prices, **only: str) -> Decimal:
        names = ("service", "operation", "region")
        chosen = {
            key: count for key, count in self.calls.items()
            if all(key[names.index(name)] == value for name, value in only.items())
        }  # fmt: skip
        return sum((prices.of(*key) or Decimal(0)) * count for key, count in chosen.items()) or Decimal(0)

    def unpriced(self, prices: Prices) -> int:
        return sum(count for key, count in self.calls.items() if prices.of(*key) is None)


def month(now: datetime.datetime | None = None) -> dict[str, str]:
    """Two months, so that no test ends in another than it began in."""
    now = now or datetime.datetime.now(datetime.UTC)
    start = (now.replace(day=1) - datetime.timedelta(days=1)).replace(day=1)
    end = (now.replace(day=28) + datetime.timedelta(days=40)).replace(day=1)
    return {"Start": start.strftime("%Y-%m-%d"), "End": end.strftime("%Y-%m-%d")}


def only(tag: str, *values: str) -> dict[str, Any]:
    return {"Tags": {"Key": tag, "Values": list(values)}}


def total(results: Iterable[dict[str, Any]], metric: str = "UnblendedCost") -> Decimal:
    """The sum of an answer, of its totals and groups."""
    sum_ = Decimal(0)
    for result in results:
        for metrics in [result["Total"], *(group["Metrics"] for group in result["Groups"])]:
            if metric in metrics:
                sum_ += Decimal(metrics[metric]["Amount"])
    return sum_


def outbox(server: Server) -> list[dict[str, str]]:
    request = raw.signed("GET", "/_gatehouse/outbox", b"", server.root, service="gatehouse")
    return list(json.loads(raw.send(server.port, request).body))
