"""GuardDuty, switched on: a detector, callers from wherever, and findings, waited for."""

from __future__ import annotations

import json
from typing import Any

from .configuration import until
from .identity import Identity


def by_address(identity: Identity, service: str, address: str, **config: Any) -> Any:
    """A client whose connections come from an address of this machine: all of 127.0.0.0/8 are."""
    client = identity.client(service, region="us-east-1", **config)
    client._endpoint.http_session._manager.connection_pool_kw["source_address"] = (address, 0)
    return client


class Guarded:
    """A detector, and what it finds."""

    def __init__(self, owner: Identity, **settings: Any):
        self.api = owner.client("guardduty")
        self.id = self.api.create_detector(Enable=True, **settings)["DetectorId"]

    def ids(self, **criteria: Any) -> list[str]:
        wanted = {"FindingCriteria": {"Criterion": criteria}} if criteria else {}
        pages = self.api.get_paginator("list_findings").paginate(DetectorId=self.id, **wanted)
        return [one for page in pages for one in page["FindingIds"]]

    def findings(self, **criteria: Any) -> list[dict[str, Any]]:
        ids = self.ids(**criteria)
        return [
            one
            for start in range(0, len(ids), 50)
            for one in self.api.get_findings(DetectorId=self.id, FindingIds=ids[start : start + 50])["Findings"]
        ]

    def of_type(self, name: str) -> list[dict[str, Any]]:
        return self.findings(type={"Equals": [name]})

    def wait_for(self, name: str, count: int = 1) -> dict[str, Any]:
        """The one finding of a type, once it has occurred so often."""

        def found() -> dict[str, Any] | None:
            all_ = self.of_type(name)
            assert len(all_) <= 1, all_
            return all_[0] if all_ and all_[0]["Service"]["Count"] >= count else None

        return until(found)

    def types(self) -> set[str]:
        return {one["Type"] for one in self.findings()}


def told(finding: dict[str, Any]) -> dict[str, Any]:
    """What a finding tells besides."""
    return json.loads(finding["Service"]["AdditionalInfo"]["Value"])
