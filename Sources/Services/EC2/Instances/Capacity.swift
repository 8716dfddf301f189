import Ledger
import Platform
import Wire

extension Quota {
    /// AWS begins with 5 and lets accounts ask for more; here nobody would answer.
    static let virtualCPUs = Quota("RunningOnDemandVCPUs", 256)
    /// How many instances this machine runs, of all accounts: its own limit, and none of AWS's.
    static let hostedInstances = Quota("HostedInstances", 200)
}

/// Whether there is room for more instances.
enum Capacity {
    /// Sees to it that there is room for some more instances.
    /// - Throws: VcpuLimitExceeded, InsufficientInstanceCapacity.
    static func check(
        _ call: Call, _ records: MutableRecords, for type: String, count most: Int, source: String?
    ) throws(ServiceError) {
        let running = try records.list(StoredInstance.self).filter { $0.state.runs }
        let used = running.reduce(0) { $0 + (InstanceTypeFacts.byName[$1.instanceType]?.virtualCPUs ?? 1) }
        let each = InstanceTypeFacts.byName[type]?.virtualCPUs ?? 1
        let limit = call.quotas[.virtualCPUs]
        guard used + each * most <= limit else {
            throw .ec2(
                "VcpuLimitExceeded",
                "You have requested more vCPU capacity than your current vCPU limit of \(limit) allows for the instance bucket "
                    + "that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to "
                    + "request an adjustment to this limit.")
        }
        guard source != nil, call.environment.instances.host != nil else { return }
        let hosted = call.environment.projection(EC2Index.self).estates.values.reduce(0) { sum, estate in
            sum + estate.all(StoredInstance.self).count { $0.source != nil && $0.state.runs }
        }
        guard hosted + most <= call.quotas[.hostedInstances] else {
            throw ServiceError(
                "InsufficientInstanceCapacity",
                "We currently do not have sufficient \(type) capacity in the Availability Zone you requested. Our system will be "
                    + "working on provisioning additional capacity.", status: 500)
        }
    }

    /// How many of a request's instances there is room for: as many as may be, and no fewer than it needs.
    static func count(
        least: Int, most: Int, type: String, _ subnet: StoredSubnet?, _ call: Call
    ) throws(ServiceError) -> Int {
        let estate = call.estate
        var count = most
        if let subnet {
            let free = subnet.freeAddresses(estate)
            guard free >= least else {
                throw .ec2(
                    "InsufficientFreeAddressesInSubnet",
                    "The specified subnet does not have enough free addresses to satisfy the request.")
            }
            count = min(count, free)
        }
        let running = estate.all(StoredInstance.self).filter { $0.state.runs }
        let used = running.reduce(0) { $0 + (InstanceTypeFacts.byName[$1.instanceType]?.virtualCPUs ?? 1) }
        let each = InstanceTypeFacts.byName[type]?.virtualCPUs ?? 1
        // The transaction says so if there is no room at all.
        return max(least, min(count, max(0, call.quotas[.virtualCPUs] - used) / each))
    }
}
