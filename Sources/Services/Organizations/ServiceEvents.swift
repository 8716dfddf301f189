import Directory
import Platform
import Wire

/// What Organizations itself records in the history of the management account when something that was requested earlier
/// is completed.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html>
extension ServiceEvent {
    private static let source = "organizations.amazonaws.com"

    static func createAccountResult(_ request: AccountRequest, _ management: String, _ time: Double) -> ServiceEvent {
        ServiceEvent("CreateAccountResult", source: source, account: management, time: time) { writer in
            writer.key("createAccountStatus")
            writer.beginObject()
            writer.member("id", request.id)
            writer.member("state", request.state.rawValue)
            // As everywhere in CloudTrail's records: the model calls the name sensitive.
            writer.member("accountName", "****")
            if let id = request.accountID { writer.member("accountId", id) }
            if let reason = request.failureReason { writer.member("failureReason", reason) }
            writer.member("requestedTimestamp", Timestamp(secondsSinceEpoch: request.requestDate).iso8601)
            writer.member("completedTimestamp", Timestamp(secondsSinceEpoch: time).iso8601)
            writer.endObject()
        }
    }

    static func closeAccountResult(_ account: Account, _ management: String, _ time: Double) -> ServiceEvent {
        ServiceEvent("CloseAccountResult", source: source, account: management, time: time) { writer in
            writer.key("closeAccountStatus")
            writer.beginObject()
            writer.member("accountId", account.id)
            writer.member("state", "SUCCEEDED")
            writer.member(
                "requestedTimestamp", Timestamp(secondsSinceEpoch: account.closeDate ?? time).iso8601)
            writer.member("completedTimestamp", Timestamp(secondsSinceEpoch: time).iso8601)
            writer.endObject()
        }
    }
}
