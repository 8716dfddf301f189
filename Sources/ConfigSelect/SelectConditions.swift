public import Wire

extension ConfigQuery {
    /// Whether an item is one of those that are asked for.
    /// - Complexity: linear in the item and the conditions.
    public func matches(_ item: JSONValue) -> Bool { condition?.holds(item) ?? true }
}

extension ConfigQuery.Condition {
    fileprivate func holds(_ item: JSONValue) -> Bool {
        switch self {
        case .and(let parts): return parts.allSatisfy { $0.holds(item) }
        case .or(let parts): return parts.contains { $0.holds(item) }
        case .not(let part): return !part.holds(item)
        case .comparison(let path, let comparison):
            let values = path.values(in: item)
            if comparison == .isNull { return values.isEmpty }
            return values.contains { comparison.holds($0) }
        }
    }
}

extension ConfigQuery.Comparison {
    fileprivate func holds(_ value: JSONValue) -> Bool {
        switch self {
        case .equal(let literal): return literal.equals(value)
        case .among(let literals): return literals.contains { $0.equals(value) }
        case .less(let literal): return literal.order(of: value).map { $0 < 0 } ?? false
        case .lessOrEqual(let literal): return literal.order(of: value).map { $0 <= 0 } ?? false
        case .greater(let literal): return literal.order(of: value).map { $0 > 0 } ?? false
        case .greaterOrEqual(let literal): return literal.order(of: value).map { $0 >= 0 } ?? false
        case .between(let low, let high):
            guard let above = low.order(of: value), let below = high.order(of: value) else { return false }
            return above >= 0 && below <= 0
        case .like(let prefix, let more):
            guard case .string(let text) = value, text.utf8.starts(with: prefix.utf8) else { return false }
            return more.map { text.unicodeScalars.count == prefix.unicodeScalars.count + $0 } ?? true
        case .isNull: return false
        }
    }
}

extension ConfigQuery.Literal {
    /// Whether a value is the same; or, of two ranges of addresses, has it in itself.
    /// <https://docs.aws.amazon.com/config/latest/developerguide/querying-AWS-resources.html#query-cidr-notation>
    fileprivate func equals(_ value: JSONValue) -> Bool {
        if let order = order(of: value), order == 0 { return true }
        guard case .text(let text) = self, case .string(let range) = value,
            let asked = AddressRange(text), let own = AddressRange(range), range.utf8.contains(UInt8(ascii: "/"))
        else { return false }
        return own.includes(asked)
    }

    /// Less than 0: the value comes before this. nil: they can't be compared.
    fileprivate func order(of value: JSONValue) -> Int? {
        switch (self, value) {
        case (.number(let own), .integer(let other)): return Self.order(Double(other), own)
        case (.number(let own), .double(let other)): return Self.order(other, own)
        case (.number(let own), .string(let text)): return Double(text).map { Self.order($0, own) }
        case (.text(let own), .string(let other)): return Self.order(other, own)
        case (.text(let own), .integer(let other)): return Double(own).map { Self.order(Double(other), $0) }
        case (.text(let own), .double(let other)): return Double(own).map { Self.order(other, $0) }
        case (.text(let own), .boolean(let other)): return own == (other ? "true" : "false") ? 0 : nil
        case (.boolean(let own), .boolean(let other)): return own == other ? 0 : nil
        case (.boolean(let own), .string(let other)): return other == (own ? "true" : "false") ? 0 : nil
        default: return nil
        }
    }

    private static func order(_ a: Double, _ b: Double) -> Int { a < b ? -1 : a > b ? 1 : 0 }

    private static func order(_ a: String, _ b: String) -> Int {
        if a.utf8.elementsEqual(b.utf8) { return 0 }
        return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    }
}

/// Addresses of IPv4: one, or those of a block.
private struct AddressRange {
    let first: UInt32
    let last: UInt32

    /// `10.0.0.0/8`, or one address; nil for all else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let bytes = parts.first?.split(separator: ".", omittingEmptySubsequences: false), bytes.count == 4,
            parts.count <= 2
        else { return nil }
        var address: UInt32 = 0
        for byte in bytes {
            guard byte.utf8.count <= 3, let value = UInt8(byte) else { return nil }
            address = address << 8 | UInt32(value)
        }
        var length = 32
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...32).contains(given) else { return nil }
            length = given
        }
        let mask: UInt32 = length == 0 ? 0 : UInt32.max << UInt32(32 - length)
        first = address & mask
        last = first | ~mask
    }

    func includes(_ other: AddressRange) -> Bool { first <= other.first && other.last <= last }
}
