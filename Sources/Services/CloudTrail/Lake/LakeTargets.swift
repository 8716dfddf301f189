import CloudTrailAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

/// The event data store that a request names, by its ARN or by the end of it. It need not exist.
struct EventDataStoreName: Sendable {
    static let prefix = "eventdatastore/"

    let id: String
    let account: String
    let region: String

    var arn: String { ARN.text("cloudtrail", region, account, Self.prefix, id) }

    /// - Throws: EventDataStoreARNInvalidException.
    init(_ text: String, _ call: Call) throws(ServiceError) {
        guard text.utf8.starts(with: "arn:".utf8) else {
            // An organization's lies in the management account, and is named there.
            let store = call.environment.lake.store(text).flatMap { call.isSeen($0) ? $0 : nil }
            self.init(id: text, account: store?.accountID ?? call.accountID, region: store?.homeRegion ?? call.region)
            return
        }
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "cloudtrail",
            arn.account.utf8.count == 12, !arn.region.isEmpty, arn.resource.hasPrefix(Self.prefix)
        else { throw .invalidStoreARN }
        self.init(id: String(arn.resource.dropFirst(Self.prefix.count)), account: arn.account, region: arn.region)
    }

    init(id: String, account: String, region: String) {
        (self.id, self.account, self.region) = (id, account, region)
    }
}

extension ServiceError {
    static var invalidStoreARN: ServiceError {
        CloudTrail.Failure.eventDataStoreARNInvalidException(
            "The specified event data store ARN is not valid or does not map to an event data store in your account.")
    }

    static var unknownStore: ServiceError {
        CloudTrail.Failure.eventDataStoreNotFoundException("The specified event data store was not found.")
    }

    static var inactiveStore: ServiceError {
        CloudTrail.Failure.inactiveEventDataStoreException("The event data store is inactive.")
    }

    static func storeStatus(_ store: EventDataStore) -> ServiceError {
        CloudTrail.Failure.invalidEventDataStoreStatusException(
            "The event data store is not in a status that supports the operation: it is \(store.status.rawValue).")
    }
}

/// An operation on the one event data store that it names.
protocol OnEventDataStore: Operation where InputFields: CloudTrail.WithEventDataStore {}

extension OnEventDataStore {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.need(on: try EventDataStoreName(input.eventDataStore, call)))
    }
}

/// A change of an event data store, which its home Region makes, for whoever administers it.
protocol EventDataStoreChange: WriteOperation, OnEventDataStore {
    /// - Parameter records: of the store's own scope.
    static func change(
        _ store: EventDataStore, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output
}

extension EventDataStoreChange {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (store, own) = try records.administeredStore(input.eventDataStore, call)
        return try change(store, input, call, own)
    }
}

extension Call {
    /// What a request needs for its own action on an event data store.
    func need(on name: EventDataStoreName, _ keys: [String: ContextValue] = [:]) -> Access {
        Access("cloudtrail:\(operation)", on: name.arn, resourceAccount: accountID, context: keys)
    }

    /// Whether the caller's account sees an event data store: its own, and its organization's.
    func isSeen(_ store: EventDataStore) -> Bool {
        store.accountID == accountID
            || store.organizationID != nil
                && directory.organization(ofAccount: accountID)?.id == store.organizationID
    }

    /// - Throws: EventDataStoreNotFoundException, EventDataStoreARNInvalidException.
    func seenStore(_ text: String) throws(ServiceError) -> EventDataStore {
        let name = try EventDataStoreName(text, self)
        let store = environment.lake.store(name.id).flatMap {
            isSeen($0) && $0.accountID == name.account ? $0 : nil
        }
        guard store != nil || name.account == accountID else { throw .invalidStoreARN }
        guard let store, store.homeRegion == region, name.region == region else { throw .unknownStore }
        return store
    }
}

extension MutableRecords {
    /// An event data store that the caller may change, as it is now, and the records of its scope.
    func administeredStore(
        _ text: String, _ call: Call
    ) throws(ServiceError) -> (EventDataStore, MutableRecords) {
        let seen = try call.seenStore(text)
        guard seen.accountID == call.accountID || call.isTrailAdministrator else { throw .notManagementAccount }
        let own = of(seen.scope)
        guard let store = try own.get(EventDataStore.self, seen.id) else { throw .unknownStore }
        return (store, own)
    }
}
