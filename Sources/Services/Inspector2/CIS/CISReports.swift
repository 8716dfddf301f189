import Inspector2API
import Ledger
import Platform
import Wire

// Reports of scans by benchmarks: a page that whoever knows its address may read for a quarter of an hour.
// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_GetCisScanReport.html>

/// That somebody may read a scan's results; in the scope of nobody, since who comes with an address has no account.
struct CISReport: TableRow, Equatable {
    static let kind = "AWS::InspectorV2::CisReport"
    /// How long it may be read, in seconds.
    static let life = 900.0
    /// What the paths of reports begin with. No bucket has such a name.
    static let path = "/_gatehouse/inspector/cis/"

    /// Nobody can guess it.
    let token: String
    let accountID: String
    let region: String
    /// The ``CISScan/id``.
    let scan: String
    /// The only account whose instances it is about; nil: all.
    let target: String?
    /// Seconds since 1970.
    let expires: Double

    var key: RowKey { RowKey(.text(token)) }
    var indexes: [RowIndex] { [RowIndex(Self.byExpiration, RowKey(.number(Int64(expires))))] }

    static let byExpiration = "expires"
}

extension Inspector2.GetCisScanReport: WriteOperation, OnAllOfInspector {
    public static var isReadOnly: Bool { true }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.reportFormat == "CSV" else {
            throw .invalidField("reportFormat", "Reports can be had as CSV; Gatehouse writes no PDF.")
        }
        let scan = try records.cisScan(input.scanArn, call)
        guard scan.status != .running else { return Output { $0.status = "IN_PROGRESS" } }
        let old = try records.shared.list(CISReport.self, by: CISReport.byExpiration, limit: 16)
        for report in old where report.expires < call.time {
            try records.shared.delete(CISReport.self, report.key)
        }
        let report = CISReport(
            token: InspectorName.hex(Identifiers.randomBytes(32)), accountID: call.accountID, region: call.region,
            scan: scan.id, target: input.targetAccounts?.first, expires: call.time + CISReport.life)
        try records.shared.put(report)
        return Output {
            $0.status = "SUCCEEDED"
            $0.url = call.environment.publicAddress.url + CISReport.path + report.token
        }
    }
}

extension PublicPath {
    /// Reports of CIS scans.
    static let cisReports = PublicPath("GET", CISReport.path) { request, environment in
        let token = String(request.path.dropFirst(CISReport.path.count))
        do throws(ServiceError) {
            guard token.utf8.count == 64,
                let report = try await environment.read(
                    Scope(account: ""),
                    { (records) throws(ServiceError) in
                        try records.get(CISReport.self, RowKey(.text(token)))
                    }),
                environment.now() < report.expires
            else { return WireResponse.json(404, #"{"message":"Not Found"}"#) }
            let scope = Scope(account: report.accountID, region: report.region)
            let results = try await environment.read(scope) { (records) throws(ServiceError) in
                try records.list(CISResult.self, of: report.scan, limit: .max)
            }
            let wanted = results.filter { result in report.target.map { $0 == result.accountID } ?? true }
            return WireResponse(
                status: 200,
                headers: [
                    (name: "content-type", value: "text/csv"), (name: "cache-control", value: "no-store"),
                    (name: "content-disposition", value: "attachment; filename=\"cis-scan-\(report.scan).csv\""),
                ], body: csv(wanted))
        } catch {
            return WireResponse.json(500, #"{"message":"Internal server error"}"#)
        }
    }

    private static func csv(_ results: [CISResult]) -> [UInt8] {
        let header = ["Account Id", "Resource Id", "Platform", "Check Id", "Title", "Level", "Status", "Status Reason"]
        let lines = results.map { result in
            [
                result.accountID, result.resource, result.platform ?? "", result.check, result.title ?? result.check,
                result.level, result.status, result.details ?? "",
            ]
        }
        let text = ([header] + lines).map { line in line.map { FindingsReport.field($0) }.joined(separator: ",") }
        return Array((text.joined(separator: "\n") + "\n").utf8)
    }
}
