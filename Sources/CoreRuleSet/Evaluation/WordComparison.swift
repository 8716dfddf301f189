/// What rule 942130 looks for: a word that is compared with itself, as `1 = 1` and `a LIKE 'a'` are, or said to differ from another,
/// as `1 <> 2` is. Its expression refers back to what it captured, which no automaton can do in linear time.
///
/// - Complexity: linear in the text.
enum WordComparison {
    private enum Kind { case same, different }

    /// Signs, and words behind which a text may go on.
    private static let operators: [(words: [String], kind: Kind)] = [
        (["<=>"], .same), (["="], .same), (["like"], .same), (["sounds", "like"], .same), (["regexp"], .same),
        (["rlike"], .same), (["<="], .different), (["<>"], .different), (["<"], .different), ([">="], .different),
        ([">"], .different), (["!="], .different), (["^"], .different), (["not", "regexp"], .different),
        (["not", "like"], .different), (["is", "not"], .different),
    ]
    private static let prepared = operators.map { (words: $0.words.map { Array($0.utf8) }, kind: $0.kind) }

    static func isFound(in text: [UInt8]) -> Bool {
        var start = 0
        while start < text.count {
            guard isWord(text[start]) else {
                start += 1
                continue
            }
            let end = endOfWord(text, start)
            if isCompared(text, start..<end) { return true }
            start = end
        }
        return false
    }

    private static func isCompared(_ text: [UInt8], _ word: Range<Int>) -> Bool {
        let place = skip(text, word.upperBound, isSeparator)
        // A word right behind a word is the same word.
        guard place < text.count, place > word.upperBound || !isWord(text[place]) else { return false }
        for (words, kind) in prepared {
            guard let end = match(text, place, words) else { continue }
            let next = skip(text, end, isSeparator)
            guard next < text.count, isWord(text[next]) else { continue }
            // An operator's letters may run into what follows: then no word begins there.
            let isBoundary = !isWord(text[next - 1])
            let isSame = isBoundary && equals(text, word, next..<endOfWord(text, next))
            if isSame == (kind == .same) { return true }
        }
        return false
    }

    /// Where an operator of several words, with white space between them, ends.
    private static func match(_ text: [UInt8], _ start: Int, _ words: [[UInt8]]) -> Int? {
        var place = start
        for (index, word) in words.enumerated() {
            if index > 0 {
                let next = skip(text, place, isSpace)
                guard next > place else { return nil }
                place = next
            }
            guard place + word.count <= text.count,
                zip(text[place...], word).allSatisfy({ asciiLowercased($0) == $1 })
            else { return nil }
            place += word.count
        }
        return place
    }

    private static func equals(_ text: [UInt8], _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        left.count == right.count
            && zip(text[left], text[right]).allSatisfy { asciiLowercased($0) == asciiLowercased($1) }
    }

    private static func skip(_ text: [UInt8], _ start: Int, _ isSkipped: (UInt8) -> Bool) -> Int {
        var place = start
        while place < text.count, isSkipped(text[place]) { place += 1 }
        return place
    }

    private static func endOfWord(_ text: [UInt8], _ start: Int) -> Int { skip(text, start, isWord) }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "("), UInt8(ascii: ")"): true
        default: isSpace(byte)
        }
    }
}
