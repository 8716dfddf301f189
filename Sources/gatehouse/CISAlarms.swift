import ArgumentParser
import Posture

struct CISAlarms: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cis-alarms",
        abstract: "Print the AWS CLI calls that make the metric filters and alarms of the CIS benchmark.",
        discussion: """
            gatehouse cis-alarms --log-group trail --topic arn:aws:sns:us-east-1:111122223333:alarms | sh -e

            The CIS AWS Foundations Benchmark wants somebody to be told of fifteen kinds of events, from unauthorized calls to \
            changes of the organization (section 4 of versions 1.4 to 5, section 3 of version 1.2). Each takes a metric filter \
            on the log group that a trail of all Regions writes to, and an alarm on its metric.

            Nothing is called: what is printed can be read, kept, and run against Gatehouse or AWS.
            """)

    @Option(help: "The name, or ARN, of the log group that the trail writes to.")
    var logGroup: String

    @Option(help: "The ARN of the topic that is told.")
    var topic: String

    @Option(help: "The namespace of the metrics.")
    var namespace = "CISBenchmark"

    @Option(help: ArgumentHelp("The version of the benchmark: 1.2, 1.4, 1.5, 2, 3, 4 or 5.", valueName: "version"))
    var benchmark = Benchmark.v5

    enum Benchmark: String, ExpressibleByArgument, CaseIterable {
        case v12 = "1.2"
        case v14 = "1.4"
        case v15 = "1.5"
        case v2 = "2"
        case v3 = "3"
        case v4 = "4"
        case v5 = "5"

        /// The section on monitoring.
        var section: Int { self == .v12 ? 3 : 4 }
        /// Version 1.2 has nothing of organizations.
        var count: Int { self == .v12 ? 14 : 15 }
    }

    func validate() throws {
        guard topic.hasPrefix("arn:"), topic.split(separator: ":", omittingEmptySubsequences: false).count == 6 else {
            throw ValidationError("'\(topic)' is not the ARN of a topic: arn:aws:sns:us-east-1:111122223333:alarms.")
        }
        guard !group.isEmpty else { throw ValidationError("The log group has no name.") }
    }

    func run() {
        for filter in CISFilter.all.prefix(benchmark.count) {
            print("# \(benchmark.section).\(filter.place): \(filter.title)")
            print(lines("aws logs put-metric-filter", filterOptions(filter)))
            print(lines("aws cloudwatch put-metric-alarm", alarmOptions(filter)))
        }
    }

    /// The name of the log group.
    private var group: String {
        let parts = logGroup.split(separator: ":", omittingEmptySubsequences: false)
        return parts.first == "arn" && parts.count >= 7 ? String(parts[6]) : logGroup
    }

    private func filterOptions(_ filter: CISFilter) -> [(String, String)] {
        [
            ("log-group-name", group), ("filter-name", filter.name), ("filter-pattern", filter.pattern),
            ("metric-transformations", "metricName=\(filter.name),metricNamespace=\(namespace),metricValue=1"),
        ]
    }

    private func alarmOptions(_ filter: CISFilter) -> [(String, String)] {
        [
            ("alarm-name", "CIS-\(benchmark.section).\(filter.place)-\(filter.name)"),
            ("alarm-description", "CIS \(benchmark.rawValue), \(benchmark.section).\(filter.place): \(filter.title)"),
            ("metric-name", filter.name), ("namespace", namespace), ("statistic", "Sum"), ("period", "300"),
            ("evaluation-periods", "1"), ("threshold", "1"),
            ("comparison-operator", "GreaterThanOrEqualToThreshold"), ("treat-missing-data", "notBreaching"),
            ("alarm-actions", topic),
        ]
    }

    private func lines(_ command: String, _ options: [(String, String)]) -> String {
        ([command] + options.map { "  --\($0.0) \(Self.quoted($0.1))" }).joined(separator: " \\\n")
    }

    /// As a shell takes it for one word, whatever is in it.
    private static func quoted(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-_./:,=+@".utf8.contains(byte)
        }
        return plain && !text.isEmpty ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}
