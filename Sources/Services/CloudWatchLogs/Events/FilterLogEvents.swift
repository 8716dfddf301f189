import CloudWatchLogsAPI
import Ledger
import LogPatterns
import Platform
import Wire

/// The events of a group's streams that fit a pattern, in the order of their times. A search that has read much answers with what it
/// has found so far, maybe nothing, and with a token to go on by.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
extension CloudWatchLogs.FilterLogEvents: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = try call.logGroup(name: input.logGroupName, identifier: input.logGroupIdentifier)
        return .required([call.logsAccess(name.policyARN)] + (input.unmask == true ? [call.unmasking(name)] : []))
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let search = try EventSearch(input, call)
        let keys = try await call.environment.projection(LogKeys.self).keys(of: search.group, call.environment)
        let found = try await call.environment.read(search.group.scope) { (records) throws(ServiceError) in
            try search.run(records, keys: keys)
        }
        return Output {
            $0.events = found.events.map { event in
                CloudWatchLogs.FilteredLogEvent {
                    $0.logStreamName = event.stream
                    $0.timestamp = Int(event.place.time)
                    $0.message = event.text(unmasked: search.unmasks)
                    $0.ingestionTime = Int(event.ingestion)
                    $0.eventId = event.place.text
                }
            }
            // AWS has it no more: always empty.
            $0.searchedLogStreams = []
            $0.nextToken = found.token?.text
        }
    }
}

extension FilterPattern {
    /// - Throws: InvalidParameterException.
    init(parameter text: String) throws(ServiceError) {
        do throws(InvalidFilterPattern) { try self.init(text) } catch {
            throw .invalidParameter(InvalidFilterPattern.message)
        }
    }
}
