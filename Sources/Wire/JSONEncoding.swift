/// Structures as JSON, by their shapes. Absent members are left out.
extension JSONWriter {
    mutating func structure(_ structure: Structure, where isIncluded: (MemberShape) -> Bool = { _ in true }) {
        beginObject()
        for (index, member) in structure.shape.members.enumerated() {
            guard let value = structure[member: index], isIncluded(member) else { continue }
            key(member.wireName)
            self.value(value, member.shape, timestampFormat: member.timestampFormat)
        }
        endObject()
    }

    mutating func value(_ value: Value, _ shape: Shape, timestampFormat: TimestampFormat? = nil) {
        switch (value, shape) {
        case (.structure(let structure), _): self.structure(structure)
        case (.list(let elements), .list(let shape)): list(elements, shape.element)
        case (.lazyList(let elements), .list(let shape)): list(elements, shape.element)
        case (.map(let entries), .map(let shape)):
            beginObject()
            for entry in entries {
                key(entry.key)
                self.value(entry.value, shape.value)
            }
            endObject()
        case (.string(let string), _): self.string(string)
        case (.integer(let integer), _): self.integer(integer)
        case (.double(let double), _): self.double(double)
        case (.boolean(let boolean), _): self.boolean(boolean)
        case (.timestamp(let timestamp), .timestamp(let shape)):
            switch timestampFormat ?? shape.format ?? .epoch {
            case .epoch: raw(PlainText.epochText(timestamp))
            case let format: string(PlainText.text(timestamp, format))
            }
        case (.document(let json), _): self.json(json)
        case (.null, _): null()
        case (.blob(let bytes), _): string(String(decoding: Base64.encode(bytes), as: UTF8.self))
        // A list, map or timestamp under a shape of another kind, or a stream within something: no view makes one.
        case (.list, _), (.lazyList, _), (.map, _), (.timestamp, _), (.stream, _): null()
        }
    }

    private mutating func list(_ elements: some Collection<Value>, _ shape: Shape) {
        beginArray()
        for element in elements { value(element, shape) }
        endArray()
    }

    /// An error's message and its further members, as its shape has them.
    mutating func members(of error: ServiceError, _ members: [MemberShape]) {
        if !error.message.isEmpty { member(Self.messageKey(error, members), error.message) }
        for shape in members {
            guard let value = error.members[shape.name] else { continue }
            key(shape.wireName)
            self.value(value, shape.shape, timestampFormat: shape.timestampFormat)
        }
    }

    /// The model's spelling of `message`. Errors that come from before the service have a capital letter.
    private static func messageKey(_ error: ServiceError, _ members: [MemberShape]) -> String {
        if let member = members.first(where: { equalsIgnoringCase($0.name, lowercased: "message") }) {
            return member.wireName
        }
        return ["AccessDeniedException", "SerializationException"].contains(error.code) ? "Message" : "message"
    }
}
