import WAF

/// Words one of which has to be near data of a kind.
///
/// They are looked for in letters of any case, and spaces in them may be missing, or be an underscore or a hyphen.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-managed-data-identifiers.html>
struct KeywordSet: Sendable {
    /// Characters that may be between a keyword and the data.
    static let reach = 30

    private let regex: LinearRegex

    /// nil: there are none.
    init?(_ words: [String]) {
        let patterns = Set(words).sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }.map { word in
            word.lowercased().unicodeScalars.map { scalar in
                scalar == " "
                    ? "[ _-]?"
                    : scalar.isASCII && !scalar.properties.isAlphabetic && !("0"..."9").contains(scalar)
                        ? "\\\(scalar)" : "\(scalar)"
            }.joined()
        }
        // Digits may follow: ssn1. Only letters make another word of it.
        guard !patterns.isEmpty,
            let regex = try? LinearRegex(
                "(?:^|[^\\p{L}])(" + patterns.joined(separator: "|") + ")(?:[^\\p{L}]|$)", capturing: true,
                isUnicode: true)
        else { return nil }
        self.regex = regex
    }

    /// Where they are in a text, none within another.
    /// - Parameter text: in lower case.
    /// - Complexity: linear in the text.
    func places(in text: [UInt8]) -> [Range<Int>] {
        var (found, place): ([Range<Int>], Int) = ([], 0)
        while let match = regex.match(in: text, from: place, groups: 1), let word = match[1] {
            found.append(word)
            place = max(word.upperBound, place + 1)
        }
        return found
    }

    /// Whether one is near a part of a text.
    /// - Parameters:
    ///   - words: where keywords are, in order.
    ///   - text: the text.
    /// - Complexity: logarithmic in the number of keywords.
    static func isNear(_ part: Range<Int>, _ words: [Range<Int>], in text: [UInt8]) -> Bool {
        var (low, high) = (0, words.count)
        while low < high {
            let middle = low + (high - low) / 2
            if words[middle].lowerBound < part.upperBound { low = middle + 1 } else { high = middle }
        }
        if low < words.count, words[low].lowerBound <= step(text, from: part.upperBound, by: reach) { return true }
        // Those that overlap the part are in it, and not near it.
        let before = words[..<low].last { $0.upperBound <= part.lowerBound }
        return before.map { $0.upperBound >= step(text, from: part.lowerBound, by: -reach) } ?? false
    }

    /// The place some characters on, or back.
    private static func step(_ text: [UInt8], from start: Int, by count: Int) -> Int {
        var (place, rest) = (start, count)
        while rest > 0, place < text.count {
            place += 1
            while place < text.count, text[place] & 0xc0 == 0x80 { place += 1 }
            rest -= 1
        }
        while rest < 0, place > 0 {
            place -= 1
            while place > 0, text[place] & 0xc0 == 0x80 { place -= 1 }
            rest += 1
        }
        return place
    }
}
