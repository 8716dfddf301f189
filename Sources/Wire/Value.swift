/// A value of an API: what a member, a list element or a map value holds.
///
/// The shape that it stands under says how it is written by each protocol; the value itself knows no protocol.
public enum Value: Sendable, Equatable {
    case string(String)
    case integer(Int)
    case double(Double)
    case boolean(Bool)
    case timestamp(Timestamp)
    case blob([UInt8])
    /// The whole body of a message, on its way.
    case stream(BodyStream)
    case list([Value])
    case map([MapEntry])
    case structure(Structure)
    /// What a document holds: a member where any JSON may stand.
    case document(JSONValue)
    /// An element of a list, or a value of a map, that is not there; only in those that the model calls sparse.
    case null
}

/// One entry of a map, in the order in which it was sent.
public struct MapEntry: Sendable, Equatable {
    public var key: String
    public var value: Value

    public init(key: String, value: Value) {
        self.key = key
        self.value = value
    }
}

/// Bytes, as a type of its own so that views can tell them from a list of numbers.
///
/// It does not print its bytes: blobs hold plaintexts, seeds and keys.
public struct Blob: Sendable, Hashable, CustomStringConvertible {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public var description: String { "\(bytes.count) bytes" }
}
