"""Metadata tables: what is asked for is kept and shown; that there are no tables is not hidden."""

from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, allow, error_of

TABLES = f"arn:aws:s3tables:us-east-1:{ACCOUNT}:bucket/tables"


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket="box")
    return client


def create(s3: Any, **more: Any) -> None:
    wanted = {"JournalTableConfiguration": {"RecordExpiration": {"Expiration": "DISABLED"}}} | more
    s3.create_bucket_metadata_configuration(Bucket="box", MetadataConfiguration=wanted)


def create_first(s3: Any, **more: Any) -> None:
    destination = {"TableBucketArn": TABLES, "TableName": "objects"} | more
    s3.create_bucket_metadata_table_configuration(
        Bucket="box", MetadataTableConfiguration={"S3TablesDestination": destination}
    )


def shown(s3: Any) -> Any:
    answer = s3.get_bucket_metadata_configuration(Bucket="box")
    return answer["GetBucketMetadataConfigurationResult"]["MetadataConfigurationResult"]


def test_a_journal_and_an_inventory(s3: Any) -> None:
    assert error_of(s3.get_bucket_metadata_configuration, Bucket="box").code == "MetadataConfigurationNotFound"
    create(
        s3,
        JournalTableConfiguration={"RecordExpiration": {"Expiration": "ENABLED", "Days": 30}},
        InventoryTableConfiguration={"ConfigurationState": "ENABLED"},
    )
    result = shown(s3)
    assert result["DestinationResult"] == {"TableBucketType": "aws", "TableNamespace": "b_box"}
    journal, inventory = result["JournalTableConfigurationResult"], result["InventoryTableConfigurationResult"]
    assert journal["RecordExpiration"] == {"Expiration": "ENABLED", "Days": 30}
    assert (journal["TableStatus"], journal["Error"]["ErrorCode"]) == ("FAILED", "DestinationTableNotFound")
    assert (inventory["TableStatus"], inventory["Error"]["ErrorCode"]) == ("FAILED", "JournalTableNotAvailable")
    s3.update_bucket_metadata_journal_table_configuration(
        Bucket="box", JournalTableConfiguration={"RecordExpiration": {"Expiration": "DISABLED"}}
    )
    s3.update_bucket_metadata_inventory_table_configuration(
        Bucket="box", InventoryTableConfiguration={"ConfigurationState": "DISABLED"}
    )
    result = shown(s3)
    assert result["JournalTableConfigurationResult"]["RecordExpiration"] == {"Expiration": "DISABLED"}
    assert result["InventoryTableConfigurationResult"] == {"ConfigurationState": "DISABLED"}
    assert error_of(create, s3=s3).status == 409
    for refused in (s3.get_bucket_metadata_table_configuration, s3.delete_bucket_metadata_table_configuration):
        assert (error_of(refused, Bucket="box").code, error_of(refused, Bucket="box").status) == (
            "MethodNotAllowed",
            405,
        )
    s3.delete_bucket_metadata_configuration(Bucket="box")
    assert error_of(s3.delete_bucket_metadata_configuration, Bucket="box").code == "MetadataConfigurationNotFound"


def test_a_table_in_a_bucket_of_ones_own(s3: Any) -> None:
    create_first(s3)
    answer = s3.get_bucket_metadata_table_configuration(Bucket="box")
    result = answer["GetBucketMetadataTableConfigurationResult"]
    assert (result["Status"], result["Error"]["ErrorCode"]) == ("FAILED", "TableBucketNotFound")
    destination = result["MetadataTableConfigurationResult"]["S3TablesDestinationResult"]
    assert (destination["TableBucketArn"], destination["TableName"]) == (TABLES, "objects")
    assert destination["TableNamespace"] == "aws_s3_metadata"
    # The second form's operations know it as well, but can't change it.
    assert shown(s3)["DestinationResult"]["TableBucketType"] == "customer"
    error = error_of(
        s3.update_bucket_metadata_inventory_table_configuration,
        Bucket="box",
        InventoryTableConfiguration={"ConfigurationState": "DISABLED"},
    )
    assert error.status == 405
    assert error_of(create, s3=s3).status == 409
    s3.delete_bucket_metadata_configuration(Bucket="box")
    create_first(s3)
    s3.delete_bucket_metadata_table_configuration(Bucket="box")
    s3.delete_bucket(Bucket="box")


def test_what_is_refused(s3: Any, new_user: Callable[..., Identity]) -> None:
    def expiration(**said: Any) -> dict[str, Any]:
        return {"JournalTableConfiguration": {"RecordExpiration": said}}

    for wrong in (
        expiration(Expiration="ENABLED"),
        expiration(Expiration="ENABLED", Days=6),
        expiration(Expiration="DISABLED", Days=7),
        expiration(Expiration="MAYBE"),
        {"InventoryTableConfiguration": {"ConfigurationState": "OFF"}},
        {"InventoryTableConfiguration": {"ConfigurationState": "ENABLED", "EncryptionConfiguration": {"SseAlgorithm": "aws:kms"}}},
    ):
        assert error_of(lambda: create(s3, **wrong)).code in ("MalformedXML", "InvalidArgument"), wrong  # noqa: B023
    for wrong in (
        {"TableBucketArn": "arn:aws:s3:::box"},
        {"TableBucketArn": TABLES.replace("us-east-1", "eu-west-1")},
        {"TableBucketArn": TABLES.replace(ACCOUNT, "444455556666")},
        {"TableName": "With Spaces"},
    ):
        assert error_of(lambda: create_first(s3, **wrong)).code == "InvalidArgument", wrong  # noqa: B023
    # Both forms have one action.
    clerk = new_user("clerk", allow("s3:CreateBucketMetadataTableConfiguration")).client("s3")
    create(clerk)
    error = error_of(clerk.get_bucket_metadata_configuration, Bucket="box")
    assert error.code == "AccessDenied" and "s3:GetBucketMetadataTableConfiguration" in error.message
    error = error_of(clerk.delete_bucket_metadata_configuration, Bucket="box")
    assert error.code == "AccessDenied" and "s3:DeleteBucketMetadataTableConfiguration" in error.message
    error = error_of(
        clerk.update_bucket_metadata_journal_table_configuration,
        Bucket="box",
        JournalTableConfiguration={"RecordExpiration": {"Expiration": "DISABLED"}},
    )
    assert error.code == "AccessDenied" and "s3:UpdateBucketMetadataJournalTableConfiguration" in error.message
