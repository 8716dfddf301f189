/// Words and phrases that a message has, or has not: `ERROR "not found" -retry`, or `?ERROR ?WARN`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-unstructured-log-events.html>
struct TermPattern: Sendable {
    private var required: [SearchedText] = []
    private var excluded: [SearchedText] = []
    /// One of these is enough. They count for nothing where there are others.
    private var optional: [SearchedText] = []

    init(_ scanner: inout PatternScanner) throws(InvalidFilterPattern) {
        scanner.skipSpace()
        while scanner.next != nil {
            if scanner.take("-") {
                excluded.append(try Self.term(&scanner))
            } else if scanner.take("?") {
                optional.append(try Self.term(&scanner))
            } else {
                required.append(try Self.term(&scanner))
            }
            if let byte = scanner.next, !PatternScanner.isSpace(byte) {
                throw scanner.invalid("a term with other characters than letters, digits and _ needs quotes")
            }
            scanner.skipSpace()
        }
    }

    private static func term(_ scanner: inout PatternScanner) throws(InvalidFilterPattern) -> SearchedText {
        scanner.skipSpace()
        if scanner.next == UInt8(ascii: "\"") { return SearchedText(try scanner.quoted()) }
        let term = scanner.bytes { PatternScanner.isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
        guard !term.isEmpty else { throw scanner.invalid("a term is missing") }
        return SearchedText(term)
    }

    func matches(_ message: [UInt8]) -> Bool {
        if required.isEmpty, excluded.isEmpty {
            return optional.isEmpty || optional.contains { $0.isIn(message) }
        }
        return required.allSatisfy { $0.isIn(message) } && !excluded.contains { $0.isIn(message) }
    }
}
