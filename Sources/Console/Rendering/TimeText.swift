import Wire

extension Timestamp {
    /// For people: `2026-11-29 20:51:04`, UTC.
    var reading: String { String(iso8601.prefix(19).map { $0 == "T" ? " " : $0 }) }

    /// As fields of forms have it: `2026-11-29T20:51:04`, UTC.
    var field: String { String(iso8601.prefix(19)) }

    /// Reads what a field of a form has, or a time with its zone; without one it is UTC.
    init?(field: String) {
        let text = field.uppercased()
        if let time = Timestamp(parsing: text) {
            self = time
        } else if let time = Timestamp(parsing: text + "Z") ?? Timestamp(parsing: text + ":00Z") {
            self = time
        } else {
            return nil
        }
    }
}
