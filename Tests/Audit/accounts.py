"""Two accounts: one made as AWS's steps for securing a new account say, one made by somebody in a hurry.

https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
"""

from __future__ import annotations

import json

from harness import ACCOUNT, Identity, Server, VirtualDevice, allow, policy

PASSWORD = "correct-Horse-battery-7"

# One job, named action by action and resource by resource.
REPORTING = policy(
    allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]),
)


def account_of(*principals: str) -> str:
    """A trust policy for users of this account who have proved a second factor."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:{principal}" for principal in principals]},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )


def enable_mfa(identity: Identity, name: str, user: str) -> VirtualDevice:
    """For a user; or for `root`, whose credentials `identity` then has to be."""
    made = identity.iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    device = VirtualDevice(made["Base32StringSeed"])
    first, second = device.two_codes()
    identity.iam.enable_mfa_device(
        UserName=user,
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1=first,
        AuthenticationCode2=second,
    )
    return device


def secure(server: Server) -> Identity:
    """Root has a second factor and no keys; rights come by groups; who has a password has a second factor; passwords
    have rules; those who read reports may do that and nothing else. Returns the auditor, a role's session."""
    root = server.root
    iam = root.iam
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        AllowUsersToChangePassword=True,
        MaxPasswordAge=90,
        PasswordReusePrevention=24,
    )
    for group, policies in {
        "IdentityAdministrators": ["IAMFullAccess", "PowerUserAccess"],
        "Readers": [],
        "Auditors": [],
    }.items():
        iam.create_group(GroupName=group)
        for name in policies:
            iam.attach_group_policy(GroupName=group, PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    reporting = iam.create_policy(PolicyName="reporting", PolicyDocument=REPORTING)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="Readers", PolicyArn=reporting)

    for user, group in {"ada": "IdentityAdministrators", "grace": "Readers"}.items():
        iam.create_user(UserName=user)
        iam.add_user_to_group(UserName=user, GroupName=group)
        iam.create_login_profile(UserName=user, Password=PASSWORD)
        enable_mfa(root, user, user)

    iam.create_user(UserName="auditor")
    iam.add_user_to_group(UserName="auditor", GroupName="Auditors")
    may_audit = policy(allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/audit"))
    audit = iam.create_policy(PolicyName="may-audit", PolicyDocument=may_audit)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="Auditors", PolicyArn=audit)
    iam.create_role(RoleName="audit", AssumeRolePolicyDocument=account_of("user/auditor"))
    for name in ["SecurityAudit", "job-function/ViewOnlyAccess"]:
        iam.attach_role_policy(RoleName="audit", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    iam.create_role(RoleName="support", AssumeRolePolicyDocument=account_of("user/ada"))
    iam.attach_role_policy(RoleName="support", PolicyArn="arn:aws:iam::aws:policy/AWSSupportAccess")

    auditor = Identity.of_key(server.url, iam.create_access_key(UserName="auditor")["AccessKey"])
    enable_mfa(root, "root-account", "root")
    iam.delete_access_key(AccessKeyId=root.key_id)
    session = auditor.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/audit", RoleSessionName="audit")
    return Identity.of_session(server.url, session["Credentials"])


def careless(server: Server) -> Identity:
    """Root works with a key and no second factor; rights hang on users; passwords have no rules and no second factor;
    policies say `*`. Returns the auditor, who is root."""
    root = server.root
    iam = root.iam
    iam.create_user(UserName="bob")
    iam.create_login_profile(UserName="bob", Password="Summer2026")
    iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_access_key(UserName="bob")
    iam.create_access_key(UserName="bob")
    everything = policy(allow("*", "*"))
    iam.put_user_policy(UserName="bob", PolicyName="everything", PolicyDocument=everything)
    made = iam.create_policy(PolicyName="everything", PolicyDocument=everything)["Policy"]["Arn"]
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=account_of("root"))
    iam.attach_role_policy(RoleName="deploy", PolicyArn=made)
    return root
