public import Wire

/// A name in an order: of a host, or of all hosts right below a domain.
public struct OrderedName: Sendable, Hashable, Codable {
    /// In lower case, without `*.`.
    public let domain: String
    public let isWildcard: Bool

    /// nil for what is no name that a certificate may have: RFC 8555, section 7.1.4, and RFC 5280, section 4.2.1.6.
    public init?(_ text: String) {
        let lower = text.lowercased()
        isWildcard = lower.hasPrefix("*.")
        domain = isWildcard ? String(lower.dropFirst(2)) : lower
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...253).contains(domain.utf8.count), labels.count >= 2, labels.allSatisfy(Self.isLabel),
            // An address of IPv4 is no name.
            let last = labels.last, !last.allSatisfy(\.isNumber)
        else { return nil }
    }

    /// With `*.` for a wildcard.
    public var text: String { isWildcard ? "*." + domain : domain }

    /// Letters are in Punycode by then. Two hyphens in the third place have a meaning only in `xn--`.
    private static func isLabel(_ label: Substring) -> Bool {
        let bytes = Array(label.utf8)
        guard (1...63).contains(bytes.count), bytes.first != 0x2D, bytes.last != 0x2D else { return false }
        guard bytes.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }) else {
            return false
        }
        return bytes.count < 4 || bytes[2] != 0x2D || bytes[3] != 0x2D || label.hasPrefix("xn--")
    }

    /// The names that a new order asks for, each once.
    /// - Throws: `malformed`, `unsupportedIdentifier`, `rejectedIdentifier`.
    public static func all(in order: JSONValue) throws(Problem) -> [OrderedName] {
        guard case .array(let identifiers)? = order["identifiers"], !identifiers.isEmpty else {
            throw .malformed("The order names no identifiers.")
        }
        var names: [OrderedName] = []
        var parts: [Problem.Part] = []
        for identifier in identifiers {
            guard let type = identifier["type"]?.text, let value = identifier["value"]?.text else {
                throw .malformed("An identifier has no type or value.")
            }
            guard type == "dns" else {
                throw Problem(.unsupportedIdentifier, "Identifiers of the type \(type.prefix(40)) are not supported.")
            }
            guard let name = OrderedName(value) else {
                parts.append(
                    .init(.rejectedIdentifier, "This is not the name of a host.", name: String(value.prefix(253))))
                continue
            }
            if !names.contains(name) { names.append(name) }
        }
        guard parts.isEmpty else {
            throw Problem(.rejectedIdentifier, "Some of the names can't be in a certificate.", parts: parts)
        }
        return names
    }
}
