import WAF

/// Looks for sensitive data of some kinds in texts.
///
/// ```swift
/// let data = try SensitiveData(managed: ["EmailAddress", "IpAddress"])
/// let masked = data.masked("ann@example.com from 192.0.2.7")  // *************** from *********
/// ```
///
/// AWS: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-managed-data-identifiers.html>
public struct SensitiveData: Sendable {
    /// What was found of one kind.
    public struct Finding: Sendable, Equatable {
        /// The name of the ``DataIdentifier``.
        public let name: String
        /// Bytes of the text, in order, none twice.
        public let places: [Range<Int>]
    }

    /// What data of a kind look like, compiled.
    private struct Search: Sendable {
        /// The place of the identifier.
        let identifier: Int
        let regex: LinearRegex
        /// Which of its groups is the data.
        let group: Int
        let check: DataCheck?
        /// nil: none has to be near.
        let keywords: KeywordSet?
    }

    private let identifiers: [DataIdentifier]
    private let set: LinearRegexSet?
    /// Of each expression in the set.
    private let searches: [Search]

    /// - Parameter identifiers: none twice.
    /// - Complexity: compiles the identifiers' expressions. Keep it.
    public init(_ identifiers: [DataIdentifier]) {
        self.identifiers = identifiers
        var (searches, patterns): ([Search], [String]) = ([], [])
        for (number, identifier) in identifiers.enumerated() {
            for form in identifier.forms {
                // A part of a word or of a longer number is something else.
                let pattern = form.isFree ? form.pattern : "(?:^|[^0-9A-Za-z])(" + form.pattern + ")(?:[^0-9A-Za-z]|$)"
                guard let regex = try? LinearRegex(pattern, capturing: true) else { continue }
                searches.append(
                    Search(
                        identifier: number, regex: regex, group: form.isFree ? 0 : 1, check: form.check,
                        keywords: form.keywords.isEmpty ? nil : KeywordSet(form.keywords)))
                patterns.append(pattern)
            }
        }
        self.searches = searches
        set = try? LinearRegexSet(patterns)
    }

    /// Whether all expressions could be compiled. Tests see to it for AWS's identifiers, and those of policies are small.
    var isComplete: Bool {
        zip(searches, identifiers.flatMap(\.forms)).allSatisfy { ($0.keywords == nil) == $1.keywords.isEmpty }
            && searches.count == identifiers.reduce(0) { $0 + $1.forms.count }
    }

    /// Of AWS's identifiers by their names.
    /// - Throws: ``InvalidDataProtectionPolicy`` for a name that is none.
    public init(managed names: [String]) throws(InvalidDataProtectionPolicy) {
        self.init(
            try names.map { name throws(InvalidDataProtectionPolicy) in
                guard let identifier = DataIdentifier.managed(name) else { throw .unknownIdentifier(name) }
                return identifier
            })
    }

    /// All that is in a text, by kind.
    /// - Complexity: linear in the text for each kind, and for each place that looks like data and is none.
    public func findings(in text: [UInt8]) -> [Finding] {
        let candidates = set.map { $0.matches(text) } ?? Array(searches.indices)
        guard !candidates.isEmpty else { return [] }
        var lowered: [UInt8]?
        var places: [Int: [Range<Int>]] = [:]
        for number in candidates where searches.indices.contains(number) {
            let search = searches[number]
            var words: [Range<Int>]?
            if let keywords = search.keywords {
                let low = lowered ?? Self.lowercased(text)
                lowered = low
                let found = keywords.places(in: low)
                guard !found.isEmpty else { continue }
                words = found
            }
            var start = 0
            while let found = search.regex.match(in: text, from: start, groups: search.group),
                let place = found[search.group]
            {
                guard let place = accepted(place, search.check, words, text) else {
                    start = place.lowerBound + 1
                    continue
                }
                places[search.identifier, default: []].append(place)
                start = place.upperBound
            }
        }
        return places.keys.sorted().map { number in
            Finding(name: identifiers[number].name, places: Self.joined(places[number] ?? []))
        }
    }

    /// What of a candidate is data; nil: nothing.
    private func accepted(
        _ place: Range<Int>, _ check: DataCheck?, _ words: [Range<Int>]?, _ text: [UInt8]
    ) -> Range<Int>? {
        guard !place.isEmpty else { return nil }
        var place = place
        if let check {
            guard let length = check.length(of: text[place]), length > 0 else { return nil }
            place = place.lowerBound..<place.lowerBound + length
        }
        guard let words else { return place }
        return KeywordSet.isNear(place, words, in: text) ? place : nil
    }

    /// In lower case, each letter as many bytes as before.
    private static func lowercased(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            if scalar.isASCII {
                let byte = UInt8(truncatingIfNeeded: scalar.value)
                result.append((0x41...0x5a).contains(byte) ? byte | 0x20 : byte)
            } else {
                let (old, new) = (Array(String(scalar).utf8), Array(scalar.properties.lowercaseMapping.utf8))
                result += new.count == old.count ? new : old
            }
        }
        // What is no UTF-8 was mended.
        return result.count == text.count ? result : text.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Places in order, those that overlap as one.
    private static func joined(_ places: [Range<Int>]) -> [Range<Int>] { joined(places, touching: 0) }

    /// All places of findings in order, those that overlap or follow each other as one: as few as can be.
    public static func places(of findings: [Finding]) -> [Range<Int>] {
        joined(findings.flatMap(\.places), touching: 1)
    }

    private static func joined(_ places: [Range<Int>], touching: Int) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for place in places.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            if let last = result.last, place.lowerBound < last.upperBound + touching {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, place.upperBound)
            } else {
                result.append(place)
            }
        }
        return result
    }

    /// A text in which all that was found is asterisks, one for each character.
    public static func masked(_ text: [UInt8], _ findings: [Finding]) -> [UInt8] {
        masked(text, findings.flatMap(\.places))
    }

    /// A text in which some places are asterisks, or other characters, one for each character.
    /// - Parameter places: in any order; what is behind the text's end is left out.
    public static func masked(
        _ text: [UInt8], _ places: [Range<Int>], with character: UInt8 = UInt8(ascii: "*")
    ) -> [UInt8] {
        var (result, end): ([UInt8], Int) = ([], 0)
        for place in joined(places) {
            let (start, stop) = (min(max(place.lowerBound, end), text.count), min(place.upperBound, text.count))
            result += text[end..<start]
            // The first byte of each character, and not those that belong to it.
            if start < stop { for byte in text[start..<stop] where byte & 0xc0 != 0x80 { result.append(character) } }
            end = max(start, stop)
        }
        return result + text[end...]
    }

    /// A text in which all sensitive data are asterisks, one for each character.
    public func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return String(decoding: Self.masked(bytes, findings(in: bytes)), as: UTF8.self)
    }
}
