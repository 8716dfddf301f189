import LogPatterns
import Platform

/// What the filters of a group say of events that have come: what they count for, and which are sent on.
struct FilteredBatch: Sendable {
    /// Events of one part of a batch that a subscription sends on.
    struct Outgoing: Sendable {
        let part: Int
        let subscription: Subscription
        let runs: [Int64]
    }

    private(set) var data: [MetricData] = []
    private(set) var outgoing: [Outgoing] = []

    /// A metric, and the minute of its data points.
    private struct Point: Hashable {
        let namespace: String
        let name: String
        let unit: String
        let dimensions: [MetricDimension]
        let minute: Int64

        init(
            _ transformation: CompiledMetricFilter.Transformation, _ dimensions: [MetricDimension], _ minute: Int64
        ) {
            (namespace, name) = (transformation.namespace, transformation.name)
            (unit, self.dimensions, self.minute) = (transformation.unit ?? "None", dimensions, minute)
        }
    }

    /// Data points of one batch, so that its transaction stays short; what goes beyond them does not count.
    private static let mostPoints = 20_000

    /// - Parameters:
    ///   - parts: what becomes a segment each.
    ///   - time: when they came, in seconds since 1970.
    /// - Complexity: linear in the bytes of the messages, for each filter.
    init(_ filters: FilterIndex.OfGroup, _ parts: [ArraySlice<NewEvent>], at time: Double) {
        let hour = milliseconds(time) / 3_600_000
        guard !filters.isEmpty else { return }
        var points: [Point: [Double: Double]] = [:]
        for (number, events) in parts.enumerated() {
            var places: [[Int]] = Array(repeating: [], count: filters.subscriptions.count)
            for (place, event) in events.enumerated() {
                var message = LogMessage(event.message)
                for (index, subscription) in filters.subscriptions.enumerated()
                where subscription.pattern.matches(&message) {
                    places[index].append(place)
                }
                for filter in filters.metrics {
                    Self.count(&message, at: event.timestamp / 60_000, by: filter, in: hour, &points)
                }
            }
            for (subscription, places) in zip(filters.subscriptions, places) where !places.isEmpty {
                outgoing.append(
                    Outgoing(part: number, subscription: subscription, runs: OutgoingEvents.runs(of: places)))
            }
        }
        addDefaults(filters.metrics, Set(parts.joined().map { $0.timestamp / 60_000 }), &points)
        data = points.map { point, values in
            MetricData(
                point.name, in: point.namespace, dimensions: point.dimensions, at: Double(point.minute) * 60,
                values.map { MetricData.Observation($0.key, count: $0.value) }, unit: point.unit)
        }
    }

    private static func count(
        _ message: inout LogMessage, at minute: Int64, by filter: CompiledMetricFilter, in hour: Int64,
        _ points: inout [Point: [Double: Double]]
    ) {
        guard filter.pattern.matches(&message) else { return }
        for one in filter.transformations {
            guard let found = one.point(of: &message) else { continue }
            let dimensions = found.dimensions.map { MetricDimension($0.name, $0.value) }
            guard filter.made.has(one.namespace, one.name, dimensions, in: hour) else { continue }
            let point = Point(one, dimensions, minute)
            guard points.count < mostPoints || points[point] != nil else { continue }
            points[point, default: [:]][found.value, default: 0] += 1
        }
    }

    /// What minutes count as that have events, but none that fits.
    private func addDefaults(
        _ filters: [CompiledMetricFilter], _ minutes: Set<Int64>, _ points: inout [Point: [Double: Double]]
    ) {
        for one in filters.lazy.flatMap(\.transformations) {
            guard let value = one.defaultValue else { continue }
            for minute in minutes
            where points.count < Self.mostPoints && points[Point(one, [], minute)] == nil {
                points[Point(one, [], minute)] = [value: 1]
            }
        }
    }
}
