import Directory
import KMSAPI
import KeyMaterial
import Ledger
import Platform
import Policy
import Wire

/// The key that a request names, as it was when permission was asked: `access` finds it, `handle` gets it by
/// ``Platform/Call/learnt(_:)``.
final class KeyTarget: Sendable {
    let entry: KeyEntry
    /// The alias by which the request named it, without its ARN.
    let alias: String?
    /// Its grants that are in effect for the request.
    let grants: [KeyGrant]
    /// Whether it is not there yet: a service's managed key, which is made when it is first asked for.
    let isNew: Bool
    /// The ciphertext that is to be opened with it.
    let ciphertext: KeyCiphertext?
    /// Whether the request named it by the ciphertext alone.
    let isOfCiphertext: Bool

    var key: Key { _read { yield entry.key } }

    init(
        _ entry: KeyEntry, alias: String? = nil, grants: [KeyGrant] = [], isNew: Bool = false,
        ciphertext: KeyCiphertext? = nil, isOfCiphertext: Bool = false
    ) {
        self.entry = entry
        self.alias = alias
        self.grants = grants
        self.isNew = isNew
        self.ciphertext = ciphertext
        self.isOfCiphertext = isOfCiphertext
    }

    /// The same with more grants.
    func adding(_ more: [KeyGrant]) -> KeyTarget {
        more.isEmpty
            ? self
            : KeyTarget(
                entry, alias: alias, grants: grants + more, isNew: isNew, ciphertext: ciphertext,
                isOfCiphertext: isOfCiphertext)
    }
}

/// What `access` learns where the key is not all.
protocol HasKeyTarget: Sendable {
    var target: KeyTarget { get }
}

/// The name of a key that may exist, or of an alias.
struct KeyName {
    let account: String
    let isAlias: Bool
    /// What follows `key/` or `alias/`.
    let rest: String
    let arn: String

    init(_ region: String, _ account: String, isAlias: Bool, _ rest: String) {
        self.account = account
        self.isAlias = isAlias
        self.rest = rest
        arn = ARN.text("kms", region, account, isAlias ? "alias/" : "key/", rest)
    }
}

/// The other key of a request that has two.
struct SecondTarget: HasKeyTarget {
    let target: KeyTarget
}

/// How a request may name a key.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>
struct KeyNaming: OptionSet, Sendable {
    let rawValue: Int
    /// By an alias, or an alias's ARN.
    static let aliases = KeyNaming(rawValue: 1)
    /// By the ARN of a key of another account.
    static let otherAccounts = KeyNaming(rawValue: 2)
}

extension Call {
    /// The key that a text names.
    /// - Throws: NotFoundException; AccessDenied for a key of another account that isn't there, or for an operation that
    ///   is for an account's own keys alone: whoever has no permission learns nothing.
    func target(_ text: String, _ naming: KeyNaming) async throws(ServiceError) -> KeyTarget {
        let name = try keyName(text, naming)
        guard name.isAlias else { return KeyTarget(try await key(name.arn)) }
        guard let id = try await keyID(ofAlias: name.arn) else {
            if let made = managedKey(forAlias: name.arn) { return made }
            throw isOwn(name.arn) ? .noSuchAlias(name.arn) : refusal(of: name.arn)
        }
        let arn = ARN.text("kms", region, name.account, "key/", id)
        return KeyTarget(try await key(arn), alias: "alias/" + name.rest)
    }

    /// What a text says of a key, which need not exist.
    /// - Throws: NotFoundException, InvalidArnException; AccessDenied as ``target(_:_:)``.
    func keyName(_ text: String, _ naming: KeyNaming) throws(ServiceError) -> KeyName {
        var account = accountID
        var resource = text
        if text.utf8.starts(with: "arn:".utf8) {
            guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "kms" else {
                throw .kms(.invalidArnException, "Invalid arn \(text)")
            }
            guard arn.region == region else { throw .kms(.notFoundException, "Invalid arn \(arn.region)") }
            guard arn.account == accountID || naming.contains(.otherAccounts) else { throw refusal(of: text) }
            account = arn.account
            resource = arn.resource
            guard resource.utf8.starts(with: "key/".utf8) || resource.utf8.starts(with: "alias/".utf8) else {
                throw .kms(.invalidArnException, "Invalid arn \(text)")
            }
        } else if !text.utf8.starts(with: "alias/".utf8) {
            guard KeyIDs.isValid(text) else { throw .invalidKeyID(text) }
            return KeyName(region, account, isAlias: false, text)
        }
        let isAlias = resource.utf8.starts(with: "alias/".utf8)
        guard !isAlias || naming.contains(.aliases) else { throw .invalidKeyID(text) }
        let rest = resource.utf8.dropFirst(isAlias ? "alias/".utf8.count : "key/".utf8.count)
        return KeyName(region, account, isAlias: isAlias, String(Substring(rest)))
    }

    private func key(_ arn: String) async throws(ServiceError) -> KeyEntry {
        guard let entry = try await knownKey(arn) else { throw isOwn(arn) ? .noSuchKey(arn) : refusal(of: arn) }
        return entry
    }

    /// A key by its ARN; nil where there is none.
    func knownKey(_ arn: String) async throws(ServiceError) -> KeyEntry? {
        try await environment.projection(KeyIndex.self).key(arn, environment)
    }

    /// The id of the key that an alias stands for, by the alias's ARN; nil where there is no such alias.
    func keyID(ofAlias arn: String) async throws(ServiceError) -> String? {
        try await environment.projection(KeyIndex.self).keyID(ofAlias: arn, environment)
    }

    private func isOwn(_ arn: String) -> Bool {
        arn.utf8.starts(with: "arn:aws:kms:\(region):\(accountID):".utf8)
    }

    /// What a caller is told about another account's key, whether or not it is there.
    private func refusal(of resource: String) -> ServiceError {
        .accessDenied(
            "User: \(caller.arn) is not authorized to perform: \(service):\(operation) on resource: \(resource)"
                + KeyDenial.reason)
    }

    /// The permission for an action on a key.
    /// - Parameters:
    ///   - action: nil: the operation's own.
    ///   - keys: condition keys that the request brings.
    ///   - tokens: grant tokens of the request.
    ///   - context: the encryption context of the request.
    ///   - grant: what CreateGrant is to make.
    /// - Throws: InvalidGrantTokenException.
    func need(
        _ target: KeyTarget, action: String? = nil, _ keys: [String: ContextValue] = [:],
        tokens: [String]? = nil, context: [String: String]? = nil, making grant: Grant? = nil
    ) async throws(ServiceError) -> Access {
        let name = action ?? operation
        let target = target.adding(
            try await grants(
                of: target.key, forAction: name, tokens: tokens ?? [], context: context ?? [:], making: grant))
        let owner = target.key.accountID
        var keys = keys
        keys.reserveCapacity(keys.count + 4 + (context?.count ?? 0))
        keys["kms:calleraccount"] = .one(accountID)
        if let alias = target.alias { keys["kms:requestalias"] = .one(alias) }
        if !target.entry.aliases.isEmpty { keys["kms:resourcealiases"] = .many(target.entry.aliases) }
        if let context, !context.isEmpty {
            for (name, value) in context { keys["kms:encryptioncontext:" + ConditionKeys.folded(name)] = .one(value) }
            keys["kms:encryptioncontextkeys"] = .many(context.keys.sorted())
        }
        var access = Access("kms:" + name, on: target.entry.arn, resourceAccount: owner, context: keys)
        access.learnt = target
        if owner != accountID {
            let (arn, isOfCiphertext) = (caller.arn, target.isOfCiphertext)
            access.denial = { isOfCiphertext ? .inaccessible(arn, name) : KeyDenial.ofOtherAccount($0) }
        }
        return access
    }

    /// The key that the request is about, as `access` found it.
    func target() throws(ServiceError) -> KeyTarget {
        guard let target = learnt(KeyTarget.self) else { throw .internalFailure }
        return target
    }
}

extension ServiceError {
    /// What a caller is told about a ciphertext whose key it can't know to exist.
    static func inaccessible(_ caller: String, _ action: String) -> ServiceError {
        .accessDenied(
            "User: \(caller) is not authorized to perform: kms:\(action) on the resource associated with this ciphertext"
                + KeyDenial.reason)
    }
}

/// How KMS words denials about other accounts' keys: in the same way for one that isn't there.
private enum KeyDenial {
    static let reason =
        " because the resource does not exist in this Region, no resource-based policies allow access, "
        + "or a resource-based policy explicitly denies access"

    /// - Parameter text: the engine's.
    static func ofOtherAccount(_ text: String) -> ServiceError {
        for ending in [" because no resource-based policy", " with an explicit deny in a resource-based policy"] {
            guard let range = text.firstRange(of: ending) else { continue }
            return .accessDenied(text[..<range.lowerBound] + reason)
        }
        return .accessDenied(text)
    }
}

/// The ids of keys.
enum KeyIDs {
    /// A new one.
    static func make(isMultiRegion: Bool) -> String {
        let digits = Identifiers.randomBytes(16).map(hexadecimal).joined()
        if isMultiRegion { return "mrk-\(digits)" }
        var text = ""
        for (index, digit) in digits.utf8.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            // Version 4, and its variant.
            switch index {
            case 12: text += "4"
            case 16: text += ["8", "9", "a", "b"][Int(digit) % 4]
            default: text.unicodeScalars.append(Unicode.Scalar(digit))
            }
        }
        return text
    }

    /// Whether a text may be an id: a UUID, or `mrk-` and 32 hexadecimal digits.
    static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        if bytes.starts(with: "mrk-".utf8) { return bytes.count == 36 && bytes.dropFirst(4).allSatisfy(isDigit) }
        return bytes.count == 36
            && bytes.indices.allSatisfy { [8, 13, 18, 23].contains($0) ? bytes[$0] == 0x2D : isDigit(bytes[$0]) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }
}

// MARK: - Operations on one key

/// An operation on the key that its input names. It needs permission for its own action on it.
protocol OnKey: Operation where InputFields: KMS.WithKeyId {
    /// How the key may be named.
    static var naming: KeyNaming { get }
    /// The states that the operation refuses.
    static var refused: RefusedStates { get }
    /// The condition keys that the request brings.
    static func keys(_ input: Input) -> [String: ContextValue]
    static func grantTokens(_ input: Input) -> [String]?
    static func encryptionContext(_ input: Input) -> [String: String]?
}

extension OnKey {
    static var naming: KeyNaming { [] }
    static var refused: RefusedStates { .none }
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }
    static func grantTokens(_ input: Input) -> [String]? { nil }
    static func encryptionContext(_ input: Input) -> [String: String]? { nil }
    public static var secretMembers: Set<String> { KMSSecrets.members }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let context = encryptionContext(input)
        try EncryptionContexts.check(context)
        return .required(
            try await call.need(
                try await call.target(input.keyId, naming), keys(input), tokens: grantTokens(input), context: context))
    }
}

extension OnKey where InputFields: KMS.MayHaveGrantTokens {
    static func grantTokens(_ input: Input) -> [String]? { input.grantTokens }
}

extension OnKey where InputFields: KMS.MayHaveEncryptionContext {
    static func encryptionContext(_ input: Input) -> [String: String]? { input.encryptionContext }
}

/// Tells something of its key, or does something with it that changes nothing.
protocol KeyRead: OnKey, ComputeOperation {
    static func answer(_ key: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output
}

extension KeyRead {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let target = try await call.existing(try call.target())
        try refused.check(target.key, call)
        return try await answer(target, input, call)
    }
}

/// Changes its key, and answers nothing.
protocol KeyChange: OnKey, WriteOperation where OutputFields == EmptyFields {
    static func change(
        _ key: inout Key, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError)
}

extension KeyChange {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (key, own) = try records.key(of: call)
        try refused.check(key, call)
        try change(&key, input, call, own)
        try own.put(key)
        return Output()
    }
}

extension RecordReading {
    /// The key that a call is about, as it is now, and the records of its account and Region.
    /// - Throws: NotFoundException: it has been deleted since.
    func key(of call: Call) throws(ServiceError) -> (key: Key, records: Self) {
        let known = try call.target().key
        let own = of(known.scope)
        guard let key = try own.get(Key.self, known.id) else { throw .noSuchKey(known.arn) }
        return (key, own)
    }
}

/// What encryption contexts may be.
enum EncryptionContexts {
    /// Bytes of all names and values.
    private static let most = 8192

    /// Condition keys have no case: of two pairs that differ in that alone, a policy would see one only.
    static func check(_ context: [String: String]?) throws(ServiceError) {
        guard let context, !context.isEmpty else { return }
        guard context.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) <= most else {
            throw .invalid("The encryption context must not be larger than \(most) bytes.")
        }
        guard context.count > 1 else { return }
        guard Set(context.keys.map(ConditionKeys.folded)).count == context.count else {
            throw .invalid("Keys of the encryption context must differ in more than the case of their letters.")
        }
    }
}
