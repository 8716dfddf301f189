import IAMAPI
import Wire

/// The credential report, read: a row for each user, by the names of its columns.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
struct CredentialTable: Sendable {
    let time: Timestamp
    let csv: [UInt8]
    let columns: [String]
    let rows: [[String]]
    /// Where in ``rows`` each user is.
    private let places: [String: Int]

    /// The report that there is, as the person may see it.
    /// - Throws: the error of GetCredentialReport.
    static func get(_ visit: Visit) async throws(ServiceError) -> CredentialTable {
        var attempts = 0
        while true {
            do throws(ServiceError) {
                let answer = try await visit.call(IAM.GetCredentialReport.self)
                return CredentialTable(
                    answer.content?.bytes ?? [], time: answer.generatedTime ?? Timestamp(secondsSinceEpoch: 0))
            } catch {
                // It is made in a moment.
                attempts += 1
                guard error.code == "ReportInProgress", attempts < 20 else { throw error }
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    init(_ csv: [UInt8], time: Timestamp) {
        self.time = time
        self.csv = csv
        let lines = Self.lines(String(decoding: csv, as: UTF8.self))
        columns = lines.first ?? []
        rows = Array(lines.dropFirst())
        places = Dictionary(rows.enumerated().map { ($1.first ?? "", $0) }) { first, _ in first }
    }

    /// What stands in the place of the root user's name.
    static let root = "<root_account>"

    /// All names, in the order of the report.
    var names: [String] { rows.compactMap(\.first) }

    /// nil: the user is not in it, being newer.
    func row(of user: String) -> [String: String]? {
        guard let place = places[user], rows.indices.contains(place) else { return nil }
        return Dictionary(zip(columns, rows[place])) { first, _ in first }
    }

    /// RFC 4180: fields with commas stand in quotation marks, which are doubled within.
    private static func lines(_ text: String) -> [[String]] {
        var lines: [[String]] = []
        var line: [String] = []
        var field = ""
        var isQuoted = false
        var hasJustClosed = false
        for character in text {
            if character == "\"" {
                // The second of two within a quoted field opens it again, and is itself part of it.
                if hasJustClosed { field.append(character) }
                hasJustClosed = isQuoted
                isQuoted.toggle()
                continue
            }
            hasJustClosed = false
            switch character {
            case "," where !isQuoted:
                line.append(field)
                field = ""
            case "\n" where !isQuoted:
                lines.append(line + [field])
                line = []
                field = ""
            default: field.append(character)
            }
        }
        if !field.isEmpty || !line.isEmpty { lines.append(line + [field]) }
        return lines
    }
}
