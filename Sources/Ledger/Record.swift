/// Something that exists, such as a user or a role: a typed value with an id, kept sealed in the ledger.
///
/// A record's JSON is what its `Codable` conformance makes of it. To stay readable by later versions of the
/// program, give new properties a default when decoding.
///
/// ```swift
/// struct Group: Record {
///     static let kind = "AWS::IAM::Group"
///     var id: String { name }
///     var name: String
/// }
/// ```
public protocol Record: Codable, Sendable {
    /// The kind of resource, by its CloudFormation type where it has one: `"AWS::IAM::User"`.
    static var kind: String { get }
    /// Unique among the records of one kind in one scope. Stored unsealed: never a secret. Not empty, no NUL.
    var id: String { get }
    /// What this record points at. Stored unsealed.
    var references: [Reference] { get }
    /// Whether the journal keeps every change. Of what changes all the time and whose past nobody asks for (last-used
    /// data, reports) it keeps the last change alone, so that it does not grow.
    static var keepsHistory: Bool { get }
}

extension Record {
    public var references: [Reference] { [] }
    public static var keepsHistory: Bool { true }
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
