"""AWS Config, switched on: a recorder with its role, a channel with its bucket, and what was recorded, waited for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from .identity import Identity
from .patience import PATIENCE


def until(found: Callable[[], Any], within: float = PATIENCE) -> Any:
    deadline = time.monotonic() + within
    while not (result := found()):
        assert time.monotonic() < deadline, "not found in time"
        time.sleep(0.02)
    return result


class Recording:
    """A recorder that records everything, and what is asked of it."""

    def __init__(self, owner: Identity, start: bool = True, group: dict[str, Any] | None = None, **channel: Any):
        self.owner = owner
        self.api = owner.client("config")
        trusting = {"Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}, "Action": "sts:AssumeRole"}
        self.role = owner.iam.create_role(
            RoleName="recorder",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusting]}))["Role"]["Arn"]
        everything = {"Effect": "Allow", "Action": ["s3:*", "sns:*"], "Resource": "*"}
        owner.iam.put_role_policy(
            RoleName="recorder", PolicyName="deliver",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}))
        self.bucket = f"config-{owner.client('sts').get_caller_identity()['Account']}"
        self.s3 = owner.client("s3")
        self.s3.create_bucket(Bucket=self.bucket)
        self.put(group)
        self.api.put_delivery_channel(
            DeliveryChannel={"name": "default", "s3BucketName": self.bucket, **channel})
        if start:
            self.api.start_configuration_recorder(ConfigurationRecorderName="default")

    def put(self, group: dict[str, Any] | None = None, **more: Any) -> None:
        group = group or {"allSupported": True, "includeGlobalResourceTypes": True}
        self.api.put_configuration_recorder(
            ConfigurationRecorder={"name": "default", "roleARN": self.role, "recordingGroup": group, **more})

    def history(self, kind: str, name: str, **more: Any) -> list[dict[str, Any]]:
        """The items of a resource, the first one first; none where it has not been seen."""
        try:
            return self.api.get_resource_config_history(
                resourceType=kind, resourceId=name, chronologicalOrder="Forward", limit=100, **more)["configurationItems"]
        except self.api.exceptions.ResourceNotDiscoveredException:
            return []

    def items(self, kind: str, name: str, count: int) -> list[dict[str, Any]]:
        """The items of a resource, once there are so many."""
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            found[:] = self.history(kind, name)
            return len(found) >= count

        until(enough)
        assert len(found) == count, [(one["configurationItemStatus"], one["configuration"]) for one in found]
        return found

    def current(self, kind: str, name: str) -> dict[str, Any]:
        found = self.api.batch_get_resource_config(
            resourceKeys=[{"resourceType": kind, "resourceId": name}])["baseConfigurationItems"]
        return found[0] if found else {}

    def select(self, expression: str, **more: Any) -> list[dict[str, Any]]:
        answer = self.api.select_resource_config(Expression=expression, **more)
        return [json.loads(result) for result in answer["Results"]]
