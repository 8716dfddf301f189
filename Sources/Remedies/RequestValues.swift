import Policy

/// Condition keys that a request may have with other values, because somebody can see to that.
struct RequestValues {
    /// How a request comes to have another value.
    enum Way {
        case signInWithMFA, signInAnew, callFrom, tagPrincipal, tagResource, changeRequest
    }

    let way: Way
    /// The key as the policy writes it.
    let key: String
    /// In lower case; nil: the request has no such key then.
    let values: [(key: String, value: ContextValue?)]
    /// The pattern or the range that the value of ``key`` is but an example of; nil: it is meant itself.
    var pattern: String?

    func `in`(_ context: [String: ContextValue]) -> [String: ContextValue] {
        var context = context
        for (key, value) in values { context[key] = value }
        return context
    }

    /// The value of ``key``, or what it is to be like; nil: it has none.
    var text: String? { pattern ?? values.first.flatMap { $0.value.map(Self.text) } }

    func diff(from context: [String: ContextValue]) -> [String] {
        values.flatMap { name, value in
            let shown = name == key.lowercased() ? key : name
            let old = context[name].map { "- \(shown): \(Self.text($0))" }
            let new = value.map { "+ \(shown): \(name == key.lowercased() ? text ?? "" : Self.text($0))" }
            return [old, new].compactMap { $0 }
        }
    }

    private static func text(_ value: ContextValue) -> String {
        switch value {
        case .one(let text): text
        case .many(let texts): texts.joined(separator: ", ")
        }
    }
}

extension RequestValues {
    /// Values that may make a condition hold, or fail: the likeliest first. The engine says which do.
    static func candidates(for condition: Trace.Condition, of asked: DeniedRequest) -> [RequestValues] {
        let key = condition.key.lowercased()
        guard let way = way(to: key, of: asked) else { return [] }
        switch way {
        case .signInWithMFA:
            let values: [(key: String, value: ContextValue?)] = [
                ("aws:multifactorauthpresent", .one("true")), ("aws:multifactorauthage", .one("0")),
            ]
            return [RequestValues(way: way, key: "aws:MultiFactorAuthPresent", values: values)]
        case .signInAnew:
            guard let now = asked.context["aws:currenttime"] else { return [] }
            return [RequestValues(way: way, key: condition.key, values: [(key, now)])]
        case .callFrom, .tagPrincipal, .tagResource, .changeRequest: break
        }
        let operatorName = condition.operatorName.lowercased()
        var isMany = operatorName.hasPrefix("forallvalues:") || operatorName.hasPrefix("foranyvalue:")
        if case .many? = asked.context[key] { isMany = true }
        var examples = condition.resolved.compactMap { $0 }.flatMap(Self.examples)
        if operatorName.hasPrefix("null") { examples = [("example", nil)] }
        var candidates = examples.map { text, pattern in
            let value = isMany ? ContextValue.many([text]) : .one(text)
            return RequestValues(
                way: way, key: condition.key, values: [(key, value)] + tagKeys(beside: key, asked), pattern: pattern)
        }
        // A parameter can be left out; that a request has an address or a Region can't be helped.
        if case .changeRequest = way, key != "aws:securetransport", key != "aws:requestedregion" {
            candidates.append(RequestValues(way: way, key: condition.key, values: [(key, nil)], pattern: nil))
        }
        return candidates
    }

    /// A tag of a request is among `aws:TagKeys` as well.
    private static func tagKeys(beside key: String, _ asked: DeniedRequest) -> [(key: String, value: ContextValue?)] {
        let prefix = "aws:requesttag/"
        guard key.hasPrefix(prefix) else { return [] }
        var keys: [String] = []
        if case .many(let values)? = asked.context["aws:tagkeys"] { keys = values }
        let name = String(key.dropFirst(prefix.count))
        if !keys.contains(where: { $0.lowercased() == name }) { keys.append(name) }
        return [("aws:tagkeys", .many(keys))]
    }

    /// What a policy's value may stand for: without wildcards, the first address of a range, a number's neighbours; with the
    /// value where it is a pattern.
    private static func examples(of value: String) -> [(text: String, pattern: String?)] {
        if value.contains("*") || value.contains("?") {
            let filled = value.replacing("?", with: "x")
            return ["", "example"].map { (filled.replacing("*", with: $0), value) }.filter { !$0.0.isEmpty }
        }
        if let slash = value.firstIndex(of: "/"), value[..<slash].contains(where: { $0 == "." || $0 == ":" }) {
            return [(value, nil), (String(value[..<slash]), value)]
        }
        var texts = value.isEmpty ? [] : [value]
        if let number = Int32(value) { texts += [String(Int64(number) - 1), String(Int64(number) + 1)] }
        switch value.lowercased() {
        case "true": texts.append("false")
        case "false": texts.append("true")
        default: break
        }
        return texts.map { ($0, nil) }
    }

    /// nil: the key says who asks, or when, or something else that nobody chooses.
    private static func way(to key: String, of asked: DeniedRequest) -> Way? {
        let kind = asked.request.principal.kind
        let isUserOrRole = kind == .user || kind == .roleSession
        switch key {
        case "aws:multifactorauthpresent", "aws:multifactorauthage": return isUserOrRole ? .signInWithMFA : nil
        case "aws:tokenissuetime": return kind == .roleSession ? .signInAnew : nil
        case "aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce": return .callFrom
        // In another Region, what has one in its ARN is another resource.
        case "aws:requestedregion":
            return ARNParts(asked.request.resource)?.region.isEmpty ?? true ? .changeRequest : nil
        case "aws:securetransport", "aws:tagkeys", "aws:referer": return .changeRequest
        case "iam:permissionsboundary":
            // Where it isn't a parameter, it is a property of the user or role that the request is about.
            let sets = ["CreateUser", "CreateRole", "PutUserPermissionsBoundary", "PutRolePermissionsBoundary"]
            return sets.contains { asked.request.action == "iam:\($0)" } ? .changeRequest : nil
        default: break
        }
        if key.hasPrefix("aws:requesttag/") { return .changeRequest }
        if key.hasPrefix("aws:principaltag/") { return isUserOrRole ? .tagPrincipal : nil }
        if key.contains(":resourcetag/") || key.contains(":existingobjecttag/") { return .tagResource }
        let isFixed = key.hasPrefix("aws:") || key.hasSuffix(":aud") || key.hasSuffix(":sub") || fixed.contains(key)
        return isFixed ? nil : .changeRequest
    }

    /// What services find out by themselves.
    private static let fixed = Set(
        """
        kms:viaservice kms:calleraccount kms:keyorigin kms:keyspec kms:keyusage kms:multiregion kms:multiregionkeytype \
        kms:requestalias kms:resourcealiases s3:resourceaccount s3:tlsversion s3:authtype s3:signatureage \
        s3:signatureversion s3express:resourceaccount s3express:tlsversion s3express:authtype s3express:signatureage \
        s3express:signatureversion s3:dataaccesspointaccount s3:dataaccesspointarn s3:accesspointnetworkorigin \
        ec2:sourceinstancearn lambda:sourcefunctionarn
        """.split(separator: " ").map(String.init))
}
