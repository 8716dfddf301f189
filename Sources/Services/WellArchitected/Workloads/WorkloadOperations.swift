import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// Workloads. <https://docs.aws.amazon.com/wellarchitected/latest/userguide/define-workload.html>

extension Quota {
    /// <https://docs.aws.amazon.com/general/latest/gr/wellarchitected.html>
    static let workloads = Quota("WellArchitectedWorkloads", 1000)
}

extension WellArchitected.CreateWorkload: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.accessToNewReview(input.tags, call.jiraContext(input.jiraConfiguration?.jiraProjectKey))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let id = try records.once(input.clientRequestToken, input.structure, call) { () throws(ServiceError) in
            try make(input, call, records)
        }
        return Output {
            $0.workloadId = id
            $0.workloadArn = ReviewName(.workload, id, account: call.accountID, region: call.region).arn
        }
    }

    private static func make(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> String {
        guard input.awsRegions?.isEmpty == false || input.nonAwsRegions?.isEmpty == false else {
            throw .reviewField("AwsRegions", "AwsRegions or NonAwsRegions must be specified.")
        }
        guard let owner = input.reviewOwner, owner.utf8.count >= 3 else {
            throw .reviewField("ReviewOwner", "ReviewOwner must be specified, with 3 to 255 characters.")
        }
        try records.checkWorkloadNameIsFree(input.workloadName, but: nil)
        let limit = call.quotas[.workloads]
        guard try records.count(StoredWorkload.self) < limit else {
            throw .reviewQuota("WORKLOAD", "L-WORKLOADS", "An account has at most \(limit) workloads in a Region.")
        }
        var workload = StoredWorkload(
            id: ReviewName.newID(), accountID: call.accountID, region: call.region, name: input.workloadName,
            description: input.description, environment: input.environment, created: call.time, updated: call.time)
        workload.reviewOwner = owner
        workload.accountIDs = input.accountIds ?? []
        workload.awsRegions = input.awsRegions ?? []
        workload.nonAwsRegions = input.nonAwsRegions ?? []
        workload.architecturalDesign = input.architecturalDesign
        workload.industryType = try checkedIndustryType(input.industryType)
        workload.industry = input.industry
        workload.notes = input.notes
        workload.pillarPriorities = input.pillarPriorities ?? []
        workload.applications = input.applications ?? []
        workload.tags = try TagRules.ofReviews.merge(input.tags ?? [:], into: [])
        workload.set(input.discoveryConfig)
        workload.set(input.jiraConfiguration)
        for arn in input.profileArns ?? [] { try workload.associate(arn, call, records) }
        var lenses = [FrameworkLens.arn]
        for alias in input.lenses { lenses.append(try call.lensARN(alias)) }
        let templates = try (input.reviewTemplateArns ?? []).map { arn throws(ServiceError) in
            try records.template(arn, call)
        }
        for template in templates {
            lenses += template.lenses
            if workload.notes == nil { workload.notes = template.notes }
        }
        for lens in lenses { try workload.add(lens, call, records) }
        for template in templates { try workload.apply(template, call, records) }
        try records.put(workload)
        return workload.id
    }

    /// AWS's list.
    static let industryTypes: Set<String> = [
        "Agriculture", "Automobile", "Defense", "Design and Engineering", "Digital Advertising", "Education",
        "Environmental Protection", "Financial Services", "Gaming", "General Public Services", "Healthcare",
        "Hospitality", "InfoTech", "Justice and Public Safety", "Life Sciences", "Manufacturing",
        "Media & Entertainment", "Mining & Resources", "Oil & Gas", "Power & Utilities", "Professional Services",
        "Real Estate & Construction", "Retail & Wholesale", "Social Protection", "Telecommunications",
        "Travel, Transportation & Logistics", "Other",
    ]

    static func checkedIndustryType(_ type: String?) throws(ServiceError) -> String? {
        if let type, !type.isEmpty, !industryTypes.contains(type) {
            throw .reviewField("IndustryType", "The industry type \(type) is not valid.")
        }
        return type
    }
}

extension RecordReading {
    func checkWorkloadNameIsFree(_ name: String, but id: String?) throws(ServiceError) {
        let folded = StoredWorkload.folded(name)
        let others = try referrers(StoredWorkload.self, StoredWorkload.byName, to: folded, limit: 2)
        if let other = others.first(where: { $0.id != id }) {
            throw .reviewConflict("WORKLOAD", other.id, "A workload named \(other.name) already exists.")
        }
    }
}

extension StoredWorkload {
    fileprivate mutating func set(_ discovery: WellArchitected.WorkloadDiscoveryConfig?) {
        guard let discovery else { return }
        if let status = discovery.trustedAdvisorIntegrationStatus { trustedAdvisor = status }
        if let definition = discovery.workloadResourceDefinition { resourceDefinition = definition }
    }

    fileprivate mutating func set(_ settings: WellArchitected.WorkloadJiraConfigurationInput?) {
        guard let settings else { return }
        var jira = self.jira ?? JiraSettings()
        if let status = settings.issueManagementStatus { jira.issueManagementStatus = status }
        if let type = settings.issueManagementType { jira.issueManagementType = type }
        if let key = settings.jiraProjectKey { jira.projectKey = key }
        self.jira = jira
    }
}

extension WellArchitected.GetWorkload: ReadOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call)
        let reviews = try records.reviewed(reached, call)
        return Output { $0.workload = reached.view(reviews, call) }
    }
}

extension WellArchitected.UpdateWorkload: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.reviewAccess(
                call.workloadARN(input.workloadId), call.jiraContext(input.jiraConfiguration?.jiraProjectKey)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var reached = try records.workload(input.workloadId, call, .owner)
        var workload = reached.workload
        if let name = input.workloadName {
            try records.checkWorkloadNameIsFree(name, but: workload.id)
            workload.name = name
        }
        if let description = input.description { workload.description = description }
        if let environment = input.environment { workload.environment = environment }
        if let accounts = input.accountIds { workload.accountIDs = accounts }
        if let regions = input.awsRegions { workload.awsRegions = regions }
        if let regions = input.nonAwsRegions { workload.nonAwsRegions = regions }
        guard !workload.awsRegions.isEmpty || !workload.nonAwsRegions.isEmpty else {
            throw .reviewField("AwsRegions", "AwsRegions or NonAwsRegions must be specified.")
        }
        if let design = input.architecturalDesign { workload.architecturalDesign = design }
        if let owner = input.reviewOwner {
            guard owner.utf8.count >= 3 else {
                throw .reviewField("ReviewOwner", "ReviewOwner must have 3 to 255 characters.")
            }
            workload.reviewOwner = owner
        }
        if let isAcknowledged = input.isReviewOwnerUpdateAcknowledged {
            workload.isOwnerUpdateAcknowledged = isAcknowledged
        }
        if let type = input.industryType {
            workload.industryType = try WellArchitected.CreateWorkload.checkedIndustryType(type)
        }
        if let industry = input.industry { workload.industry = industry }
        if let notes = input.notes { workload.notes = notes }
        if let status = input.improvementStatus { workload.improvementStatus = status }
        if let priorities = input.pillarPriorities { workload.pillarPriorities = priorities }
        if let applications = input.applications { workload.applications = applications }
        workload.set(input.discoveryConfig)
        workload.set(input.jiraConfiguration)
        workload.updated = call.time
        try records.put(workload)
        reached.workload = workload
        let reviews = try records.reviewed(reached, call)
        let view = reached.view(reviews, call)
        return Output { $0.workload = view }
    }
}

extension WellArchitected.ListWorkloads: ReadOperation, OnAllReviews {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let prefix = input.workloadNamePrefix.map { StoredWorkload.folded($0) } ?? ""
        // By their names, each once: a workload can be shared with somebody in two ways.
        var all: [(key: String, id: String)] = []
        for workload in try records.list(StoredWorkload.self) {
            all.append((StoredWorkload.folded(workload.name) + "/" + workload.id, workload.id))
        }
        for id in try records.sharedWorkloads(call) where !all.contains(where: { $0.id == id }) {
            guard let name = call.environment.reviews.workload(id),
                let workload = try records.of(name).get(StoredWorkload.self, id)
            else { continue }
            all.append((StoredWorkload.folded(workload.name) + "/" + id, id))
        }
        let wanted = page(all.filter { $0.key.hasPrefix(prefix) }, by: \.key, try Paging(reviews: input))
        let summaries = try wanted.map { item throws(ServiceError) in
            let reached = try records.workload(item.id, call)
            return reached.summary(try records.reviewed(reached, call))
        }
        return Output(summaries)
    }
}

extension RecordReading {
    /// The ids of the workloads that others share with the caller.
    func sharedWorkloads(_ call: Call) throws(ServiceError) -> [String] {
        var ids: [String] = []
        for share in call.environment.reviews.shares(in: call.region)
        where share.share.isInEffect && share.owner.account != call.accountID
            && call.isMeant(by: share.share.sharedWith)
        {
            guard let name = ReviewName(share.share.resource), name.kind == .workload, !ids.contains(name.id) else {
                continue
            }
            ids.append(name.id)
        }
        return ids
    }
}

extension WellArchitected.DeleteWorkload: WriteOperation, OnWorkload {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let reached = try records.workload(input.workloadId, call, .owner)
        let id = reached.workload.id
        for review in try records.referrers(StoredReview.self, StoredReview.bySubject, to: id) {
            try records.delete(review)
        }
        for milestone in try records.referrers(StoredMilestone.self, StoredMilestone.byWorkload, to: id) {
            try records.delete(milestone)
        }
        try records.deleteShares(of: reached.workload.arn)
        try records.delete(reached.workload)
        return Output()
    }
}
