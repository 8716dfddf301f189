import Platform
import Wire

extension Quota {
    /// How many seconds lie between two deliveries.
    static let trailDelivery = Quota("TrailDelivery", 300)
}

/// Delivers what all trails have to deliver, about every five minutes.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>
struct DeliverTrails: RecurringJob {
    static let kind = "CloudTrail::DeliverTrails"
    static let interval = 300.0

    static func interval(_ environment: Environment) -> Double { Double(environment.quotas[.trailDelivery]) }

    func run(_ context: JobContext) async throws(ServiceError) {
        try? await context.environment.ensureOrganizationRoles()
        for trail in context.environment.trails.logging {
            guard let session = trail.sessionID else { continue }
            // What goes wrong with one is told by its status, and tried again the next time.
            try? await deliver(trail, session, context.environment)
            try? await LogGroupDelivery(environment: context.environment, trail: trail, sessionID: session).run()
        }
    }

    private func deliver(
        _ trail: Trail, _ session: String, _ environment: Environment
    ) async throws(ServiceError) {
        let last = AggregationDelivery.lastWindow(at: environment.now())
        try await Delivery(environment: environment, trail: trail, sessionID: session).run()
        try await AggregationDelivery(environment: environment, trail: trail, sessionID: session).run(through: last)
    }
}
