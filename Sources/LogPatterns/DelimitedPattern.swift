/// A condition on an event whose fields stand between spaces: `[ip, user, ..., status = 4* && status != 403, bytes > 1000]`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-space-delimited-log-events.html>
struct DelimitedPattern: Sendable {
    private struct Field: Sendable {
        /// nil: it has none.
        let name: String?
        /// nil: whatever it is.
        let condition: Condition<Comparison>?
    }

    /// Those before `...`, and those after it.
    private var before: [Field] = []
    private var after: [Field] = []
    /// Whether any number of fields may be between the two.
    private var isOpen = false

    init(_ scanner: inout PatternScanner) throws(InvalidFilterPattern) {
        _ = scanner.take("[")
        repeat {
            scanner.skipSpace()
            if scanner.take("...") || scanner.take("…") {
                guard !isOpen else { throw scanner.invalid("... is there twice") }
                isOpen = true
            } else {
                let field = try Self.field(&scanner)
                if isOpen { after.append(field) } else { before.append(field) }
            }
            scanner.skipSpace()
        } while scanner.take(",")
        guard scanner.take("]") else { throw scanner.invalid("the bracket is not closed") }
    }

    private static func field(_ scanner: inout PatternScanner) throws(InvalidFilterPattern) -> Field {
        guard let first = scanner.next, first != UInt8(ascii: ","), first != UInt8(ascii: "]") else {
            return Field(name: nil, condition: nil)
        }
        // Whether there is a condition is seen behind the name.
        var ahead = scanner
        let alone = Self.name(&ahead)
        ahead.skipSpace()
        if let alone, ahead.next == UInt8(ascii: ",") || ahead.next == UInt8(ascii: "]") {
            scanner = ahead
            return Field(name: alone, condition: nil)
        }
        var names: Set<String> = []
        let condition = try Condition(&scanner) { (scanner: inout PatternScanner) throws(InvalidFilterPattern) in
            guard let name = Self.name(&scanner) else { throw scanner.invalid("a field has no name") }
            names.insert(name)
            return try Comparison(&scanner)
        }
        guard names.count == 1 else { throw scanner.invalid("a field's condition is on another field") }
        return Field(name: names.first, condition: condition)
    }

    /// nil: there is none.
    private static func name(_ scanner: inout PatternScanner) -> String? {
        let bytes = scanner.bytes { PatternScanner.isAlphanumeric($0) || "-_".utf8.contains($0) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    func matches(_ message: [UInt8]) -> Bool { placed(message) != nil }

    func extracted(from message: [UInt8]) -> [String: String]? {
        guard let placed = placed(message) else { return nil }
        var values: [String: String] = [:]
        for (index, (field, value)) in placed.enumerated() {
            values["$\(field?.name ?? String(index + 1))"] = String(decoding: value, as: UTF8.self)
        }
        return values
    }

    /// Whether one of the fields is called so, or, as `$3`, could be the third, which has no name.
    func mayHave(field name: String) -> Bool {
        guard name.hasPrefix("$") else { return false }
        let rest = name.dropFirst()
        if (before + after).contains(where: { $0.name.map { rest == $0 } ?? false }) { return true }
        guard let number = Int(rest), number > 0 else { return false }
        let known = isOpen ? before : before + after
        return number <= known.count ? known[number - 1].name == nil : isOpen
    }

    /// The fields of a message, each with what the pattern says of it; nil: it does not fit.
    private func placed(_ message: [UInt8]) -> [(Field?, [UInt8])]? {
        let values = Self.fields(of: message)
        let least = before.count + after.count
        guard isOpen ? values.count >= least : values.count == least else { return nil }
        var placed: [(Field?, [UInt8])] = []
        for (index, value) in values.enumerated() {
            let fromEnd = values.count - index
            let field: Field? =
                index < before.count ? before[index] : fromEnd <= after.count ? after[after.count - fromEnd] : nil
            guard field?.condition?.holds({ $0.holds(value) }) ?? true else { return nil }
            placed.append((field, value))
        }
        return placed
    }

    /// What stands between spaces; what stands in quotes or brackets is one field.
    static func fields(of message: [UInt8]) -> [[UInt8]] {
        var fields: [[UInt8]] = []
        var place = 0
        while place < message.count {
            let byte = message[place]
            if PatternScanner.isSpace(byte) {
                place += 1
                continue
            }
            let end: UInt8? = byte == UInt8(ascii: "\"") ? byte : byte == UInt8(ascii: "[") ? UInt8(ascii: "]") : nil
            if end != nil { place += 1 }
            let start = place
            while place < message.count, end.map({ message[place] != $0 }) ?? !PatternScanner.isSpace(message[place]) {
                place += 1
            }
            fields.append(Array(message[start..<place]))
            if end != nil { place += 1 }
        }
        return fields
    }
}
