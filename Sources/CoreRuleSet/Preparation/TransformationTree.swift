import WAF

/// All sequences of transformations that tests want, so that what they have in common is done once: each node is what its parent
/// is after one more transformation. Node 0 is the value as it is.
struct TransformationTree: Sendable {
    struct Node: Sendable {
        let parent: Int
        let step: SecTransformation
    }

    private(set) var nodes: [Node] = [Node(parent: 0, step: .shared(.none))]
    private var children: [Child: Int] = [:]

    private struct Child: Hashable {
        let parent: Int
        let step: SecTransformation
    }

    /// The nodes of a sequence, from the value as it is to its end.
    mutating func path(_ steps: [SecTransformation]) -> [Int] {
        var path = [0]
        var node = 0
        for step in steps {
            let child = Child(parent: node, step: step)
            if let known = children[child] {
                node = known
            } else {
                nodes.append(Node(parent: node, step: step))
                node = nodes.count - 1
                children[child] = node
            }
            path.append(node)
        }
        return path
    }
}

extension SecTransformation {
    /// The text after the transformation.
    func apply(to text: [UInt8]) -> [UInt8] {
        switch self {
        case .shared(let transformation): transformation.apply(to: text)
        case .length: Array(String(text.count).utf8)
        case .removeWhitespace: text.filter { !Self.isSpace($0) && $0 != 0xA0 }
        case .trim: Self.trimLeft(Self.trimRight(text))
        case .trimLeft: Self.trimLeft(text)
        case .trimRight: Self.trimRight(text)
        case .uppercase: text.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }
        case .hexEncode: text.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
    private static func trimLeft(_ text: [UInt8]) -> [UInt8] { Array(text.drop(while: isSpace)) }
    private static func trimRight(_ text: [UInt8]) -> [UInt8] {
        Array(text[..<(text.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? 0)])
    }
}

/// What is in a text that a transformation could change: most texts have nothing of it, and need not be looked at byte for byte
/// again and again.
struct TextTraits: OptionSet, Sendable {
    let rawValue: UInt16

    static let percent = TextTraits(rawValue: 1)
    static let plus = TextTraits(rawValue: 1 << 1)
    static let ampersand = TextTraits(rawValue: 1 << 2)
    static let backslash = TextTraits(rawValue: 1 << 3)
    static let highByte = TextTraits(rawValue: 1 << 4)
    static let null = TextTraits(rawValue: 1 << 5)
    static let upperCase = TextTraits(rawValue: 1 << 6)
    static let slash = TextTraits(rawValue: 1 << 7)
    static let space = TextTraits(rawValue: 1 << 8)
    static let dot = TextTraits(rawValue: 1 << 9)
    /// What shells ignore, or take for a space.
    static let shell = TextTraits(rawValue: 1 << 10)
    /// White space that is none of a simple text: a tab, two spaces, one before a slash or a parenthesis.
    static let oddSpace = TextTraits(rawValue: 1 << 11)

    private static let ofByte: [UInt16] = (0..<256).map { byte in
        var traits: TextTraits = []
        switch UInt8(byte) {
        case UInt8(ascii: "%"): traits = .percent
        case UInt8(ascii: "+"): traits = .plus
        case UInt8(ascii: "&"): traits = .ampersand
        case UInt8(ascii: "\\"): traits = [.backslash, .shell]
        case 0x80...: traits = [.highByte, byte == 0xA0 ? [.space, .oddSpace] : []]
        case 0: traits = .null
        case 0x41...0x5A: traits = .upperCase
        case UInt8(ascii: "/"): traits = .slash
        case 0x20: traits = .space
        case 0x09...0x0D: traits = [.space, .oddSpace]
        case UInt8(ascii: "."): traits = .dot
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "^"), UInt8(ascii: ","), UInt8(ascii: ";"):
            traits = .shell
        default: break
        }
        return traits.rawValue
    }

    init(rawValue: UInt16) { self.rawValue = rawValue }

    init(of text: [UInt8]) {
        var bits: UInt16 = 0
        Self.ofByte.withUnsafeBufferPointer { table in
            for byte in text { bits |= table[Int(byte)] }
        }
        var traits = TextTraits(rawValue: bits)
        if traits.contains(.space), !traits.contains(.oddSpace) {
            var isAfterSpace = false
            for byte in text {
                if isAfterSpace, byte == 0x20 || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "(") {
                    traits.insert(.oddSpace)
                    break
                }
                isAfterSpace = byte == 0x20
            }
        }
        self = traits
    }
}

extension SecTransformation {
    /// What a text has to have in it for the transformation to change it; nil: it may change any.
    var triggers: TextTraits? {
        switch self {
        case .shared(let transformation):
            switch transformation {
            case .none: []
            case .lowercase: .upperCase
            case .urlDecode, .urlDecodeUnicode: [.percent, .plus]
            case .htmlEntityDecode: .ampersand
            case .jsDecode, .cssDecode, .escapeSequenceDecode: .backslash
            case .removeNulls, .replaceNulls: .null
            case .utf8ToUnicode: .highByte
            case .commandLine: [.shell, .oddSpace, .upperCase]
            case .compressWhiteSpace: .oddSpace
            case .replaceComments: .slash
            case .normalizePath: [.slash, .dot]
            case .normalizePathWindows: [.slash, .dot, .backslash]
            default: nil
            }
        case .removeWhitespace, .trim, .trimLeft, .trimRight: .space
        case .length, .uppercase, .hexEncode: nil
        }
    }
}
