"""Terraform and every aws_iam_* resource that stands by itself: apply, no drift, import, changes in place, destroy."""

from pathlib import Path

from harness import ACCOUNT, Identity, Server, error_of
from harness.certificates import Certificate, ssh_rsa
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "iam" / "main.tf"


def prepared(folder: Path, identity: Identity) -> Terraform:
    issuer = Certificate.make(folder, "issuer")
    leaf = Certificate.make(folder, "leaf", issuer, algorithm="RSA")
    (folder / "issuer.pem").write_text(issuer.pem)
    (folder / "leaf.pem").write_text(leaf.pem)
    (folder / "ssh.pub").write_text(ssh_rsa()[0])
    return Terraform(folder, identity, SOURCE.read_text())


def test_every_resource(cloud: Server, root: Identity, tmp_path: Path) -> None:
    ssh, pem, fingerprint = ssh_rsa()
    (tmp_path / "ssh.pem").write_text(pem)
    terraform = prepared(tmp_path, root)
    terraform.apply()
    terraform.assert_no_drift()

    outputs = terraform.outputs()
    role = f"arn:aws:iam::{ACCOUNT}:role"
    assert outputs["read"] == {
        "staff": ["ada"],
        "roles": ["AWSServiceRoleForAutoScaling_web", "AWSServiceRoleForECS"],
        "ada": root.iam.get_user(UserName="ada")["User"]["UserId"],
        "members": ["ada"],
        "ecs": f"{role}/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "policy": "Lists buckets",
        "profile": f"{role}/service/app",
        "profiles": ["app"],
        "keys": ["Inactive"],
        "alias": "everything",
        "certificate": f"arn:aws:iam::{ACCOUNT}:server-certificate/cloudfront/web/web",
        "ssh": ssh,
        "fingerprint": fingerprint,
        "issuer": f"{role}/exclusive",
        "decisions": {"s3:ListAllMyBuckets": True, "s3:DeleteBucket": False},
        "all": False,
        "service_user": f"ada-at-{ACCOUNT}",
    }

    # The password that Terraform made is ada's, and the policy that it set holds for the next.
    key = root.iam.create_access_key(UserName="ada")["AccessKey"]
    ada = Identity.of_key(cloud.url, key)
    refused = error_of(ada.iam.change_password, OldPassword=outputs["password"], NewPassword="Too-Short-7")
    assert refused.code == "PasswordPolicyViolation"
    ada.iam.change_password(OldPassword=outputs["password"], NewPassword="Correct-Horse-Battery-7")
    root.iam.delete_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"])
    assert root.iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 2

    # Each one is the same when it is taken in from what the server says.
    imports = outputs["imports"]
    terraform.run("state", "rm", "-no-color", *imports)
    blocks = "".join(f'import {{\n  to = {to}\n  id = "{identifier}"\n}}\n' for to, identifier in imports.items())
    (tmp_path / "imports.tf").write_text(blocks)
    applied = terraform.apply()
    assert f"{len(imports)} imported, 0 added" in applied and "0 destroyed" in applied, applied[-2000:]
    terraform.assert_no_drift()
    (tmp_path / "imports.tf").unlink()

    # Changes in place.
    source = tmp_path / "main.tf"
    text = source.read_text()
    for old, new in (
        ("minimum_password_length        = 14", "minimum_password_length        = 20"),
        ('description      = "Of ECS"', 'description      = "Of the containers"'),
        ('status     = "Inactive"', 'status     = "Active"'),
        ('path              = "/cloudfront/web/"', 'path              = "/cloudfront/site/"'),
        ('status           = "Inactive"', 'status           = "Active"'),
        ('status       = "Inactive"', 'status       = "Active"'),
        ('{ team = "a" }', '{ team = "b" }'),
        ('"v2Token"', '"v1Token"'),
    ):
        assert old in text, old
        text = text.replace(old, new)
    source.write_text(text)
    applied = terraform.apply()
    assert "0 added" in applied and "0 destroyed" in applied, applied[-2000:]
    terraform.assert_no_drift()
    tags = root.iam.list_server_certificate_tags(ServerCertificateName="web")["Tags"]
    assert tags == [{"Key": "team", "Value": "b"}]
    got = root.iam.get_role(RoleName="AWSServiceRoleForECS")["Role"]
    assert got["Description"] == "Of the containers"

    # What Terraform does not know of, its exclusive resources take away.
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    root.iam.attach_user_policy(UserName="grace", PolicyArn=arn)
    root.iam.put_group_policy(GroupName="staff", PolicyName="stray", PolicyDocument=_stray())
    terraform.apply()
    attached = root.iam.list_attached_user_policies(UserName="grace")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["ReadOnlyAccess"]
    assert root.iam.list_group_policies(GroupName="staff")["PolicyNames"] == ["own"]

    terraform.destroy()
    iam = root.iam
    assert iam.list_users()["Users"] == iam.list_groups()["Groups"] == iam.list_roles()["Roles"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []
    assert iam.list_account_aliases()["AccountAliases"] == []
    assert error_of(iam.get_account_password_policy).code == "NoSuchEntity"


def _stray() -> str:
    return '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
