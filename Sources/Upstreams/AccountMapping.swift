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
            guard Self.endsWithMark(bytes[..<index]), Self.beginsWithMark(bytes[(index + 12)...]),
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

    /// A colon or a slash, or one that is percent-encoded, as in forms and in paths.
    private static func endsWithMark(_ bytes: ArraySlice<UInt8>) -> Bool {
        switch bytes.last {
        case UInt8(ascii: ":"), UInt8(ascii: "/"): true
        default: isEncodedMark(bytes.suffix(3))
        }
    }

    private static func beginsWithMark(_ bytes: ArraySlice<UInt8>) -> Bool {
        switch bytes.first {
        case UInt8(ascii: ":"), UInt8(ascii: "/"): true
        default: isEncodedMark(bytes.prefix(3))
        }
    }

    private static func isEncodedMark(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count == 3, bytes.first == UInt8(ascii: "%") else { return false }
        let digits = bytes.dropFirst().map { $0 | 0x20 }
        return digits == Array("3a".utf8).map { $0 | 0x20 } || digits == Array("2f".utf8).map { $0 | 0x20 }
    }
}
