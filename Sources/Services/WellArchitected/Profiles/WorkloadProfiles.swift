import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// The profiles of a workload.
// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/profiles-add.html>

extension StoredWorkload {
    /// Associates a profile in its last version.
    mutating func associate(_ arn: String, _ call: Call, _ records: MutableRecords) throws(ServiceError) {
        let profile = try records.profile(arn, call)
        guard !profiles.contains(where: { $0.arn == profile.arn }) else { return }
        guard profiles.isEmpty else {
            throw .reviewField("ProfileArns", "A workload has at most one profile.")
        }
        profiles.append(AppliedProfile(arn: profile.arn, version: profile.current.version))
    }
}

extension WellArchitected.AssociateProfiles: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var workload = try records.workload(input.workloadId, call, .owner).workload
        for arn in input.profileArns { try workload.associate(arn, call, records) }
        workload.updated = call.time
        try records.put(workload)
        return Output()
    }
}

extension WellArchitected.DisassociateProfiles: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var workload = try records.workload(input.workloadId, call, .owner).workload
        for arn in input.profileArns {
            guard workload.profiles.contains(where: { $0.arn == arn }) else { throw .reviewNotFound("PROFILE", arn) }
            workload.profiles.removeAll { $0.arn == arn }
        }
        workload.updated = call.time
        try records.put(workload)
        return Output()
    }
}

extension WellArchitected.UpgradeProfileVersion: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = ReviewName(input.profileArn), name.kind == .profile else {
            throw .reviewField("ProfileArn", "The profile ARN \(input.profileArn) is not valid.")
        }
        return .required([
            call.reviewAccess(call.workloadARN(input.workloadId)), call.reviewAccess(name.arn),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call, .owner)
        let profile = try records.profile(input.profileArn, call)
        guard reached.workload.profiles.contains(where: { $0.arn == profile.arn }) else {
            throw .reviewNotFound("PROFILE", input.profileArn)
        }
        if let milestone = input.milestoneName { _ = try records.makeMilestone(milestone, of: reached, call) }
        var workload = try records.ownWorkload(reached.workload.reviewName)
        for place in workload.profiles.indices where workload.profiles[place].arn == profile.arn {
            workload.profiles[place].version = profile.current.version
        }
        workload.updated = call.time
        try records.put(workload)
        return Output()
    }
}

extension WellArchitected.ListProfileNotifications: ReadOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var all: [WellArchitected.ProfileNotificationSummary] = []
        for workload in try records.list(StoredWorkload.self)
        where input.workloadId == nil || input.workloadId == workload.id {
            for applied in workload.profiles {
                let profile = try records.profile(applied.arn, call, inUse: true)
                guard profile.isDeleted || profile.current.version != applied.version else { continue }
                all.append(
                    WellArchitected.ProfileNotificationSummary {
                        $0.currentProfileVersion = applied.version
                        $0.latestProfileVersion = profile.current.version
                        $0.type = profile.isDeleted ? "PROFILE_DELETED" : "PROFILE_ANSWERS_UPDATED"
                        $0.profileArn = profile.arn
                        $0.profileName = profile.name
                        $0.workloadId = workload.id
                        $0.workloadName = workload.name
                    })
            }
        }
        return Output(page(all, try Paging(reviews: input)))
    }
}
