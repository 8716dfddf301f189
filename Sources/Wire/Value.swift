/// A value of an API: what a member, a list element or a map value holds.
///
/// The shape that it stands under says how it is written by each protocol; the value itself knows no protocol.
public enum Value: Sendable, Equatable {
    /// Text; an enumeration's value too.
    case string(String)
    /// A whole number: the model's `integer` and `long`.
    case integer(Int)
    /// A number: the model's `float` and `double`.
    case double(Double)
    /// True or false.
    case boolean(Bool)
    /// A moment, whatever form the protocol writes it in.
    case timestamp(Timestamp)
    /// Bytes, which text protocols write in base 64.
    case blob([UInt8])
    /// The whole body of a message, on its way.
    case stream(BodyStream)
    /// Elements, in their order.
    case list([Value])
    /// Elements, in their order, that are made when they are written: the page of a list.
    case lazyList(LazyList)
    /// Entries, in the order in which they were sent.
    case map([MapEntry])
    /// Members by the names of a shape.
    case structure(Structure)
    /// What a document holds: a member where any JSON may stand.
    case document(JSONValue)
    /// An element of a list, or a value of a map, that is not there; only in those that the model calls sparse.
    case null
}

/// One entry of a map, in the order in which it was sent.
public struct MapEntry: Sendable, Equatable {
    /// The name that the value is found by.
    public var key: String
    /// The value; `.null` only in a map that the model calls sparse.
    public var value: Value

    /// Makes an entry.
    public init(key: String, value: Value) {
        self.key = key
        self.value = value
    }
}

/// Bytes, as a type of its own so that views can tell them from a list of numbers.
///
/// It does not print its bytes: blobs hold plaintexts, seeds and keys.
public struct Blob: Sendable, Hashable, CustomStringConvertible {
    /// The bytes themselves.
    public var bytes: [UInt8]

    /// Wraps bytes.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public var description: String { "\(bytes.count) bytes" }
}
