"""Cost Explorer: periods and metrics that mean something."""

import datetime

from walk import Samples

TODAY = datetime.datetime.now(datetime.UTC).date()
PERIOD = {"Start": str(TODAY - datetime.timedelta(days=1)), "End": str(TODAY + datetime.timedelta(days=1))}
REGION = {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}}

SAMPLES = Samples()
SAMPLES.members(
    TimePeriod=PERIOD, Granularity="DAILY", Metrics=["UnblendedCost"], Metric="UNBLENDED_COST", Filter=REGION, Dimension="REGION",
    CostAllocationTagsStatus=[{"TagKey": "team", "Status": "Active"}],
)  # fmt: skip
