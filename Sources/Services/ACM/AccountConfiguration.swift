import CertificateManagerAPI
import Ledger
import Platform
import Wire

/// How many days before a certificate's end ACM begins to tell of it.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_ExpiryEventsConfiguration.html>
struct ExpiryEvents: Record {
    static let kind = "AWS::CertificateManager::Account"
    private static let onlyID = "expiry-events"
    /// In days.
    static let usual = 45

    var id: String { Self.onlyID }
    var days: Int

    static func of(_ records: some RecordReading) throws(ServiceError) -> ExpiryEvents {
        try records.get(ExpiryEvents.self, onlyID) ?? ExpiryEvents(days: usual)
    }
}

extension CertificateManager.GetAccountConfiguration: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("acm:GetAccountConfiguration", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let days = try ExpiryEvents.of(records).days
        return Output(expiryEvents: CertificateManager.ExpiryEventsConfiguration { $0.daysBeforeExpiry = days })
    }
}

extension CertificateManager.PutAccountConfiguration: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("acm:PutAccountConfiguration", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var events = try ExpiryEvents.of(records)
        if let days = input.expiryEvents?.daysBeforeExpiry {
            guard days <= ExpiryEvents.usual else {
                throw .invalidCertificate("DaysBeforeExpiry must be between 1 and \(ExpiryEvents.usual).")
            }
            events.days = days
        }
        try records.put(events)
        return Output()
    }
}
