import CloudTrailAPI
import Directory
import Platform
import Wire

// Showing event data stores.

extension CloudTrail.GetEventDataStore: ComputeOperation, OnEventDataStore {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let store = try call.seenStore(input.eventDataStore)
        return Output {
            $0.eventDataStoreArn = store.arn
            $0.name = store.name
            $0.status = store.status.rawValue
            $0.advancedEventSelectors = store.selectors.shown
            $0.multiRegionEnabled = store.isMultiRegion
            $0.organizationEnabled = store.organizationID != nil
            $0.retentionPeriod = store.retentionDays
            $0.terminationProtectionEnabled = store.isProtected
            $0.createdTimestamp = Timestamp(secondsSinceEpoch: store.created)
            $0.updatedTimestamp = Timestamp(secondsSinceEpoch: store.updated)
            $0.kmsKeyId = store.kmsKeyID
            $0.billingMode = store.billingMode.rawValue
            $0.federationStatus = "DISABLED"
        }
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
