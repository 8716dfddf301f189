import KMSAPI
import KeyMaterial
import Ledger
import Platform
import Policy
import Wire

// Aliases. <https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html>

extension Quota {
    /// Of a key.
    static let aliasesPerKey = Quota("KMSAliasesPerKey", 50)
}

private enum AliasNames {
    static let reservedPrefix = "alias/aws/"

    /// - Throws: ValidationException, InvalidAliasNameException, NotAuthorizedException.
    static func check(_ name: String) throws(ServiceError) {
        guard name.hasPrefix("alias/") else {
            throw .invalid(
                "Alias must start with the prefix \"alias/\". Please see "
                    + "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html")
        }
        guard !name.hasPrefix(reservedPrefix), name != "alias/aws" else {
            throw ServiceError("NotAuthorizedException", "Alias names beginning with alias/aws/ are reserved.")
        }
        let letters = name.utf8.dropFirst("alias/".utf8.count)
        // The model's pattern allows colons, which are for ARNs.
        guard !letters.isEmpty, !letters.contains(UInt8(ascii: ":")) else {
            throw .kms(
                .invalidAliasNameException,
                "The alias must have a name of letters, digits and /_- after the prefix \"alias/\".")
        }
    }
}

extension Call {
    /// The permission for the operation on an alias: the account's IAM policies decide.
    fileprivate func need(onAlias name: String) -> Access {
        var access = Access("kms:\(operation)", on: "arn:aws:kms:\(region):\(accountID):\(name)")
        access.context["kms:calleraccount"] = .one(accountID)
        return access
    }

    /// The key of an alias of the caller's account; nil where there is no such alias.
    fileprivate func key(ofAlias name: String) async throws(ServiceError) -> KeyTarget? {
        let prefix = "arn:aws:kms:\(region):\(accountID):"
        guard let id = try await keyID(ofAlias: prefix + name) else { return nil }
        return try await knownKey("\(prefix)key/\(id)").map { KeyTarget($0) }
    }
}

extension KMS.CreateAlias: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try AliasNames.check(input.aliasName)
        let target = try await call.target(input.targetKeyId, [])
        return .required([call.need(onAlias: input.aliasName), try await call.need(target)])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (key, own) = try records.key(of: call)
        try RefusedStates.pendingDeletion.check(key, call)
        guard try own.get(Alias.self, input.aliasName) == nil else {
            throw .kms(
                .alreadyExistsException,
                "An alias with the name arn:aws:kms:\(call.region):\(call.accountID):\(input.aliasName) already exists")
        }
        try own.checkRoomForAlias(of: key, call)
        try own.put(
            Alias(id: input.aliasName, keyID: key.id, creationDate: call.time, lastUpdatedDate: call.time))
        return Output()
    }
}

extension KMS.UpdateAlias: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try AliasNames.check(input.aliasName)
        var accesses = [call.need(onAlias: input.aliasName)]
        let target = try await call.target(input.targetKeyId, [])
        accesses.append(try await call.need(target))
        if let current = try await call.key(ofAlias: input.aliasName), current.key.id != target.key.id {
            accesses.append(try await call.need(current))
        }
        return .required(accesses)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (key, own) = try records.key(of: call)
        guard var alias = try own.get(Alias.self, input.aliasName) else {
            throw .noSuchAlias("arn:aws:kms:\(call.region):\(call.accountID):\(input.aliasName)")
        }
        try RefusedStates.pendingDeletion.check(key, call)
        guard let current = try own.get(Key.self, alias.keyID) else { throw .internalFailure }
        // Code that uses an alias must not suddenly find a key that can do something else.
        guard current.usage == key.usage, current.spec.kind == key.spec.kind else {
            throw .invalid(
                "The current key and the new key of an alias must be of the same type, and have the same key usage.")
        }
        if alias.keyID != key.id { try own.checkRoomForAlias(of: key, call) }
        alias.keyID = key.id
        alias.lastUpdatedDate = call.time
        try own.put(alias)
        return Output()
    }
}

extension KeySpec {
    private enum Kind {
        case symmetric, asymmetric, hmac
    }

    /// What aliases tell keys apart by.
    fileprivate var kind: some Equatable {
        if self == .symmetricDefault { return Kind.symmetric }
        return isSymmetric ? Kind.hmac : .asymmetric
    }
}

extension KMS.DeleteAlias: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try AliasNames.check(input.aliasName)
        let alias = call.need(onAlias: input.aliasName)
        guard let target = try await call.key(ofAlias: input.aliasName) else { return .required(alias) }
        return .required([alias, try await call.need(target)])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let alias = try records.get(Alias.self, input.aliasName) else {
            throw .noSuchAlias("arn:aws:kms:\(call.region):\(call.accountID):\(input.aliasName)")
        }
        try records.delete(alias)
        return Output()
    }
}

extension KMS.ListAliases: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutKey() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try Paging(kms: input, most: 100)
        if let keyID = input.keyId {
            let name = try call.keyName(keyID, [])
            guard try records.get(Key.self, name.rest) != nil else { throw .noSuchKey(name.arn) }
            let aliases = try records.page(Alias.self, Alias.toKey, to: name.rest, paging)
            return Output(aliases.map { KMS.AliasListEntry($0, call) })
        }
        let aliases = try records.list(Alias.self, after: paging.after, limit: paging.limit + 1)
        let names = Set(aliases.map(\.id))
        // AWS's own aliases are there before their keys are.
        let entries =
            aliases.map { KMS.AliasListEntry($0, call) }
            + ManagedKeys.aliases.filter { !names.contains($0) }.map { KMS.AliasListEntry(named: $0, call) }
        return Output(page(entries, by: { $0.aliasName ?? "" }, paging))
    }
}

extension KMS.AliasListEntry {
    /// An alias that has no key yet.
    fileprivate init(named name: String, _ call: Call) {
        self.init()
        aliasName = name
        aliasArn = "arn:aws:kms:\(call.region):\(call.accountID):\(name)"
    }

    fileprivate init(_ alias: Alias, _ call: Call) {
        self.init(named: alias.id, call)
        targetKeyId = alias.keyID
        creationDate = Timestamp(secondsSinceEpoch: alias.creationDate)
        lastUpdatedDate = Timestamp(secondsSinceEpoch: alias.lastUpdatedDate)
    }
}

extension MutableRecords {
    fileprivate func checkRoomForAlias(of key: Key, _ call: Call) throws(ServiceError) {
        let quota = call.quotas[.aliasesPerKey]
        guard try referrerCount(Alias.toKey, to: key.id) < quota else {
            throw .limitExceeded("The limit of \(quota) aliases for the key \(key.arn) has been reached.")
        }
    }
}
