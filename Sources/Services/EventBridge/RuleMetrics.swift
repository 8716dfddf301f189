import Ledger
import Platform

extension StoredRule {
    /// Counts something for CloudWatch: rules of default buses are known there by their names alone.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>
    func count(_ names: [String], at time: Double, in counts: MetricCounts) {
        counts.count(names, ofRule: name, on: reference, at: time)
    }
}

extension MetricCounts {
    /// The same of a rule of which only the name is known.
    func count(_ names: [String], ofRule rule: String, on bus: BusReference, at time: Double) {
        var dimensions = [MetricDimension("RuleName", rule)]
        if !bus.isDefault { dimensions.append(MetricDimension("EventBusName", bus.name)) }
        for name in names {
            count(name, in: "AWS/Events", dimensions, of: bus.scope, at: time)
            // These are there for the whole account, too.
            guard ["Invocations", "InvocationAttempts", "MatchedEvents"].contains(name) else { continue }
            count(name, in: "AWS/Events", [], of: bus.scope, at: time)
        }
    }
}
