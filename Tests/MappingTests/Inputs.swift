import Policy
import Testing
import Wire

@testable import Mapping

/// What tests of mappings need: inputs from JSON, and what is asked as lines of text.
enum Inputs {
    static let place = Place(region: "eu-central-1", account: "111122223333")

    /// An input of an operation, by the model's names of its members.
    static func structure(_ shape: StructureShape, _ json: Wire.JSONValue) -> Structure {
        var structure = Structure(shape)
        guard case .object(let members) = json else { return structure }
        for member in members {
            guard let known = shape.members.first(where: { $0.name == member.key }) else {
                preconditionFailure("\(shape.name) has no member \(member.key)")
            }
            structure[member.key] = value(known.shape, member.value)
        }
        return structure
    }

    private static func value(_ shape: Shape, _ json: Wire.JSONValue) -> Value {
        switch (shape, json) {
        case (.structure(let shape), _): .structure(structure(shape, json))
        case (.list(let list), .array(let elements)): .list(elements.map { value(list.element, $0) })
        case (.map(let map), .object(let members)):
            .map(members.map { MapEntry(key: $0.key, value: value(map.value, $0.value)) })
        case (.blob, .string(let text)): .blob(Array(text.utf8))
        case (_, .string(let text)): .string(text)
        case (_, .integer(let number)): .integer(number)
        case (_, .double(let number)): .double(number)
        case (_, .boolean(let flag)): .boolean(flag)
        default: preconditionFailure("\(json) is no \(shape.name)")
        }
    }

    /// What a request asks.
    static func map(
        _ service: String, _ operation: String, _ json: String, declared: DeclaredMappings = DeclaredMappings(),
        in place: Place = place
    ) throws -> MappedRequest {
        let entry = try #require(ServiceModels.aws.entry(service))
        let shape = try #require(ServiceModels.aws.service(service)?.operation(named: operation))
        let input = structure(shape.input ?? .empty, try Wire.JSONValue(parsing: Array(json.utf8)))
        return RequestMapper(declared: declared).map(shape, of: entry, input, in: place)
    }

    /// What a request asks, one access in a line: the action, the resource, and the condition keys, sorted; or "unmapped:"
    /// and why. ARNs begin with the resource's service where they have the partition, the region and the account of the
    /// request.
    static func asked(
        _ service: String, _ operation: String, _ json: String = "{}", declared: DeclaredMappings = DeclaredMappings()
    ) throws -> [String] {
        switch try map(service, operation, json, declared: declared) {
        case .unmapped(let reason): return ["unmapped: \(reason)"]
        case .accesses(let accesses, _): return accesses.map(line)
        }
    }

    static func line(_ access: MappedAccess) -> String {
        var text = "\(access.action) \(access.resource)"
        for (key, value) in access.context.sorted(by: { $0.key < $1.key }) where !key.hasPrefix("ec2:region") {
            switch value {
            case .one(let one): text += " \(key)=\(one)"
            case .many(let many): text += " \(key)=[\(many.joined(separator: ","))]"
            }
        }
        return text
    }
}
