"""Web ACLs that protect something, and their rules."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .identity import Identity
from .server import ACCOUNT

NONE = [{"Priority": 0, "Type": "NONE"}]
#: The bucket of logs.
LOGS = "aws-waf-logs-pools"
#: As Sources/Services/WAFV2/Tokens/Puzzle.swift has them: whoever reads it can do this, and its comment says so.
SORTS = {
    "animals": "horse goat rabbit squirrel donkey hedgehog otter lion camel wolf badger elephant",
    "fruit": "apple pear cherry banana apricot plum raspberry lemon grape peach melon fig",
    "tools": "hammer saw chisel pliers screwdriver wrench axe spade rake drill shovel crowbar",
    "clothes": "shirt trousers coat sock glove scarf jacket skirt hat jumper blouse mitten",
    "furniture": "table chair wardrobe sofa shelf desk bench cupboard armchair stool dresser cradle",
    "instruments": "violin trumpet flute piano guitar drum cello harp clarinet trombone banjo accordion",
    "vehicles": "bus lorry bicycle tram train tractor ambulance motorcycle van scooter taxi caravan",
    "colours": "red blue yellow green purple brown grey pink black white beige turquoise",
}


def visibility(name: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}


def header(name: str, text: str) -> dict[str, Any]:
    return {
        "ByteMatchStatement": {
            "SearchString": text.encode(), "FieldToMatch": {"SingleHeader": {"Name": name}},
            "TextTransformations": NONE, "PositionalConstraint": "CONTAINS",
        }
    }  # fmt: skip


def body(text: str) -> dict[str, Any]:
    return {
        "ByteMatchStatement": {
            "SearchString": text.encode(), "FieldToMatch": {"Body": {"OversizeHandling": "CONTINUE"}},
            "TextTransformations": NONE, "PositionalConstraint": "CONTAINS",
        }
    }  # fmt: skip


def path(text: str, constraint: str = "EXACTLY") -> dict[str, Any]:
    return {
        "ByteMatchStatement": {
            "SearchString": text.encode(), "FieldToMatch": {"UriPath": {}}, "TextTransformations": NONE,
            "PositionalConstraint": constraint,
        }
    }  # fmt: skip


def rule(name: str, statement: dict[str, Any], priority: int = 0, **action: Any) -> dict[str, Any]:
    return {
        "Name": name, "Priority": priority, "Statement": statement, "VisibilityConfig": visibility(f"m-{name}"),
        "Action": action or {"Block": {}},
    }  # fmt: skip


class WebACL:
    """A web ACL that protects a user pool, by the pool's id, or whatever has another ARN."""

    def __init__(self, root: Identity, protected: str, *rules: dict[str, Any], **more: Any):
        self.waf = root.client("wafv2")
        self.name = "pools"
        given = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": visibility("pools"), "Rules": list(rules)} | more
        made = self.waf.create_web_acl(Name=self.name, Scope="REGIONAL", **given)["Summary"]
        (self.id, self.arn) = (made["Id"], made["ARN"])
        pool = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{protected}"
        self.protected = protected if protected.startswith("arn:") else pool
        self.waf.associate_web_acl(WebACLArn=self.arn, ResourceArn=self.protected)

    def update(self, *rules: dict[str, Any], **more: Any) -> None:
        token = self.waf.get_web_acl(ARN=self.arn)["LockToken"]
        given = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": visibility("pools"), "Rules": list(rules)} | more
        self.waf.update_web_acl(Name=self.name, Scope="REGIONAL", Id=self.id, LockToken=token, **given)

    def window(self) -> dict[str, datetime]:
        now = datetime.now(UTC)
        return {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(minutes=5)}

    def samples(self, metric: str) -> list[dict[str, Any]]:
        return list(
            self.waf.get_sampled_requests(
                WebAclArn=self.arn, RuleMetricName=metric, Scope="REGIONAL", TimeWindow=self.window(), MaxItems=100
            )["SampledRequests"]
        )

    def log(self, **more: Any) -> None:
        given = {"ResourceArn": self.arn, "LogDestinationConfigs": [f"arn:aws:s3:::{LOGS}"]} | more
        self.waf.put_logging_configuration(LoggingConfiguration=given)


def solution(question: str, words: list[str]) -> str:
    """What a puzzle's page wants to hear."""
    found = re.fullmatch(r"Which of these are (\w+)\?", question)
    assert found, question
    return " ".join(word for word in words if word in SORTS[found[1]].split())
