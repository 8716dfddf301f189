import CloudTrailAPI
import Directory
import Platform
import Wire

// Showing event data stores.

extension Structure {
    /// What answers say of an event data store, whichever operation asks: as many members as its answer has.
    mutating func show(_ store: EventDataStore) {
        self["EventDataStoreArn"] = .string(store.arn)
        self["Name"] = .string(store.name)
        self["Status"] = .string(store.status.rawValue)
        self["AdvancedEventSelectors"] = store.selectors.shown.wireValue
        self["MultiRegionEnabled"] = .boolean(store.isMultiRegion)
        self["OrganizationEnabled"] = .boolean(store.organizationID != nil)
        self["RetentionPeriod"] = .integer(store.retentionDays)
        self["TerminationProtectionEnabled"] = .boolean(store.isProtected)
        self["CreatedTimestamp"] = .timestamp(Timestamp(secondsSinceEpoch: store.created))
        self["UpdatedTimestamp"] = .timestamp(Timestamp(secondsSinceEpoch: store.updated))
        self["KmsKeyId"] = store.kmsKeyID.map { .string($0) }
        self["BillingMode"] = .string(store.billingMode.rawValue)
        // Athena, which it could be federated with, is not there.
        self["FederationStatus"] = .string("DISABLED")
    }
}

extension CloudTrail.GetEventDataStore: ComputeOperation, OnEventDataStore {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let store = try call.seenStore(input.eventDataStore, sharing: true)
        return Output { $0.structure.show(store) }
    }
}

extension CloudTrail.ListEventDataStores: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:ListEventDataStores", on: "*"))
    }

    /// Of the Region; its own account's and its organization's.
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let seen = call.environment.lake.stores { $0.homeRegion == call.region && call.isSeen($0) }
        let page = page(seen, by: \.id, try Paging(lake: input.nextToken, input.maxResults))
        return Output(page) { store in
            CloudTrail.EventDataStore {
                $0.eventDataStoreArn = store.arn
                $0.name = store.name
            }
        }
    }
}

extension Paging {
    /// - Throws: InvalidNextTokenException for a token that is not one of ours.
    init(lake token: String?, _ limit: Int?) throws(ServiceError) {
        do throws(ServiceError) { try self.init(marker: token, maxItems: limit) } catch {
            throw CloudTrail.Failure.invalidNextTokenException("The specified token is invalid.")
        }
    }
}
