import Directory
import FoundationEssentials
import KMSAPI
import Ledger
import Platform
import Policy
import Wire

// Grants. <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>

extension Quota {
    /// Of a key.
    static let grantsPerKey = Quota("KMSGrantsPerKey", 50_000)
}

/// A principal as a grant keeps it.
private struct GrantPrincipal {
    /// A unique id of a user or role that is here, the ARN of another principal, or a service's name.
    let name: String
    /// nil for a service.
    let accountID: String?

    /// - Throws: InvalidArnException for what names no principal, or one that does not exist.
    init(_ text: String, _ call: Call) throws(ServiceError) {
        if Self.isService(text) {
            // By this name only AWS's services grant anything to each other.
            guard call.isForAWSResource else { throw Self.invalid(text) }
            name = text
            accountID = nil
        } else if text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            name = "arn:aws:iam::\(text):root"
            accountID = text
        } else {
            guard let arn = ARN(parsing: text), call.directory.mayExist(text) else { throw Self.invalid(text) }
            name = call.directory.uniqueID(ofARN: text) ?? text
            accountID = arn.account
        }
    }

    init(service name: String) {
        self.name = name
        accountID = nil
    }

    /// Whether a name is a service's.
    static func isService(_ name: String) -> Bool { !name.hasPrefix("arn:") && name.hasSuffix(".amazonaws.com") }

    private static func invalid(_ text: String) -> ServiceError {
        .kms(.invalidArnException, "ARN does not refer to a valid principal: \(text)")
    }

    /// As answers show it; a user or role that no longer exists by its unique id.
    static func shown(_ name: String, _ directory: IdentityDirectory) -> String {
        directory.arn(ofUniqueID: name) ?? name
    }
}

extension Call {
    /// Whether an AWS service makes the call, for a resource of its own: `kms:GrantIsForAWSResource`.
    var isForAWSResource: Bool { !source.calledVia.isEmpty || caller.servicePrincipal != nil }
}

extension KMS.CreateGrant: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let target = try await call.target(input.keyId, .otherAccounts)
        let (equals, subset) = constraints(input)
        let context = equals ?? subset
        try EncryptionContexts.check(context)
        var keys: [String: ContextValue] = [
            "kms:grantoperations": .many(input.operations),
            "kms:grantisforawsresource": .one(String(call.isForAWSResource)),
        ]
        keys["kms:granteeprincipal"] = input.granteePrincipal.map(ContextValue.one)
        keys["kms:granteeserviceprincipal"] = input.granteeServicePrincipal.map(ContextValue.one)
        keys["kms:retiringprincipal"] = input.retiringPrincipal.map(ContextValue.one)
        keys["kms:retiringserviceprincipal"] = input.retiringServicePrincipal.map(ContextValue.one)
        keys["kms:grantconstraintsourcearn"] = (input.constraints?.sourceArn).map(ContextValue.one)
        if equals != nil {
            keys["kms:grantconstrainttype"] = .one("EncryptionContextEquals")
        } else if subset != nil {
            keys["kms:grantconstrainttype"] = .one("EncryptionContextSubset")
        } else if input.constraints?.sourceArn != nil {
            keys["kms:grantconstrainttype"] = .one("SourceArn")
        }
        return .required(
            try await call.need(
                target, keys, tokens: input.grantTokens, context: context, making: try? grant(input, target.key, call)))
    }

    /// The encryption contexts that the grant asks for. An empty one asks for nothing: clients send both.
    private static func constraints(_ input: Input) -> (equals: [String: String]?, subset: [String: String]?) {
        func wanted(_ context: [String: String]?) -> [String: String]? { context?.isEmpty == false ? context : nil }
        return (
            wanted(input.constraints?.encryptionContextEquals), wanted(input.constraints?.encryptionContextSubset)
        )
    }

    /// - Throws: InvalidArnException, ValidationException.
    private static func grant(_ input: Input, _ key: Key, _ call: Call) throws(ServiceError) -> Grant {
        let (grantee, retiring) = try principals(input, call)
        let allowed = GrantOperations.allowed(for: key)
        guard allowed.isSuperset(of: input.operations) else {
            let names = input.operations.filter { !allowed.contains($0) }.joined(separator: ", ")
            throw .invalid("Operations that a grant of this KMS key cannot allow: \(names)")
        }
        guard !input.operations.isEmpty else { throw .invalid("A grant must allow at least one operation.") }
        let (equals, subset) = constraints(input)
        guard equals == nil || subset == nil else {
            throw .invalid("A grant can have EncryptionContextEquals or EncryptionContextSubset, not both.")
        }
        guard key.isSymmetricEncryptionKey || equals == nil && subset == nil else {
            throw .invalid("Grants with an encryption context constraint need a symmetric encryption KMS key.")
        }
        return Grant(
            id: Identifiers.randomBytes(32).map(hexadecimal).joined(), keyID: key.id, grantee: grantee.name,
            retiring: retiring?.name, retiringAccountID: retiring?.accountID,
            operations: input.operations, equals: equals, subset: subset, sourceARN: input.constraints?.sourceArn,
            name: input.name,
            issuer: call.accountID, creationDate: call.time, tokenKey: Data(Identifiers.randomBytes(32)))
    }

    /// Who gets the grant, and who may retire it.
    /// - Throws: InvalidArnException, ValidationException.
    private static func principals(
        _ input: Input, _ call: Call
    ) throws(ServiceError) -> (grantee: GrantPrincipal, retiring: GrantPrincipal?) {
        let retiring: GrantPrincipal?
        switch (input.retiringPrincipal, input.retiringServicePrincipal) {
        case (nil, nil): retiring = nil
        case (let text?, nil): retiring = try GrantPrincipal(text, call)
        case (nil, let name?): retiring = try service(name)
        default: throw .invalid("Specify RetiringPrincipal or RetiringServicePrincipal, not both.")
        }
        switch (input.granteePrincipal, input.granteeServicePrincipal) {
        case (let text?, nil): return (try GrantPrincipal(text, call), retiring)
        case (nil, let name?):
            // A service acts for whoever asks it to: the grant has to say for which resource.
            guard input.constraints?.sourceArn != nil else {
                throw .invalid("A grant to a GranteeServicePrincipal must have a SourceArn constraint.")
            }
            guard retiring != nil else {
                throw .invalid(
                    "A grant to a GranteeServicePrincipal must have a RetiringPrincipal or a RetiringServicePrincipal.")
            }
            return (try service(name), retiring)
        default: throw .invalid("Specify either GranteePrincipal or GranteeServicePrincipal.")
        }
    }

    private static func service(_ name: String) throws(ServiceError) -> GrantPrincipal {
        guard GrantPrincipal.isService(name) else { throw .invalid("\(name) is no service principal.") }
        return GrantPrincipal(service: name)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (key, own) = try records.key(of: call)
        try RefusedStates.notGrantable.check(key, call)
        let new = try grant(input, key, call)
        let earlier = try new.name.map { name throws(ServiceError) in
            try own.referrers(Grant.self, Grant.named, to: Grant.target(key.id, name)).first { $0.isSame(as: new) }
        }
        if let earlier = earlier ?? nil {
            guard input.dryRun != true else { throw .dryRun }
            return answer(earlier, key)
        }
        let quota = call.quotas[.grantsPerKey]
        guard try own.referrerCount(Grant.ofKey, to: key.id) < quota else {
            throw .limitExceeded("The limit of \(quota) grants for the key \(key.arn) has been reached.")
        }
        guard input.dryRun != true else { throw .dryRun }
        try own.put(new)
        if let retiring = new.retiring {
            // What a service may retire is listed in the key's account.
            try own.of(account: new.retiringAccountID ?? key.accountID).put(
                RetirableGrant(id: new.id, keyAccountID: key.accountID, retiring: retiring))
        }
        if !key.hasGrants {
            key.hasGrants = true
            try own.put(key)
        }
        return answer(new, key)
    }

    private static func answer(_ grant: Grant, _ key: Key) -> Output {
        Output(grantToken: GrantToken.make(for: grant, in: key.scope), grantId: grant.id)
    }

    public static var secretMembers: Set<String> { ["GrantToken", "GrantTokens"] }
}

extension Grant {
    /// Whether two grants were asked for with the same words.
    fileprivate func isSame(as other: Grant) -> Bool {
        grantee == other.grantee && retiring == other.retiring && Set(operations) == Set(other.operations)
            && Self.isSame(equals, other.equals) && Self.isSame(subset, other.subset) && sourceARN == other.sourceARN
            && name == other.name
            && issuer == other.issuer
    }

    private static func isSame(_ left: [String: String]?, _ right: [String: String]?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.isSameContext(as: right)
    }
}

extension MutableRecords {
    /// Deletes a grant of the key whose records these are.
    func deleteGrant(_ grant: Grant) throws(ServiceError) {
        try delete(grant)
        let there = of(account: grant.retiringAccountID ?? scope.account)
        guard let known = try there.get(RetirableGrant.self, grant.id) else { return }
        try there.delete(known)
    }
}

// MARK: - Lists

extension KMS.GrantListEntry {
    fileprivate init(_ grant: Grant, in scope: Scope, _ directory: IdentityDirectory) {
        self.init()
        keyId = "arn:aws:kms:\(scope.region):\(scope.account):key/\(grant.keyID)"
        grantId = grant.id
        name = grant.name ?? ""
        creationDate = Timestamp(secondsSinceEpoch: grant.creationDate)
        // One that a service made for itself has its name where other grants have an ARN.
        if grant.sourceARN != nil, GrantPrincipal.isService(grant.grantee) {
            granteeServicePrincipal = grant.grantee
        } else {
            granteePrincipal = GrantPrincipal.shown(grant.grantee, directory)
        }
        if grant.sourceARN != nil, let retiring = grant.retiring, GrantPrincipal.isService(retiring) {
            retiringServicePrincipal = retiring
        } else {
            retiringPrincipal = grant.retiring.map { GrantPrincipal.shown($0, directory) }
        }
        issuingAccount = "arn:aws:iam::\(grant.issuer):root"
        operations = grant.operations
        guard grant.equals != nil || grant.subset != nil || grant.sourceARN != nil else { return }
        constraints = KMS.GrantConstraints {
            $0.encryptionContextEquals = grant.equals
            $0.encryptionContextSubset = grant.subset
            $0.sourceArn = grant.sourceARN
        }
    }
}

extension KMS.ListGrants: ReadOperation, OnKey {
    static var naming: KeyNaming { .otherAccounts }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(
            try await call.need(
                try await call.target(input.keyId, naming),
                ["kms:grantisforawsresource": .one(String(call.isForAWSResource))]))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let (key, own) = try records.key(of: call)
        if let id = input.grantId { try GrantIDs.check(id) }
        let grantee =
            input.granteeServicePrincipal ?? input.granteePrincipal.map { call.directory.uniqueID(ofARN: $0) ?? $0 }
        let page = try own.page(Grant.self, Grant.ofKey, to: key.id, try Paging(kms: input, most: 100)) { grant in
            (input.grantId == nil || grant.id == input.grantId) && (grantee == nil || grant.grantee == grantee)
        }
        return Output(page) { KMS.GrantListEntry($0, in: key.scope, call.directory) }
    }
}

extension KMS.ListRetirableGrants: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let isOwn = input.retiringServicePrincipal.map { $0 == call.caller.servicePrincipal?.name } == true
        return isOwn ? .notRequired(because: "services ask what is theirs to retire") : call.accessWithoutKey()
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let principal: GrantPrincipal
        switch (input.retiringPrincipal, input.retiringServicePrincipal) {
        case (let text?, nil): principal = try GrantPrincipal(text, call)
        case (nil, let name?): principal = GrantPrincipal(service: name)
        default: throw .invalid("Specify either RetiringPrincipal or RetiringServicePrincipal.")
        }
        guard principal.accountID == nil || principal.accountID == call.accountID else {
            throw .kms(.invalidArnException, "The retiring principal must be one of the account \(call.accountID).")
        }
        let page = try records.page(
            RetirableGrant.self, RetirableGrant.by, to: principal.name, try Paging(kms: input, most: 100))
        var entries: [KMS.GrantListEntry] = []
        for retirable in page.items {
            let own = records.of(account: retirable.keyAccountID)
            guard let grant = try own.get(Grant.self, retirable.id) else { continue }
            entries.append(KMS.GrantListEntry(grant, in: own.scope, call.directory))
        }
        return Output {
            $0.grants = entries
            $0.nextMarker = page.marker
            $0.truncated = page.isTruncated
        }
    }
}

// MARK: - The end of a grant

extension KMS.RevokeGrant: WriteOperation, OnKey {
    static var naming: KeyNaming { .otherAccounts }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(
            try await call.need(
                try await call.target(input.keyId, naming),
                ["kms:grantisforawsresource": .one(String(call.isForAWSResource))]))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try GrantIDs.check(input.grantId)
        let (key, own) = try records.key(of: call)
        try own.end(input.grantId, of: key, dryRun: input.dryRun)
        return Output()
    }
}

extension MutableRecords {
    fileprivate func end(_ id: String, of key: Key, dryRun: Bool?) throws(ServiceError) {
        guard let grant = try get(Grant.self, id), grant.keyID == key.id else { throw .noSuchGrant(id) }
        guard dryRun != true else { throw .dryRun }
        try deleteGrant(grant)
    }
}

extension ServiceError {
    fileprivate static func noSuchGrant(_ id: String) -> ServiceError {
        .kms(.notFoundException, "Grant ID \(id) not found")
    }
}

/// Who may retire a grant, the grant itself says: its retiring principal, its grantee if it allows that, and the account
/// that made it. IAM and key policies can add to that, and take from it.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html>
extension KMS.RetireGrant: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let grant: Grant
        var target: KeyTarget
        if let text = input.grantToken {
            let token = try GrantToken(parsing: text)
            grant = try await call.environment.read(token.scope) { (records) throws(ServiceError) in
                try token.grant(records)
            }
            target = try await call.target(
                "arn:aws:kms:\(token.scope.region):\(token.scope.account):key/\(grant.keyID)", .otherAccounts)
        } else {
            guard let keyID = input.keyId, let grantID = input.grantId else {
                throw .invalid("A grant token, or a grant ID and the key that the grant is of, must be given.")
            }
            try GrantIDs.check(grantID)
            target = try await call.target(keyID, .otherAccounts)
            let key = target.key
            let found = try await call.environment.read(key.scope) { (records) throws(ServiceError) in
                try records.get(Grant.self, grantID)
            }
            guard let found, found.keyID == key.id else { throw .noSuchGrant(grantID) }
            grant = found
        }
        let mayRetire = [grant.retiring, "arn:aws:iam::\(grant.issuer):root"].compactMap { $0 }
        target = target.adding(
            [grant.keyGrant] + mayRetire.map { KeyGrant(grantee: $0, operations: ["RetireGrant"]) })
        var keys: [String: ContextValue] = [:]
        if grant.equals != nil { keys["kms:grantconstrainttype"] = .one("EncryptionContextEquals") }
        if grant.subset != nil { keys["kms:grantconstrainttype"] = .one("EncryptionContextSubset") }
        var access = try await call.need(target, keys, context: grant.equals ?? grant.subset)
        access.learnt = RetiredTarget(target: target, grantID: grant.id)
        return .required(access)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let retired = call.learnt(RetiredTarget.self) else { throw .internalFailure }
        let key = retired.target.key
        try records.of(key.scope).end(retired.grantID, of: key, dryRun: input.dryRun)
        return Output()
    }

    public static var secretMembers: Set<String> { ["GrantToken"] }
}

/// The key of a grant that is to be retired.
struct RetiredTarget: HasKeyTarget {
    let target: KeyTarget
    let grantID: String
}
