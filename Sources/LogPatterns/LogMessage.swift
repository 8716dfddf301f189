import Wire

/// An event's message that several patterns are asked of: as JSON it is read once for all of them.
public struct LogMessage {
    /// The message.
    public let text: String
    let bytes: [UInt8]
    private var read: JSONValue??

    /// A message that nothing is known of yet.
    public init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    init(_ bytes: [UInt8]) {
        text = ""
        self.bytes = bytes
    }

    /// The object that it is; nil: it is none.
    mutating func json() -> JSONValue? {
        if let read { return read }
        // A line of anything else is told from an object by its first character.
        let isObject = bytes.first { !PatternScanner.isSpace($0) } == UInt8(ascii: "{")
        let value = isObject ? try? JSONValue(parsing: bytes) : nil
        read = .some(value)
        return value
    }
}
