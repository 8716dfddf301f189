#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Bytes that can be read anywhere: of an open file, or in memory.
struct RandomAccess {
    private enum Place {
        case file(Int32)
        case memory([UInt8])
    }

    private let place: Place
    /// How many there are.
    let count: Int

    init(_ bytes: [UInt8]) {
        place = .memory(bytes)
        count = bytes.count
    }

    /// The descriptor has to stay open.
    init(descriptor: Int32, count: Int) {
        place = .file(descriptor)
        self.count = count
    }

    /// The bytes there; nil if not all of them are.
    func read(_ offset: Int, _ length: Int) -> [UInt8]? {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
        switch place {
        case .memory(let bytes): return Array(bytes[offset..<offset + length])
        case .file(let descriptor):
            var result: [UInt8] = []
            while result.count < length {
                let piece = min(length - result.count, 1 << 20)
                let at = offset + result.count
                let part = [UInt8](unsafeUninitializedCapacity: piece) { buffer, filled in
                    filled = max(0, pread(descriptor, buffer.baseAddress, piece, off_t(at)))
                }
                // Shorter than it was.
                if part.isEmpty { return nil }
                result += part
            }
            return result
        }
    }
}

extension [UInt8] {
    /// A number of so many bytes there; nil beyond the end, or for one that is more than an `Int` holds.
    func number(_ offset: Int, bytes width: Int, bigEndian: Bool) -> Int? {
        guard offset >= 0, width <= 8, offset <= count, width <= count - offset else { return nil }
        var number: UInt64 = 0
        for place in 0..<width {
            number = number << 8 | UInt64(self[bigEndian ? offset + place : offset + width - 1 - place])
        }
        return Int(exactly: number)
    }
}
