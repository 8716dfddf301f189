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
/// What the ledger holds outlives the program that wrote it. A new property that is optional needs nothing; for any
/// other change of the JSON raise ``version``, and say in ``upgrade(_:from:)`` how a record of the version before
/// becomes one of this:
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
/// A record that can't be read is an error that names it. It is never passed over as if it were not there.
public protocol Record: Codable, Sendable {
    /// The kind of resource, by its CloudFormation type where it has one: `"AWS::IAM::User"`.
    static var kind: String { get }
    /// Unique among the records of one kind in one scope. Stored unsealed: never a secret. Not empty, no NUL.
    var id: String { get }
    /// What this record points at. Stored unsealed.
    var references: [Reference] { get }
    /// What other records call this one by besides its id: a user's unique id, a policy's ARN.
    var aliases: [String] { get }
    /// The records that are there as long as this one is. Nothing is refused for want of them: `Ledger.verify` tells of
    /// those that are missing.
    var requirements: [Requirement] { get }
    /// Whether the journal keeps every change. Of what changes all the time and whose past nobody asks for (last-used
    /// data, reports) it keeps the last change alone, so that it does not grow.
    static var keepsHistory: Bool { get }
    /// Whether an entry of the journal has the record as it was, too. Large or fast-growing records may leave it out:
    /// the entry before has it.
    static var journalsBefore: Bool { get }
    /// The version of the record's JSON: 1, and one more with each change that older records have to be led up to.
    static var version: Int { get }
    /// Leads a record of a version up to the next.
    /// - Throws: ``LedgerError``, or any error, when it can't be done: then the record can't be read.
    static func upgrade(_ fields: inout RecordFields, from version: Int) throws
}

extension Record {
    public var references: [Reference] { [] }
    public var aliases: [String] { [] }
    public var requirements: [Requirement] { [] }
    public static var keepsHistory: Bool { true }
    public static var journalsBefore: Bool { true }
    public static var version: Int { 1 }
    public static func upgrade(_ fields: inout RecordFields, from version: Int) throws {}
}

/// Where a record lives.
public struct Scope: Hashable, Sendable {
    public var account: String
    /// Empty for a global service such as IAM.
    public var region: String

    public init(account: String, region: String = "") {
        self.account = account
        self.region = region
    }
}

/// A directed edge that a record declares and the ledger keeps indexed: user `alice` —`group`→ `devs`.
///
/// From it come look-ups such as a group's members, and the conflicts that forbid a deletion. The target need not
/// exist. Equality is by bytes, not by Unicode equivalence, as in the database.
public struct Reference: Hashable, Sendable, Codable {
    public var relation: String
    public var target: String

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

/// A record that another can't be without, by its id or one of its aliases.
public struct Requirement: Hashable, Sendable {
    public var kind: String
    public var name: String
    /// nil: that of the record that has the requirement.
    public var scope: Scope?

    public init(_ kind: String, _ name: String, in scope: Scope? = nil) {
        self.kind = kind
        self.name = name
        self.scope = scope
    }
}
