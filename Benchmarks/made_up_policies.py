"""Policies for `z3_policies.py` that nobody would write: few names, so that patterns meet, and every form of every element."""

from __future__ import annotations

import json
import random

ACTIONS = [
    "*", "s3:*", "s3:Get*", "s3:GetObject", "s3:?etObject*", "S3:getobject", "*:Get*", "iam:GetUser", "iam:*User*", "s3:*Object",
]  # fmt: skip
RESOURCES = [
    "*", "arn:*", "arn:aws:s3:::*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::?/a*", "arn:aws:s3:*:*:b/a",
    "arn:aws:s3:::b:c", "arn:aws:s3:::*b*", "arn:*:s3:::b*", "arn:aws:sqs:us-*:*:q", "arn:aws:sqs:*-1:111122223333:q*",
    "arn:aws:sqs:us-east-1:*", "arn:aws:sqs", "arn:aws:iam::*:user/a", "arn:aws:iam::111122223333:*", "arn:aws:iam::*",
    "arn:aws:iam::aws:policy/*",
]  # fmt: skip
TEXTS = ["a", "A", "ab", "a*", "?", "*b", "*", "b?"]
ARNS = ["arn:aws:s3:::b", "arn:aws:s3:*:*:b*", "arn:*:*:*:*:*", "*", "arn:aws:s?:::b", "arn:aws:s3:::*:c"]
TEXT_OPERATORS = [
    "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
]  # fmt: skip
# Keys, and what they are compared with.
KEYS: list[tuple[list[str], list[str], list[str]]] = [
    (["aws:SourceVpc", "aws:TagKeys", "app:any", "s3:prefix", "aws:RequestTag/A"], TEXT_OPERATORS, TEXTS),
    (["aws:SourceArn", "app:arn"], ["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals", "StringLike"], ARNS),
    (["aws:SecureTransport", "app:flag"], ["Bool", "StringEquals", "StringNotEquals"], ["true", "false"]),
    (["aws:SourceIp"], ["IpAddress", "NotIpAddress"],
     ["10.0.0.0/8", "10.1.2.3", "10.1.0.0/16", "0.0.0.0/0", "2001:db8::/32", "::/0"]),
    (["aws:CurrentTime"], ["DateLessThan", "DateGreaterThanEquals", "DateEquals", "DateNotEquals"],
     ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]),
    (["s3:max-keys", "aws:MultiFactorAuthAge"],
     ["NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericNotEquals"], ["10", "10.5", "11"]),
]  # fmt: skip


class Author:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, texts: list[str], most: int) -> list[str]:
        return self.random.sample(texts, self.random.randint(1, most))

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def condition(self) -> tuple[str, str, list[str]]:
        keys, operators, values = self.random.choice(KEYS)
        key, operator = self.random.choice(keys), self.random.choice(operators)
        if self.chance(15):
            return "Null", key, [self.random.choice(["true", "false"])]
        if self.chance(25):
            operator += "IfExists"
        if self.chance(40 if key in ("aws:TagKeys", "app:any") else 5):
            operator = self.random.choice(["ForAllValues:", "ForAnyValue:"]) + operator
        return operator, key, self.some(values, 2)

    def statement(self) -> dict:
        made: dict = {"Effect": "Allow" if self.chance(60) else "Deny"}
        made["NotAction" if self.chance(15) else "Action"] = self.some(ACTIONS, 3)
        made["NotResource" if self.chance(15) else "Resource"] = self.some(RESOURCES, 3)
        conditions: dict[str, dict] = {}
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            operator, key, values = self.condition()
            conditions.setdefault(operator, {})[key] = values
        if conditions:
            made["Condition"] = conditions
        return made

    def pair(self) -> tuple[str, str]:
        """An old policy and a new one, which is another, or the same with a statement more, less or in other words."""
        old = [self.statement() for _ in range(self.random.randint(1, 4))]
        new = [dict(statement) for statement in old]
        place = self.random.randrange(len(new))
        match self.random.randrange(4):
            case 0:
                new = [self.statement() for _ in range(self.random.randint(1, 4))]
            case 1:
                new.append(self.statement())
            case 2:
                new[place] = {**new[place], **{name: value for name, value in self.statement().items() if name == "Condition"}}
            case _:
                # What is granted by fewer words, or denied by more.
                new[place] = {
                    name: value[:1] if name in ("Action", "Resource") else value for name, value in new[place].items()
                }
        if self.chance(50):
            old, new = new, old
        return policy(old), policy(new)


def policy(statements: list[dict]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
