/// The query of a data export: `SELECT columns FROM COST_AND_USAGE_REPORT`. Columns may be renamed; there are no conditions.
/// <https://docs.aws.amazon.com/cur/latest/userguide/dataexports-data-query.html>
public struct ExportQuery: Sendable, Hashable {
    /// A column of the file.
    public struct Column: Sendable, Hashable {
        /// A column of the table: `line_item_usage_amount`.
        public let source: String
        /// What the file calls it.
        public let name: String
    }

    /// In their order.
    public let columns: [Column]

    /// Why a text is no query that is answered here.
    public struct Fault: Error, Equatable {
        /// In words.
        public let reason: String
    }

    /// The one table that there is.
    public static let table = "COST_AND_USAGE_REPORT"

    /// - Throws: ``Fault``.
    public init(_ text: String) throws(Fault) {
        var words: [String] = []
        var word = ""
        for character in text {
            if character == "," || character.isWhitespace || character == ";" {
                if !word.isEmpty { words.append(word) }
                word = ""
                if character == "," { words.append(",") }
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        guard words.first?.uppercased() == "SELECT", let from = words.firstIndex(where: { $0.uppercased() == "FROM" })
        else {
            throw Fault(reason: "The query has to be SELECT columns FROM \(Self.table)")
        }
        guard words.count == from + 2, words[from + 1].uppercased() == Self.table else {
            throw Fault(reason: "Gatehouse's exports are of the whole table \(Self.table), without conditions")
        }
        var columns: [Column] = []
        for part in words[1..<from].split(separator: ",", omittingEmptySubsequences: false) {
            let part = Array(part)
            switch part.count {
            case 1: columns.append(Column(source: part[0].lowercased(), name: part[0]))
            case 2: columns.append(Column(source: part[0].lowercased(), name: part[1]))
            case 3 where part[1].uppercased() == "AS":
                columns.append(Column(source: part[0].lowercased(), name: part[2]))
            default: throw Fault(reason: "'\(part.joined(separator: " "))' is no column")
            }
        }
        guard Set(columns.map(\.name)).count == columns.count else { throw Fault(reason: "Two columns have one name") }
        if let unknown = columns.first(where: { column in !Self.sources.contains { $0.name == column.source } }) {
            throw Fault(reason: "The table \(Self.table) has no column \(unknown.source)")
        }
        self.columns = columns
    }

    /// The columns of the table, by their names, with those of a report that they are.
    public static let sources: [(name: String, column: ReportLayout.Column?)] = {
        let layout = ReportLayout(
            hasResources: true, tagKeys: [], unit: .daily, period: HourRange(0, 1), payer: "")
        return layout.columns.map { (snake($0.category) + "_" + snake($0.name), $0) } + [("resource_tags", nil)]
    }()

    /// `UsageAccountId` is `usage_account_id`.
    private static func snake(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase, !result.isEmpty { result += "_" }
            result += character.lowercased()
        }
        return result
    }

    /// The first line of a file.
    public var header: String { ReportLayout.line(columns.map(\.name)) }

    /// A line of a file.
    public func text(
        _ layout: ReportLayout, _ line: CostLine, _ key: ReportLayout.Key, count: Int64, id: String
    ) -> String {
        let fields = layout.fields(line, key, count: count, id: id)
        let places = Dictionary(
            zip(layout.columns, fields).map { (Self.snake($0.category) + "_" + Self.snake($0.name), $1) }
        ) { first, _ in first }
        return ReportLayout.line(
            columns.map { column in
                if column.source == "resource_tags" { return Self.map(layout.tagKeys, line.use.tags) }
                return places[column.source] ?? ""
            })
    }

    /// Tags as a map in JSON, as AWS has them: `{"user_team":"books"}`.
    private static func map(_ keys: [String], _ tags: [String: String]) -> String {
        let pairs = keys.compactMap { key in tags[key].map { "\(quoted("user_" + key)):\(quoted($0))" } }
        return "{\(pairs.joined(separator: ","))}"
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
}
