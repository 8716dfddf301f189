import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Shares of workloads. <https://docs.aws.amazon.com/wellarchitected/latest/userguide/workloads-sharing.html>

extension StoredShare {
    /// The words of a share that is not simply there.
    func statusMessage(at time: Double) -> String? {
        switch status(at: time) {
        case "EXPIRED": "The invitation was not answered within seven days."
        case "REJECTED": "The invitation was rejected."
        default: nil
        }
    }
}

extension WellArchitected.CreateWorkloadShare: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let id = try records.once(input.clientRequestToken, input.structure, call) { () throws(ServiceError) in
            let workload = try records.workload(input.workloadId, call, .owner).workload
            return try records.share(workload.reviewName, with: input.sharedWith, input.permissionType, call)
        }
        return Output {
            $0.workloadId = input.workloadId
            $0.shareId = id
        }
    }
}

extension WellArchitected.UpdateWorkloadShare: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let workload = try records.workload(input.workloadId, call, .owner).workload
        var share = try records.share(input.shareId, of: workload.reviewName)
        share.permission = input.permissionType
        try records.put(share)
        return Output {
            $0.workloadId = workload.id
            $0.workloadShare = WellArchitected.WorkloadShare {
                $0.shareId = share.id
                $0.sharedBy = workload.accountID
                $0.sharedWith = share.sharedWith
                $0.permissionType = share.permission
                $0.status = share.status(at: call.time)
                $0.workloadName = workload.name
                $0.workloadId = workload.id
            }
        }
    }
}

extension WellArchitected.DeleteWorkloadShare: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let workload = try records.workload(input.workloadId, call, .owner).workload
        try records.deleteShare(input.shareId, of: workload.reviewName)
        return Output()
    }
}

extension WellArchitected.ListWorkloadShares: ReadOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let workload = try records.workload(input.workloadId, call, .owner).workload
        let found = try records.shares(of: workload.reviewName, input, call)
        return Output {
            $0.workloadId = workload.id
            $0.workloadShareSummaries = found.items.map { share in
                WellArchitected.WorkloadShareSummary {
                    $0.shareId = share.id
                    $0.sharedWith = share.sharedWith
                    $0.permissionType = share.permission
                    $0.status = share.status(at: call.time)
                    $0.statusMessage = share.statusMessage(at: call.time)
                }
            }
            $0.nextToken = found.marker
        }
    }
}
