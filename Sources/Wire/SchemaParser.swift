/// Reads the schema text of a service.
///
/// A line is a head of words and then attributes, with single spaces between them. An attribute is `name=value`, with
/// `%XX` for a space, a comma, a percent sign or a control character in the value, or just `name` for a flag;
/// `pattern=` stands last, and the rest of the line is the pattern as it is. Shapes may be named before they stand.
///
///     service id=iam signing=iam version=2010-05-08 protocol=query …       several protocols stand between commas
///     structure CreateUserRequest
///       Path pathType                     a member and its shape, two spaces in
///       UserName! userNameType            a required one
///     string statusType enum=Active,Inactive
///     list tagListType member=Tag max=50
///     map EvalDecisionDetailsType key=… value=…
///     structure NoSuchEntityException fault=sender code=NoSuchEntity status=404
///     operation CreateUser input=… output=… result=CreateUserResult errors=…,…
struct SchemaParser {
    private(set) var service = SchemaAttributes()
    private(set) var shapes: [String: Shape] = [:]
    private(set) var operations: [String: OperationShape] = [:]

    private typealias Line = SchemaAttributes.Bytes
    private var structures: [(shape: StructureShape, members: [Line])] = []
    private var lists: [(shape: ListShape, element: String)] = []
    private var maps: [(shape: MapShape, key: String, value: String)] = []
    private var operationLines: [(name: String, attributes: SchemaAttributes)] = []

    /// - Parameter text: it has to stay until the parser's `service` has been read as well.
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> SchemaParser {
        var parser = SchemaParser()
        parser.read(text[...])
        parser.resolve()
        return parser
    }

    /// First pass: makes a shape for each head line.
    private mutating func read(_ text: Line) {
        shapes.reserveCapacity(1024)
        var rest = text
        while let line = SchemaAttributes.next(&rest, upTo: UInt8(ascii: "\n")) {
            if line.first == UInt8(ascii: " ") {
                guard !structures.isEmpty else { continue }
                structures[structures.count - 1].members.append(line.dropFirst(2))
            } else {
                readHead(line)
            }
        }
    }

    private mutating func readHead(_ line: Line) {
        var rest = line
        guard let kind = SchemaAttributes.next(&rest, upTo: UInt8(ascii: " ")) else { return }
        let kindName = String(decoding: kind, as: UTF8.self)
        if kindName == "service" {
            service = SchemaAttributes(rest)
            return
        }
        guard let nameBytes = SchemaAttributes.next(&rest, upTo: UInt8(ascii: " ")) else { return }
        let name = String(decoding: nameBytes, as: UTF8.self)
        let attributes = SchemaAttributes(rest)
        switch kindName {
        case "structure":
            let shape = StructureShape(name, attributes)
            structures.append((shape, []))
            shapes[name] = .structure(shape)
        case "list":
            let shape = ListShape(name, attributes)
            lists.append((shape, attributes["member"] ?? ""))
            shapes[name] = .list(shape)
        case "map":
            let shape = MapShape(name, attributes)
            maps.append((shape, attributes["key"] ?? "", attributes["value"] ?? ""))
            shapes[name] = .map(shape)
        case "string": shapes[name] = .string(StringShape(name, attributes))
        case "integer": shapes[name] = .integer(NumberShape(name, isShort: true, attributes))
        case "long": shapes[name] = .integer(NumberShape(name, isShort: false, attributes))
        case "float": shapes[name] = .double(NumberShape(name, isShort: true, attributes))
        case "double": shapes[name] = .double(NumberShape(name, isShort: false, attributes))
        case "boolean": shapes[name] = .boolean(PlainShape(name))
        case "timestamp": shapes[name] = .timestamp(TimestampShape(name, attributes))
        case "blob": shapes[name] = .blob(BlobShape(name, attributes))
        case "operation": operationLines.append((name, attributes))
        default: break
        }
    }

    /// Second pass: now that all shapes are there, puts in what they refer to.
    private mutating func resolve() {
        for (shape, lines) in structures {
            shape.setMembers(lines.compactMap(member))
        }
        for (shape, element) in lists {
            if let element = shapes[element] { shape.element = element }
        }
        for (shape, key, value) in maps {
            if let key = shapes[key] { shape.key = key }
            if let value = shapes[value] { shape.value = value }
        }
        operations.reserveCapacity(operationLines.count)
        for (name, attributes) in operationLines {
            operations[name] = OperationShape(name, attributes, service: service) { name in
                guard case .structure(let shape) = shapes[name] else { return nil }
                return shape
            }
        }
    }

    private func member(_ line: Line) -> MemberShape? {
        var rest = line
        guard var name = SchemaAttributes.next(&rest, upTo: UInt8(ascii: " ")),
            let shapeName = SchemaAttributes.next(&rest, upTo: UInt8(ascii: " ")),
            let shape = shapes[String(decoding: shapeName, as: UTF8.self)]
        else { return nil }
        let isRequired = name.last == UInt8(ascii: "!")
        if isRequired { name.removeLast() }
        return MemberShape(
            String(decoding: name, as: UTF8.self), isRequired: isRequired, shape, SchemaAttributes(rest))
    }
}

/// The attributes of one schema line. It points into the text, which has to outlive it.
struct SchemaAttributes {
    typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    private var entries: [(name: Bytes, value: Bytes?)] = []

    init() {}

    init(_ text: Bytes) {
        var rest = text
        while !rest.isEmpty {
            guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: " ") }) else {
                entries.append((rest, nil))
                return
            }
            let name = rest[..<end]
            let isFlag = rest[end] == UInt8(ascii: " ")
            rest = rest[(end + 1)...]
            if isFlag {
                entries.append((name, nil))
            } else if name.elementsEqual("pattern".utf8) {
                entries.append((name, rest))
                return
            } else {
                entries.append((name, Self.next(&rest, upTo: UInt8(ascii: " "))))
            }
        }
    }

    /// The value of an attribute, nil when it is not there.
    subscript(name: String) -> String? {
        guard let value = bytes(name) else { return nil }
        return name == "pattern" ? String(decoding: value, as: UTF8.self) : Self.unescape(value)
    }

    /// The parts between commas.
    func list(_ name: String) -> [String] {
        bytes(name)?.split(separator: UInt8(ascii: ",")).map(Self.unescape) ?? []
    }

    func has(_ name: String) -> Bool {
        entries.contains { $0.name.elementsEqual(name.utf8) }
    }

    var bounds: Bounds {
        if entries.isEmpty { return Bounds(minimum: nil, maximum: nil) }
        return Bounds(minimum: self["min"].flatMap { Double($0) }, maximum: self["max"].flatMap { Double($0) })
    }

    private func bytes(_ name: String) -> Bytes? {
        entries.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    /// Takes what stands before the separator, and the separator; nil at the end.
    static func next(_ rest: inout Bytes, upTo separator: UInt8) -> Bytes? {
        guard !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: separator) ?? rest.endIndex
        let part = rest[rest.startIndex..<end]
        rest = end < rest.endIndex ? rest[(end + 1)...] : rest[end...]
        return part
    }

    private static func unescape(_ bytes: Bytes) -> String {
        guard bytes.contains(UInt8(ascii: "%")) else { return String(decoding: bytes, as: UTF8.self) }
        var decoded: [UInt8] = []
        percentDecode(UnsafeBufferPointer(rebasing: bytes), plusIsSpace: false, into: &decoded)
        return String(decoding: decoded, as: UTF8.self)
    }
}
