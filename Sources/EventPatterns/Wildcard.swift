/// A text with `*` in it, each of which stands for any number of characters. `\*` and `\\` are a star and a backslash.
///
/// Each part between stars is looked for with the Knuth–Morris–Pratt algorithm, the first place being as good as any: so a
/// look takes linear time, whatever the pattern.
struct Wildcard: Hashable, Sendable {
    /// What stands between the stars: the first at the beginning, the last at the end. Without a star there is one part.
    let parts: [[UInt8]]
    /// How far to fall back in a part once it matches no further.
    private let failures: [[Int]]

    /// - Throws: what is wrong.
    init(_ text: String) throws(Fault) {
        var parts: [[UInt8]] = [[]]
        let bytes = Array(text.utf8)
        var index = 0
        var isAfterStar = false
        while index < bytes.count {
            var byte = bytes[index]
            if byte == UInt8(ascii: "*") {
                guard !isAfterStar else { throw Fault(reason: "Consecutive wildcard characters at pos \(index)") }
                isAfterStar = true
                parts.append([])
            } else {
                if byte == UInt8(ascii: "\\") {
                    index += 1
                    guard index < bytes.count, bytes[index] == UInt8(ascii: "*") || bytes[index] == byte else {
                        throw Fault(reason: "Invalid escape character at pos \(index - 1)")
                    }
                    byte = bytes[index]
                }
                isAfterStar = false
                parts[parts.count - 1].append(byte)
            }
            index += 1
        }
        self.parts = parts
        failures = parts.map(Self.failures)
    }

    struct Fault: Error {
        let reason: String
    }

    /// How often a star may stand in one pattern.
    static let mostStars = 30

    /// - Complexity: linear in the lengths of both.
    func matches(_ text: [UInt8]) -> Bool {
        guard let first = parts.first, let last = parts.last else { return false }
        guard parts.count > 1 else { return text == first }
        guard text.count >= first.count + last.count, text.starts(with: first), text.ends(with: last) else {
            return false
        }
        var place = first.count
        let end = text.count - last.count
        for index in 1..<(parts.count - 1) {
            guard let found = find(index, in: text, from: place, to: end) else { return false }
            place = found
        }
        return true
    }

    /// - Returns: where the part ends for the first time.
    private func find(_ index: Int, in text: [UInt8], from start: Int, to end: Int) -> Int? {
        let (part, failure) = (parts[index], failures[index])
        var (place, matched) = (start, 0)
        while matched < part.count {
            guard place < end else { return nil }
            if text[place] == part[matched] {
                matched += 1
                place += 1
            } else if matched > 0 {
                matched = failure[matched - 1]
            } else {
                place += 1
            }
        }
        return place
    }

    private static func failures(_ part: [UInt8]) -> [Int] {
        var failures = [Int](repeating: 0, count: part.count)
        var matched = 0
        var index = 1
        while index < part.count {
            if part[index] == part[matched] {
                matched += 1
                failures[index] = matched
                index += 1
            } else if matched > 0 {
                matched = failures[matched - 1]
            } else {
                index += 1
            }
        }
        return failures
    }
}
