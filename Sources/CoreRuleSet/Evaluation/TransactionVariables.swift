import WAF

/// The variables that rules set: `TX`. Their names are found in any case.
struct TransactionVariables: Sendable {
    private(set) var values: [[UInt8]: [UInt8]] = [:]
    /// Names are written with what requests call things: so many, and no more.
    private static let mostValues = 8192

    subscript(_ name: [UInt8]) -> [UInt8]? { values[name.map(asciiLowercased)] }

    mutating func set(_ name: [UInt8], _ value: [UInt8]) {
        let key = name.map(asciiLowercased)
        guard values.count < Self.mostValues || values[key] != nil else { return }
        values[key] = value
    }

    mutating func assign(_ name: [UInt8], _ change: SecAssignment.Change, _ value: [UInt8]) {
        switch change {
        case .set: set(name, value)
        case .remove: values[name.map(asciiLowercased)] = nil
        case .add, .subtract:
            let old = Self.number(self[name] ?? [])
            let step = Self.number(value)
            let (sum, _) =
                change == .add ? old.addingReportingOverflow(step) : old.subtractingReportingOverflow(step)
            set(name, Array(String(sum).utf8))
        }
    }

    /// The number that a text begins with; 0: it begins with none.
    static func number(_ text: [UInt8]) -> Int {
        var rest = text.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var number = 0
        for byte in rest {
            guard (0x30...0x39).contains(byte), number < Int(Int32.max) else { break }
            number = number * 10 + Int(byte - 0x30)
        }
        return isNegative ? -number : number
    }

    /// A text with these variables in their places; nil: it names others.
    func expanded(_ text: SecText) -> [UInt8]? {
        var result: [UInt8] = []
        for part in text.parts {
            switch part {
            case .literal(let bytes): result += bytes
            case .variable(.transaction, let key): result += key.flatMap { self[$0] } ?? []
            case .empty: break
            case .variable: return nil
            }
        }
        return result
    }
}

extension SecOperator {
    /// Whether a value fulfils it. For those that compare with a text.
    /// - Parameter text: that, with its variables in their places.
    func holds(_ value: [UInt8], _ text: [UInt8]) -> Bool {
        switch self {
        case .within: value.isEmpty || Self.contains(text, value)
        case .equals: value == text
        case .begins: value.starts(with: text)
        case .ends: value.count >= text.count && value.suffix(text.count).elementsEqual(text)
        case .contains: Self.contains(value, text)
        case .number(let comparison, _):
            comparison.holds(TransactionVariables.number(value), TransactionVariables.number(text))
        case .byteRange(let allowed): value.contains { !allowed[Int($0)] }
        case .urlEncoding: Self.hasBrokenEncoding(value)
        case .utf8Encoding: String(validating: value, as: UTF8.self) == nil
        case .addresses(let networks): Self.isAmong(networks, value)
        case .wordComparison: WordComparison.isFound(in: value)
        case .always: true
        case .regex, .phrases, .sqlInjection, .crossSiteScripting: false
        }
    }

    private static func contains(_ text: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard let first = wanted.first else { return true }
        guard text.count >= wanted.count else { return false }
        return (0...text.count - wanted.count).contains { text[$0] == first && text[$0...].starts(with: wanted) }
    }

    /// A percent sign without two hexadecimal digits behind it.
    private static func hasBrokenEncoding(_ text: [UInt8]) -> Bool {
        text.indices.contains { index in
            guard text[index] == UInt8(ascii: "%") else { return false }
            return index + 2 >= text.count || Percent.digit(text[index + 1]) == nil
                || Percent.digit(text[index + 2]) == nil
        }
    }

    private static func isAmong(_ networks: [String], _ value: [UInt8]) -> Bool {
        guard let address = IPAddress(String(decoding: value, as: UTF8.self)) else { return false }
        return networks.contains { text in
            if let network = Network(text) { return NetworkSet([network]).contains(address) }
            return IPAddress(text) == address
        }
    }
}
