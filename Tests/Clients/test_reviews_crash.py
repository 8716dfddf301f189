"""kill -9 while an account is reviewed: answers and milestones of the Well-Architected Tool, cases of Support, exclusions of Trusted
Advisor, and Artifact's reports. What was acknowledged is there after each start, once; what was not is there whole or not at all.

GATEHOUSE_CRASH_ROUNDS (default 4) says how often the server is killed; GATEHOUSE_TEST_SEED repeats a run as far as time allows.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from harness import Server
from harness.crashes import Party, kill_while_they_work
from harness.server import gatehouse

ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "4"))
QUESTION = "identities"
REPORT = "report-buildjson0000000"
ROOT_FACTOR = "7DAFEmoDos"


class Answers:
    """Writes a number into an answer's notes, and every third time makes a milestone of that name."""

    def __init__(self, workload: str):
        self.workload = workload
        self.count = self.asked = self.last = 0
        self.milestones: list[str] = []
        self.doubt: str | None = None

    def work(self, tool: Any) -> None:
        self.asked += 1
        tool.update_answer(WorkloadId=self.workload, LensAlias="wellarchitected", QuestionId=QUESTION, Notes=f"{self.asked}")
        self.last = self.asked
        if self.asked % 3 == 0:
            self.doubt = f"milestone {self.asked}"
            tool.create_milestone(WorkloadId=self.workload, MilestoneName=self.doubt)
            self.milestones.append(self.doubt)
            self.doubt = None
        self.count += 1

    def check(self, tool: Any) -> None:
        answer = tool.get_answer(WorkloadId=self.workload, LensAlias="wellarchitected", QuestionId=QUESTION)["Answer"]
        notes = int(answer.get("Notes") or 0)
        assert notes in {self.last, self.asked}
        self.last = notes
        pages = tool.list_milestones(WorkloadId=self.workload, MaxResults=50)["MilestoneSummaries"]
        found = {one["MilestoneNumber"]: one["MilestoneName"] for one in pages}
        assert len(found) == len(pages) and sorted(found) == list(range(1, len(found) + 1))
        names = [found[number] for number in sorted(found)]
        assert names in (self.milestones, [*self.milestones, self.doubt])
        self.milestones, self.doubt = names, None
        # What it keeps is the answer of its moment, whole.
        if names:
            kept = tool.get_answer(
                WorkloadId=self.workload, LensAlias="wellarchitected", QuestionId=QUESTION, MilestoneNumber=len(names)
            )["Answer"]  # fmt: skip
            assert f"milestone {kept['Notes']}" == names[-1]


class Workloads:
    """Makes workloads, each by a token of its own: a request that was not answered is sent again."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self.count = 0

    def work(self, tool: Any) -> None:
        name = f"Workload {self.count}"
        id = tool.create_workload(
            WorkloadName=name, Description="Sold here", Environment="PRODUCTION", AwsRegions=["us-east-1"], ReviewOwner="a@example.com",
            Lenses=["wellarchitected"], ClientRequestToken=name,
        )["WorkloadId"]  # fmt: skip
        assert self.made.setdefault(name, id) == id
        self.count += 1

    def check(self, tool: Any) -> None:
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = tool.list_workloads(MaxResults=50, **token)
            found += page["WorkloadSummaries"]
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        seen = {one["WorkloadName"]: one["WorkloadId"] for one in found if one["WorkloadName"] != "Shop"}
        assert len(seen) == len(found) - 1, "one request has made two"
        assert self.made.items() <= seen.items() and set(seen) <= set(self.made) | {f"Workload {self.count}"}


class Cases:
    """Opens a case, and writes into it twice."""

    def __init__(self) -> None:
        self.said: dict[str, list[str]] = {}
        #: The case that is written into, and what was not answered.
        self.doubt: tuple[str | None, str] | None = None
        self.count = 0

    def work(self, support: Any) -> None:
        first = f"first of {self.count}"
        self.doubt = (None, first)
        case = support.create_case(subject="x", communicationBody=first)["caseId"]
        self.said[case] = [first]
        for number in range(2):
            self.doubt = (case, f"{number}")
            support.add_communication_to_case(caseId=case, communicationBody=f"{number}")
            self.said[case].append(f"{number}")
        self.doubt = None
        self.count += 1

    def check(self, support: Any) -> None:
        pages = support.get_paginator("describe_cases").paginate(includeCommunications=False)
        listed = [one["caseId"] for page in pages for one in page["cases"]]
        assert len(set(listed)) == len(listed) and set(self.said) <= set(listed)
        found: dict[str, list[str]] = {}
        for case in listed:
            told = support.describe_communications(caseId=case)["communications"]
            found[case] = [one["body"] for one in told]
            said = self.said.get(case)
            if said is None:
                # One that nobody was told of is there with what was said first.
                assert self.doubt and self.doubt[0] is None and found[case] == [self.doubt[1]]
            else:
                more = [self.doubt[1]] if self.doubt and self.doubt[0] == case else []
                assert found[case] in (said, [*said, *more])
        assert len(found) <= len(self.said) + 1
        self.said, self.doubt = found, None


class Exclusions:
    """Excludes a resource from a recommendation, and includes it again."""

    def __init__(self, resource: str, recommendation: str):
        self.resource, self.recommendation = resource, recommendation
        self.last = self.asked = False
        self.count = 0

    def work(self, advisor: Any) -> None:
        self.asked = not self.last
        answer = advisor.batch_update_recommendation_resource_exclusion(
            recommendationResourceExclusions=[{"arn": self.resource, "isExcluded": self.asked}]
        )
        assert answer["batchUpdateRecommendationResourceExclusionErrors"] == []
        self.last = self.asked
        self.count += 1

    def check(self, advisor: Any) -> None:
        [one] = advisor.list_recommendation_resources(recommendationIdentifier=self.recommendation)[
            "recommendationResourceSummaries"
        ]
        now = one["exclusionStatus"] == "excluded"
        assert now in {self.last, self.asked}
        self.last = now


class Reports:
    """Reads the terms and the report of the hour, and switches notifications on and off."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.setting = self.asked = "NOT_SUBSCRIBED"
        self.count = 0

    @staticmethod
    def digest(artifact: Any, token: str) -> str:
        url = artifact.get_report(reportId=REPORT, termToken=token)["documentPresignedUrl"]
        with urllib.request.urlopen(url) as answer:
            return hashlib.sha256(answer.read()).hexdigest()

    def work(self, artifact: Any) -> None:
        token = artifact.get_term_for_report(reportId=REPORT)["termToken"]
        try:
            self.tokens[token] = self.digest(artifact, token)
        except urllib.error.HTTPError:
            raise
        except (OSError, http.client.HTTPException):
            # The server is gone in the midst of it.
            return
        self.asked = "SUBSCRIBED" if self.setting == "NOT_SUBSCRIBED" else "NOT_SUBSCRIBED"
        artifact.put_account_settings(notificationSubscriptionStatus=self.asked)
        self.setting = self.asked
        self.count += 1

    def check(self, artifact: Any) -> None:
        versions = [one["version"] for one in artifact.list_report_versions(reportId=REPORT)["reports"]]
        assert versions == [1], "the report of the hour is made once"
        # Terms that were accepted stay so, and the document is the same one.
        for token, digest in list(self.tokens.items())[-3:]:
            assert self.digest(artifact, token) == digest
        assert len(set(self.tokens.values())) == 1
        now = artifact.get_account_settings()["accountSettings"]["notificationSubscriptionStatus"]
        assert now in {self.setting, self.asked}
        self.setting = now


def root_factor(server: Server) -> tuple[str, str]:
    """The root user, who has no second factor: the resource's ARN at Trusted Advisor, and the recommendation's."""
    advisor = server.root.client("trustedadvisor")
    pages = advisor.get_paginator("list_recommendations").paginate()
    [recommendation] = [
        one["arn"] for page in pages for one in page["recommendationSummaries"] if one["checkArn"].endswith(ROOT_FACTOR)
    ]
    [resource] = advisor.list_recommendation_resources(recommendationIdentifier=recommendation)["recommendationResourceSummaries"]
    return resource["arn"], recommendation


def test_nothing_of_a_review_is_lost(lasting: Callable[..., Server]) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    server = lasting("--quota", "WellArchitectedWorkloads=100000").start()
    shop = server.root.client("wellarchitected").create_workload(
        WorkloadName="Shop", Description="Sold here", Environment="PRODUCTION", AwsRegions=["us-east-1"], ReviewOwner="a@example.com",
        Lenses=["wellarchitected"],
    )["WorkloadId"]  # fmt: skip
    resource, recommendation = root_factor(server)
    parties: dict[str, Party] = {
        "answers": Answers(shop), "workloads": Workloads(), "cases": Cases(),
        "exclusions": Exclusions(resource, recommendation), "reports": Reports(),
    }  # fmt: skip
    services = {
        "answers": "wellarchitected", "workloads": "wellarchitected", "cases": "support", "exclusions": "trustedadvisor",
        "reports": "artifact",
    }  # fmt: skip
    # The first report of an hour takes its time: the program is hashed.
    reports = parties["reports"]
    reports.work(server.root.client("artifact", read_timeout=300))
    kill_while_they_work(server, parties, services, random.Random(seed), ROUNDS)
    server.stop()
    done = gatehouse("verify", *server.place, within=120)
    assert done.returncode == 0, done.stdout + done.stderr
