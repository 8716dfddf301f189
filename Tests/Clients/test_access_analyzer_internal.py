"""Internal access: which users and roles inside may reach a bucket, under which conditions, and by which ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import ACCOUNT, Identity, Server, error_of
from harness.documents import allow, deny
from harness.organizations import NewOrganization
from test_access_analyzer_findings import Analyzer, bucket, document, reads, trust

POLICY = {"type": "POLICY"}
OPEN = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)


class Inside(Analyzer):
    """An analyzer of who inside may reach one bucket."""

    def __init__(self, owner: Identity, arn: str, kind: str = "ACCOUNT_INTERNAL_ACCESS"):
        inclusions = [{"resourceArns": [arn]}]
        super().__init__(
            owner, kind, "inside", configuration={"internalAccess": {"analysisRule": {"inclusions": inclusions}}})

    def details(self, name: str, status: str = "ACTIVE") -> list[dict[str, Any]]:
        """What the findings about a user or role say, those without conditions first."""
        pages = self.api.get_paginator("list_findings_v2").paginate(
            analyzerArn=self.arn, filter={"status": {"eq": [status]}})
        found = [
            self.api.get_finding_v2(analyzerArn=self.arn, id=one["id"])["findingDetails"][0]["internalAccessDetails"]
            for page in pages for one in page["findings"]]
        own = [one for one in found if one["principal"]["AWS"].rsplit("/", 1)[-1] == name]
        return sorted(own, key=lambda one: sorted(one["condition"].items()))

    def ways(self, name: str) -> list[tuple[list[str], dict[str, str], list[dict[str, Any]]]]:
        return [(one["action"], one["condition"], one["sources"]) for one in self.details(name)]

    def until_ways(self, name: str, *ways: tuple[list[str], dict[str, str], list[dict[str, Any]]]) -> None:
        try:
            self.until(lambda: self.ways(name) == list(ways))
        except AssertionError:
            assert self.ways(name) == list(ways)


def test_conditions_of_both_sides(root: Identity, new_user: Callable[..., Identity]) -> None:
    arn = bucket(root, "guarded")
    objects = f"{arn}/*"
    from_vpc = {"Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-a", "vpc-b"]}}}
    new_user("plain", allow("s3:GetObject", objects))
    new_user("bound", allow("s3:GetObject", objects, **from_vpc))
    new_user("mixed", allow("s3:GetObject", objects), allow(["s3:GetObject", "s3:PutObject"], objects, **from_vpc))
    # A condition that no request of the user's meets, one about another bucket, and a deny of everything.
    new_user(
        "none", allow("s3:GetObject", objects, Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}),
        allow("s3:*", "arn:aws:s3:::other/*", **from_vpc))
    new_user("denied", allow("s3:*", objects, **from_vpc), deny("s3:*", "*"))
    analyzer = Inside(root, arn)
    read = ["s3:GetObject"]
    analyzer.until_ways("plain", (read, {}, [POLICY]))
    vpcs = [{"aws:SourceVpc": "vpc-a"}, {"aws:SourceVpc": "vpc-b"}]
    analyzer.until_ways("bound", *((read, vpc, [POLICY]) for vpc in vpcs))
    analyzer.until_ways("mixed", (read, {}, [POLICY]), *((["s3:PutObject"], vpc, [POLICY]) for vpc in vpcs))
    assert analyzer.ways("none") == analyzer.ways("denied") == []

    # The bucket's policy asks for something, too: of all.
    vpce = "vpce-1a2b3c4d"
    denies = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": objects,
        "Condition": {"StringNotEquals": {"aws:SourceVpce": vpce}}}
    root.client("s3").put_bucket_policy(Bucket="guarded", Policy=document(denies))
    analyzer.until_ways("plain", (read, {"aws:SourceVpce": vpce}, [POLICY]))
    analyzer.until_ways("bound", *((read, {"aws:SourceVpc": vpc, "aws:SourceVpce": vpce}, [POLICY])
                                   for vpc in ("vpc-a", "vpc-b")))
    # What was found before is no longer so.
    assert [one["condition"] for one in analyzer.details("plain", "RESOLVED")] == [{}]
    by_condition = analyzer.api.list_findings_v2(
        analyzerArn=analyzer.arn,
        filter={"condition.aws:SourceVpc": {"eq": ["vpc-a"]}, "status": {"eq": ["ACTIVE"]}})["findings"]
    assert len(by_condition) == 2

    # The finding without a condition comes back; the one with it is resolved.
    root.client("s3").delete_bucket_policy(Bucket="guarded")
    analyzer.until_ways("plain", (read, {}, [POLICY]))
    assert {"aws:SourceVpce": vpce} in [one["condition"] for one in analyzer.details("plain", "RESOLVED")]
    # The tag that the condition asks for.
    root.iam.tag_user(UserName="none", Tags=[{"Key": "team", "Value": "red"}])
    analyzer.until_ways("none", (read, {"aws:PrincipalTag/team": "red"}, [POLICY]))
    root.iam.delete_user_policy(UserName="none", PolicyName="own")
    analyzer.until_ways("none")


def test_the_conditions_are_those_of_requests(root: Identity, new_user: Callable[..., Identity]) -> None:
    """Who is found under a condition is let in by it, and by nothing else."""
    arn = bucket(root, "asked")
    root.client("s3").put_object(Bucket="asked", Key="a/1", Body=b"1")
    here = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    elsewhere = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    near = new_user("near", allow("s3:GetObject", f"{arn}/*", Condition=here))
    far = new_user("far", allow("s3:GetObject", f"{arn}/*", Condition=elsewhere))
    stranger = new_user("stranger")
    analyzer = Inside(root, arn)
    analyzer.until_ways("near", (["s3:GetObject"], {"aws:SourceIp": "127.0.0.0/8"}, [POLICY]))
    analyzer.until_ways("far", (["s3:GetObject"], {"aws:SourceIp": "203.0.113.0/24"}, [POLICY]))
    assert analyzer.ways("stranger") == []
    assert near.client("s3").get_object(Bucket="asked", Key="a/1")["Body"].read() == b"1"
    for user in (far, stranger):
        assert error_of(user.client("s3").get_object, Bucket="asked", Key="a/1").code == "AccessDenied"


def test_access_points(root: Identity, new_user: Callable[..., Identity]) -> None:
    """AWS: "the access point and the underlying bucket must permit the request", `access-points-policies.html`."""

    def get(user: Identity, bucket: str) -> Any:
        # By the proxy a client may name an access point by its ARN, which boto3 makes a host name of.
        return user.client("s3", proxies={"http": user.url}).get_object(Bucket=bucket, Key="shared/1")

    arn = bucket(root, "pointed")
    root.client("s3").put_object(Bucket="pointed", Key="shared/1", Body=b"1")
    control = root.client("s3control")
    point = control.create_access_point(AccountId=ACCOUNT, Name="way", Bucket="pointed")["AccessPointArn"]
    # Only what comes by an access point of the account is let in.
    control_of_way = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{arn}/*",
        "Condition": {"StringNotEquals": {"s3:DataAccessPointAccount": ACCOUNT}}}
    root.client("s3").put_bucket_policy(Bucket="pointed", Policy=document(control_of_way))
    both = new_user("both", allow("s3:GetObject", [f"{arn}/*", f"{point}/object/shared/*"]))
    direct = new_user("direct", allow("s3:GetObject", f"{arn}/*"))
    apart = new_user("apart", allow("s3:GetObject", [f"{arn}/a/*", f"{point}/object/b/*"]))
    analyzer = Inside(root, arn)
    source = {"type": "S3_ACCESS_POINT", "detail": {"accessPointArn": point}}
    by_point = (["s3:GetObject"], {"s3:DataAccessPointAccount": ACCOUNT}, [source])
    analyzer.until_ways("both", by_point)
    assert analyzer.ways("direct") == analyzer.ways("apart") == []
    assert get(both, point)["Body"].read() == b"1"
    for user, name in [(both, "pointed"), (direct, point), (apart, point)]:
        assert error_of(get, user=user, bucket=name).code == "AccessDenied"

    # Its own policy takes away, and its end does.
    refusing = {
        "Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/both"}, "Action": "s3:*",
        "Resource": f"{point}/object/*"}
    control.put_access_point_policy(AccountId=ACCOUNT, Name="way", Policy=document(refusing))
    analyzer.until_ways("both")
    assert error_of(get, user=both, bucket=point).code == "AccessDenied"
    control.delete_access_point_policy(AccountId=ACCOUNT, Name="way")
    analyzer.until_ways("both", by_point)
    control.delete_access_point(AccountId=ACCOUNT, Name="way")
    analyzer.until_ways("both")
    # By the bucket's own name, too, it is one finding of two ways.
    root.client("s3").delete_bucket_policy(Bucket="pointed")
    analyzer.until_ways("both", (["s3:GetObject"], {}, [POLICY]))
    control.create_access_point(AccountId=ACCOUNT, Name="way", Bucket="pointed")
    analyzer.until_ways("both", (["s3:GetObject"], {}, [POLICY, source]))


def test_accounts_of_an_organization(cloud: Server) -> None:
    organization = NewOrganization(cloud)
    member = organization.member("dev")
    organization.api.enable_aws_service_access(ServicePrincipal="access-analyzer.amazonaws.com")
    owner = organization.management
    arn = bucket(owner, "of-all", reads("of-all", "*", Condition={"StringEquals": {
        "aws:PrincipalOrgID": organization.id, "aws:PrincipalAccount": member.account}}))
    owner.client("s3").put_bucket_ownership_controls(
        Bucket="of-all", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    member.user("reader", allow("s3:*", ["arn:aws:s3:::of-all", "arn:aws:s3:::of-all/*"]))
    member.user("idle")
    analyzer = Inside(owner, arn, "ORGANIZATION_INTERNAL_ACCESS")
    named = {"aws:PrincipalAccount": member.account, "aws:PrincipalOrgID": organization.id}
    analyzer.until_ways("reader", (["s3:GetObject"], named, [POLICY]))
    assert analyzer.ways("idle") == []
    (found,) = analyzer.details("reader")
    assert (found["accessType"], found["principalOwnerAccount"]) == ("INTRA_ORG", member.account)
    # A list lets the account in, whose user's own policy allows more than that.
    users = member.admin.client("s3").list_buckets()["Owner"]["ID"]
    owner.client("s3").put_bucket_acl(Bucket="of-all", GrantRead=f"id={users}")
    listing = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"]
    analyzer.until_ways(
        "reader", (listing, {}, [{"type": "BUCKET_ACL"}]), (["s3:GetObject"], named, [POLICY]))
    # Another organization is not the user's.
    owner.client("s3").put_bucket_policy(Bucket="of-all", Policy=document(reads("of-all", "*", Condition={
        "StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}})))
    analyzer.until_ways("reader", (listing, {}, [{"type": "BUCKET_ACL"}]))
    # Nobody in the bucket's account owes it to the list.
    owner.iam.create_role(RoleName="inner", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    owner.iam.put_role_policy(
        RoleName="inner", PolicyName="own", PolicyDocument=document(allow("s3:ListBucket", "arn:aws:s3:::of-all")))
    analyzer.until_ways("inner", (["s3:ListBucket"], {}, [POLICY]))


def test_an_account_whose_access_points_nobody_knows(root: Identity, new_user: Callable[..., Identity]) -> None:
    """AWS: "S3_ACCESS_POINT_ACCOUNT", `API_FindingSource.html`."""
    arn = bucket(root, "delegated")
    new_user("both", allow("s3:GetObject", f"{arn}/*"))
    analyzer = Inside(root, arn)
    analyzer.until_ways("both", (["s3:GetObject"], {}, [POLICY]))

    def only_by(account: str) -> None:
        root.client("s3").put_bucket_policy(Bucket="delegated", Policy=document({
            "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{arn}/*",
            "Condition": {"StringNotEquals": {"s3:DataAccessPointAccount": account}}}))

    only_by("222222222222")
    source = {"type": "S3_ACCESS_POINT_ACCOUNT", "detail": {"accessPointAccount": "222222222222"}}
    analyzer.until_ways("both", (["s3:GetObject"], {"s3:DataAccessPointAccount": "222222222222"}, [source]))
    # The account is known, and has none.
    only_by(ACCOUNT)
    analyzer.until_ways("both")
