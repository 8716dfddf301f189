/// What can be wrong with a document, and the words in which AWS says so.
///
/// AWS has three parsers with words of their own: the old one of IAM's permission policies, the newer one of role
/// trust policies and of resource-based policies, and that of Organizations, which has one sentence for everything.
/// Seen from AWS in public reports: legacy parsing, syntax errors, missing resources, no principal, Sids, vendors,
/// colons, partitions, the form, region and path of resources, unknown fields, invalid principals, GitHub's provider.
enum PolicyProblem {
    case leadingSpace
    case notJSON(String)
    case syntax(String)
    case badVersion
    case oldVersion
    case badEffect(JSONValue)
    case badOperator(String)
    case unknownElement(String)
    case missing(String)
    case noStatement
    case empty(String)
    case bothForms(String)
    case prohibited(String)
    case badSid(String)
    case duplicateSid(String)
    case actionWithoutVendor(String)
    case actionWithColons(String)
    case badVendor(String)
    case notAssumeRole(String)
    case keyWithoutVendor(String)
    case badResource(String)
    case badPartition(String, resource: String)
    case wildcardVendor(String)
    /// An ARN that IAM's older parser can't read.
    case malformedARN(String)
    case iamResourceWithRegion(String)
    case resourceWithRegion(String)
    case resourceWithAccount(String)
    case iamResourceWithBadPath(String)
    case shortResource(String)
    case badDate(String)
    case badPrincipal(String, String)
    case badFederatedPrincipal(String)
    /// The provider, and the condition keys of which one would do.
    case openToEverybody(String, [String])
    case controlPolicyRule(String)

    func message(in type: PolicyType) -> String {
        switch type {
        case .identity, .permissionsBoundary, .session, .endpoint: permissionMessage(type)
        case .resource, .roleTrust: resourceMessage(type)
        case .serviceControl, .resourceControl:
            "The provided policy document does not meet the requirements of the specified policy type."
        }
    }

    /// Permission policies: CreatePolicy, Put…Policy, session policies.
    private func permissionMessage(_ type: PolicyType) -> String {
        switch self {
        case .notJSON where type == .session: "The policy is not in the valid JSON format."
        case .leadingSpace, .badDate, .shortResource, .malformedARN: "The policy failed legacy parsing"
        case .badEffect(.string(let text)) where ["allow", "deny"].contains(text.lowercasedASCII):
            "The policy failed legacy parsing"
        case .oldVersion: "Policy document must be version 2012-10-17 or greater."
        case .missing("Action"), .empty("Action"), .empty("NotAction"): "Policy statement must contain actions."
        case .missing("Resource"), .empty("Resource"), .empty("NotResource"):
            "Policy statement must contain resources."
        case .prohibited: "Policy document should not specify a principal."
        case .badPrincipal(let kind, let value): Self.invalidPrincipal(kind, value)
        default: commonMessage ?? "Syntax errors in policy."
        }
    }

    /// Role trust policies and the policies of resources.
    private func resourceMessage(_ type: PolicyType) -> String {
        switch self {
        case .notJSON, .syntax, .bothForms: "This policy contains invalid Json"
        case .leadingSpace: "JSON strings must not have leading spaces"
        case .badVersion: "The policy must contain a valid version string"
        case .badEffect(.string(let text)): "Invalid effect: \(text)"
        case .badEffect: "This policy contains invalid Json"
        case .badOperator(let name): "Invalid Condition type : \(name)"
        case .keyWithoutVendor: "Policy has an invalid condition key"
        case .unknownElement(let name): "Unknown field \(name)"
        case .missing(let name): "Missing required field \(name)"
        case .noStatement: "Could not parse the policy: Statement is empty!"
        case .empty(let name): "Missing required field \(name) cannot be empty!"
        case .prohibited(let name): "Has prohibited field \(name)"
        case .notAssumeRole: "AssumeRole policy may only specify STS AssumeRole actions."
        case .badResource, .badPartition, .shortResource, .malformedARN, .wildcardVendor, .iamResourceWithRegion,
            .resourceWithRegion, .resourceWithAccount, .iamResourceWithBadPath:
            "Policy has invalid resource"
        case .badPrincipal(let kind, let value): Self.invalidPrincipal(kind, value)
        case .badFederatedPrincipal: "Federated principals must be valid domain names or SAML metadata ARNs"
        case .openToEverybody(let provider, let keys):
            "Trust policy with trusted principal \(provider) must evaluate, using StringEquals, StringLike or "
                + "StringEqualsIgnoreCase, \(keys.joined(separator: " or ")) which is not scoped to all."
        case .badDate: "The policy contains an invalid date"
        default: commonMessage ?? "This policy contains invalid Json"
        }
    }

    private var commonMessage: String? {
        switch self {
        case .badSid:
            "Statement IDs (SID) must be alpha-numeric. "
                + "Check that your input satisfies the regular expression [0-9A-Za-z]*"
        case .duplicateSid: "Statement IDs (SID) in a single policy must be unique."
        case .actionWithoutVendor, .keyWithoutVendor:
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        case .actionWithColons: "Actions/Condition can contain only one colon."
        case .badVendor(let vendor): "Vendor \(vendor) is not valid"
        case .badResource(let resource): "Resource \(resource) must be in ARN format or \"*\"."
        case .badPartition(let partition, let resource):
            "Partition \"\(partition)\" is not valid for resource \"\(resource)\"."
        case .wildcardVendor: "Resource vendor must be fully qualified and cannot contain regexes."
        case .iamResourceWithRegion(let resource):
            "IAM resource \(resource) cannot contain region information."
        case .resourceWithRegion(let resource): "Resource \(resource) can not contain region information."
        case .resourceWithAccount(let resource): "Resource \(resource) cannot contain an account id."
        case .iamResourceWithBadPath:
            "IAM resource path must either be \"*\", root, or start with user/, federated-user/, role/, group/, "
                + "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, "
                + "report/, access-report/."
        default: nil
        }
    }

    /// The newer parsers write "SERVICE" where the document says "Service".
    private static func invalidPrincipal(_ kind: String, _ value: String) -> String {
        "Invalid principal in policy: \"\(kind == "Service" ? "SERVICE" : kind)\":\"\(value)\""
    }

    /// What exactly was found; AWS's words often do not say it.
    var detail: String? {
        switch self {
        case .leadingSpace: "the document begins with white space"
        case .notJSON(let reason), .syntax(let reason), .controlPolicyRule(let reason): reason
        case .oldVersion: "a managed policy must say \"Version\": \"2012-10-17\""
        case .badVersion: "Version must be \"2012-10-17\" or \"2008-10-17\""
        case .badEffect: "Effect must be \"Allow\" or \"Deny\""
        case .badOperator(let name): "\"\(name)\" is not a condition operator"
        case .unknownElement(let name): "\"\(name)\" is not an element of the policy language"
        case .missing(let name): "\(name) is missing"
        case .noStatement: "there is no statement"
        case .empty(let name): "\(name) is empty"
        case .bothForms(let name): "\(name) and Not\(name) exclude each other"
        case .prohibited(let name): "\(name) has no place in this type of policy"
        case .badSid(let sid), .duplicateSid(let sid): "Sid \"\(sid)\""
        case .actionWithoutVendor(let name), .actionWithColons(let name), .notAssumeRole(let name):
            "action \"\(name)\""
        case .keyWithoutVendor(let key): "condition key \"\(key)\""
        case .badDate(let value): "\"\(value)\" is neither a W3C date nor epoch seconds"
        case .shortResource(let resource): "\"\(resource)\" has too few parts"
        case .malformedARN(let resource): "\"\(resource)\" is not a well-formed ARN"
        case .badResource(let resource), .wildcardVendor(let resource), .iamResourceWithBadPath(let resource):
            "resource \"\(resource)\""
        case .badVendor, .badPartition, .iamResourceWithRegion, .resourceWithRegion, .resourceWithAccount,
            .badPrincipal, .badFederatedPrincipal,
            .openToEverybody:
            nil
        }
    }
}

extension PolicyType {
    /// IAM's own policies must begin with "{" at once.
    var refusesLeadingSpace: Bool {
        switch self {
        case .identity, .permissionsBoundary, .roleTrust: true
        case .resource, .session, .serviceControl, .resourceControl, .endpoint: false
        }
    }
}
