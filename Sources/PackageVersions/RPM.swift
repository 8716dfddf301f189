// <https://rpm-software-management.github.io/rpm/manual/dependencies.html>, rpm-version(7)

func compareRPM(_ left: Span<UInt8>, _ right: Span<UInt8>) -> VersionOrder? {
    let (one, two) = (RPMParts(left), RPMParts(right))
    let epochs = compareNumbers(left, one.epoch, right, two.epoch)
    if epochs != .same { return epochs }
    let versions = compareRPMPart(left, one.version, right, two.version)
    if versions != .same { return versions }
    switch (one.release, two.release) {
    case (nil, nil): return .same
    case (nil, _): return .older
    case (_, nil): return .newer
    case (let release?, let other?): return compareRPMPart(left, release, right, other)
    }
}

private struct RPMParts {
    let epoch: Range<Int>
    let version: Range<Int>
    let release: Range<Int>?

    /// Any text has these parts.
    init(_ text: Span<UInt8>) {
        var rest = 0..<text.count
        let digits = text.endOfDigits(0, in: rest)
        if text.at(digits, of: rest) == UInt8(ascii: ":") {
            epoch = 0..<digits
            rest = digits + 1..<text.count
        } else {
            epoch = 0..<0
        }
        if let hyphen = rest.last(where: { text[$0] == UInt8(ascii: "-") }) {
            version = rest.lowerBound..<hyphen
            release = hyphen + 1..<rest.upperBound
        } else {
            version = rest
            release = nil
        }
    }
}

/// Numbers and words, one after the other; separators only part them. A tilde comes before everything, even the end; a
/// caret after the end, and before everything else.
private func compareRPMPart(
    _ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>
) -> VersionOrder {
    var (one, two) = (leftRange.lowerBound, rightRange.lowerBound)
    let (tilde, caret) = (UInt8(ascii: "~"), UInt8(ascii: "^"))
    while one < leftRange.upperBound || two < rightRange.upperBound {
        while let byte = left.at(one, of: leftRange), isSeparator(byte) { one += 1 }
        while let byte = right.at(two, of: rightRange), isSeparator(byte) { two += 1 }
        let (a, b) = (left.at(one, of: leftRange), right.at(two, of: rightRange))
        if a == tilde || b == tilde {
            guard a == tilde else { return .newer }
            guard b == tilde else { return .older }
            one += 1
            two += 1
            continue
        }
        if a == caret || b == caret {
            guard let a else { return .older }
            guard let b else { return .newer }
            guard a == caret else { return .newer }
            guard b == caret else { return .older }
            one += 1
            two += 1
            continue
        }
        guard let a, let b else { break }
        let isNumber = isDigit(a)
        // A number is newer than a word.
        guard isDigit(b) == isNumber else { return isNumber ? .newer : .older }
        let (start, otherStart) = (one, two)
        while let byte = left.at(one, of: leftRange), isNumber ? isDigit(byte) : isLetter(byte) { one += 1 }
        while let byte = right.at(two, of: rightRange), isNumber ? isDigit(byte) : isLetter(byte) { two += 1 }
        let order =
            isNumber
            ? compareNumbers(left, start..<one, right, otherStart..<two)
            : compareBytes(left, start..<one, right, otherStart..<two)
        if order != .same { return order }
    }
    return VersionOrder(leftRange.upperBound - one > 0 ? 1 : 0, rightRange.upperBound - two > 0 ? 1 : 0)
}

private func isSeparator(_ byte: UInt8) -> Bool {
    !isDigit(byte) && !isLetter(byte) && byte != UInt8(ascii: "~") && byte != UInt8(ascii: "^")
}
