import Inspector2API
import Ledger
import Packages
import Wire

/// A resource that Amazon Inspector looks at, or can't look at.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_CoveredResource.html>
struct CoveredResource: TableRow, Equatable {
    static let kind = "AWS::InspectorV2::CoveredResource"

    let accountID: String
    let region: String
    /// `AWS_EC2_INSTANCE`
    let type: String
    /// An instance's id, an image's or a function's ARN.
    let resource: String
    /// `PACKAGE`, `NETWORK`
    let scanType: String
    /// Whether it is scanned.
    var isActive: Bool
    /// Why not, or `SUCCESSFUL`: AWS's `ScanStatusReason`.
    var reason: String
    /// Seconds since 1970; nil: never yet.
    var lastScanned: Double?
    /// When it was first looked at, in seconds since 1970.
    let since: Double
    /// How often it was scanned.
    var scans = 0
    /// By what it is seen that it has changed.
    var fingerprint = ""
    /// The advisories that it was last compared with, by their own fingerprint.
    var advisories = ""
    /// A `ResourceScanMetadata` as JSON.
    var metadata = "{}"
    /// A `Resource` of findings, as JSON.
    var details = "{}"

    var key: RowKey { RowKey(.text(type), .text(resource), .text(scanType)) }

    /// - Throws: an internal failure for what this version can't read.
    func metadataView() throws(ServiceError) -> Inspector2.ResourceScanMetadata {
        Inspector2.ResourceScanMetadata(try Structure(json: metadata, of: Inspector2.ResourceScanMetadata.shape))
    }

    /// - Throws: an internal failure for what this version can't read.
    func detailsView() throws(ServiceError) -> Inspector2.Resource {
        Inspector2.Resource(try Structure(json: details, of: Inspector2.Resource.shape))
    }

    func view() throws(ServiceError) -> Inspector2.CoveredResource {
        var view = Inspector2.CoveredResource()
        view.accountId = accountID
        view.resourceType = type
        view.resourceId = resource
        view.scanType = scanType
        view.scanStatus = Inspector2.ScanStatus {
            $0.statusCode = isActive ? "ACTIVE" : "INACTIVE"
            $0.reason = reason
        }
        view.resourceMetadata = try metadataView()
        view.lastScannedAt = lastScanned.map { Timestamp(secondsSinceEpoch: $0) }
        if type == "AWS_EC2_INSTANCE", scanType == "PACKAGE" { view.scanMode = "EC2_AGENTLESS" }
        return view
    }
}

/// The packages of a covered resource, as they were when it was last read.
struct ResourceInventory: TableRow, Equatable {
    static let kind = "AWS::InspectorV2::Inventory"

    let type: String
    let resource: String
    var inventory: Inventory

    var key: RowKey { RowKey(.text(type), .text(resource)) }
}
