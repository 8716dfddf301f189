/// The keys and values of a body that is JSON, as far as a statement looks at them.
///
/// It goes on wherever some reader behind it might: over commas and colons that are missing or too many, as AWS's does, over a
/// mark of the order of bytes, and to any depth. What is before a mistake that it can't go over counts, and so does what there is
/// of a text without an end.
/// AWS: <https://docs.aws.amazon.com/waf/latest/APIReference/API_JsonBody.html>
///
/// - Complexity: linear in the body, for each path that is looked for.
struct JSONBody {
    /// Texts without their quotation marks and escapes; of other values, their spelling.
    private(set) var elements: [[UInt8]] = []
    /// Whether all of it could be read, with an object or an array around it, and no key twice in an object.
    private(set) var isComplete = false

    /// Where a value is: whether a path has led to it, or may yet.
    private enum Place {
        case included
        /// Its JSON pointer, which is the beginning of a path.
        case onTheWay(String)
        case elsewhere
    }

    /// An object or an array that has begun.
    private struct Open {
        let place: Place
        let isObject: Bool
        /// How many values of an array there were.
        var count = 0
        /// The key whose value comes next, as a place.
        var next: Place?
    }

    private let match: JSONBodyMatch
    private let paths: [String]
    private var reader: ByteReader
    /// A stack of its own: bodies can be deeper than a thread's.
    private var open: [Open] = []
    /// The keys of each of them, apart so that no look at ``open`` makes copies.
    private var keys: [Set<[UInt8]>] = []
    /// Whether there was something that is read over, but no JSON.
    private var isFlawed = false

    init(_ body: [UInt8], _ match: JSONBodyMatch) {
        self.match = match
        // `/` alone is the root.
        paths = (match.paths ?? []).map { $0 == "/" ? "" : $0 }
        reader = ByteReader(body)
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { reader.skip(3) }
        skipSpace()
        let isRootFit = reader.current == UInt8(ascii: "{") || reader.current == UInt8(ascii: "[")
        let isRead = value(match.paths == nil ? .included : place("")) && content()
        skipSpace()
        isComplete = isRead && isRootFit && !isFlawed && reader.isAtEnd
    }

    private func place(_ pointer: String) -> Place {
        if paths.contains(pointer) { return .included }
        return paths.contains { $0.hasPrefix(pointer + "/") } ? .onTheWay(pointer) : .elsewhere
    }

    private func place(_ step: @autoclosure () -> String, in outer: Place) -> Place {
        guard case .onTheWay(let pointer) = outer else { return outer }
        return place("\(pointer)/\(step())")
    }

    private mutating func take(_ text: [UInt8], _ place: Place, isKey: Bool) {
        guard case .included = place, isKey ? match.scope.hasKeys : match.scope.hasValues else { return }
        elements.append(text)
    }

    private mutating func skipSpace() {
        while let byte = reader.current, byte == 0x20 || (0x09...0x0D).contains(byte) { reader.skip() }
    }

    /// Reads what is in the objects and arrays that have begun; false: there was a mistake.
    private mutating func content() -> Bool {
        while let inner = open.last {
            skipSpace()
            switch reader.current {
            case nil: return false
            case UInt8(ascii: ","): reader.skip()
            case UInt8(ascii: ":") where inner.isObject: reader.skip()
            case UInt8(ascii: "}") where inner.isObject, UInt8(ascii: "]") where !inner.isObject:
                reader.skip()
                if inner.next != nil { isFlawed = true }
                open.removeLast()
                keys.removeLast()
            default:
                guard inner.isObject ? member(inner) : value(element(inner)) else { return false }
            }
        }
        return true
    }

    /// Where the next value of an array is.
    private mutating func element(_ array: Open) -> Place {
        open[open.count - 1].count += 1
        return place(String(array.count), in: array.place)
    }

    /// Reads a key of an object, or the value of the key before.
    private mutating func member(_ object: Open) -> Bool {
        if let place = object.next {
            open[open.count - 1].next = nil
            return value(place)
        }
        guard reader.current == UInt8(ascii: "\"") else { return false }
        let (key, isWhole) = string()
        let inner = place(Self.escaped(String(decoding: key, as: UTF8.self)), in: object.place)
        take(key, inner, isKey: true)
        if !keys[keys.count - 1].insert(key).inserted { isFlawed = true }
        open[open.count - 1].next = inner
        return isWhole
    }

    /// Reads one value, of an object or array the beginning; false: there was a mistake.
    private mutating func value(_ place: Place) -> Bool {
        skipSpace()
        switch reader.current {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            open.append(Open(place: place, isObject: reader.next() == UInt8(ascii: "{")))
            keys.append([])
            return true
        case UInt8(ascii: "\""):
            let (text, isWhole) = string()
            take(text, place, isKey: false)
            return isWhole
        case nil: return false
        default: return scalar(place)
        }
    }

    /// A number, `true`, `false` or `null`; anything that is spelt like one.
    private mutating func scalar(_ place: Place) -> Bool {
        var text: [UInt8] = []
        while let byte = reader.current, byte.isWordCharacter || byte == 0x2B || byte == 0x2D || byte == 0x2E {
            text.append(byte)
            reader.skip()
        }
        guard !text.isEmpty else { return false }
        take(text, place, isKey: false)
        return true
    }

    /// A text in quotation marks, or as much as there is of it before a mistake.
    private mutating func string() -> (text: [UInt8], isWhole: Bool) {
        reader.skip()
        var text: [UInt8] = []
        while let byte = reader.next() {
            switch byte {
            case UInt8(ascii: "\""): return (text, true)
            case UInt8(ascii: "\\"):
                guard let escaped = reader.next() else { return (text, false) }
                switch escaped {
                case UInt8(ascii: "b"): text.append(0x08)
                case UInt8(ascii: "f"): text.append(0x0C)
                case UInt8(ascii: "n"): text.append(0x0A)
                case UInt8(ascii: "r"): text.append(0x0D)
                case UInt8(ascii: "t"): text.append(0x09)
                case UInt8(ascii: "u"):
                    guard let scalar = scalar() else { return (text, false) }
                    text.append(contentsOf: String(scalar).utf8)
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escaped)
                default: return (text, false)
                }
            default: text.append(byte)
            }
        }
        return (text, false)
    }

    /// What `\u` stands for, with the second half of a pair; a half alone becomes U+FFFD.
    private mutating func scalar() -> Unicode.Scalar? {
        guard let unit = reader.hexWord(at: 0) else { return nil }
        reader.skip(4)
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
        guard reader.peek(0) == UInt8(ascii: "\\"), reader.peek(1) == UInt8(ascii: "u"),
            let low = reader.hexWord(at: 2),
            (0xDC00..<0xE000).contains(low)
        else { return "\u{FFFD}" }
        reader.skip(6)
        return Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)) ?? "\u{FFFD}"
    }

    /// A key as JSON pointers have it.
    private static func escaped(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
        return key.reduce(into: "") { result, character in
            switch character {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.append(character)
            }
        }
    }
}
