import Ledger
import Platform
import Wire

/// Tells CloudWatch each minute for how long a key's imported material is still there, as long as it expires: of several
/// materials the one that goes first.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html>
struct TellExpiration: Job {
    static let kind = "KMS::TellExpiration"
    static var recurs: Bool { true }
    private static let pause = 60.0

    let keyID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (job, environment) = (self, context.environment)
        try await context.finish { (records) throws(ServiceError) in
            let now = environment.now()
            guard let key = try records.get(Key.self, job.keyID),
                let end = key.materials.filter(\.isThere).compactMap(\.validTo).min(), end > now
            else { return }
            let left = MetricData(
                "SecondsUntilKeyMaterialExpiration", in: "AWS/KMS", dimensions: [MetricDimension("KeyId", key.id)],
                at: now,
                [.init((end - now).rounded(.down))], unit: "Seconds")
            try records.publish([left], environment)
            try records.schedule(job, id: job.keyID, at: now + Self.pause)
        }
    }
}
