/// A Swift type that a member of a view can have.
public protocol ValueConvertible: Sendable {
    /// Nil when the value is of another kind.
    init?(_ value: Value)
    /// The same as a value that any protocol can write.
    var wireValue: Value { get }
    /// What reading a required member gives that is not there, as in an answer that is still being filled.
    static var absent: Self { get }
}

extension String: ValueConvertible {
    public init?(_ value: Value) {
        guard case .string(let string) = value else { return nil }
        self = string
    }
    public var wireValue: Value { .string(self) }
    public static var absent: String { "" }
}

extension Int: ValueConvertible {
    public init?(_ value: Value) {
        guard case .integer(let integer) = value else { return nil }
        self = integer
    }
    public var wireValue: Value { .integer(self) }
    public static var absent: Int { 0 }
}

extension Double: ValueConvertible {
    public init?(_ value: Value) {
        guard case .double(let double) = value else { return nil }
        self = double
    }
    public var wireValue: Value { .double(self) }
    public static var absent: Double { 0 }
}

extension Bool: ValueConvertible {
    public init?(_ value: Value) {
        guard case .boolean(let boolean) = value else { return nil }
        self = boolean
    }
    public var wireValue: Value { .boolean(self) }
    public static var absent: Bool { false }
}

extension Timestamp: ValueConvertible {
    public init?(_ value: Value) {
        guard case .timestamp(let timestamp) = value else { return nil }
        self = timestamp
    }
    public var wireValue: Value { .timestamp(self) }
    public static var absent: Timestamp { Timestamp(secondsSinceEpoch: 0) }
}

extension Blob: ValueConvertible {
    public init?(_ value: Value) {
        guard case .blob(let bytes) = value else { return nil }
        self.init(bytes)
    }
    public var wireValue: Value { .blob(bytes) }
    public static var absent: Blob { Blob([]) }
}

extension JSONValue: ValueConvertible {
    public init?(_ value: Value) {
        guard case .document(let json) = value else { return nil }
        self = json
    }
    public var wireValue: Value { .document(self) }
    public static var absent: JSONValue { .null }
}

/// An element of a sparse list or a value of a sparse map.
extension Optional: ValueConvertible where Wrapped: ValueConvertible {
    public init?(_ value: Value) {
        if case .null = value {
            self = .none
            return
        }
        guard let wrapped = Wrapped(value) else { return nil }
        self = .some(wrapped)
    }
    public var wireValue: Value { self?.wireValue ?? .null }
    public static var absent: Wrapped? { .none }
}

extension Array: ValueConvertible where Element: ValueConvertible {
    public init?(_ value: Value) {
        switch value {
        case .list(let list): self.init(of: list)
        case .lazyList(let list): self.init(of: list)
        default: return nil
        }
    }
    private init?(of list: some Collection<Value>) {
        self.init()
        reserveCapacity(list.count)
        for value in list {
            guard let element = Element(value) else { return nil }
            append(element)
        }
    }
    // A closure, because generic code makes a key path anew each time.
    public var wireValue: Value { .list(map { $0.wireValue }) }
    public static var absent: [Element] { [] }
}

/// A view of a map has no order; it is written in the order of its keys, so that equal answers are equal bytes.
extension Dictionary: ValueConvertible where Key == String, Value: ValueConvertible {
    public init?(_ value: Wire.Value) {
        guard case .map(let entries) = value else { return nil }
        self.init(minimumCapacity: entries.count)
        for entry in entries {
            guard let value = Value(entry.value) else { return nil }
            self[entry.key] = value
        }
    }
    public var wireValue: Wire.Value {
        .map(sorted { $0.key < $1.key }.map { MapEntry(key: $0.key, value: $0.value.wireValue) })
    }
    public static var absent: [String: Value] { [:] }
}
