import Policy

/// A change of a request in words, with who makes it and how.
struct RequestWords {
    let kind: Change.Kind
    let title: String
    let holder: String?
    var madeBy = "the caller"
    var commands: [String] = []
    var alsoAllows: [String] = []
    var risks: [String] = []
    let cost: Int

    init(_ values: RequestValues, of asked: DeniedRequest) {
        let principal = asked.request.principal
        let key = values.key
        switch values.way {
        case .signInWithMFA:
            kind = .signInWithMFA
            holder = principal.policyHolder
            title = "Sign in with a second factor"
            commands = Self.signIn(principal)
            cost = Cost.request
        case .signInAnew:
            kind = .newSession
            holder = principal.arn
            title = "Ask for a new session"
            let name = ARNParts(principal.arn)?.name ?? "session"
            commands = [
                Commands.line([
                    "sts", "assume-role", "--role-arn", principal.roleARN ?? "", "--role-session-name", name,
                ])
            ]
            risks = ["Sessions of the role that are older were revoked: somebody may have stolen one"]
            cost = Cost.newSession
        case .callFrom:
            kind = .changeRequest
            holder = nil
            title = "Call from where \(key) is \(values.text ?? "absent")"
            cost = Cost.callFrom
        case .tagPrincipal:
            kind = .tagPrincipal
            holder = principal.policyHolder
            let tag = Self.tag(of: key)
            let arn = principal.policyHolder.flatMap(ARNParts.init)
            title = "Tag \(arn?.type ?? "user") \(arn?.name ?? "") with \(tag) = \(values.text ?? "")"
            madeBy = "an administrator of account \(principal.accountID)"
            if let arn { commands = [Self.tagging(arn, tag, values.text ?? "")] }
            alsoAllows = ["All that policies give those with this tag"]
            cost = Cost.tagPrincipal
        case .tagResource:
            kind = .tagResource
            holder = asked.request.resource
            let tag = Self.tag(of: key)
            title = "Tag \(asked.request.resource) with \(tag) = \(values.text ?? "")"
            let arn = ARNParts(asked.request.resource)
            madeBy = "who may tag the resource"
            if let arn, arn.service == "iam", ["user", "role"].contains(arn.type) {
                commands = [Self.tagging(arn, tag, values.text ?? "")]
            } else if let arn, arn.service == "kms" {
                let pair = "TagKey=\(tag),TagValue=\(values.text ?? "")"
                commands = [
                    Commands.line(["kms", "tag-resource", "--key-id", asked.request.resource, "--tags", pair])
                ]
            }
            alsoAllows = ["All that policies allow on resources with this tag"]
            cost = Cost.tagResource
        case .changeRequest:
            kind = .changeRequest
            holder = nil
            if key.lowercased() == "aws:securetransport" {
                title = values.text == "true" ? "Use TLS: an endpoint that begins with https://" : "Call without TLS"
            } else if key.lowercased() == "aws:requestedregion" {
                title = "Call in Region \(values.text ?? "")"
            } else if let value = values.text {
                title = "Make the request with \(key) = \(value)"
            } else {
                title = "Make the request without \(key)"
            }
            cost = Cost.request
        }
    }

    /// The last part of the key of a tag, as the policy writes it.
    private static func tag(of key: String) -> String {
        key.firstIndex(of: "/").map { String(key[key.index(after: $0)...]) } ?? key
    }

    private static func tagging(_ arn: ARNParts, _ tag: String, _ value: String) -> String {
        Commands.line([
            "iam", "tag-\(arn.type)", "--\(arn.type)-name", arn.name, "--tags", "Key=\(tag),Value=\(value)",
        ])
    }

    /// The one-time code is the caller's to know.
    private static func signIn(_ principal: Principal) -> [String] {
        let device = "--serial-number SERIAL-NUMBER --token-code CODE"
        switch principal.kind {
        case .user: return ["aws sts get-session-token \(device)"]
        case .roleSession:
            let name = ARNParts(principal.arn)?.name ?? "session"
            let words = ["sts", "assume-role", "--role-arn", principal.roleARN ?? "", "--role-session-name", name]
            return ["\(Commands.line(words)) \(device)"]
        default: return []
        }
    }
}
