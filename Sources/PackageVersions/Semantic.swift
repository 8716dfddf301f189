// <https://semver.org/spec/v2.0.0.html>; a `v` or `=` may stand before it, as npm and Go take it, and as Go does, the second
// and third number may be missing. What stands behind a plus sign decides nothing.

func compareSemantic(_ left: Span<UInt8>, _ right: Span<UInt8>) -> VersionOrder? {
    guard let one = SemanticParts(left), let two = SemanticParts(right) else { return nil }
    for (a, b) in [(one.major, two.major), (one.minor, two.minor), (one.patch, two.patch)] {
        let order = compareNumbers(left, a, right, b)
        if order != .same { return order }
    }
    // What comes before a release is older than it.
    guard !one.before.isEmpty, !two.before.isEmpty else {
        return VersionOrder(one.before.isEmpty ? 1 : 0, two.before.isEmpty ? 1 : 0)
    }
    var (place, other) = (one.before.lowerBound, two.before.lowerBound)
    while place < one.before.upperBound, other < two.before.upperBound {
        let (a, b) = (left.identifier(place, in: one.before), right.identifier(other, in: two.before))
        let order: VersionOrder =
            switch (a.isNumber, b.isNumber) {
            case (true, true): compareNumbers(left, a.range, right, b.range)
            case (true, false): .older
            case (false, true): .newer
            case (false, false): compareBytes(left, a.range, right, b.range)
            }
        if order != .same { return order }
        (place, other) = (a.range.upperBound + 1, b.range.upperBound + 1)
    }
    return VersionOrder(
        place < one.before.upperBound ? 1 : 0, other < two.before.upperBound ? 1 : 0)
}

private struct SemanticParts {
    var major = 0..<0
    var minor = 0..<0
    var patch = 0..<0
    /// Behind the hyphen.
    var before = 0..<0

    init?(_ text: Span<UInt8>) {
        let all = text.trimmed
        var place = all.lowerBound
        if text.at(place, of: all) == UInt8(ascii: "=") { place += 1 }
        if text.at(place, of: all).map({ $0 | 0x20 }) == UInt8(ascii: "v") { place += 1 }
        guard let first = Self.number(text, place, all) else { return nil }
        major = first
        place = first.upperBound
        if text.at(place, of: all) == UInt8(ascii: ".") {
            guard let second = Self.number(text, place + 1, all) else { return nil }
            minor = second
            place = second.upperBound
            if text.at(place, of: all) == UInt8(ascii: ".") {
                guard let third = Self.number(text, place + 1, all) else { return nil }
                patch = third
                place = third.upperBound
            }
        }
        if text.at(place, of: all) == UInt8(ascii: "-") {
            let start = place + 1
            guard let end = Self.identifiers(text, start, all, numbersMayBeginWithZero: false) else { return nil }
            before = start..<end
            place = end
        }
        if text.at(place, of: all) == UInt8(ascii: "+") {
            guard let end = Self.identifiers(text, place + 1, all, numbersMayBeginWithZero: true) else { return nil }
            place = end
        }
        guard place == all.upperBound else { return nil }
    }

    /// A number, without a zero before other digits.
    private static func number(_ text: Span<UInt8>, _ start: Int, _ all: Range<Int>) -> Range<Int>? {
        let end = text.endOfDigits(start, in: all)
        guard end > start, end == start + 1 || text[start] != 0x30 else { return nil }
        return start..<end
    }

    /// Where identifiers with dots between them end; nil if one is empty.
    private static func identifiers(
        _ text: Span<UInt8>, _ start: Int, _ all: Range<Int>, numbersMayBeginWithZero: Bool
    ) -> Int? {
        var place = start
        while true {
            let (range, isNumber) = text.identifier(place, in: place..<all.upperBound)
            guard !range.isEmpty else { return nil }
            if isNumber, !numbersMayBeginWithZero, range.count > 1, text[range.lowerBound] == 0x30 { return nil }
            place = range.upperBound
            guard text.at(place, of: all) == UInt8(ascii: ".") else { return place }
            place += 1
        }
    }
}

extension Span<UInt8> {
    /// The letters, digits and hyphens from there on, and whether all of them are digits.
    fileprivate func identifier(_ start: Int, in all: Range<Int>) -> (range: Range<Int>, isNumber: Bool) {
        var end = start
        var isNumber = true
        while let byte = at(end, of: all), isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: "-") {
            if !isDigit(byte) { isNumber = false }
            end += 1
        }
        return (start..<end, isNumber)
    }
}
