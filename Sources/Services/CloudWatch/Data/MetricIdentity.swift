import CloudWatchAPI
import Crypto
import Ledger
import Platform
import Wire

/// What a metric is called: namespace, name and dimensions tell it from all others of an account and Region.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html>
struct MetricIdentity: Hashable, Sendable, Codable {
    let namespace: String
    let name: String
    /// In the order of their names.
    let dimensions: [MetricDimension]

    init(_ namespace: String, _ name: String, _ dimensions: [MetricDimension]) {
        self.namespace = namespace
        self.name = name
        self.dimensions =
            dimensions.count < 2 ? dimensions : dimensions.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
    }

    init(_ metric: CloudWatch.Metric) {
        self.init(metric.namespace ?? "", metric.metricName ?? "", (metric.dimensions ?? []).map(MetricDimension.init))
    }

    /// Of namespace and name in their order, and then of what dimensions there are: those may be longer than keys are.
    var key: RowKey {
        guard !dimensions.isEmpty else { return RowKey(.text(namespace), .text(name), .bytes([])) }
        var hash = SHA256()
        for dimension in dimensions {
            for text in [dimension.name, dimension.value] {
                withUnsafeBytes(of: UInt64(text.utf8.count).bigEndian) { hash.update(bufferPointer: $0) }
                hash.update(data: Array(text.utf8))
            }
        }
        return RowKey(.text(namespace), .text(name), .bytes(Array(hash.finalize().prefix(16))))
    }

    var view: CloudWatch.Metric {
        CloudWatch.Metric {
            $0.namespace = namespace
            $0.metricName = name
            $0.dimensions = dimensions.map(\.view)
        }
    }
}

extension MetricDimension {
    init(_ view: CloudWatch.Dimension) { self.init(view.name, view.value) }

    var view: CloudWatch.Dimension {
        CloudWatch.Dimension {
            $0.name = name
            $0.value = value
        }
    }
}

/// A metric that there are data points of.
struct StoredMetric: TableRow {
    static let kind = "Gatehouse::CloudWatch::Metric"
    static let version = 1
    /// The index of all metrics by their names alone.
    static let byName = "name"
    /// And by their numbers.
    static let byNumber = "number"

    let identity: MetricIdentity
    /// What its data are kept under.
    let number: Int64
    /// Of its data points.
    var units: [String]
    /// When the hour began that its newest data point is in, in seconds since 1970.
    var newest: Int64

    var key: RowKey { identity.key }
    /// What ``byName`` has it under.
    var nameKey: RowKey { RowKey(.text(identity.name), .text(identity.namespace)) }
    var indexes: [RowIndex] {
        [
            RowIndex(Self.byName, nameKey),
            RowIndex(Self.byNumber, RowKey(.number(number))),
        ]
    }

    static var form: RowForm<Self> {
        .short(version: 1) { (row, output) in
            output.append(row.identity.namespace)
            output.append(row.identity.name)
            output.append(count: row.identity.dimensions.count)
            for dimension in row.identity.dimensions {
                output.append(dimension.name)
                output.append(dimension.value)
            }
            output.append(row.number)
            output.append(row.newest)
            output.append(count: row.units.count)
            for unit in row.units { output.append(unit) }
        } read: { (input, _) in
            let (namespace, name) = (try input.text(), try input.text())
            var dimensions: [MetricDimension] = []
            for _ in 0..<(try input.count()) { dimensions.append(MetricDimension(try input.text(), try input.text())) }
            let (number, newest) = (try input.number(), try input.number())
            var units: [String] = []
            for _ in 0..<(try input.count()) { units.append(try input.text()) }
            return StoredMetric(
                identity: MetricIdentity(namespace, name, dimensions), number: number, units: units, newest: newest)
        }
    }
}
