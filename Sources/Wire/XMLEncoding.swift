/// Structures as XML, by their shapes. Absent members are left out; an empty list is an empty element.
extension XMLWriter {
    mutating func members(_ structure: Structure) {
        let members = structure.shape.members
        for index in members.indices {
            guard let value = structure[member: index] else { continue }
            let member = members[index]
            self.value(
                value, member.shape, name: member.locationName ?? member.name, isFlattened: member.isFlattened,
                timestampFormat: member.timestampFormat)
        }
    }

    mutating func value(
        _ value: Value, _ shape: Shape, name: String, isFlattened: Bool = false,
        timestampFormat: TimestampFormat? = nil
    ) {
        switch (value, shape) {
        case (.list(let elements), .list(let shape)):
            list(elements, shape, name: name, isFlattened: isFlattened || shape.isFlattened)
        case (.map(let entries), .map(let shape)):
            map(entries, shape, name: name, isFlattened: isFlattened || shape.isFlattened)
        case (.structure(let structure), _):
            open(name)
            members(structure)
            close(name)
        case (.string(let string), _): element(name, string)
        case (.integer(let integer), _): element(name, String(integer))
        case (.double(let double), _): element(name, PlainText.text(double))
        case (.boolean(let boolean), _): element(name, boolean ? "true" : "false")
        case (.timestamp(let timestamp), .timestamp(let shape)):
            element(name, PlainText.text(timestamp, timestampFormat ?? shape.format ?? .iso8601))
        case (.blob(let bytes), _): element(name, String(decoding: Base64.encode(bytes), as: UTF8.self))
        // A list, map or timestamp under a shape of another kind, or a stream within something: no view makes one.
        case (.list, _), (.map, _), (.timestamp, _), (.stream, _): break
        }
    }

    private mutating func list(_ elements: [Value], _ shape: ListShape, name: String, isFlattened: Bool) {
        if isFlattened {
            for element in elements { value(element, shape.element, name: shape.elementName ?? name) }
            return
        }
        if elements.isEmpty { return emptyElement(name) }
        open(name)
        for element in elements { value(element, shape.element, name: shape.elementName ?? "member") }
        close(name)
    }

    private mutating func map(_ entries: [MapEntry], _ shape: MapShape, name: String, isFlattened: Bool) {
        if !isFlattened, entries.isEmpty { return emptyElement(name) }
        if !isFlattened { open(name) }
        for entry in entries {
            open(isFlattened ? name : "entry")
            element(shape.keyName ?? "key", entry.key)
            value(entry.value, shape.value, name: shape.valueName ?? "value")
            close(isFlattened ? name : "entry")
        }
        if !isFlattened { close(name) }
    }
}
