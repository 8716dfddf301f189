"""CloudTrail's event history, read as a caller reads it and waited for, since reads are recorded within a second."""

from __future__ import annotations

import json
import time
from typing import Any

from .identity import AwsError, Identity
from .patience import PATIENCE

#: Operations whose events CloudTrail calls otherwise.
RENAMED = {
    "ListObjectsV2": "ListObjects",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
}
#: Those of S3 and S3 Control have one name in the API, and two in the record.
AMBIGUOUS = {"PutPublicAccessBlock", "GetPublicAccessBlock", "DeletePublicAccessBlock"}


class Trail:
    def __init__(self, identity: Identity):
        self.identity = identity

    def all(self, **attributes: str) -> list[dict[str, Any]]:
        """The records (the parsed CloudTrailEvent) that match, newest first."""
        return [json.loads(event["CloudTrailEvent"]) for event in self.events(**attributes)]

    def events(self, **attributes: str) -> list[dict[str, Any]]:
        """The answers' own Events, every page."""
        wanted = [{"AttributeKey": key, "AttributeValue": value} for key, value in attributes.items()]
        parameters: dict[str, Any] = {"LookupAttributes": wanted} if wanted else {}
        pages = self.identity.cloudtrail.get_paginator("lookup_events").paginate(**parameters)
        return [event for page in pages for event in page["Events"]]

    def of(self, what: dict[str, Any] | AwsError | str, operation: str | None = None) -> dict[str, Any]:
        """The record of one call: given its answer, its error or its request id."""
        if isinstance(what, AwsError):
            request_id, operation = what.request_id, operation or what.operation
        elif isinstance(what, str):
            request_id = what
        else:
            request_id = what["ResponseMetadata"]["RequestId"]
        assert request_id, f"no request id in {what!r}"
        return self.wait_for(lambda record: record.get("requestID") == request_id, operation, f"request {request_id}")

    def named(self, operation: str, **fields: Any) -> dict[str, Any]:
        """The newest record of an operation whose top-level members have these values."""
        return self.wait_for(
            lambda record: all(record.get(name) == value for name, value in fields.items()),
            operation,
            f"{operation} with {fields}",
        )

    def wait_for(self, matches: Any, operation: str | None, description: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while True:
            name = None if operation in AMBIGUOUS else RENAMED.get(operation or "", operation)
            records = self.all(**({"EventName": name} if name else {}))
            for record in records:
                if matches(record):
                    return record
            if time.monotonic() > deadline:
                raise AssertionError(f"no event of {description} within {PATIENCE} s; there are: {records[:5]}")
            time.sleep(0.1)
