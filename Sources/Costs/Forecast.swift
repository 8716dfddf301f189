#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the days to come will cost, if they are as those before: the mean of whole days, and how far days have been from it.
///
/// It is a plain forecast that everybody can compute again: no trend and no season is in it.
public struct Forecast: Sendable {
    /// The mean of a day.
    public let mean: ExactAmount
    /// The standard deviation of a day.
    public let deviation: Double
    /// How many days it is made from.
    public let days: Int

    /// AWS forecasts from about five weeks of days on.
    /// <https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html>
    public static let leastDays = 35
    /// Days before these do not count.
    public static let mostDays = 90

    /// - Parameter days: what each whole day has cost, those without any cost, too; the last one last.
    /// - Returns: nil for fewer than ``leastDays``.
    public init?(_ days: [ExactAmount]) {
        let days = days.suffix(Self.mostDays)
        guard days.count >= Self.leastDays, let count = Int64(exactly: days.count) else { return nil }
        mean = days.reduce(.zero, +).divided(by: count)
        let average = mean.approximation
        let squares = days.reduce(0.0) { $0 + ($1.approximation - average) * ($1.approximation - average) }
        deviation = (squares / Double(days.count - 1)).squareRoot()
        self.days = days.count
    }

    /// What a number of hours will cost.
    public func amount(hours: Int64) -> ExactAmount { mean.times(max(0, hours)).divided(by: 24) }

    /// The interval in which that will be, with a probability.
    /// - Parameter level: 51 to 99, in percent.
    public func interval(hours: Int64, level: Int) -> (lower: ExactAmount, upper: ExactAmount) {
        let expected = amount(hours: hours)
        let width = Self.quantile(level) * deviation * (Double(max(0, hours)) / 24).squareRoot()
        guard let margin = ExactAmount(rounding: min(width, 1e12)) else { return (expected, expected) }
        return (max(.zero, expected - margin), expected + margin)
    }

    /// How many standard deviations to both sides of the mean of a normal distribution make up a probability: by halving.
    static func quantile(_ level: Int) -> Double {
        let wanted = Double(min(max(level, 1), 99)) / 100
        var (lower, upper) = (0.0, 10.0)
        for _ in 0..<100 {
            let middle = (lower + upper) / 2
            if erf(middle / 2.0.squareRoot()) < wanted { lower = middle } else { upper = middle }
        }
        return (lower + upper) / 2
    }
}
