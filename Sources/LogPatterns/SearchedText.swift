/// A text that is looked for in others, in time linear in them: by Knuth, Morris and Pratt.
struct SearchedText: Sendable {
    let bytes: [UInt8]
    /// For each of its beginnings, the length of the longest shorter beginning that it ends with.
    private let borders: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var borders = [Int](repeating: 0, count: bytes.count)
        var length = 0
        for place in bytes.indices.dropFirst() {
            while length > 0, bytes[place] != bytes[length] { length = borders[length - 1] }
            if bytes[place] == bytes[length] { length += 1 }
            borders[place] = length
        }
        self.borders = borders
    }

    /// Whether a text has it.
    func isIn(_ text: [UInt8]) -> Bool {
        guard let first = bytes.first else { return true }
        var length = 0
        return text.withUnsafeBufferPointer { text in
            for byte in text {
                // Most bytes are not even the first one.
                if length == 0, byte != first { continue }
                while length > 0, byte != bytes[length] { length = borders[length - 1] }
                if byte == bytes[length] { length += 1 }
                if length == bytes.count { return true }
            }
            return false
        }
    }
}
