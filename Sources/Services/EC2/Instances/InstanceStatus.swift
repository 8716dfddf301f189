import EC2API
import Ledger
import Platform
import Wire

// How instances are. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html>

extension EC2.DescribeInstanceStatus: ComputeOperation, OnAll {
    private static let filters = Filters<StoredInstance>(
        [
            "availability-zone": { instance, _ in [instance.availabilityZone] },
            "availability-zone-id": { instance, _ in [Zones.id(ofZone: instance.availabilityZone)] },
            "instance-state-name": { instance, _ in [instance.state.rawValue] },
            "instance-state-code": { instance, _ in [String(instance.state.code)] },
            "instance-status.status": { instance, _ in [status(instance)] },
            "instance-status.reachability": { instance, _ in [instance.state == .running ? "passed" : ""] },
            "system-status.status": { instance, _ in [instance.state == .running ? "ok" : "not-applicable"] },
            "system-status.reachability": { instance, _ in [instance.state == .running ? "passed" : ""] },
            "operator.managed": { _, _ in ["false"] },
        ],
        absent: [
            "event.code", "event.description", "event.instance-event-id", "event.not-after", "event.not-before",
            "event.not-before-deadline", "attached-ebs-status.status", "operator.principal",
        ], tags: nil)

    /// Of an instance that nothing runs of, nothing can be told.
    private static func status(_ instance: StoredInstance) -> String {
        guard instance.state == .running else { return "not-applicable" }
        return instance.stateReason == .nothingRuns ? "insufficient-data" : "ok"
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        var found = try Listing.named(StoredInstance.self, input.instanceIds, "instancesSet", input.pageLimit, estate)
        if input.includeAllInstances != true { found = found.filter { $0.state == .running } }
        let passed = try filters.apply(input.filters, to: found, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit)
        return Output(page.items.map(show), next: page.marker)
    }

    private static func show(_ instance: StoredInstance) -> EC2.InstanceStatus {
        EC2.InstanceStatus {
            $0.instanceId = instance.id
            $0.availabilityZone = instance.availabilityZone
            $0.availabilityZoneId = Zones.id(ofZone: instance.availabilityZone)
            $0.instanceState = EC2.InstanceState(instance.state)
            $0.events = []
            $0.instanceStatus = summary(status(instance))
            $0.systemStatus = summary(instance.state == .running ? "ok" : "not-applicable")
        }
    }

    private static func summary(_ status: String) -> EC2.InstanceStatusSummary {
        EC2.InstanceStatusSummary {
            $0.status = status
            guard status == "ok" || status == "insufficient-data" else { return }
            $0.details = [
                EC2.InstanceStatusDetails {
                    $0.name = "reachability"
                    $0.status = status == "ok" ? "passed" : "insufficient-data"
                }
            ]
        }
    }
}
