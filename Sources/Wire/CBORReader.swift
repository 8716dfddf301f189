import CCBOR

/// Reads CBOR (RFC 8949) as values of shapes. libcbor decodes the single items; this decides which of them are allowed
/// where.
///
/// An announced length reserves no memory, so an array or map costs no more than the part of it that has arrived.
/// Nesting is limited.
struct CBORReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 0
    private var depth = 0
    /// Whether names that are nearly a member's are refused.
    private var isExact = false

    /// The same limit as for JSON.
    private static let depthLimit = 64

    /// Reads the one value of a body. Throws `SerializationException`.
    static func decode(_ body: [UInt8], as shape: StructureShape) throws(ServiceError) -> Structure {
        try body.withUnsafeBufferPointer { bytes throws(ServiceError) in
            var reader = CBORReader(bytes)
            let value = try reader.value(of: .structure(shape))
            guard reader.offset == bytes.count else { throw .invalidCBOR("there is something after the value") }
            guard case .structure(let structure)? = value else { throw .unexpected("a structure") }
            return structure
        }
    }

    /// Refuses a body with a name that is no member's here, and may be one's for a reader that is less exact.
    static func requireExactNames(_ body: [UInt8], as shape: StructureShape) throws(ServiceError) {
        try body.withUnsafeBufferPointer { bytes throws(ServiceError) in
            var reader = CBORReader(bytes)
            reader.isExact = true
            _ = try reader.value(of: .structure(shape))
        }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    // MARK: Items

    private mutating func next() throws(ServiceError) -> ccbor_item {
        let item = ccbor_next(bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
        switch item.kind {
        case ccbor_end: throw .invalidCBOR("it ends within a value")
        case ccbor_malformed: throw .invalidCBOR("byte \(offset) begins no value")
        default:
            offset += item.length
            return item
        }
    }

    /// Calls the closure for each element of an array, or for each key of a map; then the closure has to read the
    /// value.
    private mutating func each(
        of item: ccbor_item, _ body: (_ reader: inout CBORReader, _ first: ccbor_item) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        guard depth < Self.depthLimit else { throw .invalidCBOR("it is nested too deeply") }
        depth += 1
        defer { depth -= 1 }
        if item.kind == ccbor_array_start || item.kind == ccbor_map_start {
            while true {
                let first = try next()
                if first.kind == ccbor_break { return }
                try body(&self, first)
            }
        }
        var rest = item.number
        while rest > 0 {
            try body(&self, try next())
            rest -= 1
        }
    }

    /// Passes over the rest of an item.
    private mutating func skip(_ item: ccbor_item) throws(ServiceError) {
        switch item.kind {
        case ccbor_bytes_start, ccbor_string_start: _ = try self.bytes(of: item)
        case ccbor_array, ccbor_array_start:
            try each(of: item) { reader, element throws(ServiceError) in try reader.skip(element) }
        case ccbor_map, ccbor_map_start:
            try each(of: item) { reader, key throws(ServiceError) in
                try reader.skip(key)
                try reader.skip(try reader.next())
            }
        case ccbor_tag:
            guard depth < Self.depthLimit else { throw .invalidCBOR("it is nested too deeply") }
            depth += 1
            defer { depth -= 1 }
            try skip(try next())
        case ccbor_break: throw .invalidCBOR("byte \(offset - 1) ends nothing")
        default: break
        }
    }

    // MARK: Values

    private mutating func value(of shape: Shape) throws(ServiceError) -> Value? {
        try value(try next(), shape)
    }

    /// Nil for null and undefined.
    private mutating func value(_ item: ccbor_item, _ shape: Shape) throws(ServiceError) -> Value? {
        if item.kind == ccbor_null || item.kind == ccbor_undefined { return nil }
        switch (shape, item.kind) {
        case (.structure(let shape), ccbor_map), (.structure(let shape), ccbor_map_start):
            return .structure(try structure(item, shape))
        case (.list(let shape), ccbor_array), (.list(let shape), ccbor_array_start):
            return .list(try list(item, shape))
        case (.map(let shape), ccbor_map), (.map(let shape), ccbor_map_start): return .map(try map(item, shape))
        case (.string, ccbor_string), (.string, ccbor_string_start): return .string(try string(item))
        case (.blob, ccbor_bytes), (.blob, ccbor_bytes_start): return .blob(Array(try bytes(of: item)))
        case (.boolean, ccbor_boolean): return .boolean(item.number == 1)
        case (.integer(let shape), _):
            guard let integer = Self.integer(item), !shape.isShort || Int32(exactly: integer) != nil else {
                throw .unexpected(shape.isShort ? "an integer" : "a long")
            }
            return .integer(integer)
        case (.double, _):
            guard let real = Self.real(item) else { throw .unexpected("a number") }
            return .double(real)
        case (.timestamp, ccbor_tag) where item.number == 1:
            guard let seconds = Self.real(try next()), abs(seconds) <= 253_402_300_799 else {
                throw .unexpected("a timestamp")
            }
            return .timestamp(Timestamp(secondsSinceEpoch: seconds))
        case (.structure, _): throw .unexpected("a structure")
        case (.list, _): throw .unexpected("a list")
        case (.map, _): throw .unexpected("a map")
        case (.string, _): throw .unexpected("a string")
        case (.blob, _): throw .unexpected("a blob")
        case (.boolean, _): throw .unexpected("a boolean")
        case (.timestamp, _): throw .unexpected("a timestamp")
        }
    }

    /// Members that the shape lacks are ignored, null is the same as absent. The protocol knows no names but the
    /// model's own; botocore writes those that the other protocols have.
    private mutating func structure(_ item: ccbor_item, _ shape: StructureShape) throws(ServiceError) -> Structure {
        var structure = Structure(shape)
        try each(of: item) { reader, key throws(ServiceError) in
            let name = try reader.string(key)
            let first = try reader.next()
            guard let index = shape.members.firstIndex(where: { isSame($0.name, name) || isSame($0.wireName, name) })
            else {
                if reader.isExact { try shape.refuseNearMember(name) }
                return try reader.skip(first)
            }
            guard structure[member: index] == nil else { throw .invalidCBOR("a member is given more than once") }
            structure[member: index] = try reader.value(first, shape.members[index].shape)
        }
        return structure
    }

    private mutating func list(_ item: ccbor_item, _ shape: ListShape) throws(ServiceError) -> [Value] {
        var values: [Value] = []
        try each(of: item) { reader, element throws(ServiceError) in
            guard let value = try reader.value(element, shape.element) ?? (shape.isSparse ? .null : nil) else {
                throw .invalidCBOR("a list has a null that must have none")
            }
            values.append(value)
        }
        return values
    }

    /// A null is no entry, unless the model says that there may be some.
    private mutating func map(_ item: ccbor_item, _ shape: MapShape) throws(ServiceError) -> [MapEntry] {
        var entries: [MapEntry] = []
        var keys: Set<String> = []
        try each(of: item) { reader, key throws(ServiceError) in
            let name = try reader.string(key)
            guard keys.insert(name).inserted else { throw .invalidCBOR("a map's key is given more than once") }
            guard let value = try reader.value(of: shape.value) ?? (shape.isSparse ? .null : nil) else { return }
            entries.append(MapEntry(key: name, value: value))
        }
        return entries
    }

    private mutating func string(_ item: ccbor_item) throws(ServiceError) -> String {
        guard item.kind == ccbor_string || item.kind == ccbor_string_start else { throw .unexpected("a string") }
        guard let string = String(validating: try bytes(of: item), as: UTF8.self) else {
            throw .invalidCBOR("a string is not UTF-8")
        }
        return string
    }

    /// The bytes of a string of either kind, of all its pieces.
    private mutating func bytes(of item: ccbor_item) throws(ServiceError) -> [UInt8] {
        let piece: ccbor_kind
        switch item.kind {
        case ccbor_bytes_start: piece = ccbor_bytes
        case ccbor_string_start: piece = ccbor_string
        default: return Array(UnsafeBufferPointer(start: item.bytes, count: item.count))
        }
        var all: [UInt8] = []
        while true {
            let next = try next()
            if next.kind == ccbor_break { return all }
            guard next.kind == piece else { throw .invalidCBOR("a string has a piece that is none") }
            all.append(contentsOf: UnsafeBufferPointer(start: next.bytes, count: next.count))
        }
    }

    /// Nil for what is no whole number, or more than 64 bits hold.
    private static func integer(_ item: ccbor_item) -> Int? {
        switch item.kind {
        case ccbor_unsigned: Int(exactly: item.number)
        case ccbor_negative: Int(exactly: item.number).map { -1 - $0 }
        case ccbor_real: Int(exactly: item.real)
        default: nil
        }
    }

    private static func real(_ item: ccbor_item) -> Double? {
        switch item.kind {
        case ccbor_unsigned: Double(item.number)
        case ccbor_negative: -1 - Double(item.number)
        case ccbor_real: item.real
        default: nil
        }
    }
}

extension ServiceError {
    fileprivate static func invalidCBOR(_ reason: String) -> ServiceError {
        .serialization("The request body is not valid CBOR: \(reason)")
    }

    fileprivate static func unexpected(_ expected: String) -> ServiceError {
        .serialization("The request body has another value where \(expected) must stand")
    }
}
