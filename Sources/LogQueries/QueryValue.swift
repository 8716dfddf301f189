import Wire

/// A value of a field or an expression.
enum QueryValue: Sendable, Equatable {
    /// The event does not have the field, or nothing can be said.
    case missing
    case number(Double)
    case text(String)
    case boolean(Bool)
    /// Milliseconds since 1970.
    case timestamp(Int64)
    /// A map or a list.
    case structure(JSONValue)

    /// A value of JSON. Whole numbers that no double can hold stay as they are written.
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .missing
        case .boolean(let flag): self = .boolean(flag)
        case .integer(let number):
            self = Int(exactly: Double(number)) == number ? .number(Double(number)) : .text(String(number))
        case .double(let number): self = .number(number)
        case .string(let text): self = .text(text)
        case .array, .object: self = .structure(json)
        }
    }

    /// A number, or nothing where it is none.
    init(finite number: Double) { self = number.isFinite ? .number(number) : .missing }

    var isMissing: Bool { self == .missing }

    /// As a number; nil: it is none. A text that is one counts.
    var number: Double? {
        switch self {
        case .number(let number): number
        case .text(let text): Self.number(text)
        case .boolean(let flag): flag ? 1 : 0
        case .timestamp(let time): Double(time)
        case .missing, .structure: nil
        }
    }

    /// A decimal number; what else Swift takes for one is none.
    static func number(_ text: String) -> Double? {
        var text = text
        return text.withUTF8 { bytes -> Double? in
            guard let first = bytes.first, bytes.count <= 64, (0x2b...0x39).contains(first),
                bytes.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) })
            else { return nil }
            return Double(String(decoding: bytes, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
        }
    }

    /// As a text; nil: there is none, as there is none of maps and lists.
    var text: String? {
        switch self {
        case .missing, .structure: nil
        case .number(let number): Self.format(number)
        case .text(let text): text
        case .boolean(let flag): flag ? "1" : "0"
        case .timestamp(let time): Self.format(time: time)
        }
    }

    /// As a result has it: with maps and lists as JSON.
    /// - Parameter isComputed: whether a number is rounded to four decimals, as AWS does with what `stats` computes.
    func shown(isComputed: Bool) -> String? {
        switch self {
        case .number(let number) where isComputed && abs(number) >= 0.001 && abs(number) < 1e11:
            Self.format((number * 10_000).rounded() / 10_000)
        case .structure(let json): Self.format(json)
        default: text
        }
    }

    var isTrue: Bool {
        switch self {
        case .missing, .structure: false
        case .boolean(let flag): flag
        case .text(let text): text == "true" || (Self.number(text) ?? 0) != 0
        case .number(let number): number != 0
        case .timestamp: true
        }
    }

    /// How many bytes it takes, about.
    var size: Int {
        switch self {
        case .text(let text): 32 + text.utf8.count
        case .structure(let json): 64 + Self.format(json).utf8.count
        default: 32
        }
    }

    static func format(_ number: Double) -> String {
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 { return String(whole) }
        return String(number)
    }

    static func format(_ json: JSONValue) -> String {
        var writer = JSONWriter()
        writer.json(json)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// `2026-11-30 12:00:00.000`
    static func format(time: Int64) -> String {
        let text = Timestamp(secondsSinceEpoch: Double(time) / 1000).iso8601WithMilliseconds
        return String(text.dropLast().map { $0 == "T" ? " " : $0 })
    }
}
