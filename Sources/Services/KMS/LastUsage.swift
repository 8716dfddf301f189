import KMSAPI
import Ledger
import Platform
import Wire

/// When a key was last used, from the event history: so it reaches back as far as that does.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html>
extension KMS.GetKeyLastUsage: KeyRead {
    /// For how long events are kept, in seconds.
    private static let remembered = 90 * 86_400.0

    /// The operations that count as a use.
    private static let uses: Set<String> = [
        "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "Sign", "Verify", "GenerateMac", "VerifyMac",
        "DeriveSharedSecret",
    ]

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let key = target.key
        return Output(
            keyId: key.arn, keyLastUsage: try await lastUse(of: key, call),
            trackingStartDate: Timestamp(secondsSinceEpoch: max(key.creationDate, call.time - remembered)),
            keyCreationDate: Timestamp(secondsSinceEpoch: key.creationDate))
    }

    private static func lastUse(of key: Key, _ call: Call) async throws(ServiceError) -> KMS.KeyLastUsageData {
        var query = EventQuery(
            account: key.accountID, attribute: EventAttribute("ResourceName", key.arn), limit: 50)
        while true {
            let page: EventPage
            do throws(LedgerError) { page = try await call.environment.ledger.events(query) } catch {
                throw ServiceError(error)
            }
            if let event = page.events.first(where: isUse) { return KMS.KeyLastUsageData(event) }
            guard let cursor = page.cursor else { return KMS.KeyLastUsageData() }
            query.cursor = cursor
        }
    }

    private static func isUse(_ event: Event) -> Bool {
        guard event.attributes.contains(EventAttribute("EventSource", "kms.amazonaws.com")),
            event.attributes.contains(where: { $0.name == "EventName" && uses.contains($0.value) }),
            let record = try? JSONValue(parsing: event.body)
        else { return false }
        return record["errorCode"] == nil
    }
}

extension KMS.KeyLastUsageData {
    fileprivate init(_ event: Event) {
        self.init()
        operation = event.attributes.first { $0.name == "EventName" }?.value
        timestamp = Timestamp(secondsSinceEpoch: Double(event.time) / 1000)
        cloudTrailEventId = event.id
        kmsRequestId = event.requestID
    }
}
