/// Writes the parts of an index: numbers in little-endian order, texts behind their lengths.
struct IndexWriter {
    var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func word(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// In seven bits of each byte.
    mutating func count(_ value: Int) {
        var value = UInt64(max(0, value))
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    mutating func text(_ text: String) {
        count(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func texts(_ texts: [String]) {
        count(texts.count)
        for text in texts { self.text(text) }
    }

    /// A text that may be missing; an empty one is.
    mutating func optional(_ text: String?) { self.text(text ?? "") }

    mutating func optional(_ time: Double?) { word(time.map(\.bitPattern) ?? .max) }
}

/// Reads them. What lies beyond the end reads as nothing, so that a damaged file traps nobody.
struct IndexReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var place: Int

    init(_ bytes: UnsafeRawBufferPointer, at place: UInt64) {
        self.bytes = bytes
        self.place = Int(clamping: place)
    }

    mutating func byte() -> UInt8 {
        guard place >= 0, place < bytes.count else { return 0 }
        place += 1
        return bytes[place - 1]
    }

    mutating func word() -> UInt64 {
        guard place >= 0, place <= bytes.count - 8 else {
            place = bytes.count
            return 0
        }
        place += 8
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place - 8, as: UInt64.self))
    }

    mutating func count() -> Int {
        var (value, shift) = (0, 0)
        while shift < 56 {
            let byte = byte()
            value |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { break }
            shift += 7
        }
        return value
    }

    private mutating func slice() -> UnsafeRawBufferPointer {
        let count = count()
        guard place >= 0, place <= bytes.count, count <= bytes.count - place else {
            place = bytes.count
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        place += count
        return UnsafeRawBufferPointer(rebasing: bytes[place - count..<place])
    }

    mutating func text() -> String { String(decoding: slice(), as: UTF8.self) }

    /// Passes a text, and tells whether it is that one.
    mutating func isText(_ text: String) -> Bool {
        let slice = slice()
        guard slice.count == text.utf8.count else { return false }
        return zip(slice, text.utf8).allSatisfy { $0 == $1 }
    }

    mutating func texts() -> [String] {
        var texts: [String] = []
        for _ in 0..<min(count(), bytes.count) {
            guard place < bytes.count else { break }
            texts.append(text())
        }
        return texts
    }

    mutating func optional() -> String? {
        let text = text()
        return text.isEmpty ? nil : text
    }

    mutating func optionalTime() -> Double? {
        let word = word()
        return word == .max ? nil : Double(bitPattern: word)
    }
}

/// A hash that is the same on every machine, and in every run: FNV-1a, mixed once more.
func stableHash(_ parts: String...) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for part in parts {
        for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        // What parts the parts.
        hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01b3
    }
    hash = (hash ^ (hash >> 32)) &* 0xd6e8_feb8_6659_fd93
    return hash ^ (hash >> 32)
}
