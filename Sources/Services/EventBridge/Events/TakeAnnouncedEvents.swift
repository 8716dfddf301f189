import FoundationEssentials
import Ledger
import Platform
import Wire

/// Brings what services announce to the default bus of the account and Region.
struct TakeAnnouncedEvents: Job {
    static let kind = AnnouncedEvent.deliveryKind
    /// Of several accounts and Regions.
    static let concurrency = 2
    private static let most = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let announced = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.list(AnnouncedEvent.self, limit: Self.most)
        }
        // Another node may have made the rules that these are for.
        try await environment.catchUpWithOtherNodes()
        let (scope, now) = (context.scope, environment.now())
        let bus = BusReference(account: scope.account, region: scope.region, name: BusReference.defaultName)
        let events = announced.map { one in
            RoutedEvent(
                BusEvent(
                    id: UUID().uuidString.lowercased(), source: one.source, detailType: one.detailType,
                    account: scope.account, time: one.time, region: scope.region, resources: one.resources,
                    detail: one.detail, ingested: now), on: bus, environment)
        }
        try await context.finish { (records) throws(ServiceError) in
            for one in announced { try records.delete(AnnouncedEvent.self, one.key) }
            for event in events { try records.accept(event, at: now) }
            // Those that came meanwhile found the schedule taken.
            guard try !records.list(AnnouncedEvent.self, limit: 1).isEmpty else { return }
            try records.schedule(self, id: AnnouncedEvent.deliveryID, at: now)
        }
    }
}
