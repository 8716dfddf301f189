@testable import Wire

/// Writes structures as clients of the query protocol do: the other half of `QueryDecoder`, for tests.
enum FormEncoder {
    static func encode(_ structure: Structure, prefix: String = "") -> String {
        structure.shape.members.enumerated().map { index, member in
            guard let value = structure[member: index] else { return "" }
            return encode(value, member.shape, name: prefix + (member.locationName ?? member.name))
        }.joined()
    }

    private static func encode(_ value: Value, _ shape: Shape, name: String) -> String {
        switch (value, shape) {
        case (.structure(let structure), _): encode(structure, prefix: name + ".")
        case (.list(let elements), .list(let shape)):
            elements.isEmpty
                ? "&\(name)="
                : elements.enumerated().map { index, element in
                    encode(element, shape.element, name: "\(name).\(shape.elementName ?? "member").\(index + 1)")
                }.joined()
        case (.map(let entries), .map(let shape)):
            entries.enumerated().map { index, entry in
                "&\(name).entry.\(index + 1).key=\(escaped(entry.key))"
                    + encode(entry.value, shape.value, name: "\(name).entry.\(index + 1).value")
            }.joined()
        case (.string(let string), _): "&\(name)=\(escaped(string))"
        case (.integer(let integer), _): "&\(name)=\(integer)"
        case (.double(let double), _): "&\(name)=\(double)"
        case (.boolean(let boolean), _): "&\(name)=\(boolean)"
        case (.timestamp(let timestamp), _): "&\(name)=\(escaped(timestamp.iso8601))"
        case (.blob(let bytes), _): "&\(name)=\(escaped(base64(bytes)))"
        default: ""
        }
    }

    /// What a form cannot say is dropped: structures without members, also in lists and maps.
    static func normalized(_ structure: Structure) -> Structure {
        var result = Structure(structure.shape)
        for index in structure.shape.members.indices {
            result[member: index] = structure[member: index].flatMap(normalized)
        }
        return result
    }

    private static func normalized(_ value: Value) -> Value? {
        switch value {
        case .structure(let structure):
            let result = normalized(structure)
            return result.isEmpty ? nil : .structure(result)
        case .list(let elements):
            let result = elements.compactMap(normalized)
            return result.isEmpty && !elements.isEmpty ? nil : .list(result)
        case .map(let entries):
            let result = entries.compactMap { entry in
                normalized(entry.value).map { MapEntry(key: entry.key, value: $0) }
            }
            return result.isEmpty ? nil : .map(result)
        default: return value
        }
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(UnicodeScalar(byte))
            case 0x20: Bool.random() ? "+" : "%20"
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: Bool.random())
            }
        }.joined()
    }
}

/// Base64, written another way than Wire's.
func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
    while bits.count % 6 != 0 { bits.append(0) }
    let text = stride(from: 0, to: bits.count, by: 6).map { start in
        alphabet[bits[start..<start + 6].reduce(0) { $0 * 2 + Int($1) }]
    }
    return String(text) + String(repeating: "=", count: (4 - text.count % 4) % 4)
}
