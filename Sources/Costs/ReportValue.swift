/// What a column of a file has, by the letter that `gatehouse-parquet` knows it by.
public enum ReportType: UInt8, Sendable {
    /// Texts.
    case text = 0x73
    /// Numbers, with a floating point.
    case number = 0x64
    /// Times.
    case time = 0x74
    /// Texts by their names.
    case texts = 0x6D
}

/// A value of a line.
public enum ReportValue: Hashable, Sendable {
    /// A text, a number in digits, or a time; empty: there is none.
    case text(String)
    /// Texts by names, in the order of the names.
    case texts([Pair])

    /// A name and a text.
    public struct Pair: Hashable, Sendable {
        let name: String
        let text: String
    }
}

/// Lines as bytes, in the forms that files have.
public enum ReportBytes {
    /// Adds a line of CSV (RFC 4180): values, with quotation marks where one needs them, and the end of the line. What a spreadsheet
    /// would take for a formula stays as it is: programs read these files.
    public static func append(csv values: some Sequence<ReportValue>, to bytes: inout [UInt8]) {
        var isFirst = true
        for value in values {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            switch value {
            case .text(let text): append(text, to: &bytes)
            case .texts(let pairs): append(json(pairs), to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        let isPlain = bytes[start...].allSatisfy { byte in
            byte != UInt8(ascii: ",") && byte != UInt8(ascii: "\"") && byte != 10 && byte != 13
        }
        guard !isPlain else { return }
        let plain = Array(bytes[start...])
        bytes.removeSubrange(start...)
        bytes.append(UInt8(ascii: "\""))
        for byte in plain {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// As AWS has maps in CSV: `{"user_team":"books"}`.
    private static func json(_ pairs: [ReportValue.Pair]) -> String {
        "{\(pairs.map { "\(quoted($0.name)):\(quoted($0.text))" }.joined(separator: ","))}"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Adds what `gatehouse-parquet` reads first: how many columns there are, and the type and the name of each.
    public static func append(columns: [(name: String, type: ReportType)], to bytes: inout [UInt8]) {
        append(columns.count, to: &bytes)
        for column in columns {
            bytes.append(column.type.rawValue)
            append(counted: column.name, to: &bytes)
        }
    }

    /// Adds a line as `gatehouse-parquet` reads it: each value with its length before it. A text that is empty is none.
    public static func append(row values: some Sequence<ReportValue>, to bytes: inout [UInt8]) {
        for value in values {
            switch value {
            case .text(""): append(0xFFFF_FFFF, to: &bytes)
            case .text(let text): append(counted: text, to: &bytes)
            case .texts(let pairs):
                append(pairs.reduce(0) { $0 + 8 + $1.name.utf8.count + $1.text.utf8.count }, to: &bytes)
                for pair in pairs {
                    append(counted: pair.name, to: &bytes)
                    append(counted: pair.text, to: &bytes)
                }
            }
        }
    }

    private static func append(counted text: String, to bytes: inout [UInt8]) {
        append(text.utf8.count, to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(clamping: number).littleEndian) { bytes.append(contentsOf: $0) }
    }
}
