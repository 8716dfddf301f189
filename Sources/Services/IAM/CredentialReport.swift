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
    /// How long a report is used before a new one is made: four hours, in seconds.
    static let lifetime = 4.0 * 3600

    let content: String
    /// Seconds since 1970.
    let generatedTime: Double

    var id: String { Self.id }

    /// An account has one at most.
    static let id = "report"
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateCredentialReport.html>
extension IAM.GenerateCredentialReport: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var output = Output()
        let report = try records.get(CredentialReport.self, CredentialReport.id)
        if try records.isMakingCredentialReport {
            output.state = "INPROGRESS"
        } else if let report, call.time - report.generatedTime < CredentialReport.lifetime {
            output.state = "COMPLETE"
        } else {
            try records.schedule(MakeCredentialReport(), id: CredentialReport.id, at: call.time)
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
        guard try !records.isMakingCredentialReport else {
            throw IAM.Failure.reportInProgress("The credential report is still being generated.")
        }
        guard let report = try records.get(CredentialReport.self, CredentialReport.id) else {
            // AWS says no more than the code.
            throw IAM.Failure.reportNotPresent("")
        }
        guard call.time - report.generatedTime < CredentialReport.lifetime else {
            throw IAM.Failure.reportExpired("The credential report has expired: generate a new one.")
        }
        return Output(
            content: Blob(Array(report.content.utf8)),
            reportFormat: "text/csv",
            generatedTime: Timestamp(secondsSinceEpoch: report.generatedTime))
    }
}

extension RecordReading {
    fileprivate var isMakingCredentialReport: Bool {
        get throws(ServiceError) {
            try scheduledTime(of: MakeCredentialReport.self, id: CredentialReport.id) != nil
        }
    }
}

/// Makes the report of an account.
struct MakeCredentialReport: Job {
    static let kind = "IAM::MakeCredentialReport"

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let scope = context.scope
        let rows = CredentialReportRows(
            account: scope.account,
            accountDate: environment.directory.account(scope.account)?.createDate ?? environment.now(),
            users: try await environment.all(User.self, in: scope),
            keys: try await environment.all(AccessKey.self, in: scope),
            passwords: try await environment.all(LoginProfile.self, in: scope),
            passwordPolicy: try await environment.read(scope) { (records) throws(ServiceError) in
                try records.get(AccountPasswordPolicy.self, AccountPasswordPolicy.id)
            },
            devices: try await environment.all(MFADevice.self, in: scope),
            certificates: try await environment.all(SigningCertificate.self, in: scope),
            usage: environment.usage)
        let report = CredentialReport(content: rows.csv, generatedTime: environment.now())
        try await context.finish { (records) throws(ServiceError) in try records.put(report) }
    }
}
