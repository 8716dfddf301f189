"""CloudTrail Data: a channel, which gets its name only when it is made."""

import json

from harness import ACCOUNT, Identity
from walk import Samples


def furnish(root: Identity) -> None:
    ct = root.cloudtrail
    kind = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["ActivityAuditLog"]}]}]
    store = ct.create_event_data_store(
        Name="x-outside", TerminationProtectionEnabled=False, AdvancedEventSelectors=kind)["EventDataStoreArn"]
    to = [{"Type": "EVENT_DATA_STORE", "Location": store}]
    SAMPLES.values["channelArn"] = ct.create_channel(Name="x-channel", Source="Custom", Destinations=to)["ChannelArn"]


SAMPLES = Samples(furnish=furnish, data_events={"PutAuditEvents"})
SAMPLES.members(
    channelArn=f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:channel/00000000-0000-4000-8000-000000000000",
    auditEvents=[{"id": "x", "eventData": json.dumps({"version": "1"})}],
)
