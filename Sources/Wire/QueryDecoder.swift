/// Puts the parameters of a form into a structure: `Tags.member.2.Key=team`.
///
/// Parameters that no member asks for are ignored, as AWS does. Lists are read in the order of their indexes, which may
/// have gaps, so that the cost of an index does not depend on its size. Each segment of a name is one level deeper, and
/// levels are limited.
struct QueryDecoder {
    /// The two ways to name parameters.
    enum Dialect {
        case query
        /// Lists are always flattened, and names begin with a capital letter.
        case ec2
    }

    private typealias Parameter = Form.Parameter
    let form: Form
    let dialect: Dialect

    /// Deeper than any non-recursive input of the models.
    private static let depthLimit = 32

    /// Throws `MalformedInput` and `MalformedQueryString`.
    static func decode(
        _ form: Form, as shape: StructureShape, _ dialect: Dialect
    ) throws(ServiceError) -> Structure {
        try QueryDecoder(form: form, dialect: dialect).structure(form.parameters, shape, depth: 0)
    }

    /// What a member is called in a form.
    static func name(_ member: MemberShape, _ dialect: Dialect) -> String {
        dialect == .query ? member.formName : member.ec2FormName
    }

    private func structure(
        _ parameters: [Parameter], _ shape: StructureShape, depth: Int
    ) throws(ServiceError) -> Structure {
        guard depth < Self.depthLimit else { throw .malformedInput("Maximum depth exceeded") }
        var structure = Structure(shape)
        var groups: [(member: Int, parameters: [Parameter])] = []
        for var parameter in parameters {
            let segment = nextSegment(&parameter)
            guard let index = shape.members.firstIndex(where: { matches(segment, Self.name($0, dialect)) }) else {
                continue
            }
            let member = shape.members[index]
            if member.shape.isPlain {
                guard structure[member: index] == nil else {
                    throw .malformedInput("\(member.name) is given more than once")
                }
                structure[member: index] = try plain(parameter, member.shape)
            } else if let group = groups.firstIndex(where: { $0.member == index }) {
                groups[group].parameters.append(parameter)
            } else {
                groups.append((index, [parameter]))
            }
        }
        for (index, parameters) in groups {
            let member = shape.members[index]
            structure[member: index] = try value(
                parameters, member.shape, isFlattened: member.isFlattened, depth: depth + 1)
        }
        return structure
    }

    private func value(
        _ parameters: [Parameter], _ shape: Shape, isFlattened: Bool, depth: Int
    ) throws(ServiceError) -> Value {
        switch shape {
        case .structure(let shape):
            if isEmptyMarker(parameters) { return .structure(Structure(shape)) }
            guard parameters.allSatisfy({ !$0.name.isEmpty }) else {
                throw .malformedInput("Unexpected complex element termination")
            }
            return .structure(try structure(parameters, shape, depth: depth))
        case .list(let shape):
            if isEmptyMarker(parameters) { return .list([]) }
            let isFlattened = isFlattened || shape.isFlattened || dialect == .ec2
            let elements = try elements(parameters, under: isFlattened ? nil : shape.elementName ?? "member")
            return .list(try list(elements, shape, depth: depth))
        case .map(let shape):
            if isEmptyMarker(parameters) { return .map([]) }
            let entries = try elements(parameters, under: isFlattened || shape.isFlattened ? nil : "entry")
            return .map(try map(entries, shape, depth: depth))
        default:
            guard let parameter = parameters.first, parameters.count == 1 else {
                throw .malformedInput("A list element is given more than once")
            }
            return try plain(parameter, shape)
        }
    }

    private func list(
        _ elements: [[Parameter]], _ shape: ListShape, depth: Int
    ) throws(ServiceError) -> [Value] {
        guard depth < Self.depthLimit else { throw .malformedInput("Maximum depth exceeded") }
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            values.append(try value(element, shape.element, isFlattened: false, depth: depth + 1))
        }
        return values
    }

    private func map(
        _ entries: [[Parameter]], _ shape: MapShape, depth: Int
    ) throws(ServiceError) -> [MapEntry] {
        guard depth < Self.depthLimit else { throw .malformedInput("Maximum depth exceeded") }
        var map: [MapEntry] = []
        var keys: Set<String> = []
        for entry in entries {
            var keyParameters: [Parameter] = []
            var valueParameters: [Parameter] = []
            for var parameter in entry {
                let segment = nextSegment(&parameter)
                if matches(segment, shape.keyName ?? "key") { keyParameters.append(parameter) }
                if matches(segment, shape.valueName ?? "value") { valueParameters.append(parameter) }
            }
            guard let key = keyParameters.first, keyParameters.count == 1, key.name.isEmpty, !valueParameters.isEmpty
            else { throw .malformedInput("Unexpected map entry termination") }
            let name = try form.string(key.value)
            guard keys.insert(name).inserted else { throw .malformedInput("Duplicate map key") }
            let value = try value(valueParameters, shape.value, isFlattened: false, depth: depth + 1)
            map.append(MapEntry(key: name, value: value))
        }
        return map
    }

    /// Groups parameters by the index that comes first in their names, after the segment that stands before it.
    private func elements(_ parameters: [Parameter], under name: String?) throws(ServiceError) -> [[Parameter]] {
        var indexed: [(index: Int, parameter: Parameter)] = []
        indexed.reserveCapacity(parameters.count)
        for var parameter in parameters {
            if let name, !matches(nextSegment(&parameter), name) {
                throw .malformedInput("Unexpected list element termination")
            }
            guard let index = index(nextSegment(&parameter)) else {
                throw .malformedInput("Unexpected list element termination")
            }
            indexed.append((index, parameter))
        }
        // Swift's sort is stable: parameters of one index stay in order.
        indexed.sort { $0.index < $1.index }
        var elements: [[Parameter]] = []
        var previous: Int?
        for (index, parameter) in indexed {
            if index == previous {
                elements[elements.count - 1].append(parameter)
            } else {
                elements.append([parameter])
            }
            previous = index
        }
        return elements
    }

    /// `Tags=`, which clients send for an empty list.
    private func isEmptyMarker(_ parameters: [Parameter]) -> Bool {
        guard let only = parameters.first, parameters.count == 1 else { return false }
        return only.name.isEmpty && only.value.isEmpty
    }

    /// Takes the first segment of a parameter's name, and the dot behind it.
    private func nextSegment(_ parameter: inout Parameter) -> Range<Int> {
        let name = parameter.name
        let end = form.bytes[name].firstIndex(of: UInt8(ascii: ".")) ?? name.upperBound
        parameter.name = min(end + 1, name.upperBound)..<name.upperBound
        return name.lowerBound..<end
    }

    private func matches(_ segment: Range<Int>, _ name: String) -> Bool {
        segment.count == name.utf8.count && form.bytes[segment].elementsEqual(name.utf8)
    }

    private func index(_ segment: Range<Int>) -> Int? {
        guard (1...9).contains(segment.count) else { return nil }
        var index = 0
        for byte in form.bytes[segment] {
            guard (0x30...0x39).contains(byte) else { return nil }
            index = index * 10 + Int(byte - 0x30)
        }
        return index
    }

    private func plain(_ parameter: Parameter, _ shape: Shape) throws(ServiceError) -> Value {
        guard parameter.name.isEmpty else {
            throw .malformedInput("Start of structure or map found where not expected")
        }
        return try PlainText.value(try form.string(parameter.value), shape)
    }
}

extension Shape {
    /// Whether a value is one text on the wire.
    var isPlain: Bool {
        switch self {
        case .list, .map, .structure: false
        default: true
        }
    }
}
