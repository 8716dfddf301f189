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
}
