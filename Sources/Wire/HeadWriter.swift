/// Fills memory with the lines of a message's head, one after the other.
package struct HeadWriter {
    private let memory: UnsafeMutableRawBufferPointer
    /// How many bytes were written.
    package private(set) var count = 0
    /// Whether all has been written that was to be. What is not whole must never be sent: the reader would take what follows for a
    /// part of it.
    package private(set) var isWhole = true

    /// - Parameter memory: which should be large enough; what there is no room for is left out, see ``isWhole``.
    package init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    /// Writes bytes.
    package mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.count > memory.count - count { isWhole = false }
        let bytes = UnsafeBufferPointer(rebasing: bytes.prefix(memory.count - count))
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyBytes(from: bytes)
        count += bytes.count
    }

    /// Writes a text.
    package mutating func put(_ text: String) {
        text.withBytes { put($0) }
    }

    /// Writes a field's line.
    package mutating func putField(_ name: String, _ value: String) {
        put(name)
        put(": ")
        put(value)
        put("\r\n")
    }

    /// Writes a field's line, if it is one (RFC 9110, section 5).
    /// - Returns: false for a name that is no token, and for a value that ends the line or has another control character.
    package mutating func putCheckedField(_ name: String, _ value: String) -> Bool {
        guard !name.isEmpty, name.withBytes({ $0.allSatisfy(Self.isOfToken) }), value.withBytes(Self.isPrintable) else {
            return false
        }
        putField(name, value)
        return true
    }

    /// Whether there is no control character but tabs.
    private static func isPrintable(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        value.allSatisfy { (eight: ByteLanes) in !eight.hasAny(below: 0x20) && !eight.hasAny("\u{7F}") }
            || value.allSatisfy { (byte: UInt8) in byte >= 0x20 && byte != 0x7F || byte == 0x09 }
    }

    /// Whether a character may be in a method, or in a field's name (RFC 9110, section 5.6.2).
    package static func isOfToken(_ byte: UInt8) -> Bool {
        // A letter of either case.
        if (0x61...0x7A).contains(byte | 0x20) { return true }
        switch byte {
        case 0x30...0x39, UInt8(ascii: "-"): return true
        default: return "!#$%&'*+.^_`|~".utf8.contains(byte)
        }
    }
}
