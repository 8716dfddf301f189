import Wire

/// A time as the template `moment` shows it: how long ago it was, and exactly.
struct Moment: Sendable {
    /// `2026-11-29T20:51:03Z`
    let momentISO: String
    /// `2026-11-29 20:51 UTC`
    let momentText: String
    /// `3 days ago`
    let momentAge: String

    /// - Parameter now: seconds since 1970.
    init(_ time: Timestamp, now: Double) {
        momentISO = time.iso8601
        momentText = "\(momentISO.prefix(10)) \(momentISO.dropFirst(11).prefix(5)) UTC"
        let age = Moment.span(now - time.secondsSinceEpoch)
        momentAge = age == Moment.noTime ? "just now" : age + " ago"
    }

    /// A length of time in its largest unit: `3 days`.
    static func span(_ seconds: Double) -> String {
        let units = [(name: "day", length: 86_400.0), (name: "hour", length: 3600), (name: "minute", length: 60)]
        for unit in units where seconds >= unit.length && seconds < 1e12 {
            let count = Int(seconds / unit.length)
            return count == 1 ? "1 \(unit.name)" : "\(count) \(unit.name)s"
        }
        return noTime
    }

    private static let noTime = "less than a minute"
}

extension Visit {
    /// A time as the template `moment` shows it.
    func moment(_ time: Timestamp) -> Moment { Moment(time, now: environment.now()) }
}
