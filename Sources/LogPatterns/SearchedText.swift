/// A text that is looked for in others, in time linear in them: by Knuth, Morris and Pratt.
package struct SearchedText: Sendable {
    package let bytes: [UInt8]
    /// For each of its beginnings, the length of the longest shorter beginning that it ends with.
    private let borders: [Int]

    package init(_ bytes: [UInt8]) {
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
    package func isIn(_ text: [UInt8]) -> Bool { first(in: text) != nil }

    /// Where it begins in a text for the first time from a place on; nil: nowhere.
    package func first(in text: [UInt8], from start: Int = 0) -> Int? {
        guard let first = bytes.first else { return min(start, text.count) }
        var length = 0
        return text.withUnsafeBufferPointer { text in
            var place = start
            while place < text.count {
                let byte = text[place]
                place += 1
                // Most bytes are not even the first one.
                if length == 0, byte != first { continue }
                while length > 0, byte != bytes[length] { length = borders[length - 1] }
                if byte == bytes[length] { length += 1 }
                if length == bytes.count { return place - length }
            }
            return nil
        }
    }
}
