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

    /// - Parameter owner: the account that has it, where a request says so.
    /// - Throws: EventDataStoreARNInvalidException.
    init(_ text: String, _ call: Call, owner: String? = nil) throws(ServiceError) {
        guard text.utf8.starts(with: "arn:".utf8) else {
            if let owner {
                self.init(id: text, account: owner, region: call.region)
                return
            }
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
    /// What a request needs for its own action on an event data store. Of another account's its policy decides, if it has one;
    /// where it has none, nobody learns whether it is there.
    func need(on name: EventDataStoreName, _ keys: [String: ContextValue] = [:]) -> Access {
        let store = environment.lake.store(name.id)
        let isShared = store.map { $0.accountID == name.account && self.isShared($0) } ?? false
        return Access(
            "cloudtrail:\(operation)", on: name.arn, resourceAccount: isShared ? nil : accountID, context: keys)
    }

    /// Whether an event data store is another account's, which has given it a policy.
    func isShared(_ store: EventDataStore) -> Bool { store.policy != nil && !isSeen(store) }

    /// Whether the caller's account sees an event data store, and may change it: its own, and its organization's if it
    /// administers those. To other members an organization's is a stranger's.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-lake-organizations.html>
    func isSeen(_ store: EventDataStore) -> Bool {
        store.accountID == accountID
            || store.organizationID != nil && isTrailAdministrator
                && directory.organization(ofAccount: accountID)?.id == store.organizationID
    }

    /// - Parameters:
    ///   - owner: the account that has it, where a request says so.
    ///   - sharing: whether it may be another account's, whose policy has allowed the request.
    /// - Throws: EventDataStoreNotFoundException, EventDataStoreARNInvalidException.
    func seenStore(
        _ text: String, owner: String? = nil, sharing: Bool = false
    ) throws(ServiceError) -> EventDataStore {
        let name = try EventDataStoreName(text, self, owner: owner)
        let store = environment.lake.store(name.id).flatMap {
            $0.accountID == name.account && (isSeen($0) || sharing && isShared($0)) ? $0 : nil
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
        let own = of(seen.scope)
        guard let store = try own.get(EventDataStore.self, seen.id) else { throw .unknownStore }
        return (store, own)
    }
}
