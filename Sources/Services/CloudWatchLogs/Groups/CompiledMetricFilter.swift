import CloudWatchLogsAPI
import LogPatterns
import Platform
import Wire

/// A metric filter, ready to be asked: which events count, and for what.
struct CompiledMetricFilter: Sendable {
    let pattern: FilterPattern
    let transformations: [Transformation]
    /// How many metrics its dimensions have made.
    let made: MadeMetrics

    /// What events that fit count for.
    struct Transformation: Sendable {
        enum Value: Sendable {
            case constant(Double)
            case field(EventField)
        }

        let namespace: String
        let name: String
        let value: Value
        /// What a time with events of which none fits counts as; nil: as nothing.
        let defaultValue: Double?
        let unit: String?
        let dimensions: [(name: String, field: EventField)]

        /// - Throws: InvalidParameterException.
        init(
            _ transformation: CloudWatchLogs.MetricTransformation, of pattern: FilterPattern
        ) throws(ServiceError) {
            (namespace, name) = (transformation.metricNamespace, transformation.metricName)
            (defaultValue, unit) = (transformation.defaultValue, transformation.unit)
            let text = transformation.metricValue
            if let number = Double(text), number.isFinite {
                value = .constant(number)
            } else {
                value = .field(try Self.field(text, of: pattern, "metricValue"))
            }
            dimensions = try (transformation.dimensions ?? [:]).sorted { $0.key < $1.key }.map {
                (entry) throws(ServiceError) in
                (entry.key, try Self.field(entry.value, of: pattern, "dimensions"))
            }
        }

        private static func field(
            _ text: String, of pattern: FilterPattern, _ member: String
        ) throws(ServiceError) -> EventField {
            do throws(InvalidFilterPattern) { return try EventField(text, of: pattern) } catch {
                throw .invalidParameter(
                    "Invalid metric transformation: \(member) \(text) is no field of the filter pattern")
            }
        }

        /// What an event counts as; nil: it has no such number, or one of the dimensions is not in it.
        func point(of message: inout LogMessage) -> (value: Double, dimensions: [(name: String, value: String)])? {
            let number: Double?
            switch value {
            case .constant(let constant): number = constant
            case .field(let field): number = field.value(in: &message).flatMap { Double($0) }
            }
            guard let number, number.isFinite else { return nil }
            var found: [(name: String, value: String)] = []
            for (name, field) in dimensions {
                guard let value = field.value(in: &message), !value.isEmpty else { return nil }
                found.append((name, value))
            }
            return (number, found)
        }
    }

    init(_ pattern: FilterPattern, _ transformations: [CloudWatchLogs.MetricTransformation]) throws(ServiceError) {
        (self.pattern, made) = (pattern, MadeMetrics())
        self.transformations = try transformations.map { (one) throws(ServiceError) in
            try Transformation(one, of: pattern)
        }
    }

    /// nil: this version can't read it.
    init?(_ filter: MetricFilter) {
        guard let pattern = try? FilterPattern(filter.pattern), let view = try? filter.view(),
            let compiled = try? CompiledMetricFilter(pattern, view.metricTransformations ?? [])
        else { return nil }
        self = compiled
    }
}
