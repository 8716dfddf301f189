import Directory
import IAMAPI
import Ledger
import Platform
import Wire

// The credential report: made in the background, kept for four hours, the same bytes however often it is asked for.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

/// The last credential report of an account.
struct CredentialReport: Record {
    static let kind = "Gatehouse::IAM::CredentialReport"
    static let keepsHistory = false
    /// A report is as good as new for four hours, in seconds.
    static let lifetime = 4.0 * 3600

    let content: String
    /// Seconds since 1970.
    let generatedTime: Double

    var id: String { "report" }

    /// The name of the work that makes the report of an account.
    static func task(_ account: String) -> String { "credential report \(account)" }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateCredentialReport.html>
extension IAM.GenerateCredentialReport: ReadOperation {
    public static var isReadOnly: Bool { false }

    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let environment = call.environment
        let account = call.accountID
        let task = CredentialReport.task(account)
        var output = Output()
        let report = try records.get(CredentialReport.self, "report")
        if environment.background.isRunning(task) {
            output.state = "INPROGRESS"
        } else if let report, call.time - report.generatedTime < CredentialReport.lifetime {
            output.state = "COMPLETE"
        } else {
            let requestID = call.requestID
            environment.background.start(task) {
                // Should it fail, there is no report, as whoever asks for it learns.
                try? await environment.makeCredentialReport(account, requestID: requestID)
            }
            call.recordDurably()
            output.state = "STARTED"
            output.description = "No report exists. Starting a new report generation task"
        }
        return output
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html>
extension IAM.GetCredentialReport: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard !call.environment.background.isRunning(CredentialReport.task(call.accountID)) else {
            throw ServiceError("ReportInProgress", "The credential report is still being generated.", status: 404)
        }
        guard let report = try records.get(CredentialReport.self, "report") else {
            throw ServiceError("ReportNotPresent", "No credential report exists: generate one first.", status: 410)
        }
        guard call.time - report.generatedTime < CredentialReport.lifetime else {
            throw ServiceError("ReportExpired", "The credential report has expired: generate a new one.", status: 410)
        }
        var output = Output()
        output.content = Blob(Array(report.content.utf8))
        output.reportFormat = "text/csv"
        output.generatedTime = Timestamp(secondsSinceEpoch: report.generatedTime)
        return output
    }
}

extension Environment {
    fileprivate func makeCredentialReport(_ account: String, requestID: String) async throws(ServiceError) {
        let scope = Scope(account: account)
        let rows = CredentialReportRows(
            account: account, accountDate: directory.account(account)?.createDate ?? now(),
            users: try await all(User.self, in: scope),
            keys: try await all(AccessKey.self, in: scope),
            passwords: try await all(LoginProfile.self, in: scope),
            passwordPolicy: try await read(scope) { (records) throws(ServiceError) in
                try records.get(AccountPasswordPolicy.self, AccountPasswordPolicy.id)
            },
            devices: try await all(MFADevice.self, in: scope),
            certificates: try await all(SigningCertificate.self, in: scope),
            usage: usage)
        let report = CredentialReport(content: rows.csv, generatedTime: now())
        try await write(scope, requestID: requestID) { (records) throws(ServiceError) in try records.put(report) }
    }
}
