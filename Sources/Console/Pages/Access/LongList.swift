import Pages
import Wire

/// A page of a list that is filtered by what somebody typed: a hundred rows, and the ways to the others.
struct LongList<Row> {
    static var pageSize: Int { 100 }

    let rows: [Row]
    /// How many rows there are on all pages.
    let total: Int
    let range: String
    /// What was typed; nil: nothing.
    let search: String?
    let previousPage: String?
    let nextPage: String?
    let hasSeveralPages: Bool

    /// - Parameters:
    ///   - path: of the page, below the console's root.
    ///   - keeping: parameters of the address that stay as they are on the other pages.
    ///   - text: of a row, in which what was typed is looked for, in any case of letters.
    init(_ all: [Row], _ query: FormFields, at path: String, keeping: [String] = [], text: (Row) -> String) {
        let search = query["q"]
        let wanted = search?.lowercased()
        let found = wanted.map { wanted in all.filter { text($0).lowercased().contains(wanted) } } ?? all
        let pages = max(1, (found.count + Self.pageSize - 1) / Self.pageSize)
        let page = min(max(1, query.number("page") ?? 1), pages)
        let start = (page - 1) * Self.pageSize
        let end = min(start + Self.pageSize, found.count)
        rows = Array(found[start..<end])
        total = found.count
        range = found.isEmpty ? "none" : pages == 1 ? "\(found.count)" : "\(start + 1)–\(end) of \(found.count)"
        self.search = search
        hasSeveralPages = pages > 1
        func address(_ number: Int) -> String {
            var parts = ["page=\(number)"]
            for name in ["q"] + keeping {
                if let value = query[name] { parts.append("\(name)=\(PercentEncoding.queryValue(value))") }
            }
            return Console.root + path + "?" + parts.joined(separator: "&")
        }
        previousPage = page > 1 ? address(page - 1) : nil
        nextPage = page < pages ? address(page + 1) : nil
    }

    /// What the templates `list-search` and `list-pages` show.
    var content: [String: Any?] {
        [
            "range": range, "search": search, "previousPage": previousPage, "nextPage": nextPage,
            "hasSeveralPages": hasSeveralPages,
        ]
    }
}

/// A moment as pages show it: to the minute, in UTC.
struct ShownTime: Sendable {
    /// `2026-11-29T20:55:00Z`
    let iso: String
    /// `2026-11-29 20:55 UTC`
    let said: String

    /// nil: there is no such moment.
    init?(_ time: Timestamp?) {
        guard let time else { return nil }
        iso = time.iso8601
        said = iso.prefix(16).replacing("T", with: " ") + " UTC"
    }
}

/// A row for a template, without what is not there.
func present(_ values: [String: Any?]) -> [String: Any] { values.compactMapValues { $0 } }
