/// The state of an alarm.
public enum AlarmState: String, Sendable, Codable {
    case ok = "OK"
    case alarm = "ALARM"
    case insufficientData = "INSUFFICIENT_DATA"
}

/// How an alarm sees a period in which there is no data.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>
public enum MissingData: String, Sendable, Codable {
    case missing, ignore, breaching, notBreaching
}

/// How a metric alarm finds its state: M of the last N periods.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html>
public struct AlarmEvaluation: Sendable {
    /// N: the periods that count.
    public var periods: Int
    /// M: so many of them have to breach the threshold.
    public var toAlarm: Int
    public var missingData: MissingData

    /// - Parameters: see the properties.
    public init(periods: Int, toAlarm: Int, missingData: MissingData) {
        self.periods = max(1, periods)
        self.toAlarm = max(1, min(toAlarm, self.periods))
        self.missingData = missingData
    }

    /// So many periods are looked at, so that there may be some without data. AWS's examples look at five for N = 3; for other
    /// alarms it doesn't say.
    public var range: Int { periods + 2 }

    /// What is concluded, and of what.
    public struct Verdict: Sendable, Equatable {
        /// nil: the alarm keeps the state that it has.
        public var state: AlarmState?
        /// The places of the periods that counted, the oldest first.
        public var places: [Int]
        /// Periods without data that were filled.
        public var filled: Int
    }

    /// Decides of the last periods.
    /// - Parameter breaches: of each period of ``range``, the oldest first, whether its value breaches the threshold; nil: there
    ///   is no data.
    public func verdict(_ breaches: [Bool?]) -> Verdict {
        let real = breaches.indices.filter { breaches[$0] != nil }
        if real.count >= periods {
            let last = Array(real.suffix(periods))
            return Verdict(state: state(last.count { breaches[$0] == true }), places: last, filled: 0)
        }
        let breaching = real.count { breaches[$0] == true }
        let filled = periods - real.count
        func verdict(_ state: AlarmState?) -> Verdict { Verdict(state: state, places: real, filled: filled) }
        switch missingData {
        case .notBreaching: return verdict(state(breaching))
        case .breaching: return verdict(state(breaching + filled))
        case .missing, .ignore: break
        }
        if real.isEmpty { return verdict(missingData == .missing ? .insufficientData : nil) }
        if breaching >= toAlarm { return verdict(.alarm) }
        // Enough is known, or something that does not breach: then there is no reason for an alarm.
        guard real.count < toAlarm, let oldest = real.first(where: { breaches[$0] == true }),
            !real.contains(where: { $0 > oldest && breaches[$0] == false })
        else { return verdict(.ok) }
        // All since then was breaching or missing. It is an alarm as soon as that is M periods ago, so that what is still to come
        // can't change it; before that, nobody can tell.
        let isOldEnough = breaches.count - oldest >= toAlarm
        if isOldEnough { return verdict(missingData == .missing ? .alarm : nil) }
        return verdict(breaching == real.count ? nil : .ok)
    }

    private func state(_ breaching: Int) -> AlarmState { breaching >= toAlarm ? .alarm : .ok }

    /// Whether there are enough samples for a percentile to say something: where an alarm ignores it otherwise.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html>
    public static func isEnough(samples: Double, percentile: Double) -> Bool {
        let share = percentile / 100
        if share >= 0.5 { return share >= 1 || samples >= 10 / (1 - share) }
        return share <= 0 || samples >= 10 / share
    }
}

/// When a value breaches a threshold.
public enum ThresholdComparison: String, Sendable, Codable {
    case greaterOrEqual = "GreaterThanOrEqualToThreshold"
    case greater = "GreaterThanThreshold"
    case less = "LessThanThreshold"
    case lessOrEqual = "LessThanOrEqualToThreshold"

    /// Whether it does.
    public func breaches(_ value: Double, _ threshold: Double) -> Bool {
        switch self {
        case .greaterOrEqual: value >= threshold
        case .greater: value > threshold
        case .less: value < threshold
        case .lessOrEqual: value <= threshold
        }
    }

    /// As reasons of states have it.
    public var words: String {
        switch self {
        case .greaterOrEqual: "greater than or equal to"
        case .greater: "greater than"
        case .less: "less than"
        case .lessOrEqual: "less than or equal to"
        }
    }
}
