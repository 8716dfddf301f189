import Platform
import Policy
import Wire

// What a policy of an authority can give to others.
// <https://docs.aws.amazon.com/privateca/latest/userguide/pca-rbp.html>

extension PolicyDocument {
    private static let shareable: Set<String> = [
        "acm-pca:describecertificateauthority", "acm-pca:getcertificate", "acm-pca:getcertificateauthoritycertificate",
        "acm-pca:issuecertificate", "acm-pca:listpermissions", "acm-pca:listtags", "acm-pca:revokecertificate",
    ]

    /// Makes sure that it gives nothing but the use of an authority: nobody else is to manage it.
    /// - Throws: InvalidPolicyException.
    func checkShares(_ arn: String) throws(ServiceError) {
        for statement in statements where statement.effect == .allow {
            let actions = statement.actions
            guard !actions.isNegated,
                actions.values.allSatisfy({ Self.shareable.contains($0.value.lowercased()) })
            else {
                throw .pca(
                    .invalidPolicyException,
                    "The policy allows an action that can't be shared: it has to name each action that it allows.")
            }
            guard let resources = statement.resources, !resources.isNegated,
                resources.values.allSatisfy({ $0.value == arn || $0.value == "*" })
            else {
                throw .pca(.invalidPolicyException, "The policy contains a resource that is not \(arn).")
            }
        }
    }
}

/// A statement of an authority's policy, as it counts.
struct SharingStatement {
    let json: Wire.JSONValue
    /// The account of the authority.
    let owner: String

    private static let templateKey = "acm-pca:TemplateArn"
    /// What other accounts get where the policy does not say which templates.
    private static let templates: [Wire.JSONValue] = [
        "EndEntityCertificate", "EndEntityClientAuthCertificate", "EndEntityServerAuthCertificate",
    ].map { .string("arn:aws:acm-pca:::template/\($0)/V1") }

    /// Whoever may issue certificates, with no word of templates, is not to make authorities below somebody else's: other accounts get
    /// certificates of end entities only.
    var effective: [Wire.JSONValue] {
        guard json["Effect"] == .string("Allow"), !saysTemplates else { return [json] }
        return [
            with("StringEqualsIgnoreCase", "aws:PrincipalAccount", .string(owner)),
            // Only IssueCertificate has the key.
            with("StringEqualsIgnoreCaseIfExists", Self.templateKey, .array(Self.templates)),
        ].compactMap(\.self)
    }

    private var saysTemplates: Bool {
        members(json["Condition"]).contains { condition in
            members(condition.value).contains { $0.key.lowercased() == Self.templateKey.lowercased() }
        }
    }

    /// The statement under one condition more; nil where it has another one in its place.
    private func with(_ comparison: String, _ key: String, _ value: Wire.JSONValue) -> Wire.JSONValue? {
        var conditions = members(json["Condition"])
        var keys: [Wire.JSONMember] = []
        if let index = conditions.firstIndex(where: { $0.key.lowercased() == comparison.lowercased() }) {
            keys = members(conditions.remove(at: index).value)
        }
        guard !keys.contains(where: { $0.key.lowercased() == key.lowercased() }) else { return nil }
        keys.append(Wire.JSONMember(key: key, value: value))
        conditions.append(Wire.JSONMember(key: comparison, value: .object(keys)))
        let others = members(json).filter { $0.key != "Condition" }
        return .object(others + [Wire.JSONMember(key: "Condition", value: .object(conditions))])
    }

    private func members(_ value: Wire.JSONValue?) -> [Wire.JSONMember] {
        guard case .object(let members)? = value else { return [] }
        return members
    }
}
