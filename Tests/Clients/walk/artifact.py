"""Artifact: the reports are there without anybody making them."""

from harness import Identity
from walk import Samples

REPORT = "report-buildjson0000000"


def furnish(root: Identity) -> None:
    root.client("artifact").get_term_for_report(reportId=REPORT)


#: What else it takes is a token, that whoever has fetched the terms has.
SAMPLES = Samples(furnish=furnish, looks_like_objects=True)
SAMPLES.members(reportId=REPORT, termToken="x")
