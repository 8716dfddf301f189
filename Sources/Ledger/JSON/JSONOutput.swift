/// JSON while it is written: bytes, to which values are added one after another.
///
/// The bytes are in memory of its own and not in an array, since most of them are added one by one.
final class JSONOutput {
    // One encoder at a time writes, on one thread: there is nothing for checks of exclusive access to find.
    @exclusivity(unchecked) private var memory: UnsafeMutableBufferPointer<UInt8>
    @exclusivity(unchecked) private(set) var count = 0

    init(capacity: Int) {
        memory = .allocate(capacity: max(capacity, 16))
    }

    deinit {
        memory.deallocate()
    }

    /// Everything that has been written.
    var written: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: memory[..<count]) }

    /// Takes back what was written last.
    func truncate(to count: Int) { self.count = min(count, self.count) }

    /// Memory for some more bytes.
    @inline(__always) private func reserve(_ more: Int) {
        if memory.count - count < more { grow(more) }
    }

    @inline(never) private func grow(_ more: Int) {
        let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(memory.count * 2, count + more))
        _ = larger.update(fromContentsOf: written)
        memory.deallocate()
        memory = larger
    }

    @inline(__always) func append(_ byte: UInt8) {
        reserve(1)
        memory[count] = byte
        count += 1
    }

    func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        reserve(bytes.count)
        _ = UnsafeMutableBufferPointer(rebasing: memory[count...]).update(fromContentsOf: bytes)
        count += bytes.count
    }

    func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A string in quotation marks; escaped as `JSONEncoder` does it, with slashes as they are.
    func append(quoted text: String) {
        var text = text
        text.withUTF8 { text in
            append(UInt8(ascii: "\""))
            var at = 0
            while at < text.count {
                let end = JSONSpecials.first(in: text, from: at)
                append(UnsafeBufferPointer(rebasing: text[at..<end]))
                if end < text.count { append(escape: text[end]) }
                at = end + 1
            }
            append(UInt8(ascii: "\""))
        }
    }

    private func append(escape byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0a: append(UInt8(ascii: "n"))
        case 0x0c: append(UInt8(ascii: "f"))
        case 0x0d: append(UInt8(ascii: "r"))
        case 0..<0x20:
            append(byte < 0x10 ? "u000" : "u001")
            let digit = byte & 15
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        default: append(byte)
        }
    }

    func append(number: some FixedWidthInteger) { append(ascii: "\(number)") }

    /// The shortest text that is this number, without `.0`.
    /// - Returns: false, and nothing is written, for what JSON has no number for.
    func append(number: some BinaryFloatingPoint & LosslessStringConvertible) -> Bool {
        guard number.isFinite else { return false }
        let text = number.description
        append(ascii: text)
        if text.hasSuffix(".0") { count -= 2 }
        return true
    }

    private func append(ascii text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }
}

/// The characters that end a string in JSON, or that can't be in one as they are: quotation mark, backslash, and control
/// characters.
enum JSONSpecials {
    /// The place of the first one; the end if there is none. It looks at eight bytes at a time.
    static func first(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let raw = UnsafeRawBufferPointer(bytes)
        var at = start
        while at + 8 <= raw.count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            // The top bit of a byte is set where it is one of them; above the first of them perhaps elsewhere, too.
            let found =
                ((word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes)
                & tops
            if found != 0 { return at + found.trailingZeroBitCount / 8 }
            at += 8
        }
        while at < bytes.count, !isOne(bytes[at]) { at += 1 }
        return at
    }

    private static func isOne(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}
