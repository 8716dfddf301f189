import ConfigService
import Directory
import FoundationEssentials
import Ledger
import Platform
import Wire

/// What has become of a resource since it was made: each change with what is different, who made it, and why that was allowed.
///
/// It is read from the journal, whether or not AWS Config's recorder was running: so it goes back as far as the journal is kept.
public struct ResourceLife: Sendable {
    /// A request that changed how the resource looks.
    public struct Step: Sendable {
        /// Milliseconds since 1970.
        public let time: Int64
        /// CREATE, UPDATE or DELETE
        public let type: String
        let difference: ConfigurationDifference
        let requestID: String
        /// The call, with what the policies said to it; nil: nobody's, or the event history has it no more.
        public let call: RecordedCall?
    }

    /// The oldest first.
    public let steps: [Step]

    /// - Parameters:
    ///   - arn: of the resource, which may be gone.
    ///   - estate: where everything else is known from.
    ///   - recorded: where the calls are.
    /// - Throws: `StartError` for an ARN of no type that AWS Config records, and for a ledger that can't be read.
    /// - Complexity: linear in what the journal has of the type's records.
    public init(_ arn: String, _ estate: RecordedEstate, _ recorded: RecordedData) async throws(StartError) {
        let environment = estate.environment
        var types = environment.configuredResources.values.filter { $0.named(arn, environment) != nil }
        if types.isEmpty, arn.hasPrefix("arn:aws:s3:::"),
            let bucket = environment.configuredResources["AWS::S3::Bucket"]
        {
            types = [bucket]
        }
        guard let type = types.min(by: { $0.name < $1.name }) else {
            throw StartError(
                "No type of resource that AWS Config records here has such an ARN: \(arn). It records "
                    + environment.configuredResources.keys.sorted().joined(separator: ", ") + ".")
        }
        do {
            steps = try await Self.walk(arn, type, environment, recorded)
        } catch {
            throw StartError("\(error)")
        }
    }

    private static func walk(
        _ arn: String, _ type: ConfiguredResourceType, _ environment: Environment, _ recorded: RecordedData
    ) async throws -> [Step] {
        var steps: [Step] = []
        var (last, isEnd): (Int64, Bool) = (0, false)
        while !isEnd {
            let page = try await environment.ledger.follow(after: last, kinds: type.kinds, limit: 256)
            (last, isEnd) = (page.last, page.isEnd)
            let found = try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
                var found: [(entry: JournalEntry, difference: ConfigurationDifference)] = []
                for entry in page.entries {
                    let sequence = entry.change.sequence
                    let after = RecordedState(records, through: sequence, environment)
                    let before = RecordedState(records, through: sequence - 1, environment)
                    for resource in try type.concerned(entry.change, after) {
                        let (old, new) = (try type.item(resource, before), try type.item(resource, after))
                        guard old != new, old?.arn == arn || new?.arn == arn else { continue }
                        found.append((entry, ConfigurationDifference(old, new)))
                    }
                }
                return found
            }
            for (entry, difference) in found {
                let id = entry.change.requestID
                let call = id.isEmpty ? nil : try await recorded.call(requestID: id)
                steps.append(
                    Step(
                        time: entry.time, type: difference.type, difference: difference, requestID: id, call: call))
            }
        }
        return steps
    }

    /// For people.
    public var text: String {
        steps.map(\.text).joined(separator: "\n\n")
    }
}

extension ResourceLife.Step {
    /// When, what is different, and how it came about.
    public var text: String {
        let time = Timestamp(secondsSinceEpoch: Double(time) / 1000).iso8601WithMilliseconds
        let done = ["CREATE": "created", "UPDATE": "changed", "DELETE": "deleted"][type] ?? type
        var lines = ["\(time) \(done)" + (requestID.isEmpty ? "" : " by the request \(requestID)")]
        for property in difference.properties {
            let name = printable(property.name)
            if let old = property.old { lines.append("  - \(name): \(printable(old.jsonText))") }
            if let new = property.new { lines.append("  + \(name): \(printable(new.jsonText))") }
        }
        if let call {
            lines += call.explanation.split(separator: "\n", omittingEmptySubsequences: true).map { "  \($0)" }
        } else if requestID.isEmpty {
            lines.append("  by Gatehouse itself")
        } else {
            lines.append("  The event history has this request no more.")
        }
        return lines.joined(separator: "\n")
    }
}
