import CloudTrailAPI
import Platform
import Wire

extension CloudTrail.ListPublicKeys: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:ListPublicKeys", on: "*"))
    }

    /// The keys of the Region that held in the time that is asked about; of no time, those that hold now. A Region in which
    /// no digest was ever made has none.
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let start = input.startTime?.secondsSinceEpoch ?? input.endTime.map { _ in 0 } ?? call.time
        let end = input.endTime?.secondsSinceEpoch ?? call.time
        guard start <= end else {
            throw CloudTrail.Failure.invalidTimeRangeException(
                "The start time is later than the end time, or the range is otherwise invalid.")
        }
        let keys = try await call.environment.read(DigestKey.scope(call.region)) { (records) throws(ServiceError) in
            try DigestKeys.all(from: start, to: end, records)
        }
        return Output {
            $0.publicKeyList = keys.map { key in
                CloudTrail.PublicKey {
                    $0.value = Blob(Array(key.publicKey))
                    $0.validityStartTime = Timestamp(secondsSinceEpoch: key.start)
                    $0.validityEndTime = Timestamp(secondsSinceEpoch: key.end)
                    $0.fingerprint = key.id
                }
            }
        }
    }
}
