import Ledger
import Platform

extension StoredRule {
    /// Counts something for CloudWatch: rules of default buses are known there by their names alone.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>
    func count(_ names: [String], at time: Double, in counts: MetricCounts) {
        var dimensions = [MetricDimension("RuleName", name)]
        if !reference.isDefault { dimensions.append(MetricDimension("EventBusName", bus)) }
        for name in names {
            counts.count(name, in: "AWS/Events", dimensions, of: reference.scope, at: time)
            // These are there for the whole account, too.
            guard ["Invocations", "InvocationAttempts", "MatchedEvents"].contains(name) else { continue }
            counts.count(name, in: "AWS/Events", [], of: reference.scope, at: time)
        }
    }
}
