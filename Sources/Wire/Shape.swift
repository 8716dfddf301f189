/// What the model says about a value. Shapes are made once for each service, and never change.
public enum Shape: Sendable {
    case string(StringShape)
    /// `integer` and `long` of the model.
    case integer(NumberShape)
    /// `float` and `double` of the model.
    case double(NumberShape)
    case boolean(PlainShape)
    case timestamp(TimestampShape)
    case blob(BlobShape)
    case list(ListShape)
    case map(MapShape)
    case structure(StructureShape)

    /// The model's name.
    public var name: String {
        switch self {
        case .string(let shape): shape.name
        case .integer(let shape), .double(let shape): shape.name
        case .boolean(let shape): shape.name
        case .timestamp(let shape): shape.name
        case .blob(let shape): shape.name
        case .list(let shape): shape.name
        case .map(let shape): shape.name
        case .structure(let shape): shape.name
        }
    }

    /// Whether the model says that values of this shape must not be shown.
    public var isSensitive: Bool {
        switch self {
        case .string(let shape): shape.isSensitive
        case .integer(let shape), .double(let shape): shape.isSensitive
        case .boolean, .timestamp: false
        case .blob(let shape): shape.isSensitive
        case .list(let shape): shape.isSensitive
        case .map(let shape): shape.isSensitive
        case .structure(let shape): shape.isSensitive
        }
    }
}

/// A string, with the constraints that the model puts on it.
public final class StringShape: Sendable {
    public let name: String
    /// Bounds of the length in Unicode scalars.
    public let bounds: Bounds
    /// The regular expression that the whole value must match.
    public let pattern: Pattern?
    /// The values of an enumeration; empty when any value will do.
    public let values: [String]
    public let isSensitive: Bool

    init(_ name: String, _ attributes: SchemaAttributes) {
        self.name = name
        self.bounds = attributes.bounds
        self.pattern = attributes["pattern"].map(Pattern.init)
        self.values = attributes.list("enum")
        self.isSensitive = attributes.has("sensitive")
    }
}

/// A whole or fractional number, with its bounds.
public final class NumberShape: Sendable {
    public let name: String
    public let bounds: Bounds
    /// Whether the model's type is `integer` or `float` (32 bits) rather than `long` or `double`.
    public let isShort: Bool
    public let isSensitive: Bool

    init(_ name: String, isShort: Bool, _ attributes: SchemaAttributes) {
        self.name = name
        self.bounds = attributes.bounds
        self.isShort = isShort
        self.isSensitive = attributes.has("sensitive")
    }
}

/// A value without constraints: a boolean or a document.
public final class PlainShape: Sendable {
    public let name: String

    init(_ name: String) {
        self.name = name
    }
}

/// A moment, and the form in which it is written.
public final class TimestampShape: Sendable {
    public let name: String
    /// The form to write, nil for the protocol's own.
    public let format: TimestampFormat?

    init(_ name: String, _ attributes: SchemaAttributes) {
        self.name = name
        self.format = attributes["format"].flatMap(TimestampFormat.init(rawValue:))
    }
}

/// How a timestamp is written.
public enum TimestampFormat: String, Sendable {
    case iso8601
    case rfc822
    case epoch = "unixTimestamp"
}

/// Bytes, with bounds on their number.
public final class BlobShape: Sendable {
    public let name: String
    /// Bounds of the length in bytes.
    public let bounds: Bounds
    public let isSensitive: Bool
    /// Whether the body of the message is the value, as it comes.
    public let isStreaming: Bool

    init(_ name: String, _ attributes: SchemaAttributes) {
        self.name = name
        self.bounds = attributes.bounds
        self.isSensitive = attributes.has("sensitive")
        self.isStreaming = attributes.has("streaming")
    }
}

/// A list; its element is known once the whole schema is read.
public final class ListShape: @unchecked Sendable {
    public let name: String
    /// Bounds of the number of elements.
    public let bounds: Bounds
    public let isSensitive: Bool
    /// Whether elements follow without an element around them all.
    public let isFlattened: Bool
    /// Whether elements may be null.
    public let isSparse: Bool
    /// The name of each element in XML and query, nil for the protocol's own.
    public let elementName: String?
    /// Written once, while the schema is read and before any other thread can see the shape.
    public internal(set) var element: Shape

    init(_ name: String, _ attributes: SchemaAttributes) {
        self.name = name
        self.bounds = attributes.bounds
        self.isSensitive = attributes.has("sensitive")
        self.isFlattened = attributes.has("flattened")
        self.isSparse = attributes.has("sparse")
        self.elementName = attributes["element"]
        self.element = .boolean(.unresolved)
    }
}

/// A map from strings; its key and value are known once the whole schema is read.
public final class MapShape: @unchecked Sendable {
    public let name: String
    /// Bounds of the number of entries.
    public let bounds: Bounds
    public let isSensitive: Bool
    public let isFlattened: Bool
    /// Whether values may be null.
    public let isSparse: Bool
    /// The names of key and value in XML and query, nil for the protocol's own.
    public let keyName: String?
    public let valueName: String?
    /// Written once, while the schema is read and before any other thread can see the shape.
    public internal(set) var key: Shape
    public internal(set) var value: Shape

    init(_ name: String, _ attributes: SchemaAttributes) {
        self.name = name
        self.bounds = attributes.bounds
        self.isSensitive = attributes.has("sensitive")
        self.isFlattened = attributes.has("flattened")
        self.isSparse = attributes.has("sparse")
        self.keyName = attributes["keyName"]
        self.valueName = attributes["valueName"]
        self.key = .boolean(.unresolved)
        self.value = .boolean(.unresolved)
    }
}

/// The least and the greatest value or length that a shape allows, inclusive.
public struct Bounds: Sendable, Equatable {
    public let minimum: Double?
    public let maximum: Double?
}

extension PlainShape {
    /// Takes the place of a list's or map's shape until the schema has been read, and where the schema has no such
    /// shape.
    static let unresolved = PlainShape("")
}
