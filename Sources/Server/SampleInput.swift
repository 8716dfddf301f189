import Platform
import Wire

/// Inputs that are made up from an operation's model, of names that fit together.
struct SampleInput {
    /// By the names of members; what is not here is "x".
    private let texts: [String: String]
    private let absent: Set<String>

    init(_ module: ServiceModule, _ operation: String) {
        var texts = module.samples.texts
        for (name, text) in module.samples.texts where name.hasPrefix("\(operation).") {
            texts[String(name.dropFirst(operation.count + 1))] = text
        }
        self.texts = texts
        absent = module.samples.absent
    }

    /// - Parameter isWhole: whether members that are not required are there, too.
    func structure(_ shape: StructureShape, isWhole: Bool, depth: Int = 4) -> Structure {
        var structure = Structure(shape)
        guard depth > 0 else { return structure }
        for (index, member) in shape.members.enumerated() {
            guard member.isRequired || (isWhole && !absent.contains(member.name)) else { continue }
            structure[member: index] = value(member.shape, member.name, isWhole, depth)
        }
        return structure
    }

    private func value(_ shape: Shape, _ name: String, _ isWhole: Bool, _ depth: Int) -> Value {
        switch shape {
        case .string(let shape): .string(texts[name] ?? shape.values.first ?? "x")
        case .integer(let shape): .integer(shape.bounds.minimum.flatMap { Int(exactly: $0) } ?? 1)
        case .double: .double(1)
        case .boolean: .boolean(true)
        case .timestamp: .timestamp(Timestamp(secondsSinceEpoch: Samples.time))
        case .blob: .blob([0])
        case .list(let list): .list([value(list.element, name, isWhole, depth - 1)])
        case .map(let map): .map([MapEntry(key: "x", value: value(map.value, name, isWhole, depth - 1))])
        case .structure(let shape): .structure(structure(shape, isWhole: isWhole, depth: depth - 1))
        }
    }
}
