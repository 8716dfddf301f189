"""Roles that belong to AWS's services: made and deleted by their own operations, changed by nobody else."""

import json

import pytest

from harness import ACCOUNT, Identity, allow, error_of, policy, trust

ECS = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"

#: Services that were recorded to take no suffix.
WITHOUT_SUFFIX = """
accountdiscovery.ssm acm appmesh autoscaling-plans backup batch cassandra.application-autoscaling cks.kms cloudtrail
codestar-notifications config dms-fleet-advisor dms docdb-elastic ec2-instance-connect ec2.application-autoscaling ecr
ecs eks-connector eks-fargate eks-nodegroup eks elasticache elasticbeanstalk elasticfilesystem elasticloadbalancing
email.cognito-idp emr-containers emrwal fis grafana imagebuilder iotmanagedintegrations kafka kafkaconnect
lakeformation lex lightsail m2 memorydb mq mrk.kms notifications observability.aoss opensearchservice ops.apigateway
ops.emr-serverless opsdatasync.ssm opsinsights.ssm pullthroughcache.ecr ram rds redshift replication.cassandra
replication.ecr repository.sync.codeconnections resource-explorer-2 rolesanywhere s3-outposts ses shield ssm-incidents
ssm-quicksetup ssm sso vpcorigin.cloudfront waf wafv2
""".split()


@pytest.fixture
def ecs(root: Identity) -> dict:
    return root.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]


def test_a_service_linked_role_by_cli(root: Identity) -> None:
    made = root.aws(
        "iam", "create-service-linked-role", "--aws-service-name", "ecs.amazonaws.com", "--description", "for ECS"
    )["Role"]
    assert (made["Arn"], made["RoleName"]) == (ECS, "AWSServiceRoleForECS")
    assert made["Path"] == "/aws-service-role/ecs.amazonaws.com/"
    assert made["AssumeRolePolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    got = root.aws("iam get-role --role-name AWSServiceRoleForECS")["Role"]
    assert (got["RoleId"], got["Description"]) == (made["RoleId"], "for ECS")
    attached = root.iam.list_attached_role_policies(RoleName="AWSServiceRoleForECS")["AttachedPolicies"]
    arn = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"
    assert attached == [{"PolicyName": "AmazonECSServiceRolePolicy", "PolicyArn": arn}]
    assert root.iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"][0]["RoleName"] == "AWSServiceRoleForECS"

    task = root.aws("iam delete-service-linked-role --role-name AWSServiceRoleForECS")["DeletionTaskId"]
    assert task.startswith("task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/")
    status = root.aws("iam", "get-service-linked-role-deletion-status", "--deletion-task-id", task)
    assert status == {"Status": "SUCCEEDED"}
    assert error_of(root.iam.get_role, RoleName="AWSServiceRoleForECS").code == "NoSuchEntity"
    root.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")


@pytest.mark.parametrize("half", [0, 1])
def test_recorded_errors(root: Identity, half: int) -> None:
    create = root.iam.create_service_linked_role
    for service in WITHOUT_SUFFIX[half::2]:
        name = f"{service}.amazonaws.com"
        refused = error_of(create, AWSServiceName=name, CustomSuffix="suffix")
        assert (refused.status, refused.code) == (400, "InvalidInput")
        assert refused.message == f"Custom suffix is not allowed for {name}"
        role = create(AWSServiceName=name)["Role"]
        refused = error_of(create, AWSServiceName=name)
        assert (refused.status, refused.code) == (400, "InvalidInput")
        assert refused.message == (
            f"Service role name {role['RoleName']} has been taken in this account, please try a different suffix."
        )
    refused = error_of(create, AWSServiceName="nobody.amazonaws.com")
    assert (refused.code, refused.message) == (
        "AccessDenied",
        "Cannot find Service Linked Role template for nobody.amazonaws.com",
    )


def test_suffixes(root: Identity) -> None:
    create = root.iam.create_service_linked_role
    names = [
        create(AWSServiceName="autoscaling.amazonaws.com", **more)["Role"]["RoleName"]
        for more in ({}, {"CustomSuffix": "one"}, {"CustomSuffix": "two"})
    ]
    prefix = "AWSServiceRoleForAutoScaling"
    assert names == [prefix, f"{prefix}_one", f"{prefix}_two"]
    refused = error_of(create, AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="ONE")
    assert refused.code == "InvalidInput" and "please try a different suffix" in refused.message


def test_nobody_changes_a_service_linked_role(root: Identity, ecs: dict) -> None:
    iam, name = root.iam, {"RoleName": ecs["RoleName"]}
    document = policy(allow("s3:*"))
    calls = [
        (iam.attach_role_policy, {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        (iam.detach_role_policy, {"PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"}),
        (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": document}),
        (iam.delete_role_policy, {"PolicyName": "p"}),
        (iam.update_assume_role_policy, {"PolicyDocument": trust(ACCOUNT)}),
        (iam.put_role_permissions_boundary, {"PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        (iam.delete_role_permissions_boundary, {}),
        (iam.update_role, {"MaxSessionDuration": 7200}),
        (iam.delete_role, {}),
    ]
    for call, more in calls:
        refused = error_of(call, **name, **more)
        assert (refused.status, refused.code) == (400, "UnmodifiableEntity"), call
        assert refused.message == (
            "Cannot perform the operation on the protected role 'AWSServiceRoleForECS' - this role is only modifiable "
            "by AWS"
        )
    # Its description and its tags are the account's.
    iam.update_role(**name, Description="ours")
    iam.update_role_description(**name, Description="ours, too")
    assert iam.get_role(**name)["Role"]["Description"] == "ours, too"
    iam.tag_role(**name, Tags=[{"Key": "a", "Value": "b"}])
    iam.create_instance_profile(InstanceProfileName="p")
    refused = error_of(iam.add_role_to_instance_profile, InstanceProfileName="p", **name)
    assert refused.code == "UnmodifiableEntity"


def test_nobody_makes_one_by_another_way(root: Identity) -> None:
    refused = error_of(
        root.iam.create_role,
        RoleName="AWSServiceRoleForECS",
        Path="/aws-service-role/ecs.amazonaws.com/",
        AssumeRolePolicyDocument=trust({"Service": "ecs.amazonaws.com"}),
    )
    assert (refused.status, refused.code) == (400, "InvalidInput")
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"Service": "ecs.amazonaws.com"}))
    refused = error_of(
        root.iam.attach_role_policy,
        RoleName="r",
        PolicyArn="arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy",
    )
    assert (refused.status, refused.code) == (400, "PolicyNotAttachable")
    refused = error_of(
        root.iam.put_role_permissions_boundary,
        RoleName="r",
        PermissionsBoundary="arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy",
    )
    assert (refused.status, refused.code) == (400, "PolicyNotAttachable")
    refused = error_of(root.iam.delete_service_linked_role, RoleName="r")
    assert (refused.status, refused.code) == (400, "InvalidInput")


def test_only_the_service_assumes_it(root: Identity, ecs: dict, new_user) -> None:
    admin = new_user("admin", managed="AdministratorAccess")
    refused = error_of(admin.sts.assume_role, RoleArn=ecs["Arn"], RoleSessionName="session")
    assert refused.code == "AccessDenied"


def test_a_policy_limits_services(root: Identity, new_user) -> None:
    user = new_user(
        "u",
        allow(
            "iam:CreateServiceLinkedRole",
            f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/*",
            Condition={"StringLike": {"iam:AWSServiceName": ["ecs.amazonaws.com", "*.application-autoscaling.*"]}},
        ),
        allow(["iam:DeleteServiceLinkedRole", "iam:GetServiceLinkedRoleDeletionStatus"], ECS),
    )
    create = user.iam.create_service_linked_role
    create(AWSServiceName="ecs.amazonaws.com")
    create(AWSServiceName="rds.application-autoscaling.amazonaws.com")
    refused = error_of(create, AWSServiceName="rds.amazonaws.com")
    assert refused.code == "AccessDenied"
    assert "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS" in refused.message
    assert error_of(create, AWSServiceName="nobody.amazonaws.com").code == "AccessDenied"

    task = user.iam.delete_service_linked_role(RoleName="AWSServiceRoleForECS")["DeletionTaskId"]
    status = user.iam.get_service_linked_role_deletion_status
    assert status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    role = "AWSServiceRoleForApplicationAutoScaling_RDSCluster"
    assert error_of(user.iam.delete_service_linked_role, RoleName=role).code == "AccessDenied"
    other = root.iam.delete_service_linked_role(RoleName=role)["DeletionTaskId"]
    assert error_of(status, DeletionTaskId=other).code == "AccessDenied"

    of_root = root.iam.get_service_linked_role_deletion_status
    refused = error_of(of_root, DeletionTaskId=task[:-1] + "x")
    assert (refused.status, refused.code) == (404, "NoSuchEntity")
    for wrong in ("nonsense", "task/aws-service-role//x/y", "task/role/a/b/c"):
        refused = error_of(of_root, DeletionTaskId=wrong)
        assert (refused.status, refused.code) == (400, "InvalidInput")


def test_the_role_of_organizations_is_in_use_as_long_as_there_is_one(root: Identity) -> None:
    roles = {role["RoleName"] for role in root.iam.list_roles(PathPrefix="/aws-service-role/")["Roles"]}
    name = "AWSServiceRoleForOrganizations"
    if name not in roles:
        root.iam.create_service_linked_role(AWSServiceName="organizations.amazonaws.com")
    organization = root.client("organizations").create_organization(FeatureSet="ALL")["Organization"]
    task = root.iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    status = root.iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert status["Status"] == "FAILED"
    assert status["Reason"]["RoleUsageList"][0]["Resources"] == [organization["Arn"]]
    assert json.dumps(root.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])
