// <https://manpages.debian.org/bookworm/dpkg-dev/deb-version.7.en.html>

func compareDebian(_ left: Span<UInt8>, _ right: Span<UInt8>) -> VersionOrder? {
    guard let one = DebianParts(left), let two = DebianParts(right) else { return nil }
    let epochs = compareNumbers(left, one.epoch, right, two.epoch)
    if epochs != .same { return epochs }
    let upstreams = compareDebianPart(left, one.upstream, right, two.upstream)
    if upstreams != .same { return upstreams }
    return compareDebianPart(left, one.revision, right, two.revision)
}

private struct DebianParts {
    let epoch: Range<Int>
    let upstream: Range<Int>
    let revision: Range<Int>

    /// Nil for what dpkg refuses. What it only warns of (that a version begins with a letter) is taken.
    init?(_ text: Span<UInt8>) {
        var rest = text.trimmed
        guard !rest.isEmpty else { return nil }
        for place in rest where text[place] == 0x20 || (0x09...0x0D).contains(text[place]) || text[place] == 0 {
            return nil
        }
        epoch =
            rest.first { text[$0] == UInt8(ascii: ":") }.map { rest.lowerBound..<$0 }
            ?? rest.lowerBound..<rest.lowerBound
        if epoch.upperBound < rest.upperBound, text[epoch.upperBound] == UInt8(ascii: ":") {
            // A number of 32 bits.
            let end = text.endOfDigits(epoch.lowerBound, in: rest)
            guard !epoch.isEmpty, end == epoch.upperBound else { return nil }
            var number = 0
            for place in epoch {
                number = number * 10 + Int(text[place] - 0x30)
                guard number <= Int(Int32.max) else { return nil }
            }
            rest = epoch.upperBound + 1..<rest.upperBound
            guard !rest.isEmpty else { return nil }
        }
        if let hyphen = rest.last(where: { text[$0] == UInt8(ascii: "-") }) {
            upstream = rest.lowerBound..<hyphen
            revision = hyphen + 1..<rest.upperBound
            guard !revision.isEmpty, !upstream.isEmpty else { return nil }
        } else {
            upstream = rest
            revision = rest.upperBound..<rest.upperBound
        }
    }
}

/// What is no digit comes first, by a modified alphabet; then a number; and so on.
private func compareDebianPart(
    _ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>
) -> VersionOrder {
    var (one, two) = (leftRange.lowerBound, rightRange.lowerBound)
    while one < leftRange.upperBound || two < rightRange.upperBound {
        while true {
            let (a, b) = (left.at(one, of: leftRange), right.at(two, of: rightRange))
            let (isText, isOtherText) = (a.map { !isDigit($0) } ?? false, b.map { !isDigit($0) } ?? false)
            guard isText || isOtherText else { break }
            let (weight, otherWeight) = (debianWeight(a), debianWeight(b))
            if weight != otherWeight { return VersionOrder(weight, otherWeight) }
            one += 1
            two += 1
        }
        let (end, otherEnd) = (left.endOfDigits(one, in: leftRange), right.endOfDigits(two, in: rightRange))
        let numbers = compareNumbers(left, one..<end, right, two..<otherEnd)
        if numbers != .same { return numbers }
        (one, two) = (end, otherEnd)
    }
    return .same
}

/// A tilde comes before the end, the end before letters, letters before all else.
private func debianWeight(_ byte: UInt8?) -> Int {
    guard let byte, !isDigit(byte) else { return 0 }
    if byte == UInt8(ascii: "~") { return -1 }
    return isLetter(byte) ? Int(byte) : Int(byte) + 256
}
