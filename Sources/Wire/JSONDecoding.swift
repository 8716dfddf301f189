/// JSON values as values of shapes. The depth is that of the JSON text, which its reader limits.
enum JSONDecoding {
    /// A body as JSON. Throws `SerializationException`.
    static func parse(_ body: [UInt8]) throws(ServiceError) -> JSONValue {
        do {
            // An item of DynamoDB has 32 levels, each of them two of JSON.
            return try JSONValue(parsing: body, depthLimit: 128)
        } catch {
            throw .serialization("The request body is not valid JSON: \(error)")
        }
    }

    /// Throws `SerializationException`.
    static func input(_ json: JSONValue, _ shape: StructureShape) throws(ServiceError) -> Structure {
        var structure = Structure(shape)
        try fill(&structure, from: json)
        return structure
    }

    /// Sets the members that the JSON has and that may stand there. Throws `SerializationException`.
    static func fill(
        _ structure: inout Structure, from json: JSONValue, where isIncluded: (MemberShape) -> Bool = { _ in true }
    ) throws(ServiceError) {
        guard case .object(let members) = json else { throw unexpected(json, "structure or map") }
        try fill(&structure, members, where: isIncluded)
    }

    /// Members that the shape lacks are ignored, null is the same as absent.
    private static func fill(
        _ structure: inout Structure, _ members: [JSONMember], where isIncluded: (MemberShape) -> Bool
    ) throws(ServiceError) {
        let shape = structure.shape
        for json in members where json.value != .null {
            guard let index = shape.members.firstIndex(where: { isSame($0.wireName, json.key) && isIncluded($0) })
            else { continue }
            structure[member: index] = try value(json.value, shape.members[index].shape)
        }
    }

    /// Throws `SerializationException`.
    static func value(_ json: JSONValue, _ shape: Shape) throws(ServiceError) -> Value {
        switch shape {
        case .structure(let shape) where shape.isDocument: return .document(json)
        case .structure(let shape):
            guard case .object(let members) = json else { throw unexpected(json, "structure or map") }
            var structure = Structure(shape)
            try fill(&structure, members, where: { _ in true })
            return .structure(structure)
        case .list(let shape):
            guard case .array(let elements) = json else { throw unexpected(json, "list") }
            return .list(try list(elements, shape))
        case .map(let shape):
            guard case .object(let members) = json else { throw unexpected(json, "structure or map") }
            return .map(try map(members, shape))
        default: return try plain(json, shape)
        }
    }

    private static func list(_ elements: [JSONValue], _ shape: ListShape) throws(ServiceError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            values.append(shape.isSparse && element == .null ? .null : try value(element, shape.element))
        }
        return values
    }

    /// A null is no entry, unless the model says that there may be some.
    private static func map(_ members: [JSONMember], _ shape: MapShape) throws(ServiceError) -> [MapEntry] {
        var entries: [MapEntry] = []
        entries.reserveCapacity(members.count)
        for member in members where shape.isSparse || member.value != .null {
            let value = member.value == .null ? .null : try value(member.value, shape.value)
            entries.append(MapEntry(key: member.key, value: value))
        }
        return entries
    }

    private static func plain(_ json: JSONValue, _ shape: Shape) throws(ServiceError) -> Value {
        switch (shape, json) {
        case (.string, .string(let string)): return .string(string)
        case (.boolean, .boolean(let boolean)): return .boolean(boolean)
        case (.integer(let number), _):
            guard let integer = whole(json), !number.isShort || Int32(exactly: integer) != nil else {
                throw unconvertible(json, number.isShort ? "an Integer" : "a Long")
            }
            return .integer(integer)
        case (.double, .integer(let integer)): return .double(Double(integer))
        case (.double, .double(let double)): return .double(double)
        case (.double, .string("NaN")): return .double(.nan)
        case (.double, .string("Infinity")): return .double(.infinity)
        case (.double, .string("-Infinity")): return .double(-.infinity)
        case (.timestamp, .integer(let seconds)): return .timestamp(try timestamp(Double(seconds)))
        case (.timestamp, .double(let seconds)): return .timestamp(try timestamp(seconds))
        case (.timestamp, .string(let text)):
            guard let timestamp = Timestamp(parsing: text) else { throw unconvertible(json, "a Timestamp") }
            return .timestamp(timestamp)
        case (.blob, .string(let text)):
            guard let bytes = Base64.decode(text.utf8) else { throw .serialization("Blob must be valid base64") }
            return .blob(bytes)
        case (.string, _): throw unconvertible(json, "a String")
        case (.boolean, _): throw unconvertible(json, "a Boolean")
        case (.double, _): throw unconvertible(json, "a Double")
        case (.timestamp, _): throw unconvertible(json, "a Timestamp")
        default: throw unconvertible(json, "a Blob")
        }
    }

    private static func whole(_ json: JSONValue) -> Int? {
        switch json {
        case .integer(let integer): integer
        case .double(let double): Int(exactly: double)
        default: nil
        }
    }

    /// Only moments that have a date.
    private static func timestamp(_ seconds: Double) throws(ServiceError) -> Timestamp {
        guard abs(seconds) <= 253_402_300_799 else { throw unconvertible(.double(seconds), "a Timestamp") }
        return Timestamp(secondsSinceEpoch: seconds)
    }

    private static func unexpected(_ json: JSONValue, _ expected: String) -> ServiceError {
        .serialization("Expected \(expected), found \(tokenName(json))")
    }

    private static func unconvertible(_ json: JSONValue, _ type: String) -> ServiceError {
        switch json {
        case .object: .serialization("Start of structure or map found where not expected.")
        case .array: .serialization("Start of list found where not expected")
        default: .serialization("\(tokenName(json)) can not be converted to \(type)")
        }
    }

    private static func tokenName(_ json: JSONValue) -> String {
        switch json {
        case .null: "NULL_VALUE"
        case .boolean(let boolean): boolean ? "TRUE_VALUE" : "FALSE_VALUE"
        case .integer: "NUMBER_VALUE"
        case .double: "DECIMAL_VALUE"
        case .string: "STRING_VALUE"
        case .array: "START_ARRAY"
        case .object: "START_OBJECT"
        }
    }
}
