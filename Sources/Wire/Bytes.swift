/// Appending to the bytes of a message with one look at the room for several pieces: answers and events consist of many
/// short ones.
extension [UInt8] {
    /// Appends what the closure writes.
    /// - Parameters:
    ///   - count: how many bytes there is room for.
    ///   - write: returns how many it has written, from the pointer on.
    @inline(__always)
    mutating func append(upTo count: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
        append(addingCapacity: count) { (span: inout OutputSpan<UInt8>) in
            span.withUnsafeMutableBufferPointer { buffer, written in
                guard let start = buffer.baseAddress else { return }
                written += write(start + written)
            }
        }
    }

    /// Appends the UTF-8 of a text, in one copy.
    mutating func append(_ text: String) {
        text.withBytes { append(contentsOf: $0) }
    }
}

extension UnsafeMutablePointer<UInt8> {
    /// Writes bytes, and moves on behind them. There must be room.
    @inline(__always)
    mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        update(from: start, count: bytes.count)
        self += bytes.count
    }

    /// Writes one byte, and moves on behind it. There must be room.
    @inline(__always)
    mutating func put(_ byte: UInt8) {
        pointee = byte
        self += 1
    }

    /// The same of an ASCII character.
    @inline(__always)
    mutating func put(_ byte: Unicode.Scalar) { put(UInt8(ascii: byte)) }
}

extension String {
    /// A text of bytes, which are nearly always ASCII; nil when they are not UTF-8.
    init?(utf8 bytes: ArraySlice<UInt8>) {
        let isASCII = bytes.withUnsafeBufferPointer { $0.allSatisfy { !$0.hasAnyHigh } }
        if isASCII {
            self.init(decoding: bytes, as: UTF8.self)
        } else {
            self.init(validating: bytes, as: UTF8.self)
        }
    }

    /// Lends the text's UTF-8, which is nearly always in memory as it is.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = self
        return copy.withUTF8(body)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether a test holds for all bytes. It is given eight at once, as ``ByteLanes``.
    /// - Complexity: O(*n* / 8).
    @inline(__always)
    func allSatisfy(_ test: (ByteLanes) -> Bool) -> Bool {
        guard let start = UnsafeRawPointer(baseAddress) else { return true }
        guard count >= 8 else {
            // Letters in the places that are left.
            var word: UInt64 = 0x6161_6161_6161_6161
            for byte in self { word = word &<< 8 | UInt64(byte) }
            return test(ByteLanes(word: word))
        }
        var offset = 0
        while offset + 8 <= count {
            guard test(ByteLanes(word: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))) else {
                return false
            }
            offset += 8
        }
        // The last eight, some of them for the second time.
        return offset == count
            || test(ByteLanes(word: start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)))
    }
}

/// Eight bytes side by side in one word, compared all at once.
struct ByteLanes {
    let word: UInt64

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Whether one of them is below a number, which is 0x80 at most: taking that from it borrows from its highest bit.
    @inline(__always)
    func hasAny(below limit: UInt8) -> Bool {
        (word &- Self.ones &* UInt64(limit)) & ~word & Self.highBits != 0
    }

    /// Whether one of them is an ASCII character: the exclusive or with that is below 1.
    @inline(__always)
    func hasAny(_ character: Unicode.Scalar) -> Bool {
        ByteLanes(word: word ^ (Self.ones &* UInt64(UInt8(ascii: character)))).hasAny(below: 1)
    }

    /// Whether one of them is a control character, not ASCII, or `&`, `"`, `<` or `>`: those are two pairs that differ in
    /// one bit each.
    @inline(__always)
    var needsEscapeInXML: Bool {
        let ampersandOrQuote = (word & (Self.ones &* 0xFB)) ^ (Self.ones &* 0x22)
        let angle = (word & (Self.ones &* 0xFD)) ^ (Self.ones &* 0x3C)
        // Where a byte is too small, taking away borrows from its highest bit, and none of ASCII has that.
        let isControl = word &- (Self.ones &* 0x20)
        let isMark = (ampersandOrQuote &- Self.ones) | (angle &- Self.ones)
        return (word | isControl | isMark) & Self.highBits != 0
    }

    /// Whether one of them is not ASCII.
    var hasAnyHigh: Bool { word & Self.highBits != 0 }
}
