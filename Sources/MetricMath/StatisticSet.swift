/// What is kept of the values of a metric in a time: `StatisticSet`, and how often there was which value.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_StatisticSet.html>
public struct StatisticSet: Sendable, Equatable, Codable {
    public var count: Double
    public var sum: Double
    public var minimum: Double
    public var maximum: Double
    /// nil: it is not known, since somebody has sent statistics in place of values, or negative values.
    public var distribution: Distribution?

    /// Of values, each with how often there was it: counts are positive. nil: there is none.
    public init?(_ values: [Distribution.Entry]) {
        guard let first = values.first else { return nil }
        (count, sum, minimum, maximum) = (0, 0, first.value, first.value)
        for entry in values {
            count += entry.count
            sum += entry.value * entry.count
            minimum = min(minimum, entry.value)
            maximum = max(maximum, entry.value)
        }
        distribution = minimum >= 0 ? Distribution(values) : nil
    }

    /// Of statistics that somebody else has made. Where they leave but one value, percentiles are known all the same.
    public init(count: Double, sum: Double, minimum: Double, maximum: Double) {
        (self.count, self.sum, self.minimum, self.maximum) = (count, sum, minimum, maximum)
        let isOneValue = minimum == maximum && abs(sum - minimum * count) <= abs(sum) * 1e-9
        distribution = isOneValue && minimum >= 0 && count > 0 ? Distribution([.init(minimum, count)]) : nil
    }

    /// As it was kept.
    public init(count: Double, sum: Double, minimum: Double, maximum: Double, distribution: Distribution?) {
        (self.count, self.sum, self.minimum, self.maximum) = (count, sum, minimum, maximum)
        self.distribution = distribution
    }

    /// Takes in what another has.
    public mutating func add(_ other: StatisticSet) {
        count += other.count
        sum += other.sum
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        if let more = other.distribution { distribution?.add(more) } else { distribution = nil }
    }
}
