import Wire

/// Puts one account in the place of another wherever an ARN or a queue's URL has it: between two colons, between two slashes, or
/// between a slash and a colon. The length stays.
struct AccountMapping: Sendable {
    private let pairs: [(from: [UInt8], to: [UInt8])]

    /// From Gatehouse's accounts to an endpoint's.
    static func outwards(_ pairs: [Upstream.AccountPair]) -> AccountMapping {
        AccountMapping(pairs: pairs.map { (Array($0.own.utf8), Array($0.theirs.utf8)) })
    }

    /// And back.
    static func inwards(_ pairs: [Upstream.AccountPair]) -> AccountMapping {
        AccountMapping(pairs: pairs.map { (Array($0.theirs.utf8), Array($0.own.utf8)) })
    }

    var isEmpty: Bool { pairs.isEmpty }

    /// - Returns: whether something was changed.
    /// - Complexity: linear in the bytes.
    func apply(to bytes: inout [UInt8]) -> Bool {
        guard !pairs.isEmpty, bytes.count >= 14 else { return false }
        var isChanged = false
        var index = 1
        while index + 12 < bytes.count {
            guard Self.isMark(bytes[index - 1]), Self.isMark(bytes[index + 12]),
                let pair = pairs.first(where: { bytes[index..<index + 12].elementsEqual($0.from) })
            else {
                index += 1
                continue
            }
            bytes.replaceSubrange(index..<index + 12, with: pair.to)
            isChanged = true
            index += 13
        }
        return isChanged
    }

    func applied(to text: String) -> String {
        guard !pairs.isEmpty else { return text }
        var bytes = Array(text.utf8)
        return apply(to: &bytes) ? String(decoding: bytes, as: UTF8.self) : text
    }

    /// A colon or a slash; in forms and in paths they are encoded: `%3A`, `%2F`. Both then end with these.
    private static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "A")
            || byte == UInt8(ascii: "F") || byte == UInt8(ascii: "a") || byte == UInt8(ascii: "f")
    }
}
