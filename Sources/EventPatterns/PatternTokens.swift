import Wire

/// What is wrong with an event pattern or a filter policy, as AWS says it: with the place in the text.
public struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong: `"source" must be an object or an array`.
    public let reason: String
    /// The reason and where, as it stands in AWS's errors:
    ///
    /// ```text
    /// "source" must be an object or an array
    ///  at [Source: (String)"{"source":"aws.ec2"}"; line: 1, column: 12]
    /// ```
    public let description: String

    init(_ reason: String, _ text: [UInt8], at offset: Int) {
        self.reason = reason
        let before = text.prefix(offset)
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // Jackson, which AWS reads patterns with, shows the first 500 characters.
        let source = String(decoding: text, as: UTF8.self)
        let shown = source.prefix(500)
        let hidden = source.count - shown.count
        let rest = hidden > 0 ? "[truncated \(hidden) chars]" : ""
        description =
            "\(reason)\n at [Source: (String)\"\(shown)\"\(rest); line: \(line), column: \(max(0, offset - start) + 1)]"
    }
}

/// A JSON text as a row of tokens with their places, for errors that say where. The text has been read by `JSONValue` before,
/// so it is well-formed.
struct PatternTokens {
    enum Token: Equatable {
        case beginObject, endObject, beginArray, endArray
        case key(String)
        case value(JSONValue)
    }

    let text: [UInt8]
    private let tokens: [(token: Token, end: Int)]
    private var next = 0

    /// - Throws: PatternError for what is no JSON.
    init(_ text: [UInt8]) throws(PatternError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: text)
        } catch {
            throw PatternError(Self.reason(error, text), text, at: error.offset)
        }
        self.text = text
        var scanner = Scanner(text: text)
        scanner.add(value)
        tokens = scanner.tokens
    }

    /// The next token; the end of an object once there is none.
    mutating func take() -> Token {
        guard next < tokens.count else { return .endObject }
        defer { next += 1 }
        return tokens[next].token
    }

    /// An error at what was taken last.
    func error(_ reason: String) -> PatternError {
        var index = max(0, next - 1)
        guard index < tokens.count else { return PatternError(reason, text, at: text.count) }
        // When the reader that AWS uses has read a name, it has read the beginning of its value, too.
        if case .key = tokens[index].token, index + 1 < tokens.count { index += 1 }
        return PatternError(reason, text, at: tokens[index].end)
    }

    private static func reason(_ error: JSONError, _ text: [UInt8]) -> String {
        switch error.reason {
        case .unexpectedEnd: return "Unexpected end-of-input"
        case .duplicateKey: return "Duplicate key"
        default:
            guard error.offset < text.count else { return "Unexpected end-of-input" }
            let character = text[error.offset]
            let shown = (0x20..<0x7f).contains(character) ? String(UnicodeScalar(character)) : "?"
            return "Unexpected character ('\(shown)' (code \(character))): \(error.reason.rawValue)"
        }
    }

    /// Finds where each token of a well-formed text ends.
    private struct Scanner {
        let text: [UInt8]
        var tokens: [(token: Token, end: Int)] = []
        var offset = 0

        init(text: [UInt8]) {
            self.text = text
        }

        mutating func add(_ value: JSONValue) {
            skip()
            switch value {
            case .object(let members):
                offset += 1
                tokens.append((.beginObject, offset))
                for member in members {
                    skip()
                    string()
                    tokens.append((.key(member.key), offset))
                    skip()
                    add(member.value)
                }
                skip()
                offset += 1
                tokens.append((.endObject, offset))
            case .array(let elements):
                offset += 1
                tokens.append((.beginArray, offset))
                for element in elements { add(element) }
                skip()
                offset += 1
                tokens.append((.endArray, offset))
            case .string:
                // Strings are read when they are asked for: their place is that of the opening quote.
                tokens.append((.value(value), offset + 1))
                string()
            default:
                while offset < text.count, !",]} \t\r\n".utf8.contains(text[offset]) { offset += 1 }
                tokens.append((.value(value), offset))
            }
        }

        private mutating func skip() {
            while offset < text.count, " \t\r\n,:".utf8.contains(text[offset]) { offset += 1 }
        }

        private mutating func string() {
            offset += 1
            while offset < text.count, text[offset] != UInt8(ascii: "\"") {
                offset += text[offset] == UInt8(ascii: "\\") ? 2 : 1
            }
            offset += 1
        }
    }
}
