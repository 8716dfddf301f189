import Catalogue
import Policy

// Whether principals are there where they belong, and have the form of their kind.

extension Checker {
    mutating func checkPrincipalElement(of statement: LooseStatement) {
        guard let principals = statement.principals else {
            if type == .resource || type == .roleTrust || type == .resourceControl {
                report(.missingPrincipal, statement.place, "Add a Principal: say who the statement is about.")
            }
            return
        }
        switch type {
        case .resource: checkResourcePrincipals(principals, statement)
        case .roleTrust: checkTrustPrincipals(principals)
        case .resourceControl:
            let isEveryone =
                principals.isEveryone
                || (!principals.entries.isEmpty
                    && principals.entries.allSatisfy { $0.kind == "AWS" && $0.value.value == "*" })
            if !isEveryone || principals.isNegated {
                report(.rcpSyntaxErrorPrincipal, principals.place, "Write \"Principal\": \"*\"; an RCP takes no other.")
            }
        case .serviceControl:
            report(
                .scpSyntaxErrorPrincipal, principals.place,
                "Remove \(principals.name): an SCP is about all in the account. aws:PrincipalArn in a condition can "
                    + "pick some.")
        default:
            report(
                .unsupportedPrincipal, principals.place,
                "Remove \(principals.name): an \(PolicyType.identity.displayName) is about whom it is attached to.")
        }
    }

    private mutating func checkResourcePrincipals(
        _ principals: LooseStatement.Principals, _ statement: LooseStatement
    ) {
        if principals.isNegated, statement.effect == .allow {
            report(
                .allowWithNotPrincipal, principals.place,
                "This allows everybody whom it does not name, anonymous callers too, and AWS does not support it: name "
                    + "the principals that need it in Principal instead.")
        }
        for entry in principals.entries {
            if entry.kind == "Federated" {
                report(
                    .federatedPrincipalNotSupported, entry.value.place,
                    "Only role trust policies name federated principals: name the role that they assume.")
            } else {
                checkEntry(entry)
            }
        }
    }

    private mutating func checkTrustPrincipals(_ principals: LooseStatement.Principals) {
        if principals.isNegated {
            report(
                .roleTrustPolicySyntaxErrorNotprincipal, principals.place,
                "Write Principal instead of NotPrincipal: a role trust policy names whom it trusts.")
            return
        }
        let everyone = "Name whom the role trusts: * would let in everybody."
        if principals.isEveryone {
            report(.roleTrustPolicyUnsupportedWildcardInPrincipal, principals.place, everyone)
        }
        for entry in principals.entries {
            if entry.kind == "AWS", entry.value.value == "*" {
                report(.roleTrustPolicyUnsupportedWildcardInPrincipal, entry.value.place, everyone)
            } else if entry.kind == "Federated" {
                checkFederated(entry.value)
            } else {
                checkEntry(entry)
            }
        }
    }

    private mutating func checkEntry(_ entry: LooseStatement.Principals.Entry) {
        let text = entry.value.value
        guard ["AWS", "Service", "CanonicalUser", "Federated"].contains(entry.kind) else {
            report(
                .invalidPrincipalKey, entry.value.place,
                "\"\(entry.kind)\" is no kind of principal: write AWS, Service, Federated or CanonicalUser.")
            return
        }
        if text.contains("${") || (entry.kind == "AWS" && text == "*") { return }
        if text.hasWildcards {
            report(
                .unsupportedWildcardInPrincipal, entry.value.place,
                "Name one principal: a wildcard does not work in \"\(text)\". aws:PrincipalArn in a condition can match a "
                    + "pattern.")
            return
        }
        switch entry.kind {
        case "AWS": checkAWSPrincipal(entry.value)
        case "Service": checkServiceName(entry.value)
        default:
            let isCanonical = text.utf8.count == 64 && text.allSatisfy(\.isHexDigit)
            if !isCanonical { reportFormat(entry.value, "a canonical user id has 64 hexadecimal digits") }
        }
    }

    private mutating func reportFormat(_ value: Text, _ rule: String) {
        report(.invalidPrincipalFormat, value.place, "\"\(value.value)\" is no such principal: \(rule).")
    }

    /// `reference_identifiers.html#identifiers-unique-ids` has the beginnings of unique ids.
    private mutating func checkAWSPrincipal(_ value: Text) {
        let text = value.value
        if text.isAccountID { return }
        if text.hasPrefix("AROA"), text.isUniqueID {
            report(.invalidRoleReference, value.place, "Name the role by its ARN: \(text) is the id of one role only.")
        } else if text.hasPrefix("AIDA"), text.isUniqueID {
            report(.invalidUserReference, value.place, "Name the user by its ARN: \(text) is the id of one user only.")
        } else {
            let arn = ARNParts(pattern: text)
            let isPrincipal =
                text.hasPrefix("arn:") && arn.count == 6 && ["iam", "sts"].contains(arn.service) && arn.region.isEmpty
                && !arn.resource.isEmpty && (arn.account.isAccountID || arn.account == "cloudfront")
            if !isPrincipal {
                reportFormat(value, "write an account id or the ARN of an account, user, role or session")
            }
        }
    }

    /// `service.amazonaws.com`, with a region in it or the domain of China.
    private mutating func checkServiceName(_ value: Text) {
        let labels = value.value.split(separator: ".", omittingEmptySubsequences: false)
        let name = labels.prefix { $0 != "amazonaws" && $0 != "amazon" && $0 != "api" && $0 != "aws" }
        let isName = !name.isEmpty && name.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(\.isServiceNameByte) }
        let hasDomain = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal", ".api.aws"]
            .contains { value.value.hasSuffix($0) }
        guard !isName || !hasDomain else { return }
        report(
            .invalidServicePrincipalFormat, value.place,
            "Write the service as its principal: lambda.amazonaws.com, not \"\(value.value)\".")
    }

    private mutating func checkFederated(_ value: Text) {
        let text = value.value
        if text.contains("${") { return }
        if text.hasWildcards {
            report(
                .unsupportedWildcardInPrincipal, value.place,
                "Name one identity provider: * does not work in \"\(text)\".")
            return
        }
        let arn = ARNParts(pattern: text)
        let isProvider =
            arn.service == "iam" && arn.account.isAccountID
            && (arn.resource.hasPrefix("saml-provider/") || arn.resource.hasPrefix("oidc-provider/"))
        let isDomain = text.contains(".") && text.utf8.allSatisfy { $0.isServiceNameByte || $0 == UInt8(ascii: ".") }
        guard !isProvider, !isDomain else { return }
        report(
            .invalidFederatedPrincipalSyntaxInRoleTrustPolicy, value.place,
            "Write the domain of the identity provider, or the ARN of a SAML or OIDC provider, not \"\(text)\".")
    }
}

extension UInt8 {
    fileprivate var isServiceNameByte: Bool {
        isASCIILetter || UInt8(ascii: "0")...UInt8(ascii: "9") ~= self || self == UInt8(ascii: "-")
            || self == UInt8(ascii: "_")
    }
}

extension String {
    fileprivate var isUniqueID: Bool {
        utf8.count >= 16 && utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
    }
}
