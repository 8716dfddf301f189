/// Something that exists, such as a user or a role: a typed value with an id, kept sealed in the ledger.
///
/// A record's JSON is what its `Codable` conformance makes of it.
///
/// ```swift
/// struct Group: Record {
///     static let kind = "AWS::IAM::Group"
///     var id: String { name }
///     var name: String
/// }
/// ```
///
/// What is in the ledger outlives the program that wrote it. A new optional property needs nothing; for any other
/// change of the JSON, raise ``version``, and say in ``upgrade(_:from:)`` how a record of the previous version becomes
/// one of this:
///
/// ```swift
/// struct Group: Record {
///     static let kind = "AWS::IAM::Group"
///     static let version = 2
///     var id: String { name }
///     var name: String
///     var path: String
///
///     static func upgrade(_ fields: inout RecordFields, from version: Int) {
///         if version == 1 { fields["path"] = .text("/") }
///     }
/// }
/// ```
///
/// A record that can't be read is an error that names it. It is never skipped as if it did not exist.
///
/// Values that must not be read by whoever has the file belong in the record's properties, which are sealed. The id and
/// the references are not: the database orders and joins by them.
public protocol Record: StoredValue {
    /// The kind of resource, by its CloudFormation type where it has one: `"AWS::IAM::User"`. It must never change.
    static var kind: String { get }
    /// Unique among the records of one kind in one scope. Stored unsealed: never a secret. Not empty, no NUL.
    var id: String { get }
    /// What this record points at; none by default. Stored unsealed.
    ///
    /// The ledger indexes them when the record is put, and forgets them when it is deleted.
    var references: [Reference] { get }
    /// What other records call this one besides its id: a user's unique id, a policy's ARN. None by default.
    var aliases: [String] { get }
    /// The records that exist as long as this one does; none by default. Nothing is refused if one is missing:
    /// `Ledger.verify` reports it.
    var requirements: [Requirement] { get }
    /// Whether the journal keeps every change. For records that change all the time and whose past nobody asks for
    /// (last-used data, reports) it keeps only the last change, so that it does not grow.
    static var keepsHistory: Bool { get }
    /// Whether a journal entry also has the record as it was before. Large or fast-growing records may leave that out,
    /// since the previous entry has it.
    static var journalsBefore: Bool { get }
    /// The version of the record's JSON: 1, and one more with each change for which older records have to be upgraded.
    static var version: Int { get }
    /// Turns the JSON of a record of one version, `fields`, into that of the next. The ledger calls it step by step,
    /// wherever an older record is read; nothing is rewritten on disk until the record is next put.
    ///
    /// - Throws: ``LedgerError``, or any error, when it can't be done: then the record can't be read.
    static func upgrade(_ fields: inout RecordFields, from version: Int) throws
}

extension Record {
    public var references: [Reference] { [] }
    public var aliases: [String] { [] }
    public var requirements: [Requirement] { [] }
    public static var keepsHistory: Bool { true }
    public static var journalsBefore: Bool { true }
}

/// Where a record lives: an account, and a region for services that have regions.
public struct Scope: Hashable, Sendable {
    /// The account's twelve digits; empty for what belongs to no account.
    public var account: String
    /// Empty for a global service such as IAM.
    public var region: String

    /// Makes a scope; without a region it is that of a global service.
    public init(account: String, region: String = "") {
        self.account = account
        self.region = region
    }
}

/// A directed edge that a record declares and the ledger keeps indexed: user `alice` —`group`→ `devs`.
///
/// It answers questions such as who is a member of a group (``Reader/referrers(_:relation:to:in:after:limit:)``) and
/// whether anything forbids a deletion (``Reader/referrerCount(relation:to:in:)``), without a scan and without a list
/// that has to be kept up to date. The target need not exist. Equality is by bytes, not by Unicode equivalence, as in
/// the database.
public struct Reference: Hashable, Sendable, Codable {
    /// What the edge means, such as "group". Relations are named by the record that declares them.
    public var relation: String
    /// The id of what the record points at, or whatever text stands for it.
    public var target: String

    /// Makes an edge; it counts once a record that has it among its references is put.
    public init(_ relation: String, to target: String) {
        self.relation = relation
        self.target = target
    }

    public static func == (a: Reference, b: Reference) -> Bool {
        a.relation.utf8.elementsEqual(b.relation.utf8) && a.target.utf8.elementsEqual(b.target.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in relation.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8.max)
        for byte in target.utf8 { hasher.combine(byte) }
    }
}

/// A record that another can't do without, by its id or one of its aliases.
public struct Requirement: Hashable, Sendable {
    /// The kind of the record: its type's ``Record/kind``.
    public var kind: String
    /// The id of the record, or one of its ``Record/aliases``.
    public var name: String
    /// nil: that of the record that has the requirement.
    public var scope: Scope?

    /// Makes a requirement.
    /// - Parameters:
    ///   - kind: the kind of record that is needed.
    ///   - name: its id, or one of its aliases.
    ///   - scope: where it is; nil: where the record is that needs it.
    public init(_ kind: String, _ name: String, in scope: Scope? = nil) {
        self.kind = kind
        self.name = name
        self.scope = scope
    }
}
