/// Structures as XML, by their shapes. Absent members are left out; an empty list is an empty element.
extension XMLWriter {
    mutating func members(_ structure: Structure, where isIncluded: (MemberShape) -> Bool) {
        let members = structure.shape.members
        for (index, member) in members.enumerated() where isIncluded(member) {
            self.member(structure[member: index], member)
        }
    }

    mutating func members(_ structure: Structure) {
        let shape = structure.shape
        structure.withValues { values in
            let members = shape.xmlMembers
            for index in 0..<min(values.count, members.count) {
                let member = members[index]
                // Most members are texts, or absent.
                switch values[index] {
                case nil: break
                case .string(let text) where member.isPlain: element(member, text)
                case .timestamp(let moment) where member.isISO8601 && !writesMilliseconds:
                    element(member, upTo: Timestamp.iso8601Length) { moment.writeISO8601(to: &$0) }
                case .some(let other): self.member(other, shape.members[index])
                }
            }
        }
    }

    /// A member of a structure; nothing when it is absent, or is an attribute.
    private mutating func member(_ value: Value?, _ member: MemberShape) {
        guard let value, !member.isXMLAttribute else { return }
        self.value(
            value, member.shape, name: member.xmlName, namespace: member.xmlNamespace,
            isFlattened: member.isFlattened, timestampFormat: member.timestampFormat)
    }

    mutating func value(
        _ value: Value, _ shape: Shape, name: String, namespace: XMLNamespace? = nil, isFlattened: Bool = false,
        timestampFormat: TimestampFormat? = nil
    ) {
        switch (value, shape) {
        case (.list(let elements), .list(let shape)):
            list(elements, shape, name: name, namespace, isFlattened: isFlattened || shape.isFlattened)
        case (.lazyList(let elements), .list(let shape)):
            list(elements, shape, name: name, namespace, isFlattened: isFlattened || shape.isFlattened)
        case (.map(let entries), .map(let shape)):
            map(entries, shape, name: name, namespace, isFlattened: isFlattened || shape.isFlattened)
        case (.structure(let structure), _): self.structure(structure, name: name, namespace)
        case (.null, _): emptyElement(name)
        case (.string(let text), _): element(name, text, namespace)
        default:
            guard let text = plainText(value, shape, timestampFormat) else { return }
            element(name, text, namespace)
        }
    }

    private mutating func structure(_ structure: Structure, name: String, _ namespace: XMLNamespace? = nil) {
        if let namespace = namespace ?? structure.shape.xmlNamespace {
            open(name, namespace, attributes(structure))
        } else if structure.shape.hasXMLAttributes {
            open(name, nil, attributes(structure))
        } else {
            open(name)
        }
        members(structure)
        close(name)
    }

    /// The members that are attributes.
    func attributes(_ structure: Structure) -> [(name: String, value: String)] {
        var attributes: [(name: String, value: String)] = []
        for (index, member) in structure.shape.members.enumerated() where member.isXMLAttribute {
            guard let value = structure[member: index],
                let text = plainText(value, member.shape, member.timestampFormat)
            else { continue }
            attributes.append((member.wireName, text))
        }
        return attributes
    }

    private func plainText(_ value: Value, _ shape: Shape, _ format: TimestampFormat?) -> String? {
        switch (value, shape) {
        case (.string(let string), _): string
        case (.integer(let integer), _): String(integer)
        case (.double(let double), _): PlainText.text(double)
        case (.boolean(let boolean), _): boolean ? "true" : "false"
        case (.timestamp(let timestamp), .timestamp(let shape)):
            switch format ?? shape.format ?? .iso8601 {
            case .iso8601 where writesMilliseconds: timestamp.iso8601WithMilliseconds
            case let format: PlainText.text(timestamp, format)
            }
        case (.blob(let bytes), _): String(decoding: Base64.encode(bytes), as: UTF8.self)
        // A timestamp under a shape of another kind, or a stream within something: no view makes one. Documents have no
        // form in XML.
        case (.list, _), (.lazyList, _), (.map, _), (.structure, _), (.timestamp, _), (.stream, _), (.document, _),
            (.null, _):
            nil
        }
    }

    private mutating func list(
        _ elements: some Collection<Value>, _ shape: ListShape, name: String, _ namespace: XMLNamespace?,
        isFlattened: Bool
    ) {
        if isFlattened {
            for element in elements { value(element, shape.element, name: shape.elementName ?? name) }
            return
        }
        if elements.isEmpty { return emptyElement(name) }
        open(name, namespace)
        let elementName = shape.elementName ?? "member"
        let start = bytes.count
        for (index, element) in elements.enumerated() {
            // Elements are about as long as the first.
            if index == 1 { reserve(min((bytes.count - start) * (elements.count + 1), 1 << 16)) }
            if case .structure(let structure) = element {
                self.structure(structure, name: elementName)
            } else {
                value(element, shape.element, name: elementName)
            }
        }
        close(name)
    }

    private mutating func map(
        _ entries: [MapEntry], _ shape: MapShape, name: String, _ namespace: XMLNamespace?, isFlattened: Bool
    ) {
        if !isFlattened, entries.isEmpty { return emptyElement(name) }
        if !isFlattened { open(name, namespace) }
        for entry in entries {
            open(isFlattened ? name : "entry")
            element(shape.keyName ?? "key", entry.key)
            value(entry.value, shape.value, name: shape.valueName ?? "value")
            close(isFlattened ? name : "entry")
        }
        if !isFlattened { close(name) }
    }
}
