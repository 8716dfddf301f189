"""The web front before an application that a web ACL of managed rule groups protects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .server import ACCOUNT
from .web_acls import WebACL, visibility
from .web_front import WebFront

ARN = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/shop/0123456789abcdef"
#: AWS's groups for web applications of all kinds.
GROUPS = tuple(
    f"AWSManagedRules{name}RuleSet" for name in ("Common", "SQLi", "KnownBadInputs", "Linux", "Unix", "PHP", "Windows", "AdminProtection")
)


def managed(priority: int, name: str, vendor: str = "AWS") -> dict[str, Any]:
    """A rule that asks a managed group."""
    return {
        "Name": name, "Priority": priority, "OverrideAction": {"None": {}}, "VisibilityConfig": visibility(name),
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": vendor, "Name": name}},
    }  # fmt: skip


@contextmanager
def protected(folder: Path, url: str, *groups: tuple[str, str], level: int = 1, options: tuple[str, ...] = ()) -> Iterator[WebFront]:
    """`url`, protected by groups of vendor and name at a paranoia level."""
    text = f"shop = {url}\n    arn = {ARN}\n"
    with WebFront(folder, text, "--core-rule-set-paranoia", str(level), *options) as front:
        rules = [managed(number, name, vendor) for number, (vendor, name) in enumerate(groups)]
        WebACL(front.server.root, ARN, *rules)
        yield front
