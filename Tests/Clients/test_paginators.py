"""Every list that botocore can page through: pages of any size give each item once, in order."""

from typing import Any
from collections.abc import Callable

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust

COUNT = 7
EC2 = trust({"Service": "ec2.amazonaws.com"})
DOCUMENT = policy(allow("s3:ListAllMyBuckets"))


def names(prefix: str) -> list[str]:
    return [f"{prefix}{number}" for number in range(COUNT)]


def make_users(iam: Any) -> dict[str, Any]:
    for name in names("user"):
        iam.create_user(UserName=name)
    return {}


def make_groups(iam: Any) -> dict[str, Any]:
    for name in names("group"):
        iam.create_group(GroupName=name)
    return {}


def make_roles(iam: Any) -> dict[str, Any]:
    for name in names("role"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    return {}


def make_policies(iam: Any) -> dict[str, Any]:
    for name in names("policy"):
        iam.create_policy(PolicyName=name, PolicyDocument=DOCUMENT)
    return {"Scope": "Local"}


def make_instance_profiles(iam: Any) -> dict[str, Any]:
    for name in names("profile"):
        iam.create_instance_profile(InstanceProfileName=name)
    return {}


def make_profiles_of_a_role(iam: Any) -> dict[str, Any]:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    for name in names("profile"):
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="r")
    return {"RoleName": "r"}


def make_members(iam: Any) -> dict[str, Any]:
    iam.create_group(GroupName="g")
    for name in names("user"):
        iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName="g", UserName=name)
    return {"GroupName": "g"}


def make_groups_of_a_user(iam: Any) -> dict[str, Any]:
    iam.create_user(UserName="u")
    for name in names("group"):
        iam.create_group(GroupName=name)
        iam.add_user_to_group(GroupName=name, UserName="u")
    return {"UserName": "u"}


def make_inline(kind: str) -> Callable[[Any], dict[str, Any]]:
    def make(iam: Any) -> dict[str, Any]:
        owner = make_owner(iam, kind)
        for name in names("inline"):
            getattr(iam, f"put_{kind}_policy")(**owner, PolicyName=name, PolicyDocument=DOCUMENT)
        return owner

    return make


def make_attached(kind: str) -> Callable[[Any], dict[str, Any]]:
    def make(iam: Any) -> dict[str, Any]:
        owner = make_owner(iam, kind)
        for name in names("policy"):
            arn = iam.create_policy(PolicyName=name, PolicyDocument=DOCUMENT)["Policy"]["Arn"]
            getattr(iam, f"attach_{kind}_policy")(**owner, PolicyArn=arn)
        return owner

    return make


def make_owner(iam: Any, kind: str) -> dict[str, Any]:
    if kind == "user":
        iam.create_user(UserName="o")
        return {"UserName": "o"}
    if kind == "group":
        iam.create_group(GroupName="o")
        return {"GroupName": "o"}
    iam.create_role(RoleName="o", AssumeRolePolicyDocument=EC2)
    return {"RoleName": "o"}


def make_tags(kind: str) -> Callable[[Any], dict[str, Any]]:
    def make(iam: Any) -> dict[str, Any]:
        owner = make_owner(iam, kind)
        tags = [{"Key": name, "Value": "x"} for name in names("tag")]
        getattr(iam, f"tag_{kind}")(**owner, Tags=tags)
        return owner

    return make


def make_policy_tags(iam: Any) -> dict[str, Any]:
    tags = [{"Key": name, "Value": "x"} for name in names("tag")]
    arn = iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT, Tags=tags)["Policy"]["Arn"]
    return {"PolicyArn": arn}


def make_versions(iam: Any) -> dict[str, Any]:
    arn = iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT)
    return {"PolicyArn": arn}


def make_entities(iam: Any) -> dict[str, Any]:
    arn = iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    for name in names("user"):
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=arn)
    return {"PolicyArn": arn}


def make_keys(iam: Any) -> dict[str, Any]:
    iam.create_user(UserName="u")
    for _ in range(2):
        iam.create_access_key(UserName="u")
    return {"UserName": "u"}


def make_virtual_devices(iam: Any) -> dict[str, Any]:
    for name in names("device"):
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name)
    return {}


LISTS: dict[str, tuple[Callable[[Any], dict[str, Any]], str, str | None, int]] = {
    # paginator: (what makes the items, result key, member to compare by, how many)
    "list_users": (make_users, "Users", "UserName", COUNT),
    "list_groups": (make_groups, "Groups", "GroupName", COUNT),
    "list_roles": (make_roles, "Roles", "RoleName", COUNT),
    "list_policies": (make_policies, "Policies", "PolicyName", COUNT),
    "list_instance_profiles": (make_instance_profiles, "InstanceProfiles", "InstanceProfileName", COUNT),
    "list_instance_profiles_for_role": (make_profiles_of_a_role, "InstanceProfiles", "InstanceProfileName", COUNT),
    "get_group": (make_members, "Users", "UserName", COUNT),
    "list_groups_for_user": (make_groups_of_a_user, "Groups", "GroupName", COUNT),
    "list_user_policies": (make_inline("user"), "PolicyNames", None, COUNT),
    "list_group_policies": (make_inline("group"), "PolicyNames", None, COUNT),
    "list_role_policies": (make_inline("role"), "PolicyNames", None, COUNT),
    "list_attached_user_policies": (make_attached("user"), "AttachedPolicies", "PolicyName", COUNT),
    "list_attached_group_policies": (make_attached("group"), "AttachedPolicies", "PolicyName", COUNT),
    "list_attached_role_policies": (make_attached("role"), "AttachedPolicies", "PolicyName", COUNT),
    "list_user_tags": (make_tags("user"), "Tags", "Key", COUNT),
    "list_role_tags": (make_tags("role"), "Tags", "Key", COUNT),
    "list_policy_tags": (make_policy_tags, "Tags", "Key", COUNT),
    "list_policy_versions": (make_versions, "Versions", "VersionId", 5),
    "list_entities_for_policy": (make_entities, "PolicyUsers", "UserName", COUNT),
    "list_access_keys": (make_keys, "AccessKeyMetadata", "AccessKeyId", 2),
    "list_virtual_mfa_devices": (make_virtual_devices, "VirtualMFADevices", "SerialNumber", COUNT),
}


@pytest.mark.parametrize("name", LISTS)
def test_pages(root: Identity, name: str) -> None:
    make, result, member, count = LISTS[name]
    parameters = make(root.iam)

    def listed(size: int) -> list[Any]:
        pages = list(root.iam.get_paginator(name).paginate(**parameters, PaginationConfig={"PageSize": size}))
        for page in pages[:-1]:
            assert page["IsTruncated"] is True and page["Marker"]
            assert len(page[result]) == size
        assert pages[-1]["IsTruncated"] is False and "Marker" not in pages[-1]
        return [item[member] if member else item for page in pages for item in page[result]]

    whole = listed(1000)
    assert len(whole) == len(set(whole)) == count
    for size in (1, 2, 3, count, count + 1):
        assert listed(size) == whole, size


def test_a_marker_that_is_none(root: Identity) -> None:
    make_users(root.iam)
    for marker in ("nonsense", "%%%", "x" * 320):
        refused = error_of(root.iam.list_users, Marker=marker)
        assert (refused.status, refused.code) == (400, "ValidationError"), marker


def test_a_marker_of_another_list(root: Identity) -> None:
    make_users(root.iam)
    make_groups(root.iam)
    marker = root.iam.list_users(MaxItems=2)["Marker"]
    try:
        seen = root.iam.list_groups(Marker=marker)["Groups"]
    except root.iam.exceptions.ClientError:
        return
    assert len(seen) <= COUNT


def test_max_items_is_checked(root: Identity) -> None:
    free = root.client("iam", parameter_validation=False)
    zero = error_of(free.list_users, MaxItems=0)
    assert zero.code == "ValidationError"
    assert zero.message == (
        "1 validation error detected: Value at 'maxItems' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )
    over = error_of(free.list_users, MaxItems=1001)
    assert over.message == (
        "1 validation error detected: Value at 'maxItems' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000"
    )


def test_a_hundred_without_asking(root: Identity) -> None:
    for number in range(105):
        root.iam.create_group(GroupName=f"group{number:03}")
    page = root.iam.list_groups()
    assert len(page["Groups"]) == 100 and page["IsTruncated"]
    rest = root.iam.list_groups(Marker=page["Marker"])
    assert [group["GroupName"] for group in page["Groups"] + rest["Groups"]] == [f"group{n:03}" for n in range(105)]


def test_changes_between_pages_lose_nothing_that_stays(root: Identity) -> None:
    for number in range(20):
        root.iam.create_user(UserName=f"user{number:02}")
    page = root.iam.list_users(MaxItems=10)
    root.iam.delete_user(UserName="user03")
    root.iam.delete_user(UserName="user09")
    root.iam.create_user(UserName="user00a")
    rest = root.iam.list_users(Marker=page["Marker"])
    assert [user["UserName"] for user in rest["Users"]] == [f"user{number:02}" for number in range(10, 20)]


def test_path_prefixes(root: Identity) -> None:
    for path, name in (("/", "a"), ("/x/", "b"), ("/x/y/", "c"), ("/xy/", "d")):
        root.iam.create_user(UserName=name, Path=path)
        root.iam.create_group(GroupName=name, Path=path)
        root.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=EC2)
        root.iam.create_policy(PolicyName=name, Path=path, PolicyDocument=DOCUMENT)
    for prefix, expected in (("/", "abcd"), ("/x/", "bc"), ("/x/y/", "c"), ("/nothing/", "")):
        for call, key, member, more in (
            ("list_users", "Users", "UserName", {}),
            ("list_groups", "Groups", "GroupName", {}),
            ("list_roles", "Roles", "RoleName", {}),
            ("list_policies", "Policies", "PolicyName", {"Scope": "Local"}),
        ):
            found = getattr(root.iam, call)(PathPrefix=prefix, **more)[key]
            assert "".join(sorted(one[member] for one in found)) == expected, (call, prefix)
    # A prefix need not end at a slash, except where policies are listed.
    assert [user["UserName"] for user in root.iam.list_users(PathPrefix="/x")["Users"]] == ["b", "c", "d"]


def test_aws_managed_policies_are_all_there(cloud: Server, root: Identity) -> None:
    pages = root.iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
    policies = [one for page in pages for one in page["Policies"]]
    assert len(policies) > 1000
    assert len({one["Arn"] for one in policies}) == len(policies)
    by_name = {one["PolicyName"]: one for one in policies}
    for name, path in (
        ("AdministratorAccess", "/"),
        ("AmazonS3ReadOnlyAccess", "/"),
        ("IAMReadOnlyAccess", "/"),
        ("SecurityAudit", "/"),
        ("AWSLambdaBasicExecutionRole", "/service-role/"),
        ("ViewOnlyAccess", "/job-function/"),
    ):
        one = by_name[name]
        assert one["Path"] == path
        assert one["Arn"] == f"arn:aws:iam::aws:policy{path}{name}"
        assert one["PolicyId"].startswith("ANPA")
        version = root.iam.get_policy_version(PolicyArn=one["Arn"], VersionId=one["DefaultVersionId"])["PolicyVersion"]
        assert version["IsDefaultVersion"] and version["Document"]["Statement"]
    administrator = root.iam.get_policy_version(
        PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess", VersionId="v1"
    )["PolicyVersion"]["Document"]
    assert administrator == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    assert ACCOUNT not in {one["Arn"].split(":")[4] for one in policies}


def test_only_attached(root: Identity) -> None:
    root.iam.create_user(UserName="u")
    root.iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    make_policies(root.iam)
    found = root.iam.list_policies(OnlyAttached=True)["Policies"]
    assert [(one["PolicyName"], one["AttachmentCount"]) for one in found] == [("ReadOnlyAccess", 1)]
    boundaries = root.iam.list_policies(PolicyUsageFilter="PermissionsBoundary")["Policies"]
    assert boundaries == []
    root.iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary="arn:aws:iam::aws:policy/PowerUserAccess")
    boundaries = root.iam.list_policies(PolicyUsageFilter="PermissionsBoundary")["Policies"]
    assert [one["PolicyName"] for one in boundaries] == ["PowerUserAccess"]


def test_account_authorization_details(root: Identity) -> None:
    root.iam.create_group(GroupName="g")
    root.iam.put_group_policy(GroupName="g", PolicyName="inline", PolicyDocument=DOCUMENT)
    for name in names("user"):
        root.iam.create_user(UserName=name, Tags=[{"Key": "k", "Value": name}])
        root.iam.add_user_to_group(GroupName="g", UserName=name)
    root.iam.put_user_policy(UserName="user0", PolicyName="inline", PolicyDocument=DOCUMENT)
    arn = root.iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    root.iam.attach_user_policy(UserName="user0", PolicyArn=arn)
    root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    root.iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    root.iam.create_instance_profile(InstanceProfileName="i")
    root.iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")

    def details(size: int) -> dict[str, list[Any]]:
        pages = list(
            root.iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": size})
        )
        keys = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
        return {key: [one for page in pages for one in page[key]] for key in keys}

    whole = details(1000)
    assert {key: len(value) for key, value in whole.items()} == {
        "UserDetailList": COUNT,
        "GroupDetailList": 1,
        "RoleDetailList": 1,
        "Policies": 2,
    }
    assert details(2) == whole
    first = next(user for user in whole["UserDetailList"] if user["UserName"] == "user0")
    assert first["GroupList"] == ["g"] and first["Tags"] == [{"Key": "k", "Value": "user0"}]
    assert [one["PolicyName"] for one in first["UserPolicyList"]] == ["inline"]
    assert first["UserPolicyList"][0]["PolicyDocument"]["Statement"]
    assert first["AttachedManagedPolicies"] == [{"PolicyName": "p", "PolicyArn": arn}]
    role = whole["RoleDetailList"][0]
    assert role["InstanceProfileList"][0]["InstanceProfileName"] == "i"
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    own = next(one for one in whole["Policies"] if one["Arn"] == arn)
    assert own["PolicyVersionList"][0]["IsDefaultVersion"] and own["AttachmentCount"] == 1
    only = root.iam.get_account_authorization_details(Filter=["Group"])
    assert only["UserDetailList"] == [] and len(only["GroupDetailList"]) == 1


def test_account_summary(root: Identity) -> None:
    make_users(root.iam)
    make_groups(root.iam)
    make_roles(root.iam)
    make_policies(root.iam)
    root.iam.create_virtual_mfa_device(VirtualMFADeviceName="d")
    summary = root.iam.get_account_summary()["SummaryMap"]
    expected = {
        "Users": COUNT,
        "Groups": COUNT,
        "Roles": COUNT,
        "Policies": COUNT,
        "MFADevices": 1,
        "MFADevicesInUse": 0,
        "AccountMFAEnabled": 0,
        "AccountAccessKeysPresent": 1,
        "UsersQuota": 5000,
        "GroupsQuota": 300,
        "AccessKeysPerUserQuota": 2,
        "GroupsPerUserQuota": 10,
        "VersionsPerPolicyQuota": 5,
        "PolicySizeQuota": 6144,
        "UserPolicySizeQuota": 2048,
        "GroupPolicySizeQuota": 5120,
        "AttachedPoliciesPerUserQuota": 10,
    }
    assert {key: summary.get(key) for key in expected} == expected
