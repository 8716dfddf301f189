import WAF

/// Words one of which has to be near data of a kind.
///
/// They are looked for in letters of any case, and spaces in them may be missing, or be an underscore or a hyphen.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-managed-data-identifiers.html>
struct KeywordSet: Sendable {
    /// Characters that may be between a keyword and the data.
    static let reach = 30

    private let regex: LinearRegex
    /// Bytes of the longest one.
    private let longest: Int

    /// nil: there are none.
    init?(_ words: [String]) {
        let patterns = Set(words).sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }.map { word in
            word.lowercased().unicodeScalars.map { scalar in
                scalar == " "
                    ? "[ _-]?" : scalar.isASCII && !scalar.properties.isAlphabetic ? "\\\(scalar)" : "\(scalar)"
            }.joined()
        }
        // Digits may follow: ssn1. Only letters make another word of it.
        guard !patterns.isEmpty,
            let regex = try? LinearRegex(
                "(?:^|[^\\p{L}])(" + patterns.joined(separator: "|") + ")(?:[^\\p{L}]|$)", capturing: true,
                isUnicode: true)
        else { return nil }
        self.regex = regex
        longest = words.reduce(0) { max($0, $1.utf8.count) } + 4
    }

    /// Whether one is near a part of a text.
    /// - Parameter text: in lower case, as long as the text that the part is of.
    func isNear(_ part: Range<Int>, in text: [UInt8]) -> Bool {
        let start = Self.step(text, from: part.lowerBound, by: -Self.reach)
        let end = Self.step(text, from: part.upperBound, by: Self.reach)
        return find(in: text, from: max(0, start - longest - 1), to: part.lowerBound) { $0.upperBound >= start }
            || find(in: text, from: part.upperBound, to: min(text.count, end + longest + 1)) { $0.lowerBound <= end }
    }

    private func find(in text: [UInt8], from start: Int, to end: Int, _ isWanted: (Range<Int>) -> Bool) -> Bool {
        guard start < end else { return false }
        let window = Array(text[start..<end])
        var place = 0
        while let found = regex.match(in: window, from: place, groups: 1), let word = found[1] {
            if isWanted(word.lowerBound + start..<word.upperBound + start) { return true }
            place = max(word.upperBound, place + 1)
        }
        return false
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
