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
        return layout.columns.map { ($0.snakeName, $0) } + [(tags, nil)]
    }()

    private static let tags = "resource_tags"

    /// What the columns of a file are called, and what they have.
    public var header: [(name: String, type: ReportType)] {
        columns.map { column in
            let source = Self.sources.first { $0.name == column.source }
            return (column.name, source?.column.map(\.parquetType) ?? .texts)
        }
    }

    /// What a file has of the lines of a report. It knows the columns' places.
    public struct Selection: Sendable {
        private enum Place {
            case field(Int)
            case tags
            case nothing
        }

        private let layout: ReportLayout
        private let places: [Place]

        init(_ query: ExportQuery, _ layout: ReportLayout) {
            self.layout = layout
            places = query.columns.map { column in
                if column.source == ExportQuery.tags { return .tags }
                return layout.columns.firstIndex { $0.snakeName == column.source }.map { .field($0) } ?? .nothing
            }
        }

        /// The values of a line: see ``ReportLayout/fields(_:_:_:count:id:)``.
        public func fields(
            _ line: CostLine, _ key: ReportLayout.Key, _ times: ReportLayout.Times, count: Int64, id: String
        ) -> [ReportValue] {
            let all = layout.fields(line, key, times, count: count, id: id)
            return places.map { place in
                switch place {
                case .field(let index): return all.indices.contains(index) ? all[index] : .text("")
                case .nothing: return .text("")
                case .tags:
                    // As AWS has them: those that have no value are not there.
                    return .texts(
                        layout.tagKeys.compactMap { key in
                            line.use.tags[key].map { ReportValue.Pair(name: "user_\(key)", text: $0) }
                        })
                }
            }
        }
    }

    /// What a file of a report with this layout has.
    public func selection(of layout: ReportLayout) -> Selection { Selection(self, layout) }
}
