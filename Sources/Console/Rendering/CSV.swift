/// Tables for spreadsheets: RFC 4180.
enum CSV {
    static func of(_ rows: [[String]]) -> [UInt8] {
        Array(rows.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined().utf8)
    }

    /// Spreadsheets take for a formula what begins like one, and whoever makes a call chooses its user agent: an apostrophe before
    /// it keeps it a text.
    private static func field(_ text: String) -> String {
        let isFormula = text.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false
        let plain = isFormula ? "'" + text : text
        guard plain.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return plain }
        return "\"" + plain.replacing("\"", with: "\"\"") + "\""
    }
}
