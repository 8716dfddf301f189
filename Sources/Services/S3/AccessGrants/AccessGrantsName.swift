import Directory
import Ledger

/// What an ARN of S3 Access Grants names.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-resources-for-iam-policies>
struct AccessGrantsName: Equatable {
    enum Thing: Equatable {
        case instance
        case location(String)
        case grant(String)
    }

    let account: String
    let region: String
    let thing: Thing

    init(_ account: String, _ region: String, _ thing: Thing) {
        self.account = account
        self.region = region
        self.thing = thing
    }

    /// - Returns: nil for the ARN of anything else.
    init?(_ arn: ARN) {
        guard arn.service == "s3", arn.account.utf8.count == 12, !arn.region.isEmpty else { return nil }
        let parts = arn.resource.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 4, parts[0] == "access-grants",
            parts[1] == AccessGrantsInstance.onlyID
        else { return nil }
        (account, region) = (arn.account, arn.region)
        switch parts.count == 2 ? nil : (parts[2], String(parts[3])) {
        case nil: thing = .instance
        case ("location", let id)?: thing = .location(id)
        case ("grant", let id)?: thing = .grant(id)
        default: return nil
        }
    }

    /// Where its record is.
    var scope: Scope { Scope(account: account, region: region) }

    var arn: String {
        let instance = "access-grants/\(AccessGrantsInstance.onlyID)"
        return switch thing {
        case .instance: ARN.text("s3", region, account, instance, "")
        case .location(let id): ARN.text("s3", region, account, instance, "/location/\(id)")
        case .grant(let id): ARN.text("s3", region, account, instance, "/grant/\(id)")
        }
    }
}
