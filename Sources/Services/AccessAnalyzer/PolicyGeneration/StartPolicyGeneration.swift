import AccessAnalyzerAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_StartPolicyGeneration.html>
extension AccessAnalyzer.StartPolicyGeneration: WriteOperation {
    /// Whoever starts it gives Access Analyzer the rights of the role, and has to be allowed to.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var needs = [Access("access-analyzer:StartPolicyGeneration", on: "*")]
        if let details = input.cloudTrailDetails {
            needs.append(
                Access(
                    "iam:PassRole", on: try role(details.accessRole, call), resourceAccount: call.accountID,
                    context: ["iam:passedtoservice": .one(AnalyzerAdministration.service)]))
        }
        return .required(needs)
    }

    private static func role(_ text: String, _ call: Call) throws(ServiceError) -> String {
        guard let arn = ARN(parsing: text), arn.service == "iam", arn.typeAndRest?.type == "role",
            arn.account == call.accountID
        else { throw .invalidField("cloudTrailDetails.accessRole", "Invalid role ARN: \(text)") }
        return text
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let principal = input.policyGenerationDetails.principalArn
        guard let arn = ARN(parsing: principal), arn.account == call.accountID else {
            throw .invalidField(
                "policyGenerationDetails.principalArn", "The principal is not in the account \(call.accountID).")
        }
        let cloudTrail = try input.cloudTrailDetails.map { (details) throws(ServiceError) in
            try PolicyGeneration.CloudTrail(details, at: call.time)
        }
        try records.dropOldPolicyGenerations(call.time)
        let recent = try records.list(PolicyGeneration.self)
        if let token = input.clientToken, let known = recent.last(where: { $0.clientToken == token }) {
            guard known.principal == principal, known.isOf(input.cloudTrailDetails, cloudTrail) else {
                throw .conflict(
                    known.id, type: "PolicyGeneration", "The client token was used with other parameters.")
            }
            return Output { $0.jobId = known.id }
        }
        if let ongoing = try records.referrers(
            PolicyGeneration.self, PolicyGeneration.ongoing, to: PolicyGeneration.ongoing
        ).first {
            throw .quotaExceeded(
                ongoing.id, type: "PolicyGeneration",
                "The maximum number of concurrent policy generations is \(PolicyGenerationQuotas.concurrent).")
        }
        guard recent.count(where: { call.time - $0.started < 86_400 }) < PolicyGenerationQuotas.perDay else {
            throw .quotaExceeded(
                call.accountID, type: "PolicyGeneration",
                "The maximum number of policy generations per day is \(PolicyGenerationQuotas.perDay).")
        }
        var random = SystemRandomNumberGenerator()
        let generation = PolicyGeneration(
            id: UUIDv7.make(milliseconds: RequestIDs.milliseconds(call.time), using: &random), principal: principal,
            cloudTrail: cloudTrail, clientToken: input.clientToken, started: call.time)
        try records.put(generation)
        try records.schedule(RunPolicyGeneration(), id: generation.id, at: call.time)
        return Output { $0.jobId = generation.id }
    }
}

extension PolicyGeneration {
    /// Whether it was asked for with the same words. Without an end it ends at the time of the request.
    fileprivate func isOf(_ details: AccessAnalyzer.CloudTrailDetails?, _ asked: CloudTrail?) -> Bool {
        guard var asked, let own = cloudTrail else { return asked == nil && cloudTrail == nil }
        if details?.endTime == nil { asked.end = own.end }
        return asked == own
    }
}

extension PolicyGeneration.CloudTrail {
    /// - Throws: ValidationException.
    fileprivate init(_ details: AccessAnalyzer.CloudTrailDetails, at time: Double) throws(ServiceError) {
        let (start, end) = (details.startTime.secondsSinceEpoch, details.endTime?.secondsSinceEpoch ?? time)
        guard start <= end else {
            throw .invalidField("cloudTrailDetails.startTime", "The start time is later than the end time.")
        }
        guard start <= time else {
            throw .invalidField("cloudTrailDetails.startTime", "The start time is in the future.")
        }
        guard end - start <= PolicyGenerationQuotas.span else {
            throw .invalidField("cloudTrailDetails.startTime", "The time range is longer than 90 days.")
        }
        guard !details.trails.isEmpty else {
            throw .invalidField("cloudTrailDetails.trails", "There must be a trail.")
        }
        var trails: [PolicyGeneration.Trail] = []
        for trail in details.trails {
            let one = PolicyGeneration.Trail(
                arn: trail.cloudTrailArn, regions: trail.regions ?? [], allRegions: trail.allRegions ?? false)
            guard one.allRegions || !one.regions.isEmpty else {
                throw .invalidField(
                    "cloudTrailDetails.trails", "A trail must have regions, or allRegions must be true.")
            }
            trails.append(one)
        }
        self.init(trails: trails, accessRole: details.accessRole, start: start, end: min(end, time))
    }
}

extension MutableRecords {
    /// Those that are listed no more are deleted, a few with each new one.
    fileprivate func dropOldPolicyGenerations(_ time: Double) throws(ServiceError) {
        for old in try list(PolicyGeneration.self, limit: 4)
        where time - old.started >= PolicyGeneration.lifetime && old.status != .inProgress {
            try delete(old)
        }
    }
}
