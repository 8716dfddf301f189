import CloudWatchAPI
import Ledger
import Platform
import Policy
import Wire

/// An operation on the metric stream that its request names.
protocol OnMetricStream: Platform.Operation where InputFields: CloudWatch.WithName {}

extension OnMetricStream {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.watchAccess(call.streamARN(input.name)))
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStream.html>
extension CloudWatch.GetMetricStream: ReadOperation, OnMetricStream {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let stream = try records.get(StoredMetricStream.self, input.name) else {
            var error = CloudWatch.Failure.resourceNotFoundException("MetricStream \(input.name) does not exist.")
            error.members = ["ResourceType": .string("MetricStream"), "ResourceId": .string(input.name)]
            throw error
        }
        return stream.view
    }
}

/// One that is not there is as good as deleted: AWS names no error for it.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteMetricStream.html>
extension CloudWatch.DeleteMetricStream: WriteOperation, OnMetricStream {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        if let stream = try records.get(StoredMetricStream.self, input.name) { try records.delete(stream) }
        return Output()
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetricStreams.html>
extension CloudWatch.ListMetricStreams: ReadOperation, OnAllOfCloudWatch {
    private static let limit = 500

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try WatchPage.paging(input.nextToken, limit: input.maxResults, usual: limit, most: limit)
        let page = try records.page(StoredMetricStream.self, paging)
        return Output {
            $0.entries = page.items.map(\.entry)
            $0.nextToken = page.marker
        }
    }
}

/// An operation on the metric streams that its request names: on all of them, or on none.
protocol OnMetricStreams: WriteOperation where InputFields: CloudWatch.WithNames {
    static var state: StoredMetricStream.State { get }
}

extension OnMetricStreams {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.names.isEmpty else { return .required(call.watchAccess(call.streamARN("*"))) }
        return .required(input.names.map { call.watchAccess(call.streamARN($0)) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard !input.names.isEmpty else { throw .missing("Names") }
        for name in Set(input.names).sorted() {
            guard var stream = try records.get(StoredMetricStream.self, name) else {
                throw .invalidValue("The value \(name) for parameter Names is invalid: there is no such metric stream.")
            }
            guard stream.state != state else { continue }
            stream.state = state
            try records.put(stream)
        }
        return Output()
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_StartMetricStreams.html>
extension CloudWatch.StartMetricStreams: OnMetricStreams {
    static var state: StoredMetricStream.State { .running }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_StopMetricStreams.html>
extension CloudWatch.StopMetricStreams: OnMetricStreams {
    static var state: StoredMetricStream.State { .stopped }
}
