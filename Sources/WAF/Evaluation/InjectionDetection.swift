import CLibInjection

/// SQL injection and cross-site scripting, found by libinjection.
public enum InjectionDetection {
    /// What keeps it from working on this machine; nil: nothing.
    public static var problem: String? {
        var reason = [CChar](repeating: 0, count: 256)
        guard !injection_load(&reason, reason.count) else { return nil }
        return String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What is done to a text besides where the sensitivity is HIGH: then what hides behind encodings and comments is found as
    /// well. AWS does not say how its levels differ; this is Gatehouse's reading.
    private static let unhiding: [TextTransformation] = [.urlDecodeUnicode, .replaceComments, .compressWhiteSpace]

    /// Whether a text is SQL that was injected.
    static func isSQL(_ text: [UInt8], _ sensitivity: FieldMatch.Sensitivity) -> Bool {
        if isSQL(text) { return true }
        guard sensitivity == .high else { return false }
        let plain = TextTransformation.apply(unhiding, to: text)
        return plain != text && isSQL(plain)
    }

    /// Whether a text is SQL that was injected, as it is.
    public static func isSQL(_ text: [UInt8]) -> Bool {
        var fingerprint = [CChar](repeating: 0, count: 8)
        return text.withUnsafeBufferPointer { injection_is_sql($0.baseAddress, $0.count, &fingerprint) }
    }

    /// Whether a text is markup that was injected.
    public static func isScript(_ text: [UInt8]) -> Bool {
        text.withUnsafeBufferPointer { injection_is_xss($0.baseAddress, $0.count) }
    }

    /// What was found in a text that is SQL, in pieces, as logs have it: `["10", "AND", "1"]`. Each is cut after some thirty bytes.
    /// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/logging-examples.html>
    public static func matchedSQL(_ text: [UInt8]) -> [String] {
        let (room, most) = (Int(injection_token_size), Int(injection_most_tokens))
        var tokens = [CChar](repeating: 0, count: room * most)
        let count = text.withUnsafeBufferPointer { injection_sql_tokens($0.baseAddress, $0.count, &tokens) }
        return (0..<min(count, most)).map { number in
            let token = tokens[(number * room)..<((number + 1) * room)].prefix { $0 != 0 }
            return String(decoding: token.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    static func matchedSQL(_ text: [UInt8], _ sensitivity: FieldMatch.Sensitivity) -> [String] {
        isSQL(text) || sensitivity == .low
            ? matchedSQL(text) : matchedSQL(TextTransformation.apply(unhiding, to: text))
    }

    /// How many tags of a text are looked at, how much of it from each on, and how much of what was found is told.
    private static let mostTags = 16
    private static let mostOfTag = 1024
    private static let mostMatched = 64

    /// What was found in a text that is markup, in pieces: `["<", "script"]`. What is no tag, as the value of an attribute, is
    /// told as it is.
    /// - Complexity: bounded, however long the text is, but for the search for tags.
    public static func matchedScript(_ text: [UInt8]) -> [String] { matchedScript(text, isScript) }

    static func matchedScript(_ text: [UInt8], _ isScript: ([UInt8]) -> Bool) -> [String] {
        let tags = Array(text.indices.lazy.filter { text[$0] == UInt8(ascii: "<") }.prefix(mostTags))
        // The first that is enough by itself, or else with what is behind it.
        let ends = tags.dropFirst() + [text.count]
        guard
            let tag = zip(tags, ends).first(where: { isScript(Array(text[$0..<$1].prefix(mostOfTag))) })?.0
                ?? tags.last(where: { isScript(Array(text[$0...].prefix(mostOfTag))) })
        else { return [String(decoding: text.prefix(mostMatched), as: UTF8.self)] }
        let name = text[(tag + 1)...].prefix(mostMatched).prefix { $0 > 0x20 && $0 != 0x3E && $0 != 0x2F }
        return ["<"] + (name.isEmpty ? [] : [String(decoding: name, as: UTF8.self)])
    }
}
