import Directory
import Platform

let stsSamples = Samples(
    texts: [
        "Arn": "arn:aws:iam::\(account):user/x", "Key": "a",
        "PrincipalArn": "arn:aws:iam::\(account):saml-provider/x", "RoleArn": "arn:aws:iam::\(account):role/x",
        "SerialNumber": "arn:aws:iam::\(account):mfa/x", "TargetPrincipal": member, "Value": "b",
        "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA",
    ],
    // No made-up code proves a second factor.
    absent: ["SerialNumber", "TokenCode"],
    caller: { operation in
        switch operation {
        case "AssumeRoleWithSAML": caller(provider: "saml-provider/x") { .saml($0) }
        case "AssumeRoleWithWebIdentity": caller(provider: "oidc-provider/example.com") { .webIdentity($0) }
        default: nil
        }
    })

private let account = Samples.account
private let member = Samples.member

/// Who calls by a token of a provider's.
private func caller(provider: String, _ identity: (FederatedIdentity) -> Caller.Identity) -> Caller {
    var federated = FederatedIdentity(
        provider: "arn:aws:iam::\(account):\(provider)", issuer: "https://example.com", audience: "x", subject: "x")
    federated.sessionName = "x"
    federated.sourceIdentity = "x"
    federated.tags = [Tag(key: "a", value: "b")]
    federated.transitiveTagKeys = ["a"]
    return Caller(accountID: account, identity: identity(federated))
}
