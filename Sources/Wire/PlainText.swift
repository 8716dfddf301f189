/// Plain values as text, as query parameters, headers and XML elements have them.
enum PlainText {
    /// Throws `MalformedInput` when the text is not of the shape's type.
    static func value(_ text: String, _ shape: Shape) throws(ServiceError) -> Value {
        switch shape {
        case .string: return .string(text)
        case .integer(let shape):
            guard let integer = Int(text), !shape.isShort || Int32(exactly: integer) != nil else {
                throw .malformedInput("STRING_VALUE can not be converted to \(shape.isShort ? "an Integer" : "a Long")")
            }
            return .integer(integer)
        case .double:
            guard let double = double(text) else {
                throw .malformedInput("STRING_VALUE can not be converted to a Double")
            }
            return .double(double)
        case .boolean:
            switch text.lowercased() {
            case "true": return .boolean(true)
            case "false": return .boolean(false)
            default: throw .malformedInput("STRING_VALUE can not be converted to a Boolean")
            }
        case .timestamp:
            guard let timestamp = Timestamp(parsing: text) else {
                throw .malformedInput("timestamp must follow ISO8601")
            }
            return .timestamp(timestamp)
        case .blob:
            guard let bytes = Base64.decode(text.utf8) else { throw .malformedInput("Blob must be valid base64") }
            return .blob(bytes)
        case .list, .map, .structure:
            throw .malformedInput("Unexpected complex element termination")
        }
    }

    /// Only decimal numbers and the three names that Smithy has for those that are none.
    static func double(_ text: String) -> Double? {
        switch text {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default:
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }) else { return nil }
            return Double(text).flatMap { $0.isFinite ? $0 : nil }
        }
    }

    static func text(_ double: Double) -> String {
        if double.isNaN { return "NaN" }
        if double.isInfinite { return double < 0 ? "-Infinity" : "Infinity" }
        return "\(double)"
    }

    static func text(_ timestamp: Timestamp, _ format: TimestampFormat) -> String {
        switch format {
        case .iso8601: timestamp.iso8601
        case .rfc822: timestamp.httpDate
        case .epoch: epochText(timestamp)
        }
    }

    /// Seconds with up to three decimals.
    static func epochText(_ timestamp: Timestamp) -> String {
        let seconds = timestamp.secondsSinceEpoch
        guard seconds.isFinite, abs(seconds) <= 253_402_300_799 else { return "0" }
        let milliseconds = Int((seconds * 1000).rounded())
        if milliseconds % 1000 == 0 { return String(milliseconds / 1000) }
        return "\(Double(milliseconds) / 1000)"
    }
}
