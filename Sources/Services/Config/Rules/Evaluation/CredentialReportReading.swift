import Wire

/// Reads IAM's credential report: comma-separated values whose fields may be quoted, as names of users may have commas.
/// <https://www.rfc-editor.org/rfc/rfc4180>
enum CredentialReportReading {
    /// The lines after the first, by the names that the first has for their fields.
    /// - Throws: an error for a line that has not as many fields as the first: a user must not be left out unseen.
    static func rows(of report: String) throws(ServiceError) -> [[String: String]] {
        let lines = report.split(separator: "\n")
        guard let header = lines.first.map({ fields(of: $0) }) else {
            throw unreadable("it is empty")
        }
        var rows: [[String: String]] = []
        for line in lines.dropFirst() {
            let fields = fields(of: line)
            guard fields.count == header.count else {
                throw unreadable("a line has \(fields.count) fields instead of \(header.count)")
            }
            rows.append(Dictionary(zip(header, fields)) { first, _ in first })
        }
        return rows
    }

    private static func unreadable(_ reason: String) -> ServiceError {
        ServiceError("InternalError", "The credential report can't be read: \(reason).", status: 400)
    }

    private static func fields(of line: Substring) -> [String] {
        var fields: [String] = []
        var field = ""
        var isQuoted = false
        var mayBeEscaped = false
        for character in line {
            if isQuoted {
                if character == "\"" {
                    (isQuoted, mayBeEscaped) = (false, true)
                } else {
                    field.append(character)
                }
                continue
            }
            switch character {
            case "\"":
                // Two in a quoted field stand for one.
                if mayBeEscaped { field.append(character) }
                isQuoted = true
            case ",":
                fields.append(field)
                field = ""
            default: field.append(character)
            }
            mayBeEscaped = false
        }
        return fields + [field]
    }
}
