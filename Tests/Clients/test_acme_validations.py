"""Domain validations of ACME endpoints, and public certificates, as AWS has them: no challenge is asked of any client."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from harness import Identity, Server, allow, error_of, policy
from harness.acme import TRUST, Certbot, Endpoint
from harness.acme_client import AcmeClient, Key, b64, request_for
from harness.authorities import Authority
from harness.patience import PATIENCE

EVERYTHING = {"ExactDomain": "ENABLED", "Subdomains": "ENABLED", "Wildcards": "ENABLED"}


def validated(endpoint: Endpoint, domain: str, scope: dict[str, str] | None = None) -> str:
    options: dict[str, Any] = {"DomainScope": scope} if scope else {}
    made = endpoint.identity.client("acm").create_acme_domain_validation(
        AcmeEndpointArn=endpoint.arn, DomainName=domain, PrevalidationOptions={"DnsPrevalidation": options}
    )
    return str(made["AcmeDomainValidationArn"])


def described(endpoint: Endpoint, arn: str) -> dict[str, Any]:
    found = endpoint.identity.client("acm").describe_acme_domain_validation(AcmeDomainValidationArn=arn)
    return dict(found["AcmeDomainValidation"])


def state(endpoint: Endpoint, arn: str, wanted: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE
    while (found := described(endpoint, arn))["Status"] != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def test_certbot_gets_a_public_certificate(root: Identity, tmp_path: Path) -> None:
    endpoint = Endpoint.create(root, actions=["acm:RequestCertificate", "acm:RevokeCertificate"], CertificateTags=[{"Key": "Team", "Value": "shop"}])
    # Names that are kept for examples can be nobody's: Gatehouse has their records.
    state(endpoint, validated(endpoint, "example.com", EVERYTHING), "VALID")
    certbot = Certbot(tmp_path / "certbot", endpoint.url)
    certbot.register(endpoint.bind())
    names = ["www.example.com", "example.com", "*.example.com"]
    # As in AWS's guide: whatever the client would have done for a challenge, none is asked of it.
    certbot.certonly("--standalone", "--http-01-port", "1", names=names)
    leaf, above = certbot.chain("www.example.com")
    leaf.verify_directly_issued_by(above)
    assert leaf.subject.rfc4514_string() == "CN=www.example.com"
    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert 197 <= lifetime.days <= 198
    acm = root.client("acm")
    [summary] = acm.list_certificates(CertificateKeyPairOrigins=["ACME"], Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"]
    arn = summary["CertificateArn"]
    shown = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (shown["Type"], shown["Status"], shown["CertificateKeyPairOrigin"]) == ("AMAZON_ISSUED", "ISSUED", "ACME")
    assert shown["AcmeEndpointArn"] == endpoint.arn and shown["RenewalEligibility"] == "INELIGIBLE"
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "Team", "Value": "shop"}]
    certbot.run("revoke", "--server", endpoint.url, "--cert-path", str(certbot.file("www.example.com", "cert.pem")), "--no-delete-after-revoke")
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "REVOKED"


def test_acm_revokes_what_a_client_got(root: Identity) -> None:
    endpoint = Endpoint.create(root, actions=["acm:RequestCertificate"])
    state(endpoint, validated(endpoint, "example.com"), "VALID")
    client = AcmeClient.registered(endpoint)
    leaf = got(client, "example.com")[0]
    acm = root.client("acm")
    [summary] = acm.list_certificates(CertificateKeyPairOrigins=["ACME"], Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"]
    acm.revoke_certificate(CertificateArn=summary["CertificateArn"], RevocationReason="KEY_COMPROMISE")
    der = b64(leaf.public_bytes(serialization.Encoding.DER))
    assert client.post(client.directory["revokeCert"], {"certificate": der}).problem == "alreadyRevoked"


def got(client: AcmeClient, *names: str) -> list[x509.Certificate]:
    answer = client.order(*names)
    assert answer.status == 201 and answer.json["status"] == "ready", answer.body
    for url in answer.json["authorizations"]:
        shown = client.post(url).json
        assert shown["status"] == "valid" and [one["status"] for one in shown["challenges"]] == ["valid"]
    assert client.finalize(answer.json, request_for(*names)).status == 200
    order = client.wait(answer.location, "valid", "invalid")
    assert order["status"] == "valid", order
    return x509.load_pem_x509_certificates(client.post(order["certificate"]).body)


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (None, {"example.com"}),
        ({"ExactDomain": "ENABLED"}, {"example.com"}),
        ({"Subdomains": "ENABLED"}, {"www.example.com", "a.b.example.com"}),
        ({"Wildcards": "ENABLED"}, {"*.example.com"}),
        ({"Subdomains": "ENABLED", "Wildcards": "ENABLED"}, {"www.example.com", "a.b.example.com", "*.example.com", "*.www.example.com"}),
        (EVERYTHING, {"example.com", "www.example.com", "a.b.example.com", "*.example.com", "*.www.example.com"}),
    ],
)
def test_what_a_scope_covers(root: Identity, scope: dict[str, str] | None, allowed: set[str]) -> None:
    endpoint = Endpoint.create(root)
    arn = validated(endpoint, "example.com", scope)
    found = state(endpoint, arn, "VALID")
    assert found["PrevalidationType"] == "DNS_PREVALIDATION" and found["AcmeEndpointArn"] == endpoint.arn
    client = AcmeClient.registered(endpoint)
    for name in ("example.com", "www.example.com", "a.b.example.com", "*.example.com", "*.www.example.com", "notexample.com", "example.org", "com.example"):
        answer = client.order(name)
        assert (answer.status == 201) == (name in allowed), (name, answer.body)
        if name not in allowed:
            assert answer.problem == "rejectedIdentifier"


def test_a_zone_file_decides(durable: Callable[..., Server], tmp_path: Path) -> None:
    zone = tmp_path / "zone"
    start = "$ORIGIN shop.internal.\n$TTL 60\n@ IN SOA ns hostmaster 1 60 60 60 60\n  IN NS ns\nns IN A 127.0.0.1\n"
    zone.write_text(start)
    with durable("--dns-zone", str(zone)) as server:
        endpoint = Endpoint.create(server.root)
        other = Endpoint.create(server.root)
        arn, elsewhere = validated(endpoint, "shop.internal"), validated(other, "shop.internal")
        found = described(endpoint, arn)
        record = found["PrevalidationDetails"]["DnsPrevalidation"]["ResourceRecord"]
        assert found["Status"] == "VALIDATING" and record["Type"] == "CNAME" and record["Name"].endswith(".shop.internal.")
        assert described(other, elsewhere)["PrevalidationDetails"]["DnsPrevalidation"]["ResourceRecord"] != record, "each endpoint has its own"
        client = AcmeClient.registered(endpoint)
        assert client.order("shop.internal").problem == "rejectedIdentifier"
        valid = start + f"{record['Name']} IN CNAME {record['Value']}\n"
        zone.write_text(valid)
        state(endpoint, arn, "VALID")
        assert described(other, elsewhere)["Status"] == "VALIDATING"
        got(client, "shop.internal")
        # Another authority is the only one that may issue.
        zone.write_text(valid + '@ IN CAA 0 issue "ca.example.net"\n')
        answer = client.order("shop.internal")
        client.finalize(answer.json, request_for("shop.internal"))
        failed = client.wait(answer.location, "invalid", "valid")
        assert failed["status"] == "invalid" and failed["error"]["type"].endswith(":caa")
        zone.write_text(valid)
        # A validation that is gone takes along what was only ordered.
        waiting = client.order("shop.internal")
        server.root.client("acm").delete_acme_domain_validation(AcmeDomainValidationArn=arn)
        assert client.order("shop.internal").problem == "rejectedIdentifier"
        client.finalize(waiting.json, request_for("shop.internal"))
        failed = client.wait(waiting.location, "invalid", "valid")
        assert failed["status"] == "invalid" and failed["error"]["type"].endswith(":unauthorized")


def test_a_record_that_goes_away(tmp_path: Path) -> None:
    zone = tmp_path / "zone"
    start = "$ORIGIN shop.internal.\n$TTL 60\n@ IN SOA ns hostmaster 1 60 60 60 60\n  IN NS ns\n"
    zone.write_text(start)
    with Server("--dns-zone", str(zone), log=tmp_path / "log") as server:
        endpoint = Endpoint.create(server.root)
        arn = validated(endpoint, "shop.internal")
        record = described(endpoint, arn)["PrevalidationDetails"]["DnsPrevalidation"]["ResourceRecord"]
        zone.write_text(start + f"{record['Name']} IN CNAME {record['Value']}\n")
        state(endpoint, arn, "VALID")
        zone.write_text(start)
        server.advance(86_401)
        client = AcmeClient.registered(endpoint)
        assert state(endpoint, arn, "VALIDATING") and client.order("shop.internal").problem == "rejectedIdentifier"
        server.advance(3 * 86_400 + 120)
        failure = state(endpoint, arn, "INVALID")["FailureDetails"]
        assert failure["Reason"] == "TIMED_OUT" and failure["Message"]
        zone.write_text(start + f"{record['Name']} IN CNAME {record['Value']}\n")
        server.root.client("acm").update_acme_domain_validation(AcmeDomainValidationArn=arn)
        state(endpoint, arn, "VALID")


def test_domains_that_can_not_be_validated(root: Identity) -> None:
    endpoint = Endpoint.create(root)
    acm = root.client("acm")
    for domain, reason in {"amazonaws.com": "DOMAIN_NOT_ALLOWED", "localhost": "INVALID_PUBLIC_DOMAIN", "192.0.2.1": "INVALID_PUBLIC_DOMAIN"}.items():
        assert described(endpoint, validated(endpoint, domain))["FailureDetails"]["Reason"] == reason
    made = acm.create_acme_domain_validation(
        AcmeEndpointArn=endpoint.arn, DomainName="example.com", PrevalidationOptions={"DnsPrevalidation": {"HostedZoneId": "Z123"}}
    )
    assert described(endpoint, made["AcmeDomainValidationArn"])["FailureDetails"]["Reason"] == "HOSTED_ZONE_NOT_FOUND"
    assert error_of(validated, endpoint=endpoint, domain="example.com").code == "ConflictException"
    nothing = {"ExactDomain": "DISABLED"}
    assert error_of(validated, endpoint=endpoint, domain="example.net", scope=nothing).code == "ValidationException"
    client = AcmeClient.registered(endpoint)
    assert client.order("bucket.s3.amazonaws.com").problem == "rejectedIdentifier"
    listed = acm.list_acme_domain_validations(AcmeEndpointArn=endpoint.arn, MaxResults=3)
    assert len(listed["AcmeDomainValidations"]) == 3 and listed["NextToken"]


def test_challenges_by_dns(durable: Callable[..., Server], tmp_path: Path) -> None:
    zone = tmp_path / "zone"
    zone.write_text("$ORIGIN shop.internal.\n$TTL 60\n@ IN SOA ns hostmaster 1 60 60 60 60\n  IN NS ns\nwww IN A 127.0.0.1\n")
    with durable("--dns-zone", str(zone)) as server:
        authority = Authority.root(server.root)
        endpoint = Endpoint.create(server.root, authority, challenges="http-01 dns-01")
        certbot = Certbot(tmp_path / "certbot", endpoint.url)
        certbot.register(endpoint.bind())
        hook = tmp_path / "hook"
        hook.write_text(f'#!/bin/sh\necho "_acme-challenge.$CERTBOT_DOMAIN. IN TXT \\"$CERTBOT_VALIDATION\\"" >> {zone}\n')
        hook.chmod(0o700)
        certbot.certonly(
            "--manual", "--preferred-challenges", "dns", "--manual-auth-hook", str(hook), names=["shop.internal", "*.shop.internal"]
        )
        assert certbot.chain("shop.internal")[0].subject.rfc4514_string() == "CN=shop.internal"
        # What the zone says of an address is no reason to ask this machine.
        client = AcmeClient.registered(endpoint, key=Key())
        order = client.order("www.shop.internal").json
        shown = client.post(order["authorizations"][0]).json
        [http] = [one for one in shown["challenges"] if one["type"] == "http-01"]
        client.post(http["url"], {})
        failed = client.wait(order["authorizations"][0], "invalid", "valid")
        [http] = [one for one in failed["challenges"] if one["type"] == "http-01"]
        assert http["error"]["type"].endswith(":connection") and "public internet" in http["error"]["detail"]
        # A record that is another account's proof.
        order = client.order("shop.internal").json
        [dns] = [one for one in client.post(order["authorizations"][0]).json["challenges"] if one["type"] == "dns-01"]
        client.post(dns["url"], {})
        [dns] = [one for one in client.wait(order["authorizations"][0], "invalid", "valid")["challenges"] if one["type"] == "dns-01"]
        assert dns["error"]["type"].endswith(":incorrectResponse")


def test_what_administrators_may(root: Identity, new_user: Callable[..., Identity], new_role: Callable[..., str]) -> None:
    endpoint = Endpoint.create(root, Tags=[{"Key": "Team", "Value": "shop"}])
    binding = endpoint.bind()
    arn = validated(endpoint, "example.com")
    nobody = new_user("nobody").client("acm")
    option = {"DnsPrevalidation": {}}
    calls = {
        "create_acme_endpoint": {"AuthorizationBehavior": "PRE_APPROVED", "CertificateAuthority": {"PublicCertificateAuthority": {}}},
        "describe_acme_endpoint": {"AcmeEndpointArn": endpoint.arn}, "list_acme_endpoints": {},
        "update_acme_endpoint": {"AcmeEndpointArn": endpoint.arn}, "delete_acme_endpoint": {"AcmeEndpointArn": endpoint.arn},
        "create_acme_external_account_binding": {"AcmeEndpointArn": endpoint.arn, "RoleArn": endpoint.role},
        "get_acme_external_account_binding_credentials": {"AcmeExternalAccountBindingArn": binding.arn},
        "describe_acme_external_account_binding": {"AcmeExternalAccountBindingArn": binding.arn},
        "revoke_acme_external_account_binding": {"AcmeExternalAccountBindingArn": binding.arn},
        "delete_acme_external_account_binding": {"AcmeExternalAccountBindingArn": binding.arn},
        "list_acme_external_account_bindings": {"AcmeEndpointArn": endpoint.arn},
        "create_acme_domain_validation": {"AcmeEndpointArn": endpoint.arn, "DomainName": "example.org", "PrevalidationOptions": option},
        "describe_acme_domain_validation": {"AcmeDomainValidationArn": arn}, "update_acme_domain_validation": {"AcmeDomainValidationArn": arn},
        "delete_acme_domain_validation": {"AcmeDomainValidationArn": arn}, "list_acme_domain_validations": {"AcmeEndpointArn": endpoint.arn},
        "list_acme_accounts": {"AcmeEndpointArn": endpoint.arn},
        "describe_acme_account": {"AcmeEndpointArn": endpoint.arn, "AccountUrl": "x"}, "revoke_acme_account": {"AcmeEndpointArn": endpoint.arn, "AccountUrl": "x"},
        "tag_resource": {"ResourceArn": binding.arn, "Tags": [{"Key": "a", "Value": "b"}]},
        "untag_resource": {"ResourceArn": binding.arn, "TagKeys": ["a"]}, "list_tags_for_resource": {"ResourceArn": binding.arn},
    }  # fmt: skip
    for name, parameters in calls.items():
        assert error_of(getattr(nobody, name), **parameters).code == "AccessDeniedException", name
    # Whoever binds has to be allowed to pass the role, and to this service.
    passes = {"StringEquals": {"iam:PassedToService": "acm-acme.amazonaws.com"}}
    binds = new_user("binds", allow("acm:CreateAcmeExternalAccountBinding", endpoint.arn)).client("acm")
    refused = error_of(binds.create_acme_external_account_binding, AcmeEndpointArn=endpoint.arn, RoleArn=endpoint.role)
    assert refused.code == "AccessDeniedException" and "iam:PassRole" in refused.message
    root.iam.put_user_policy(UserName="binds", PolicyName="pass", PolicyDocument=policy(allow("iam:PassRole", endpoint.role, Condition=passes)))
    binds.create_acme_external_account_binding(AcmeEndpointArn=endpoint.arn, RoleArn=endpoint.role)
    # Tags decide.
    tagged = {"StringEquals": {"aws:ResourceTag/Team": "shop"}}
    team = new_user("team", allow("acm:*", "*", Condition=tagged)).client("acm")
    team.describe_acme_endpoint(AcmeEndpointArn=endpoint.arn)
    assert error_of(team.describe_acme_external_account_binding, AcmeExternalAccountBindingArn=binding.arn).code == "AccessDeniedException"
    root.client("acm").tag_resource(ResourceArn=binding.arn, Tags=[{"Key": "Team", "Value": "shop"}])
    team.describe_acme_external_account_binding(AcmeExternalAccountBindingArn=binding.arn)
    assert team.list_tags_for_resource(ResourceArn=binding.arn)["Tags"] == [{"Key": "Team", "Value": "shop"}]
    root.client("acm").untag_resource(ResourceArn=binding.arn, TagKeys=["Team"])
    assert error_of(team.describe_acme_external_account_binding, AcmeExternalAccountBindingArn=binding.arn).code == "AccessDeniedException"


def test_an_endpoint_and_all_that_it_has(root: Identity) -> None:
    acm = root.client("acm")
    endpoint = Endpoint.create(root)
    again = {"AuthorizationBehavior": "PRE_APPROVED", "CertificateAuthority": {"PublicCertificateAuthority": {}}, "IdempotencyToken": "once"}
    first = acm.create_acme_endpoint(**again)["AcmeEndpointArn"]
    assert acm.create_acme_endpoint(**again)["AcmeEndpointArn"] == first != endpoint.arn
    # A token is one endpoint's, and one request's.
    role = root.iam.create_role(RoleName="other", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    dns = {"PrevalidationOptions": {"DnsPrevalidation": {}}, "IdempotencyToken": "once"}
    bindings, validations = set(), set()
    for _ in range(2):
        for arn in (first, endpoint.arn):
            made = acm.create_acme_external_account_binding(AcmeEndpointArn=arn, RoleArn=role, IdempotencyToken="once")
            bindings.add(made["ExternalAccountBinding"]["AcmeExternalAccountBindingArn"])
            made = acm.create_acme_domain_validation(AcmeEndpointArn=arn, DomainName="example.org", **dns)
            validations.add(made["AcmeDomainValidationArn"])
    assert len(bindings) == len(validations) == 2
    for call, more in [
        (acm.create_acme_external_account_binding, {"RoleArn": endpoint.role, "IdempotencyToken": "once"}),
        (acm.create_acme_domain_validation, {"DomainName": "www.example.org", **dns}),
    ]:
        assert error_of(call, AcmeEndpointArn=first, **more).code == "ConflictException"
    for arn in bindings:
        acm.delete_acme_external_account_binding(AcmeExternalAccountBindingArn=arn)
    for arn in validations:
        acm.delete_acme_domain_validation(AcmeDomainValidationArn=arn)
    shown = acm.describe_acme_endpoint(AcmeEndpointArn=first)["AcmeEndpoint"]
    assert (shown["Status"], shown["AuthorizationBehavior"], shown["Contact"]) == ("ACTIVE", "PRE_APPROVED", "NOT_REQUIRED")
    assert shown["CertificateAuthority"] == {"PublicCertificateAuthority": {"AllowedKeyAlgorithms": ["RSA_2048", "EC_prime256v1", "EC_secp384r1"]}}
    assert {one["AcmeEndpointArn"] for one in acm.list_acme_endpoints()["AcmeEndpoints"]} == {first, endpoint.arn}
    state(endpoint, validated(endpoint, "example.com"), "VALID")
    binding = endpoint.bind()
    client = AcmeClient.registered(endpoint, binding)
    got(client, "example.com")
    acm.delete_acme_endpoint(AcmeEndpointArn=endpoint.arn)
    acm.delete_acme_endpoint(AcmeEndpointArn=endpoint.arn)
    assert client.send("GET", endpoint.url).status == 404
    for call, parameters in (
        (acm.describe_acme_endpoint, {"AcmeEndpointArn": endpoint.arn}),
        (acm.describe_acme_external_account_binding, {"AcmeExternalAccountBindingArn": binding.arn}),
        (acm.list_acme_domain_validations, {"AcmeEndpointArn": endpoint.arn}),
    ):
        assert error_of(call, **parameters).code == "ResourceNotFoundException"
    kept = acm.list_certificates(CertificateKeyPairOrigins=["ACME"], Includes={"keyTypes": ["EC_prime256v1"]})
    assert len(kept["CertificateSummaryList"]) == 1, "what was issued stays"
    for bad in ("x" * 21, endpoint.arn + "/x", endpoint.arn.replace(":acm:", ":iam:")):
        assert error_of(acm.list_tags_for_resource, ResourceArn=bad).code == "ValidationException"
