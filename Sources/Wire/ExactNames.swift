// Readers exist that don't look at the case of names, or that know a member by another of its spellings. What is passed on
// has no name that such a reader takes for a member's and that this one has ignored.

extension StructureShape {
    /// Refuses a name that no member has here, and that one has for a reader that is less exact.
    func refuseNearMember(_ name: String) throws(ServiceError) {
        let folded = name.lowercased()
        let similar = members.first { member in
            member.wireName.lowercased() == folded || member.name.lowercased() == folded
        }
        if let similar { throw .ambiguous("there is no member \(name), but \(similar.wireName)") }
    }
}

// MARK: JSON

extension ServiceShape {
    static func requireExactJSONNames(_ request: WireRequest, _ operation: OperationShape) throws(ServiceError) {
        guard request.stream == nil, !request.body.isEmpty, let input = operation.input else { return }
        guard let payload = input.payload else {
            if operation.uriTemplate == nil, KnownNames.areAll(in: request.body, of: input) { return }
            guard let json = try? JSONDecoding.parse(request.body) else { return }
            if operation.uriTemplate != nil, case .object(let members) = json {
                try requireOwnPlaces(members.map(\.key), operation, nil)
            }
            return try requireExactNames(json, .structure(input))
        }
        guard case .structure = input.members[payload].shape, let json = try? JSONDecoding.parse(request.body) else {
            return
        }
        try requireExactNames(json, input.members[payload].shape)
    }

    private static func requireExactNames(_ json: JSONValue, _ shape: Shape) throws(ServiceError) {
        switch (json, shape) {
        case (.object(let members), .structure(let structure)):
            for member in members {
                guard let known = structure.members.first(where: { isSame($0.wireName, member.key) }) else {
                    try structure.refuseNearMember(member.key)
                    continue
                }
                try requireExactNames(member.value, known.shape)
            }
        case (.object(let members), .map(let map)):
            for member in members { try requireExactNames(member.value, map.value) }
        case (.array(let elements), .list(let list)):
            for element in elements { try requireExactNames(element, list.element) }
        default: break
        }
    }
}

// MARK: XML

extension ServiceShape {
    /// The elements of lists are exact already: the decoder takes no others.
    static func requireExactXMLNames(_ request: WireRequest, _ operation: OperationShape) throws(ServiceError) {
        guard request.stream == nil, !request.body.isEmpty, let input = operation.input,
            let root = XMLTree(request.body)?.root
        else { return }
        if let payload = input.payload {
            guard case .structure = input.members[payload].shape else { return }
            return try requireExactNames(root, input.members[payload].shape)
        }
        try requireOwnPlaces(root.children.map(\.name), operation, nil)
        try requireExactNames(root, .structure(input))
    }

    private static func requireExactNames(_ node: XMLNode, _ shape: Shape) throws(ServiceError) {
        switch shape {
        case .structure(let structure):
            for child in node.children {
                let name = child.name
                guard let member = structure.members.first(where: { XMLDecoding.isNamed($0, name) }) else {
                    try structure.refuseNearMember(name)
                    continue
                }
                switch member.shape {
                case .list(let list) where member.isFlattenedInXML: try requireExactNames(child, list.element)
                case .map(let map) where member.isFlattenedInXML: try requireExactEntry(child, map)
                default: try requireExactNames(child, member.shape)
                }
            }
        case .list(let list): for child in node.children { try requireExactNames(child, list.element) }
        case .map(let map): for child in node.children { try requireExactEntry(child, map) }
        default: break
        }
    }

    private static func requireExactEntry(_ node: XMLNode, _ map: MapShape) throws(ServiceError) {
        let (key, value) = (map.keyName ?? "key", map.valueName ?? "value")
        for child in node.children {
            let name = child.name
            if isSame(name, value) {
                try requireExactNames(child, map.value)
            } else if !isSame(name, key) {
                throw .ambiguous("an entry of a map has an element \(name) beside \(key) and \(value)")
            }
        }
    }
}

// MARK: Forms

extension QueryDecoder {
    /// What every form has, and no member is.
    private static let ofRequest: Set<String> = ["Action", "Version"]

    /// Refuses a form that the decoder has read, and in which another reader would find more.
    static func requireExactNames(
        _ form: Form, as shape: StructureShape, _ dialect: Dialect
    ) throws(ServiceError) {
        for parameter in form.parameters {
            let path = try form.string(parameter.name)
            let name = path.prefix { $0 != "." }
            if ofRequest.contains(path) { continue }
            if let own = ofRequest.first(where: { $0.lowercased() == name.lowercased() }),
                !shape.members.contains(where: { isSame(Self.name($0, dialect), String(name)) })
            {
                throw .ambiguous("the form has a field \(name) beside \(own)")
            }
            try requireExactNames(path.split(separator: ".", omittingEmptySubsequences: false)[...], shape, dialect)
        }
    }

    /// Follows one name through the shapes.
    private static func requireExactNames(
        _ path: ArraySlice<Substring>, _ shape: StructureShape, _ dialect: Dialect
    ) throws(ServiceError) {
        guard let first = path.first.map(String.init) else { return }
        guard let member = shape.members.first(where: { isSame(name($0, dialect), first) }) else {
            return try shape.refuseNearMember(first)
        }
        try requireExactNames(path.dropFirst(), member.shape, isFlattened: member.isFlattened, dialect)
    }

    private static func requireExactNames(
        _ path: ArraySlice<Substring>, _ shape: Shape, isFlattened: Bool, _ dialect: Dialect
    ) throws(ServiceError) {
        guard !path.isEmpty else { return }
        switch shape {
        case .structure(let shape): try requireExactNames(path, shape, dialect)
        case .list(let list):
            // "member" and an index, or the index alone.
            let isFlattened = isFlattened || list.isFlattened || dialect == .ec2
            try requireExactNames(path.dropFirst(isFlattened ? 1 : 2), list.element, isFlattened: false, dialect)
        case .map(let map):
            let rest = path.dropFirst(isFlattened || map.isFlattened ? 1 : 2)
            let (key, value) = (map.keyName ?? "key", map.valueName ?? "value")
            guard let name = rest.first.map(String.init) else { return }
            if isSame(name, value) {
                return try requireExactNames(rest.dropFirst(), map.value, isFlattened: false, dialect)
            }
            guard isSame(name, key) else {
                throw .ambiguous("an entry of a map has \(name) beside \(key) and \(value)")
            }
        default: break
        }
    }
}
