"""GuardDuty: a detector with a filter, and a list that can be read."""

from harness import ACCOUNT, Identity
from walk import Samples


def furnish(root: Identity) -> None:
    api = root.client("guardduty")
    id_ = api.create_detector(Enable=True)["DetectorId"]
    SAMPLES.values["DetectorId"] = SAMPLES.values["detectorId"] = id_
    SAMPLES.values["ResourceArn"] = f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/{id_}"
    api.create_filter(DetectorId=id_, Name="walked", FindingCriteria={"Criterion": {"severity": {"Gte": 4}}})
    root.client("s3").create_bucket(Bucket="walked-lists")
    root.client("s3").put_object(Bucket="walked-lists", Key="list", Body=b"192.0.2.1\n")


# Its paths are also those of objects in buckets.
SAMPLES = Samples(furnish=furnish, looks_like_objects=True)
SAMPLES.members(
    DetectorId="", ResourceArn="", FilterName="walked", Location="s3://walked-lists/list", Name="walked-too",
    AccountDetails=[{"AccountId": "444455556666", "Email": "member@example.com"}], AccountIds=["444455556666"],
    AdministratorId="444455556666", MasterId="444455556666", AdminAccountId="444455556666",
    InvitationId="0" * 32, IpSetId="0" * 32, ThreatIntelSetId="0" * 32, ThreatEntitySetId="0" * 32,
    TrustedEntitySetId="0" * 32, DestinationId="0" * 32, FindingIds=["0" * 32], TagKeys=["a"], Tags={"a": "b"},
    FindingCriteria={"Criterion": {"severity": {"Gte": 4}}},
    DestinationProperties={
        "DestinationArn": "arn:aws:s3:::walked-lists",
        "KmsKeyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/00000000-0000-4000-8000-000000000001"},
)  # fmt: skip
