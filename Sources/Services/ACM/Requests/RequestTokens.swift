import Ledger
import Platform
import Wire

/// What came of a request with an idempotency token, for an hour.
struct RequestToken: TableRow {
    static let kind = "AWS::CertificateManager::Request"
    /// In seconds.
    static let lifetime = 3600.0

    let token: String
    let arn: String
    /// Seconds since 1970.
    let until: Double

    var key: RowKey { RowKey(.text(token)) }
}

extension RecordReading {
    /// The ARN that a request with a token was answered with, within the last hour.
    func answer(to token: String, _ call: Call) throws(ServiceError) -> String? {
        guard let row = try get(RequestToken.self, RowKey(.text(token))), row.until > call.time else { return nil }
        return row.arn
    }
}

/// Forgets a token.
struct ForgetToken: Job {
    static let kind = "ACM::ForgetToken"
    let token: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (key, now) = (RowKey(.text(token)), context.environment.now())
        try await context.finish { (records) throws(ServiceError) in
            guard let row = try records.get(RequestToken.self, key), row.until <= now + 1 else { return }
            try records.delete(RequestToken.self, key)
        }
    }
}
