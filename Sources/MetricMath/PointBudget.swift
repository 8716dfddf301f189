/// What the expressions of one request may compute: a few letters of an expression can ask for any number of points.
final class PointBudget {
    /// Points that expressions may make, and that may therefore be kept.
    static let mostMade = 5_000_000
    /// Points of metrics and of other expressions' results that expressions may name.
    static let mostRead = 20_000_000
    /// Functions that count what they make before they make it.
    static let countedAhead: Set<String> = [
        "TIME_SERIES", "FILL", "MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH",
    ]

    private let mostMade: Int
    private let mostRead: Int
    private var made = 0
    private var read = 0

    init(made: Int = mostMade, read: Int = mostRead) { (mostMade, mostRead) = (made, read) }

    func make(_ count: Int) throws(MathError) { try Self.add(count, to: &made, mostMade) }
    func read(_ count: Int) throws(MathError) { try Self.add(count, to: &read, mostRead) }

    private static func add(_ count: Int, to sum: inout Int, _ most: Int) throws(MathError) {
        guard count <= most - sum else {
            throw MathError(
                "The expressions compute more datapoints than Gatehouse does at a time. Increase the period, or decrease the"
                    + " time range.")
        }
        sum += count
    }
}
