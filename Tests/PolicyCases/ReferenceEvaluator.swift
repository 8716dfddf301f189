// An evaluator written straight from the words of AWS's documentation and of Documentation/PolicyRules.md, with no regard to
// speed and with nothing shared with the module: it works on its own model, of which it also writes the JSON.

struct RefPolicy {
    enum Kind { case identity, resource, boundary, session, scp, rcp, endpoint, trust }
    var kind: Kind
    var isNew: Bool
    var statements: [RefStatement]

    var hasPrincipals: Bool { [.resource, .rcp, .endpoint, .trust].contains(kind) }
}

struct RefStatement {
    var allows: Bool
    /// (type, value); nil: no such element.
    var principals: [(String, String)]?
    var notPrincipal = false
    var actions: [String]
    var notAction = false
    var resources: [String]?
    var notResource = false
    var conditions: [(op: String, key: String, values: [String])]
}

struct RefCaller {
    enum Kind: CaseIterable { case root, user, session, federated, service, anonymous }
    var kind: Kind
    var arn: String
    var account: String
    var role: String?
    var parent: String?
    var id: String
    var service: String?
    var isServiceLinked = false
}

struct RefCase {
    var caller: RefCaller
    var action: String
    var resource: String
    var resourceAccount: String?
    var context: [String: [String]]
    /// Keys of `context` that were sent as a list.
    var lists: Set<String>
    var identity: [RefPolicy] = []
    var resourcePolicy: RefPolicy?
    /// What an access control list allows; it has no denies.
    var list: RefPolicy?
    /// Whether the resource is an object that does not belong to the bucket's owner.
    var isOfAnother = false
    var trust: RefPolicy?
    var boundaries: [RefPolicy]?
    var sessions: [RefPolicy]?
    var scps: [[RefPolicy]]?
    var rcps: [[RefPolicy]]?
    var endpoints: [RefPolicy]?
    var grants: [RefGrant] = []
    var blocksPublicAccess = false
    /// Whether the resource's type is one that can't be without a policy, as its service says.
    var isOfGuardedType = false
    var ignoresResourceSide = false
}

struct RefGrant {
    var grantee: String
    var operations: [String]
    /// "equals" and "subset" of the encryption context.
    var equals: [String: String]?
    var subset: [String: String]?
    var source: String?
}

enum RefOutcome: String { case allowed, explicitlyDenied, implicitlyDenied }

extension RefCase {
    // MARK: The decision

    func decide() -> RefOutcome {
        if action.lowercased() == "sts:getcalleridentity", caller.kind != .anonymous { return .allowed }
        let inAccount = caller.kind != .service && caller.kind != .anonymous
        let scps = inAccount && !caller.isServiceLinked ? self.scps : nil
        let rcps = !caller.isServiceLinked && action.lowercased() != "kms:retiregrant" ? self.rcps : nil
        var all = identity + (boundaries ?? []) + (sessions ?? []) + (endpoints ?? [])
        all += (scps ?? []).flatMap { $0 } + (rcps ?? []).flatMap { $0 }
        all += [resourcePolicy, trust].compactMap { $0 }
        if all.contains(where: { denies($0) }) { return .explicitlyDenied }

        func filter(_ policies: [RefPolicy]?) -> Bool { policies?.contains { allows($0) } ?? true }
        let controls = (scps ?? []).allSatisfy { filter($0) } && (rcps ?? []).allSatisfy { filter($0) }
        guard controls, filter(endpoints) else { return .implicitlyDenied }

        let isForeign = inAccount && resourceOwner != caller.account
        var grants = [resourcePolicy, trust].compactMap { $0 }.flatMap { grantedTo($0) }
        // "only AWS service principals and authorized users within the bucket owner's account"
        if blocksPublicAccess, action.lowercased().hasPrefix("s3:"), resourcePolicy.map(isPublic) ?? false,
            isForeign || caller.kind == .anonymous
        {
            grants = []
        }
        // "The bucket policy applies only to objects that are owned by the bucket owner", but for its denies.
        if isOfAnother { grants = [] }
        grants += list.map { grantedTo($0) } ?? []
        let keyGrants = self.grants.filter { permits($0) }.flatMap { names($0.grantee) }
        if !inAccount { return grants.isEmpty && keyGrants.isEmpty ? .implicitlyDenied : .allowed }
        let ownAllow = caller.kind == .root || identity.contains { allows($0) }
        // GetFederationToken without a policy grants nothing of the caller's own.
        let sessionAllow = caller.kind == .federated && sessions == nil ? false : filter(sessions)
        let everything = ownAllow && filter(boundaries) && sessionAllow
        if isForeign {
            // A grant is enough in another account too, but for what limits the caller at home.
            let isGrantee = keyGrants.contains { $0 != "account" }
            if isGrantee, filter(boundaries), sessionAllow { return .allowed }
            return everything && !(grants + keyGrants).isEmpty ? .allowed : .implicitlyDenied
        }
        grants += keyGrants
        let mustBeGranted =
            trust != nil || (resourcePolicy != nil && action.lowercased().hasPrefix("kms:")) || isGuarded
        if mustBeGranted, grants.isEmpty { return .implicitlyDenied }
        if grants.contains("self") || grants.contains("everyone") { return .allowed }
        if grants.contains("behind"), filter(boundaries), sessionAllow { return .allowed }
        return everything ? .allowed : .implicitlyDenied
    }

    /// "You cannot use IAM policies alone": a key is nobody's without its key policy, and a role nobody's without the
    /// policy that says whom it trusts. Some types of other services are the same.
    private var isGuarded: Bool {
        if ignoresResourceSide { return false }
        if isOfGuardedType { return true }
        let parts = action.lowercased().split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return false }
        let named = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        let kind = named.count == 6 ? named[5].split(separator: "/").first.map(String.init) ?? "" : ""
        switch parts[0] {
        case "kms":
            if kind == "alias", ["createalias", "updatealias", "deletealias"].contains(parts[1]) { return false }
            return kind == "key" || !Self.actionsWithoutKey.contains(parts[1])
        case "sts":
            if ["assumerole", "assumerolewithsaml", "assumerolewithwebidentity"].contains(parts[1]) { return true }
            return ["tagsession", "setsourceidentity"].contains(parts[1]) && !["user", "federated-user"].contains(kind)
        default: return false
        }
    }

    /// Those of the service authorization reference's page on KMS that have no resource type.
    private static let actionsWithoutKey: Set<String> = [
        "connectcustomkeystore", "createcustomkeystore", "createkey", "deletecustomkeystore",
        "describecustomkeystores", "disconnectcustomkeystore", "generaterandom", "listaliases", "listkeys",
        "listretirablegrants", "updatecustomkeystore",
    ]

    private var resourceOwner: String {
        if let resourceAccount { return isNumber(resourceAccount) ? resourceAccount : caller.account }
        let parts = resource.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        return parts.count >= 6 && isNumber(parts[4]) ? parts[4] : caller.account
    }

    private func denies(_ policy: RefPolicy) -> Bool {
        policy.statements.contains { !$0.allows && applies($0, policy) }
    }

    private func allows(_ policy: RefPolicy) -> Bool {
        policy.statements.contains { $0.allows && applies($0, policy) }
    }

    /// How the allows of a resource's policy name the caller.
    private func grantedTo(_ policy: RefPolicy) -> [String] {
        policy.statements.filter { $0.allows && applies($0, policy) }.flatMap { statement -> [String] in
            if statement.notPrincipal { return ["everyone"] }
            return (statement.principals ?? []).flatMap { names($0.0, $0.1) }
        }
    }

    // MARK: Grants

    /// Whether a grant is about the request; whom it names is another question.
    private func permits(_ grant: RefGrant) -> Bool {
        let operation = action.lowercased().split(separator: ":").map(String.init)
        guard operation.first == "kms", let name = operation.last,
            grant.operations.contains(where: { $0.lowercased() == name })
        else { return false }
        if let source = grant.source, name != "retiregrant", found("aws:SourceArn")?.first != source { return false }
        // Operations that take no encryption context.
        if ["describekey", "retiregrant", "creategrant"].contains(name) { return true }
        var sent: [String: String] = [:]
        for key in found("kms:EncryptionContextKeys") ?? [] {
            sent[key] = found("kms:EncryptionContext:" + key)?.first
        }
        if let equals = grant.equals, equals != sent { return false }
        return (grant.subset ?? [:]).allSatisfy { sent[$0.key] == $0.value }
    }

    private func names(_ grantee: String) -> [String] {
        names(grantee.hasSuffix(".amazonaws.com") ? "Service" : "AWS", grantee)
    }

    // MARK: The meaning of "public"

    private func isPublic(_ policy: RefPolicy) -> Bool {
        policy.statements.contains { statement in
            guard statement.allows, let principals = statement.principals else { return false }
            let isForAnybody = statement.notPrincipal || principals.contains { $0.1 == "*" && $0.0 != "Service" }
            return isForAnybody && !statement.conditions.contains { limits($0.op, $0.key.lowercased(), $0.values) }
        }
    }

    /// Whether a condition lets through only fixed values of a key that says who asks, or from where.
    private func limits(_ op: String, _ key: String, _ values: [String]) -> Bool {
        let bare = op.hasPrefix("ForAnyValue:") ? String(op.dropFirst("ForAnyValue:".count)) : op
        let isFixed = values.allSatisfy { value in
            !value.isEmpty && !["*", "?", "${"].contains { value.contains($0) }
        }
        guard !values.isEmpty, isFixed else { return false }
        if bare == "IpAddress", key == "aws:sourceip" {
            return values.allSatisfy { range in
                let parts = range.split(separator: "/")
                return parts.count < 2 || (Int(parts[1]) ?? 0) >= (range.contains(":") ? 32 : 8)
            }
        }
        let names = ["aws:sourcevpc", "aws:sourcearn", "aws:principalaccount"]
        let equals = ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"]
        return names.contains(key) && equals.contains(bare)
    }

    // MARK: A statement

    private func applies(_ statement: RefStatement, _ policy: RefPolicy) -> Bool {
        let actionNamed = statement.actions.contains { like($0.lowercased(), action.lowercased()) }
        guard actionNamed != statement.notAction else { return false }
        if let resources = statement.resources {
            let results = resources.map { covers($0, policy) }
            if statement.notResource {
                guard results.allSatisfy({ $0 == false }) else { return false }
            } else {
                guard results.contains(true) else { return false }
            }
        }
        if policy.hasPrincipals {
            guard let principals = statement.principals else { return false }
            if statement.notPrincipal {
                let isPrincipalOfAccount = caller.kind != .service && caller.kind != .anonymous
                if statement.allows {
                    // Everybody but those it names, by whichever name.
                    guard principals.allSatisfy({ names($0.0, $0.1).isEmpty }) else { return false }
                } else {
                    let always = boundaries != nil && isPrincipalOfAccount
                    guard always || !isSpared(principals) else { return false }
                }
            } else {
                guard principals.contains(where: { !names($0.0, $0.1).isEmpty }) else { return false }
            }
        }
        return statement.conditions.allSatisfy { conditionHolds($0.op, $0.key, $0.values, policy.isNew) }
    }

    /// "everyone", "self", "behind" (the role or user behind a session), "account".
    private func names(_ type: String, _ value: String) -> [String] {
        let inAccount = caller.kind != .service && caller.kind != .anonymous
        if value == "*" {
            if type == "Service" { return caller.kind == .service ? ["self"] : [] }
            return ["everyone"]
        }
        if type == "Service" { return caller.service == value ? ["self"] : [] }
        guard inAccount else { return [] }
        if value == caller.account || value == "arn:aws:iam::\(caller.account):root" {
            return caller.kind == .root ? ["self"] : ["account"]
        }
        if value == caller.arn { return ["self"] }
        if value == caller.role || value == caller.parent { return ["behind"] }
        if value == caller.id { return caller.kind == .user ? ["self"] : ["behind"] }
        return []
    }

    private func isSpared(_ principals: [(String, String)]) -> Bool {
        let values = principals.filter { $0.0 == "AWS" || $0.0 == "*" }.map(\.1)
        if values.contains("*") { return true }
        let account = values.contains(caller.account) || values.contains("arn:aws:iam::\(caller.account):root")
        switch caller.kind {
        case .anonymous: return false
        case .service: return principals.contains { $0.0 == "Service" && ($0.1 == caller.service || $0.1 == "*") }
        case .root: return account
        case .user: return account && (values.contains(caller.arn) || values.contains(caller.id))
        case .federated: return account && values.contains(caller.arn)
        case .session:
            return account && values.contains(caller.arn)
                && (values.contains(caller.role ?? "-") || values.contains(caller.id))
        }
    }

    // MARK: Resources

    /// nil: a variable is undefined.
    private func covers(_ pattern: String, _ policy: RefPolicy) -> Bool? {
        var spellings = [pattern]
        let colons = pattern.filter { $0 == ":" }.count
        if colons < 5, pattern != "*" {
            let padded = pattern + String(repeating: ":*", count: 5 - colons)
            switch policy.kind {
            case .identity, .boundary, .session: spellings.append(padded)
            case .resource, .endpoint, .trust:
                if pattern.contains("*") || pattern.contains("?") { spellings.append(padded) }
            case .scp: if pattern.hasSuffix("*") { spellings.append(padded) }
            case .rcp: break
            }
        }
        var result = false
        for spelling in spellings {
            guard let tokens = resourceTokens(Array(spelling.unicodeScalars), policy.isNew) else { return nil }
            let isAll = tokens.allSatisfy { $0 == .many }
            if resource == "*" ? isAll : match(tokens[...], Array(resource.unicodeScalars)[...]) { result = true }
        }
        return result
    }

    private func resourceTokens(_ text: [Unicode.Scalar], _ isNew: Bool) -> [RefToken]? {
        // The text before the fifth colon has no variables and its wildcards stay in their segment, unless a star
        // ends it.
        var head: [Unicode.Scalar] = []
        var rest = text[...]
        var colons = 0
        while colons < 5, let next = rest.first {
            rest = rest.dropFirst()
            head.append(next)
            if next == ":" { colons += 1 }
        }
        var tokens: [RefToken] = []
        for (index, scalar) in head.enumerated() {
            if scalar == "?" {
                tokens.append(.oneInSegment)
            } else if scalar == "*" {
                let following = (head[(index + 1)...] + rest).first { $0 != "*" }
                tokens.append(following == nil || following == ":" ? .many : .manyInSegment)
            } else {
                tokens.append(.literal(scalar))
            }
        }
        guard let tail = substitute(Array(rest), isNew, wildcards: true) else { return nil }
        return tokens + tail
    }

    // MARK: Variables

    /// nil: a variable is undefined.
    func substitute(_ text: [Unicode.Scalar], _ isNew: Bool, wildcards: Bool) -> [RefToken]? {
        var tokens: [RefToken] = []
        var rest = String(String.UnicodeScalarView(text))[...]
        while !rest.isEmpty {
            if isNew, rest.hasPrefix("${"), let (value, length) = variable(rest) {
                guard let value else { return nil }
                tokens += value.unicodeScalars.map { .literal($0) }
                rest = rest.dropFirst(length)
                continue
            }
            guard let scalar = rest.unicodeScalars.first else { break }
            rest = Substring(rest.unicodeScalars.dropFirst())
            switch scalar {
            case "*" where wildcards: tokens.append(.many)
            case "?" where wildcards: tokens.append(.one)
            default: tokens.append(.literal(scalar))
            }
        }
        return tokens
    }

    /// The value (nil: undefined) and the length of the variable at the start of `text`; nil if there is none.
    private func variable(_ text: Substring) -> (String?, Int)? {
        for escape in ["*", "?", "$"] where text.hasPrefix("${\(escape)}") { return (escape, 4) }
        guard let end = text.firstIndex(of: "}") else { return nil }
        let inside = text[..<end].dropFirst(2)
        if inside.isEmpty { return nil }
        if let comma = inside.firstIndex(of: ","), comma > inside.startIndex, text[comma...].hasPrefix(", '") {
            let afterQuote = text[comma...].dropFirst(3)
            var fallback = ""
            for (offset, character) in afterQuote.enumerated() {
                if afterQuote.dropFirst(offset).hasPrefix("'}") {
                    let length = 2 + inside[..<comma].count + 3 + fallback.count + 2
                    return (value(of: String(inside[..<comma]), fallback), length)
                }
                fallback.append(character)
            }
        }
        return (value(of: String(inside), nil), text[...end].count)
    }

    private func value(of key: String, _ fallback: String?) -> String? {
        guard let values = found(key) else { return fallback }
        if lists.contains(key.lowercased()) { return nil }
        return values[0].isEmpty ? fallback : values[0]
    }

    func found(_ key: String) -> [String]? { context[key.lowercased()] }
}

// MARK: Wildcards

enum RefToken: Equatable {
    case literal(Unicode.Scalar)
    case many, manyInSegment, one, oneInSegment
}

/// By the definition of each token, with backtracking.
func match(_ pattern: ArraySlice<RefToken>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
    guard let token = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    switch token {
    case .literal(let scalar): return text.first == scalar && match(rest, text.dropFirst())
    case .one: return !text.isEmpty && match(rest, text.dropFirst())
    case .oneInSegment: return !text.isEmpty && text.first != ":" && match(rest, text.dropFirst())
    case .many, .manyInSegment:
        if match(rest, text) { return true }
        guard let first = text.first, token == .many || first != ":" else { return false }
        return match(pattern, text.dropFirst())
    }
}

private func like(_ pattern: String, _ text: String) -> Bool {
    let tokens = pattern.unicodeScalars.map { scalar -> RefToken in
        scalar == "*" ? .many : scalar == "?" ? .one : .literal(scalar)
    }
    return match(tokens[...], Array(text.unicodeScalars)[...])
}

func isNumber(_ text: String, length: Int? = 12) -> Bool {
    !text.isEmpty && text.allSatisfy { $0 >= "0" && $0 <= "9" } && (length == nil || text.count == length)
}
