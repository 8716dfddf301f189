/// Reads XML elements as values of shapes, for bodies of the REST-XML protocol. The parser limits the depth.
///
/// Elements are identified by their local names; like AWS, it ignores their namespaces. Elements that don't belong to
/// any member are ignored.
enum XMLDecoding {
    /// What is wrong with a document. The protocol turns it into the service's error.
    struct Malformed: Error {
        let message: String
    }

    /// The root element of a body, which must have one of these names.
    static func root(of body: [UInt8], named names: [String]) throws(Malformed) -> XMLNode {
        guard let root = XMLTree(body)?.root else { throw Malformed(message: "The request body is not valid XML.") }
        guard names.contains(where: { isSame($0, root.name) }) else {
            throw Malformed(message: "The request body's root element must be \(names.first ?? "").")
        }
        return root
    }

    static func structure(_ node: XMLNode, _ shape: StructureShape) throws(Malformed) -> Structure {
        var structure = Structure(shape)
        try fill(&structure, from: node) { _ in true }
        return structure
    }

    /// Sets the members that an element contains and that are allowed there.
    static func fill(
        _ structure: inout Structure, from node: XMLNode, where isIncluded: (MemberShape) -> Bool
    ) throws(Malformed) {
        let members = structure.shape.members
        if structure.shape.hasXMLAttributes {
            for (index, member) in members.enumerated() where member.isXMLAttribute {
                guard let text = node.attribute(localName(member.wireName)) else { continue }
                structure[member: index] = try plain(text, member.shape)
            }
        }
        // The elements of a flattened list or map may be scattered, so they are collected first.
        var flattened: [Int: [XMLNode]] = [:]
        for child in node.children {
            let name = child.name
            guard let index = members.firstIndex(where: { isNamed($0, name) && isIncluded($0) }) else { continue }
            let member = members[index]
            if member.isFlattenedInXML {
                flattened[index, default: []].append(child)
                continue
            }
            guard structure[member: index] == nil else {
                throw Malformed(message: "The element \(name) is given more than once.")
            }
            structure[member: index] = try value(child, member.shape)
        }
        for (index, nodes) in flattened {
            switch members[index].shape {
            case .list(let shape): structure[member: index] = .list(try list(nodes, shape))
            case .map(let shape): structure[member: index] = .map(try map(nodes, shape))
            default: break
            }
        }
    }

    static func value(_ node: XMLNode, _ shape: Shape) throws(Malformed) -> Value {
        switch shape {
        case .structure(let shape): .structure(try structure(node, shape))
        case .list(let shape): .list(try list(try children(node, named: shape.elementName ?? "member"), shape))
        case .map(let shape): .map(try map(try children(node, named: "entry"), shape))
        default: try plain(node.text, shape)
        }
    }

    private static func list(_ nodes: [XMLNode], _ shape: ListShape) throws(Malformed) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(nodes.count)
        for node in nodes { values.append(try value(node, shape.element)) }
        return values
    }

    private static func map(_ nodes: [XMLNode], _ shape: MapShape) throws(Malformed) -> [MapEntry] {
        var entries: [MapEntry] = []
        var keys: Set<String> = []
        for node in nodes {
            let children = node.children
            guard let key = only(children, named: shape.keyName ?? "key"),
                let value = only(children, named: shape.valueName ?? "value")
            else { throw Malformed(message: "An entry of a map must have one key and one value.") }
            guard keys.insert(key.text).inserted else {
                throw Malformed(message: "A map's key is given more than once.")
            }
            entries.append(MapEntry(key: key.text, value: try self.value(value, shape.value)))
        }
        return entries
    }

    /// All child elements, each of which must have this name.
    private static func children(_ node: XMLNode, named name: String) throws(Malformed) -> [XMLNode] {
        let children = node.children
        guard children.allSatisfy({ isSame($0.name, name) }) else {
            throw Malformed(message: "\(node.name) may only have elements \(name).")
        }
        return children
    }

    private static func only(_ nodes: [XMLNode], named name: String) -> XMLNode? {
        let found = nodes.filter { isSame($0.name, name) }
        return found.count == 1 ? found.first : nil
    }

    /// Strings keep all their white space; any other value may be surrounded by some.
    private static func plain(_ text: String, _ shape: Shape) throws(Malformed) -> Value {
        if case .string = shape { return .string(text) }
        do {
            return try PlainText.value(text.trimmingXMLBlanks, shape)
        } catch {
            throw Malformed(message: error.message)
        }
    }

    static func isNamed(_ member: MemberShape, _ name: String) -> Bool {
        guard !member.isXMLAttribute else { return false }
        if isSame(localName(member.wireName), name) { return true }
        // In botocore's models, the elements of some flattened lists have a name of their own.
        return member.isFlattenedInXML && isSame(member.formName, name)
    }

    /// The local name of a prefixed name: `type` for `xsi:type`.
    private static func localName(_ name: String) -> String {
        name.split(separator: ":", maxSplits: 1).last.map(String.init) ?? name
    }
}

extension MemberShape {
    /// Whether the elements of a list or map are children of the structure itself.
    var isFlattenedInXML: Bool {
        switch shape {
        case .list(let list): isFlattened || list.isFlattened
        case .map(let map): isFlattened || map.isFlattened
        default: false
        }
    }
}

extension String {
    /// Without XML white space at either end.
    fileprivate var trimmingXMLBlanks: String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        let start = utf8.drop(while: isBlank)
        guard let end = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(decoding: start[...end], as: UTF8.self)
    }
}
