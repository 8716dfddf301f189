/// What the ledger keeps sealed: a ``Record`` or a ``TableRow``. Its JSON has a version, and older JSON is led up to it.
public protocol StoredValue: Codable, Sendable {
    /// What it is a value of: the CloudFormation type where there is one, `"AWS::IAM::User"`. It must never change.
    static var kind: String { get }
    /// The version of the JSON: 1, and one more with each change for which older values have to be upgraded.
    static var version: Int { get }
    /// Turns the JSON of a value of one version, `fields`, into that of the next. The ledger calls it step by step,
    /// wherever an older value is read; nothing is rewritten on disk until the value is next put.
    ///
    /// - Throws: ``LedgerError``, or any error, when it can't be done: then the value can't be read.
    static func upgrade(_ fields: inout RecordFields, from version: Int) throws
}

extension StoredValue {
    public static var version: Int { 1 }
    public static func upgrade(_ fields: inout RecordFields, from version: Int) throws {}
}
