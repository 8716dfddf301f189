/// A row of a table that a service declares for what grows without bound: an object's name in a bucket, a version, an
/// upload, a user of a user pool.
///
/// ```swift
/// struct ObjectName: TableRow {
///     static let kind = "AWS::S3::Object"
///     var bucket: String
///     var name: String
///     var size: Int64
///     var modified: Int64
///
///     var partition: String { bucket }
///     var key: RowKey { RowKey(.text(name)) }
///     var indexes: [RowIndex] { [RowIndex("modified", RowKey(.descending(modified)))] }
///     var amounts: [String: Int64] { ["bytes": size] }
/// }
/// ```
///
/// A table differs from the records of a kind in what it costs: there may be ten million rows, and neither the journal nor
/// anybody's memory has them. It also has more order: rows are read by prefix, in both directions, from any place on, and
/// by other values than their key. They are changed in the same transactions as records, which is what makes an answer,
/// its event and its rows one. What has to be heard of by those who follow the journal belongs into a record.
///
/// The row is sealed, and bound to its place: to kind, scope, partition and key. Partition, key and what the row is
/// indexed by are not, since the database orders by them: never a secret. Together they have at most
/// ``RowKey/mostBytes`` bytes.
///
/// Declare the type to whoever verifies: ``Ledger/verify(_:tables:accountKind:progress:)`` counts a kind that it does not
/// know as damage. JSON that changes is upgraded as that of records; rows whose ``indexes`` or ``amounts`` are to change
/// with it have to be put again.
public protocol TableRow: StoredValue {
    /// The part of the table that the row is in: the bucket, the user pool; empty where there are none. Rows are ordered,
    /// counted and looked for within a partition of a scope. No control characters.
    var partition: String { get }
    /// Unique in the partition, and what its rows are ordered by.
    var key: RowKey { get }
    /// What else the row is found by; nothing by default.
    var indexes: [RowIndex] { get }
    /// What is summed up over a partition, by name: each not negative. Nothing by default. The ledger counts rows by itself.
    var amounts: [String: Int64] { get }
    /// How rows are written: JSON by default.
    static var form: RowForm<Self> { get }
}

extension TableRow {
    public var partition: String { "" }
    public var indexes: [RowIndex] { [] }
    public var amounts: [String: Int64] { [:] }
    public static var form: RowForm<Self> { .json }
}

/// One way by which a row is found besides its key. Rows with equal values are ordered by their keys.
public struct RowIndex: Hashable, Sendable {
    /// Which index: named by the rows that are in it.
    public let name: String
    /// Where in the index the row is. It need not be unique.
    public let value: RowKey

    /// A row's place in an index.
    public init(_ name: String, _ value: RowKey) {
        self.name = name
        self.value = value
    }
}
