"""AWS Config: what mends what rules find, and conformance packs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness import ACCOUNT, Identity, Server, error_of
from harness.configuration import Recording, until
from test_config_rules import BUCKET, rule, verdicts

USER = "AWS::IAM::User"
PACK = """
Parameters:
  AccessKeysRotatedParamMaxAccessKeyAge:
    Default: '90'
    Type: String
  Wanted:
    Type: String
Conditions:
  hasAge:
    Fn::Not:
    - Fn::Equals:
      - ''
      - Ref: AccessKeysRotatedParamMaxAccessKeyAge
  isWanted: !Equals [!Ref Wanted, 'yes']
Resources:
  AccessKeysRotated:
    Properties:
      ConfigRuleName: access-keys-rotated
      InputParameters:
        maxAccessKeyAge:
          Fn::If:
          - hasAge
          - Ref: AccessKeysRotatedParamMaxAccessKeyAge
          - Ref: AWS::NoValue
      Source:
        Owner: AWS
        SourceIdentifier: ACCESS_KEYS_ROTATED
    Type: AWS::Config::ConfigRule
  IamUserNoPoliciesCheck:
    Properties:
      ConfigRuleName: iam-user-no-policies-check
      Scope:
        ComplianceResourceTypes:
        - AWS::IAM::User
      Source:
        Owner: AWS
        SourceIdentifier: IAM_USER_NO_POLICIES_CHECK
    Type: AWS::Config::ConfigRule
  Never:
    Condition: isWanted
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: never
      Source: {Owner: AWS, SourceIdentifier: IAM_GROUP_HAS_USERS_CHECK}
  Mend:
    Type: AWS::Config::RemediationConfiguration
    DependsOn: IamUserNoPoliciesCheck
    Properties:
      ConfigRuleName: iam-user-no-policies-check
      TargetType: SSM_DOCUMENT
      TargetId: AWSConfigRemediation-RemoveUserPolicies
      TargetVersion: '1'
      Parameters:
        AutomationAssumeRole:
          StaticValue:
            Values: [!Sub 'arn:aws:iam::${AWS::AccountId}:role/mender']
        IAMUserID: {ResourceValue: {Value: RESOURCE_ID}}
"""


def multiplied(levels: int) -> str:
    """A template of some hundred bytes whose property has 10 ** levels."""
    value: Any = "x"
    for _ in range(levels):
        value = {"Fn::Sub": ["${x}" * 10, {"x": value}]}
    return json.dumps({"Resources": {"R": {"Type": "AWS::Config::ConfigRule", "Properties": {"Description": value}}}})


def mender(root: Identity, *actions: str) -> str:
    # AWS: "Create a service role for Automation", against confused deputies.
    trusting = {
        "Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:ssm:*:{ACCOUNT}:automation-execution/*"}}}
    arn = root.iam.create_role(
        RoleName="mender", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusting]})
    )["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    root.iam.put_role_policy(
        RoleName="mender", PolicyName="mend", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    return arn


def remediation(name: str, document: str, role: str, target: str, **more: Any) -> dict[str, Any]:
    return {
        "ConfigRuleName": name, "TargetType": "SSM_DOCUMENT", "TargetId": document,
        "Parameters": {
            "AutomationAssumeRole": {"StaticValue": {"Values": [role]}},
            target: {"ResourceValue": {"Value": "RESOURCE_ID"}}},
        **more}


def test_mended(cloud: Server, new_user: Any) -> None:
    """On request with the role's permissions, and of itself."""
    root = cloud.root
    recording = Recording(root)
    api = recording.api
    api.put_config_rule(ConfigRule=rule("versioned", "S3_BUCKET_VERSIONING_ENABLED"))
    role = mender(root, "s3:GetObject")
    made = remediation("versioned", "AWS-ConfigureS3BucketVersioning", role, "BucketName")
    assert api.put_remediation_configurations(RemediationConfigurations=[made])["FailedBatches"] == []
    until(lambda: verdicts(api, "versioned") == {recording.bucket: "NON_COMPLIANT"})
    unknown = remediation("versioned", "AWS-StopEC2Instance", role, "InstanceId")
    refused = error_of(api.put_remediation_configurations, RemediationConfigurations=[unknown])
    assert refused.code == "InvalidParameterValueException" and "AWS-StopEC2Instance can't run here" in refused.message
    # The role is one that the caller may pass, and not whatever a resource is called.
    chosen = {**made, "Parameters": {**made["Parameters"], "AutomationAssumeRole": {"ResourceValue": {"Value": "RESOURCE_ID"}}}}
    refused = error_of(api.put_remediation_configurations, RemediationConfigurations=[chosen])
    assert refused.code == "InvalidParameterValueException" and "one static value" in refused.message
    key = {"resourceType": BUCKET, "resourceId": recording.bucket}

    def status() -> dict[str, Any]:
        found = api.describe_remediation_execution_status(ConfigRuleName="versioned", ResourceKeys=[key])
        return (found["RemediationExecutionStatuses"] or [{"State": ""}])[0]

    other = {"resourceType": BUCKET, "resourceId": "other"}
    answer = api.start_remediation_execution(ConfigRuleName="versioned", ResourceKeys=[key, other])
    assert answer["FailedItems"] == [other]
    until(lambda: status()["State"] == "FAILED")
    assert "AccessDenied" in status()["StepDetails"][0]["ErrorMessage"], "the role may not"
    allowed = {"Effect": "Allow", "Action": "s3:PutBucketVersioning", "Resource": "*"}
    root.iam.put_role_policy(
        RoleName="mender", PolicyName="mend", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    api.start_remediation_execution(ConfigRuleName="versioned", ResourceKeys=[key])
    until(lambda: verdicts(api, "versioned") == {recording.bucket: "COMPLIANT"})
    assert recording.s3.get_bucket_versioning(Bucket=recording.bucket)["Status"] == "Enabled"
    # Whoever has it done hands the role on.
    user = new_user("auditor", {"Effect": "Allow", "Action": "config:*", "Resource": "*"}).client("config")
    denied = error_of(user.start_remediation_execution, ConfigRuleName="versioned", ResourceKeys=[key])
    assert denied.code == "AccessDeniedException" and "iam:PassRole" in denied.message

    automatic = {**made, "Automatic": True, "MaximumAutomaticAttempts": 3, "RetryAttemptSeconds": 60}
    api.put_remediation_configurations(RemediationConfigurations=[automatic])
    shown = api.describe_remediation_configurations(ConfigRuleNames=["versioned"])["RemediationConfigurations"][0]
    assert {**automatic, "Arn": shown["Arn"]} == shown
    recording.s3.put_bucket_versioning(Bucket=recording.bucket, VersioningConfiguration={"Status": "Suspended"})
    until(lambda: recording.s3.get_bucket_versioning(Bucket=recording.bucket)["Status"] == "Enabled")
    until(lambda: verdicts(api, "versioned") == {recording.bucket: "COMPLIANT"})

    api.put_remediation_exceptions(
        ConfigRuleName="versioned", ResourceKeys=[{"ResourceType": BUCKET, "ResourceId": recording.bucket}], Message="known")
    recording.s3.put_bucket_versioning(Bucket=recording.bucket, VersioningConfiguration={"Status": "Suspended"})
    until(lambda: verdicts(api, "versioned") == {recording.bucket: "NON_COMPLIANT"})
    assert recording.s3.get_bucket_versioning(Bucket=recording.bucket)["Status"] == "Suspended"
    exceptions = api.describe_remediation_exceptions(ConfigRuleName="versioned")["RemediationExceptions"]
    assert [one["Message"] for one in exceptions] == ["known"]
    assert error_of(api.delete_config_rule, ConfigRuleName="versioned").code == "ResourceInUseException"
    api.delete_remediation_configuration(ConfigRuleName="versioned")
    # What was said of the rule does not hold for the next of its name.
    excepted = {"ResourceType": BUCKET, "ResourceId": recording.bucket}
    api.put_remediation_exceptions(ConfigRuleName="versioned", ResourceKeys=[excepted])
    api.delete_config_rule(ConfigRuleName="versioned")
    until(lambda: api.describe_remediation_exceptions(ConfigRuleName="versioned")["RemediationExceptions"] == [])


def test_a_conformance_pack(cloud: Server, new_user: Any) -> None:
    root = cloud.root
    recording = Recording(root)
    api = recording.api
    mender(root, "iam:*")
    root.iam.create_user(UserName="alice")
    root.iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    alice = root.iam.get_user(UserName="alice")["User"]["UserId"]
    inputs = [{"ParameterName": "Wanted", "ParameterValue": "no"}]
    packer = new_user("packer", {"Effect": "Allow", "Action": "config:*", "Resource": "*"})
    denied = error_of(
        packer.client("config").put_conformance_pack, ConformancePackName="identity", TemplateBody=PACK, ConformancePackInputParameters=inputs)
    assert denied.code == "AccessDeniedException" and "iam:PassRole" in denied.message and "role/mender" in denied.message
    # Whose own policy would be a finding.
    root.iam.delete_access_key(UserName="packer", AccessKeyId=packer.key_id)
    root.iam.delete_user_policy(UserName="packer", PolicyName="own")
    root.iam.delete_user(UserName="packer")
    arn = api.put_conformance_pack(
        ConformancePackName="identity", TemplateBody=PACK, ConformancePackInputParameters=inputs)["ConformancePackArn"]
    assert arn.startswith(f"arn:aws:config:us-east-1:{ACCOUNT}:conformance-pack/identity/conformance-pack-")
    suffix = arn.split("/")[-1]
    keys, policies = f"access-keys-rotated-{suffix}", f"iam-user-no-policies-check-{suffix}"
    rules = {one["ConfigRuleName"]: one for one in api.describe_config_rules()["ConfigRules"]}
    assert set(rules) == {keys, policies}
    assert rules[keys]["InputParameters"] == '{"maxAccessKeyAge":"90"}'
    assert rules[keys]["CreatedBy"] == "config-conforms.amazonaws.com"
    until(lambda: verdicts(api, policies) == {alice: "NON_COMPLIANT"})
    until(lambda: verdicts(api, keys) == {alice: "COMPLIANT"})
    compliance = api.describe_conformance_pack_compliance(ConformancePackName="identity")
    assert {one["ConfigRuleName"]: one["ComplianceType"] for one in compliance["ConformancePackRuleComplianceList"]} == {
        keys: "COMPLIANT", policies: "NON_COMPLIANT"}
    summary = api.get_conformance_pack_compliance_summary(ConformancePackNames=["identity"])
    assert summary["ConformancePackComplianceSummaryList"][0]["ConformancePackComplianceStatus"] == "NON_COMPLIANT"
    score = api.list_conformance_pack_compliance_scores()["ConformancePackComplianceScores"][0]
    assert (score["ConformancePackName"], score["Score"]) == ("identity", "50.00")
    first = api.get_conformance_pack_compliance_details(ConformancePackName="identity", Limit=1)
    second = api.get_conformance_pack_compliance_details(ConformancePackName="identity", Limit=1, NextToken=first["NextToken"])
    found = first["ConformancePackRuleEvaluationResults"] + second["ConformancePackRuleEvaluationResults"]
    assert {one["ComplianceType"] for one in found} == {"COMPLIANT", "NON_COMPLIANT"} and "NextToken" not in second

    api.put_configuration_aggregator(
        ConfigurationAggregatorName="all", AccountAggregationSources=[{"AccountIds": [ACCOUNT], "AllAwsRegions": True}])
    packs = api.describe_aggregate_compliance_by_conformance_packs(ConfigurationAggregatorName="all")
    assert packs["AggregateComplianceByConformancePacks"][0]["Compliance"] == {
        "ComplianceType": "NON_COMPLIANT", "CompliantRuleCount": 1, "NonCompliantRuleCount": 1, "TotalRuleCount": 2}
    counted = api.get_aggregate_conformance_pack_compliance_summary(ConfigurationAggregatorName="all")
    assert counted["AggregateConformancePackComplianceSummaries"][0]["ComplianceSummary"] == {
        "CompliantConformancePackCount": 0, "NonCompliantConformancePackCount": 1}
    key = {"resourceType": USER, "resourceId": alice}
    api.start_remediation_execution(ConfigRuleName=policies, ResourceKeys=[key])
    until(lambda: verdicts(api, policies) == {alice: "COMPLIANT"})
    assert root.iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"] == []
    assert error_of(api.delete_config_rule, ConfigRuleName=policies).code == "ResourceInUseException"

    recording.s3.put_object(Bucket=recording.bucket, Key="packs/one.yaml", Body=PACK.replace("iam-user-no", "renamed-no").encode())
    api.put_conformance_pack(
        ConformancePackName="identity", TemplateS3Uri=f"s3://{recording.bucket}/packs/one.yaml", ConformancePackInputParameters=inputs)
    until(lambda: {one["ConfigRuleName"] for one in api.describe_config_rules()["ConfigRules"]} == {
        keys, f"renamed-no-policies-check-{suffix}"})
    status = api.describe_conformance_pack_status(ConformancePackNames=["identity"])["ConformancePackStatusDetails"][0]
    assert status["ConformancePackState"] == "CREATE_COMPLETE"
    assert [one["ConformancePackName"] for one in api.describe_conformance_packs()["ConformancePackDetails"]] == ["identity"]
    for body, reason in (
        (PACK, "The parameter Wanted must have a value."),
        ("Resources: {A: {Type: 'AWS::S3::Bucket'}}", "AWS::S3::Bucket"),
        ("Resources:\n  - [", "Unable to validate"),
        ("a: " + "[" * 5000, "nests too deeply"),
        (multiplied(10), "too large"),
        ("a0: &a0 [x, x]\na1: &a1 [*a0, *a0]\nk: {? *a1 : 1}", "aliases are not allowed"),
        ("Resources: {R: !Sub &a [x]}", "aliases are not allowed"),
        ("Resources:\n  R:\n    Type: AWS::Config::ConfigRule\n    Properties:\n      Source: {Owner: AWS, SourceIdentifier: NO}", "NO is invalid"),
    ):
        refused = error_of(api.put_conformance_pack, ConformancePackName="other", TemplateBody=body)
        assert refused.code == "ConformancePackTemplateValidationException" and reason in refused.message, refused.message
    api.delete_conformance_pack(ConformancePackName="identity")
    until(lambda: api.describe_config_rules()["ConfigRules"] == [])
    assert error_of(api.describe_conformance_packs, ConformancePackNames=["identity"]).code == "NoSuchConformancePackException"
