/// What the model says about a value. Shapes are made once for each service, and never change.
public enum Shape: Sendable {
    /// Text, perhaps one of an enumeration.
    case string(StringShape)
    /// `integer` and `long` of the model.
    case integer(NumberShape)
    /// `float` and `double` of the model.
    case double(NumberShape)
    /// True or false.
    case boolean(PlainShape)
    /// A moment.
    case timestamp(TimestampShape)
    /// Bytes, or a body that is a stream.
    case blob(BlobShape)
    /// Any number of values of one shape.
    case list(ListShape)
    /// Values of one shape, by strings.
    case map(MapShape)
    /// Members with names, or a document: any JSON.
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
    var isSensitive: Bool {
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
    /// The model's name.
    public let name: String
    /// Bounds of the length in Unicode scalars.
    public let bounds: Bounds
    /// The regular expression that the whole value must match.
    let pattern: Pattern?
    /// The values of an enumeration, in the model's order; empty when any value will do.
    public let values: [String]
    let isSensitive: Bool

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
    /// The model's name.
    public let name: String
    /// The least and the greatest number.
    public let bounds: Bounds
    /// Whether the model's type is `integer` or `float` (32 bits) rather than `long` or `double`.
    let isShort: Bool
    let isSensitive: Bool

    init(_ name: String, isShort: Bool, _ attributes: SchemaAttributes) {
        self.name = name
        self.bounds = attributes.bounds
        self.isShort = isShort
        self.isSensitive = attributes.has("sensitive")
    }
}

/// A value without constraints: a boolean or a document.
public final class PlainShape: Sendable {
    /// The model's name.
    public let name: String

    init(_ name: String) {
        self.name = name
    }
}

/// A moment, and the form in which it is written.
public final class TimestampShape: Sendable {
    /// The model's name.
    public let name: String
    /// The form to write, nil for the protocol's own.
    let format: TimestampFormat?

    init(_ name: String, _ attributes: SchemaAttributes) {
        self.name = name
        self.format = attributes["format"].flatMap(TimestampFormat.init(rawValue:))
    }
}

/// How a timestamp is written.
enum TimestampFormat: String, Sendable {
    /// `2026-11-21T02:03:04Z`
    case iso8601
    /// `Sat, 21 Nov 2026 02:03:04 GMT`, as in HTTP's own headers.
    case rfc822
    /// Seconds since 1970 as a number, with a fraction if there is one.
    case epoch = "unixTimestamp"
}

/// Bytes, with bounds on their number.
public final class BlobShape: Sendable {
    /// The model's name.
    public let name: String
    /// Bounds of the length in bytes.
    public let bounds: Bounds
    let isSensitive: Bool
    /// Whether the body of the message is the value, as it comes.
    let isStreaming: Bool

    init(_ name: String, _ attributes: SchemaAttributes) {
        self.name = name
        self.bounds = attributes.bounds
        self.isSensitive = attributes.has("sensitive")
        self.isStreaming = attributes.has("streaming")
    }
}

/// A list; its element is known once the whole schema is read.
public final class ListShape: @unchecked Sendable {
    /// The model's name.
    public let name: String
    /// Bounds of the number of elements.
    public let bounds: Bounds
    let isSensitive: Bool
    /// Whether elements follow without an element around them all.
    let isFlattened: Bool
    /// Whether elements may be null.
    let isSparse: Bool
    /// The name of each element in XML and query, nil for the protocol's own.
    let elementName: String?
    /// The shape of every element. Written once, while the schema is read and before any other thread can see the
    /// shape.
    @exclusivity(unchecked) public internal(set) var element: Shape

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
    /// The model's name.
    public let name: String
    /// Bounds of the number of entries.
    public let bounds: Bounds
    let isSensitive: Bool
    let isFlattened: Bool
    /// Whether values may be null.
    let isSparse: Bool
    /// The name of a key in XML and query, nil for the protocol's own.
    let keyName: String?
    /// The name of a value in XML and query, nil for the protocol's own.
    let valueName: String?
    /// The shape of every key, a string. Written once, while the schema is read and before any other thread can see the
    /// shape.
    @exclusivity(unchecked) var key: Shape
    /// The shape of every value. Written once, as `key`.
    @exclusivity(unchecked) public internal(set) var value: Shape

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
    /// nil: none is too small.
    public let minimum: Double?
    /// nil: none is too great.
    public let maximum: Double?
}

extension PlainShape {
    /// Takes the place of a list's or map's shape until the schema has been read, and where the schema has no such
    /// shape.
    static let unresolved = PlainShape("")
}
