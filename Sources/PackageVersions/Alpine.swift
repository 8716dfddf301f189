// <https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/master/doc/apk-package.5.scd>:
// `number{.number}…{letter}{_suffix{number}}…{~hash}{-r#}`, compared as in the Package Manager Specification of Gentoo.

func compareAlpine(_ left: Span<UInt8>, _ right: Span<UInt8>) -> VersionOrder? {
    var (one, two) = (AlpineReader(), AlpineReader())
    while true {
        guard let a = one.next(left), let b = two.next(right) else { return nil }
        if a.kind == b.kind {
            if a.kind == .end { return .same }
            let order = a.compare(left, b, right)
            if order == .same { continue }
            guard one.isValidToTheEnd(left), two.isValidToTheEnd(right) else { return nil }
            return order
        }
        guard one.isValidToTheEnd(left), two.isValidToTheEnd(right) else { return nil }
        // What goes on is newer, unless by what comes before a release.
        if a.kind == .suffix, a.suffix < AlpinePart.noSuffix { return .older }
        if b.kind == .suffix, b.suffix < AlpinePart.noSuffix { return .newer }
        return VersionOrder(b.kind.rawValue, a.kind.rawValue)
    }
}

private struct AlpinePart {
    /// In the order in which they stand.
    enum Kind: Int {
        case first, number, letter, suffix, suffixNumber, hash, revision, end
    }

    let kind: Kind
    let range: Range<Int>
    var suffix = 0

    static let suffixes: [StaticString] = ["alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"]
    static let noSuffix = 4

    func compare(_ text: Span<UInt8>, _ other: AlpinePart, _ otherText: Span<UInt8>) -> VersionOrder {
        switch kind {
        case .suffix: return VersionOrder(suffix, other.suffix)
        case .number where text[range.lowerBound] == 0x30 || otherText[other.range.lowerBound] == 0x30:
            // With a zero at the front they are fractions.
            return compareBytes(text, range, otherText, other.range)
        case .first, .number, .suffixNumber, .revision: return compareNumbers(text, range, otherText, other.range)
        default: return compareBytes(text, range, otherText, other.range)
        }
    }
}

/// The parts of a version, one after the other.
private struct AlpineReader {
    private var place = 0
    private var last: AlpinePart.Kind?

    /// Nil for what is no version.
    mutating func next(_ text: Span<UInt8>) -> AlpinePart? {
        let part = read(text)
        if let part {
            last = part.kind
            place = part.range.upperBound
        }
        return part
    }

    /// Whether all that is left are parts of a version.
    mutating func isValidToTheEnd(_ text: Span<UInt8>) -> Bool {
        while last != .end { guard next(text) != nil else { return false } }
        return true
    }

    private func read(_ text: Span<UInt8>) -> AlpinePart? {
        let all = 0..<text.count
        guard let last else { return digits(.first, text, from: 0) }
        guard let byte = text.at(place, of: all) else { return AlpinePart(kind: .end, range: place..<place) }
        switch byte {
        case UInt8(ascii: ".") where last == .first || last == .number: return digits(.number, text, from: place + 1)
        case UInt8(ascii: "a")...UInt8(ascii: "z") where last == .first || last == .number:
            return AlpinePart(kind: .letter, range: place..<place + 1)
        case UInt8(ascii: "_") where last.rawValue <= AlpinePart.Kind.suffixNumber.rawValue:
            var end = place + 1
            while let byte = text.at(end, of: all), isLower(byte) { end += 1 }
            for (number, name) in AlpinePart.suffixes.enumerated()
            where number != AlpinePart.noSuffix && text.equals(name, place + 1..<end) {
                return AlpinePart(kind: .suffix, range: place + 1..<end, suffix: number)
            }
            return nil
        case 0x30...0x39 where last == .suffix: return digits(.suffixNumber, text, from: place)
        case UInt8(ascii: "~") where last.rawValue < AlpinePart.Kind.hash.rawValue:
            var end = place + 1
            while let byte = text.at(end, of: all), isDigit(byte) || (0x61...0x66).contains(byte) { end += 1 }
            return end > place + 1 ? AlpinePart(kind: .hash, range: place + 1..<end) : nil
        case UInt8(ascii: "-")
        where last.rawValue < AlpinePart.Kind.revision.rawValue && text.at(place + 1, of: all) == UInt8(ascii: "r"):
            return digits(.revision, text, from: place + 2)
        default: return nil
        }
    }

    private func digits(_ kind: AlpinePart.Kind, _ text: Span<UInt8>, from start: Int) -> AlpinePart? {
        let end = text.endOfDigits(start, in: 0..<text.count)
        return end > start ? AlpinePart(kind: kind, range: start..<end) : nil
    }
}
