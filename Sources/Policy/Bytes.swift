// Rules are numbered as in Documentation/PolicyRules.md.

// Operations on bytes that patterns and values need. Text is compared byte by byte everywhere: Swift's `==` on strings
// would let differently composed Unicode pass for the same name.

extension String {
    /// ASCII letters in lower case, everything else as it is: AWS's own names are ASCII.
    package var lowercasedASCII: String {
        guard utf8.contains(where: { $0.isUppercaseASCII }) else { return self }
        return String(decoding: utf8.map { $0.lowercasedASCII }, as: UTF8.self)
    }

    /// Whether both are the same bytes.
    @inline(__always)
    func hasSameBytes(as other: String) -> Bool {
        let otherUTF8 = other.utf8
        let ownUTF8 = utf8
        return ownUTF8.span.hasSameBytes(as: otherUTF8.span)
    }
}

extension String.UTF8View {
    /// The number of Unicode scalars that are not white space.
    var withoutWhitespaceCount: Int {
        func count(_ bytes: some Sequence<UInt8>) -> Int {
            var count = 0
            for byte in bytes where !byte.isJSONWhitespace && !byte.isUTF8Continuation { count &+= 1 }
            return count
        }
        return withContiguousStorageIfAvailable { count($0) } ?? count(self)
    }
}

extension UInt8 {
    @inline(__always) var isUppercaseASCII: Bool { self &- 0x41 < 26 }

    /// This byte in lower case, if it is an ASCII letter.
    @inline(__always) var lowercasedASCII: UInt8 { isUppercaseASCII ? self | 0x20 : self }

    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }

    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }

    /// Whether JSON counts this byte as white space (RFC 8259, section 2).
    @inline(__always) var isJSONWhitespace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }

    @inline(__always) var isUTF8Continuation: Bool { self & 0xC0 == 0x80 }

    /// The value of a hexadecimal digit.
    var hexValue: UInt8? {
        if isDigit { return self &- 0x30 }
        let letter = self | 0x20
        return letter &- 0x61 < 6 ? letter &- 0x57 : nil
    }
}

extension Span<UInt8> {
    @inline(__always)
    func hasSameBytes(as other: Span<UInt8>) -> Bool {
        count == other.count && hasPrefix(other)
    }

    @inline(__always)
    func hasPrefix(_ prefix: Span<UInt8>) -> Bool {
        let length = prefix.count
        guard length <= count else { return false }
        guard length >= 8 else {
            for index in 0..<length where self[index] != prefix[index] { return false }
            return true
        }
        // The last word, which overlaps the one before it, comes first: names that differ mostly begin alike.
        if word(at: length &- 8) != prefix.word(at: length &- 8) { return false }
        var index = 0
        while index &+ 8 < length {
            if word(at: index) != prefix.word(at: index) { return false }
            index &+= 8
        }
        return true
    }

    /// - Parameter prefix: in lower case.
    @inline(__always)
    func hasPrefixIgnoringCase(_ prefix: Span<UInt8>) -> Bool {
        let length = prefix.count
        guard length <= count else { return false }
        guard length >= 8 else {
            for index in 0..<length where self[index].lowercasedASCII != prefix[index] { return false }
            return true
        }
        if word(at: length &- 8).lowercasedASCIIBytes != prefix.word(at: length &- 8) { return false }
        var index = 0
        while index &+ 8 < length {
            if word(at: index).lowercasedASCIIBytes != prefix.word(at: index) { return false }
            index &+= 8
        }
        return true
    }

    /// Up to eight bytes, in lower case.
    @inline(__always)
    func lowercasedWord(at index: Int, upTo end: Int) -> UInt64 {
        if index &+ 8 <= end { return word(at: index).lowercasedASCIIBytes }
        var word: UInt64 = 0
        for place in index..<end { word = word << 8 | UInt64(self[place]) }
        return word.lowercasedASCIIBytes
    }

    /// Eight bytes at once, all of which must be there.
    @inline(__always)
    private func word(at index: Int) -> UInt64 {
        bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
    }

    /// Whether both are the same text but for the case of ASCII and Latin-1 letters, the characters that a policy
    /// document may hold (rule 61).
    func hasSameBytesIgnoringCase(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var afterLatin1Lead = false
        var index = 0
        while index < count {
            let own = self[index]
            let others = other[index]
            if own != others {
                let same =
                    afterLatin1Lead
                    ? own.lowercasedLatin1Trailer == others.lowercasedLatin1Trailer
                    : own.lowercasedASCII == others.lowercasedASCII
                guard same else { return false }
            }
            afterLatin1Lead = own == 0xC3
            index &+= 1
        }
        return true
    }

    func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        var index = start
        while index < count {
            if self[index] == byte { return index }
            index &+= 1
        }
        return nil
    }

    /// Where the text goes on after its `number`th colon.
    @inline(__always)
    func index(afterColon number: Int) -> Int? {
        var colons = 0
        for index in 0..<count where self[index] == UInt8(ascii: ":") {
            colons &+= 1
            if colons == number { return index &+ 1 }
        }
        return nil
    }

    /// The number of colons, counted no further than `limit`.
    func colonCount(upTo limit: Int) -> Int {
        var colons = 0
        var index = 0
        while index < count, colons < limit {
            if self[index] == UInt8(ascii: ":") { colons &+= 1 }
            index &+= 1
        }
        return colons
    }
}

extension UInt8 {
    /// The second byte of U+00C0…U+00FE in UTF-8, in lower case: À…Þ (but ×) become à…þ.
    fileprivate var lowercasedLatin1Trailer: UInt8 { self &- 0x80 < 0x1F && self != 0x97 ? self | 0x20 : self }
}

extension UInt64 {
    /// Eight bytes, each as `lowercasedASCII` makes it: the high bits of two sums say which of them are at least "A"
    /// and which are beyond "Z", and a capital differs from its small letter in one bit.
    @inline(__always)
    fileprivate var lowercasedASCIIBytes: UInt64 {
        let high: UInt64 = 0x8080_8080_8080_8080
        let low = self & ~high
        let fromA = low &+ 0x3F3F_3F3F_3F3F_3F3F
        let beyondZ = low &+ 0x2525_2525_2525_2525
        return self | (fromA & ~beyondZ & ~self & high) >> 2
    }
}
