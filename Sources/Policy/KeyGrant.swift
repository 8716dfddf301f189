/// A grant of a KMS key: it allows its grantee some operations, and never denies.
///
/// AWS: "Grants in AWS KMS", `grants.html`; `API_CreateGrant.html`. It spares its grantee identity-based policies, also
/// in another account than the key's (which AWS relies on for service-linked roles); a permissions boundary and a
/// session policy count as if the key policy named the grantee.
public struct KeyGrant: Sendable {
    /// The ARN of a user, role, session or account (":root"), or a service's name.
    public let grantee: String
    /// The operations that the grant allows, without the service's prefix: "Decrypt", "GenerateDataKey".
    public let operations: [String]
    /// What a request must be like for the grant to allow it; none by default.
    public let constraints: Constraints
    /// What explanations call it by, such as its id; "" where it has no name.
    public let name: String

    /// What the encryption context and the source of a request must be.
    ///
    /// As AWS has it, the encryption context counts only for operations that take one, so not for DescribeKey and
    /// RetireGrant. Whether a grant made through CreateGrant is at least as strict as the one that allowed it is for
    /// the service to check.
    public struct Constraints: Sendable, Hashable {
        /// The encryption context holds exactly these pairs.
        public var encryptionContextEquals: [String: String]?
        /// The encryption context holds these pairs among others.
        public var encryptionContextSubset: [String: String]?
        /// The request's aws:SourceArn.
        public var sourceARN: String?

        /// Makes constraints; nil does not constrain.
        public init(
            encryptionContextEquals: [String: String]? = nil, encryptionContextSubset: [String: String]? = nil,
            sourceARN: String? = nil
        ) {
            self.encryptionContextEquals = encryptionContextEquals
            self.encryptionContextSubset = encryptionContextSubset
            self.sourceARN = sourceARN
        }
    }

    private let actions: Set<String>
    private let principals: PrincipalMatcher
    private let memory = PolicyMemory()

    /// Makes a grant ready for evaluation. Put it into ``PolicyInputs/grants`` of requests for its key.
    public init(
        grantee: String, operations: [String], constraints: Constraints = Constraints(), name: String = ""
    ) {
        self.name = name
        self.grantee = grantee
        self.operations = operations
        self.constraints = constraints
        actions = Set(operations.map { "kms:" + $0.lowercasedASCII })
        principals = PrincipalMatcher(grantee: grantee, in: memory)
    }

    /// How far the grant reaches the caller of a request that it allows; `.none` if it does not.
    func reach(_ query: Query, _ context: Lookup) -> Reach {
        let action = String(decoding: query.action, as: UTF8.self).lowercasedASCII
        guard actions.contains(action) else { return .none }
        let reach = principals.reach(query.request.pointee.principal, isDeny: false, hasBoundary: query.hasBoundary)
        guard reach != .none else { return .none }
        // Who may retire a grant does not depend on what it was made for.
        if let wanted = constraints.sourceARN, action != "kms:retiregrant" {
            guard case .one(let source) = context(KeyGrantKeys.sourceARN), source.hasSameBytes(as: wanted)
            else { return .none }
        }
        if action == "kms:describekey" || action == "kms:retiregrant" || action == "kms:creategrant" { return reach }
        if let wanted = constraints.encryptionContextSubset, !holds(wanted, context) { return .none }
        if let wanted = constraints.encryptionContextEquals {
            guard holds(wanted, context), Self.encryptionContextKeys(context).count == wanted.count
            else { return .none }
        }
        return reach
    }

    /// How far the grant reaches a caller, if the rest of it matches.
    package func reach(_ principal: Principal, hasBoundary: Bool) -> Reach {
        principals.reach(principal, isDeny: false, hasBoundary: hasBoundary)
    }

    /// Whether the request's encryption context holds all of `pairs`. Condition keys ignore case, encryption contexts
    /// don't, so the keys are also looked up as they are.
    private func holds(_ pairs: [String: String], _ context: Lookup) -> Bool {
        guard !pairs.isEmpty else { return true }
        let keys = Self.encryptionContextKeys(context)
        return pairs.allSatisfy { key, wanted in
            guard keys.contains(where: { $0.hasSameBytes(as: key) }),
                case .one(let value) = context(ConditionKey("kms:encryptioncontext:" + key))
            else { return false }
            return value.hasSameBytes(as: wanted)
        }
    }

    private static func encryptionContextKeys(_ context: Lookup) -> [String] {
        switch context(KeyGrantKeys.encryptionContextKeys) {
        case .many(let keys): keys
        case .one(let key): [key]
        case nil: []
        }
    }
}

private enum KeyGrantKeys {
    static let sourceARN: ConditionKey = "aws:SourceArn"
    static let encryptionContextKeys: ConditionKey = "kms:EncryptionContextKeys"
}

extension KeyGrant {
    /// The grant in words: its name, to whom it is and for what.
    public var summary: String {
        "grant \(name.isEmpty ? "" : name + " ")to \(grantee) for \(operations.joined(separator: ", "))"
    }

    /// What the request must be like, in words; "" for a grant without constraints.
    fileprivate var conditions: String {
        var words: [String] = []
        func add(_ name: String, _ pairs: [String: String]?) {
            guard let pairs else { return }
            let texts = pairs.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \"\($0.value)\"" }
            words.append("\(name) {\(texts.joined(separator: ", "))}")
        }
        add("EncryptionContextEquals", constraints.encryptionContextEquals)
        add("EncryptionContextSubset", constraints.encryptionContextSubset)
        if let arn = constraints.sourceARN { words.append("SourceArn \(arn)") }
        return words.joined(separator: ", ")
    }

    /// Whether the grant allows a request, and if not, by what it fails; for explanations.
    func explained(_ query: Query, _ context: Lookup) -> String {
        guard reach(query, context) == .none else { return "\(summary): applies" }
        var misses: [String] = []
        if !actions.contains(String(decoding: query.action, as: UTF8.self).lowercasedASCII) {
            misses.append("operation")
        }
        if principals.reach(query.request.pointee.principal, isDeny: false, hasBoundary: query.hasBoundary) == .none {
            misses.append("grantee")
        }
        if misses.isEmpty { misses.append("constraint \(conditions)") }
        return "\(summary): does not apply: \(misses.joined(separator: ", ")) not matched"
    }
}

extension PolicyInputs {
    /// The greatest reach of the grants that allow the request.
    func reachOfGrants(_ query: Query, _ context: Lookup) -> Reach {
        grants.reduce(.none) { max($0, $1.reach(query, context)) }
    }
}
