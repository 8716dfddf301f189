import EC2API
import Platform
import Posture
import Wire

// What EC2 tells of an account.

extension FactGathering {
    mutating func networks() async throws(ServiceError) {
        var logged: [String: Set<String>] = [:]
        for log in try await ask(EC2.DescribeFlowLogs.self).flowLogs ?? [] {
            if let id = log.resourceId, let kind = log.trafficType { logged[id, default: []].insert(kind) }
        }
        facts.networks = (try await ask(EC2.DescribeVpcs.self).vpcs ?? []).compactMap { vpc in
            vpc.vpcId.map { AccountFacts.VPC(id: $0, logged: logged[$0] ?? []) }
        }
    }

    mutating func instances() async throws(ServiceError) {
        for reservation in try await ask(EC2.DescribeInstances.self).reservations ?? [] {
            for instance in reservation.instances ?? [] {
                guard let id = instance.instanceId, let state = instance.state?.name else { continue }
                facts.instances.append(
                    AccountFacts.Instance(
                        id: id, state: state, stopped: Self.time(in: instance.stateTransitionReason ?? "")))
            }
        }
    }

    /// The time in `User initiated (2026-11-30 20:00:00 GMT)`.
    private static func time(in reason: String) -> Double? {
        guard let start = reason.firstIndex(of: "("), let end = reason.lastIndex(of: ")"), start < end else {
            return nil
        }
        let words = reason[reason.index(after: start)..<end].split(separator: " ")
        guard words.count == 3, words[2] == "GMT" else { return nil }
        return Timestamp(parsing: "\(words[0])T\(words[1])Z")?.secondsSinceEpoch
    }

    func encryptsVolumes() async throws(ServiceError) -> Bool {
        try await ask(EC2.GetEbsEncryptionByDefault.self).ebsEncryptionByDefault == true
    }

    mutating func publicSnapshots() async throws(ServiceError) {
        let own = try await ask(
            EC2.DescribeSnapshots.self,
            EC2.DescribeSnapshots.Input {
                $0.ownerIds = ["self"]
                $0.restorableByUserIds = ["all"]
            })
        facts.publicSnapshots = (own.snapshots ?? []).compactMap(\.snapshotId)
    }
}
