// <https://packaging.python.org/en/latest/specifications/version-specifiers/>

func comparePython(_ left: Span<UInt8>, _ right: Span<UInt8>) -> VersionOrder? {
    guard let one = PythonParts(left), let two = PythonParts(right) else { return nil }
    let epochs = compareNumbers(left, one.epoch, right, two.epoch)
    if epochs != .same { return epochs }
    let releases = comparePythonReleases(left, one.release, right, two.release)
    if releases != .same { return releases }
    let phases = VersionOrder(one.phase, two.phase)
    if phases != .same { return phases }
    let pre = compareNumbers(left, one.pre, right, two.pre)
    if pre != .same { return pre }
    // Without a post-release it is older, without a development release newer.
    let suffixes: [(Range<Int>?, Range<Int>?, VersionOrder)] = [
        (one.post, two.post, .older), (one.development, two.development, .newer),
    ]
    for (a, b, without) in suffixes {
        switch (a, b) {
        case (nil, nil): continue
        case (nil, _): return without
        case (_, nil): return without.reversed
        case (let a?, let b?):
            let order = compareNumbers(left, a, right, b)
            if order != .same { return order }
        }
    }
    switch (one.local, two.local) {
    case (nil, nil): return .same
    case (nil, _): return .older
    case (_, nil): return .newer
    case (let a?, let b?): return comparePythonLocals(left, a, right, b)
    }
}

/// Numbers with dots between them; those that are missing are zeros.
private func comparePythonReleases(
    _ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>
) -> VersionOrder {
    var (place, other) = (leftRange.lowerBound, rightRange.lowerBound)
    while place < leftRange.upperBound || other < rightRange.upperBound {
        let end = left.endOfDigits(place, in: leftRange)
        let otherEnd = right.endOfDigits(other, in: rightRange)
        let order = compareNumbers(left, place..<end, right, other..<otherEnd)
        if order != .same { return order }
        place = min(end + 1, leftRange.upperBound)
        other = min(otherEnd + 1, rightRange.upperBound)
    }
    return .same
}

/// Numbers and words; a number is newer than a word, and what goes on is newer than what does not.
private func comparePythonLocals(
    _ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>
) -> VersionOrder {
    var (place, other) = (leftRange.lowerBound, rightRange.lowerBound)
    while place < leftRange.upperBound, other < rightRange.upperBound {
        let end = left.endOfSegment(place, in: leftRange)
        let otherEnd = right.endOfSegment(other, in: rightRange)
        let isNumber = left.endOfDigits(place, in: place..<end) == end
        let isOtherNumber = right.endOfDigits(other, in: other..<otherEnd) == otherEnd
        var order = VersionOrder(isNumber ? 1 : 0, isOtherNumber ? 1 : 0)
        if order == .same, isNumber { order = compareNumbers(left, place..<end, right, other..<otherEnd) }
        if order == .same, !isNumber {
            for (a, b) in zip(place..<end, other..<otherEnd) where lowered(left[a]) != lowered(right[b]) {
                return VersionOrder(lowered(left[a]), lowered(right[b]))
            }
            order = VersionOrder(end - place, otherEnd - other)
        }
        if order != .same { return order }
        (place, other) = (end + 1, otherEnd + 1)
    }
    return VersionOrder(place < leftRange.upperBound ? 1 : 0, other < rightRange.upperBound ? 1 : 0)
}

private struct PythonParts {
    var epoch = 0..<0
    var release = 0..<0
    /// Alpha, beta, release candidate are 1, 2, 3; without any 4, or 0 for what is only a development release.
    var phase = 4
    /// The number of the alpha and so on.
    var pre = 0..<0
    var post: Range<Int>?
    var development: Range<Int>?
    var local: Range<Int>?

    private static let phases: [(word: StaticString, phase: Int)] = [
        ("alpha", 1), ("a", 1), ("beta", 2), ("b", 2), ("c", 3), ("rc", 3), ("preview", 3), ("pre", 3),
    ]

    init?(_ text: Span<UInt8>) {
        let all = text.trimmed
        var place = all.lowerBound
        if text.at(place, of: all).map({ $0 | 0x20 }) == UInt8(ascii: "v") { place += 1 }
        var end = text.endOfDigits(place, in: all)
        guard end > place else { return nil }
        if text.at(end, of: all) == UInt8(ascii: "!") {
            epoch = place..<end
            place = end + 1
            end = text.endOfDigits(place, in: all)
            guard end > place else { return nil }
        }
        let start = place
        while text.at(end, of: all) == UInt8(ascii: ".") {
            let next = text.endOfDigits(end + 1, in: all)
            guard next > end + 1 else { break }
            end = next
        }
        release = start..<end
        place = end
        for (word, phase) in Self.phases {
            guard let number = text.suffix(word, &place, in: all) else { continue }
            (self.phase, pre) = (phase, number)
            break
        }
        if text.at(place, of: all) == UInt8(ascii: "-"), text.endOfDigits(place + 1, in: all) > place + 1 {
            let end = text.endOfDigits(place + 1, in: all)
            post = place + 1..<end
            place = end
        } else {
            for word: StaticString in ["post", "rev", "r"] where post == nil {
                post = text.suffix(word, &place, in: all)
            }
        }
        development = text.suffix("dev", &place, in: all)
        if phase == 4, post == nil, development != nil { phase = 0 }
        if text.at(place, of: all) == UInt8(ascii: "+") {
            let start = place + 1
            place = text.endOfSegment(start, in: all)
            guard place > start else { return nil }
            while let byte = text.at(place, of: all), isPythonSeparator(byte) {
                let next = text.endOfSegment(place + 1, in: all)
                guard next > place + 1 else { return nil }
                place = next
            }
            local = start..<place
        }
        guard place == all.upperBound else { return nil }
    }
}

private func isPythonSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
}

extension Span<UInt8> {
    fileprivate func endOfSegment(_ start: Int, in range: Range<Int>) -> Int {
        var end = start
        while let byte = at(end, of: range), isDigit(byte) || isLetter(byte) { end += 1 }
        return end
    }

    /// Takes a word with its number, and separators around the word.
    /// - Returns: the number's digits, of which there may be none; nil if the word does not stand there.
    fileprivate func suffix(_ word: StaticString, _ place: inout Int, in all: Range<Int>) -> Range<Int>? {
        var end = place
        if let byte = at(end, of: all), isPythonSeparator(byte) { end += 1 }
        let start = end
        end += word.utf8CodeUnitCount
        guard end <= all.upperBound, equals(word, start..<end) else { return nil }
        if let byte = at(end, of: all), isPythonSeparator(byte) { end += 1 }
        let last = endOfDigits(end, in: all)
        place = last
        return end..<last
    }
}
