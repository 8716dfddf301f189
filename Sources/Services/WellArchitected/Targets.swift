import Directory
import Ledger
import Platform
import Policy
import WellArchitectedAPI
import Wire

// What operations are about, and so what policies are asked.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_wellarchitected.html>

extension Call {
    /// What an operation asks for. What is shared with the caller is asked of the caller's own policies alone: whether the owner
    /// lets the caller in, the share says.
    func reviewAccess(_ resource: String = "*", _ context: [String: ContextValue] = [:]) -> Access {
        var access = Access("wellarchitected:\(operation)", on: resource, context: context)
        if let name = ReviewName(resource), name.account != accountID { access.resourceAccount = accountID }
        if FrameworkLens.arn == resource { access.resourceAccount = accountID }
        return access
    }

    /// The ARN of a workload: the owner's, if it is shared with the caller.
    func workloadARN(_ id: String) -> String {
        if let name = environment.reviews.workload(id), name.region == region,
            name.account == accountID || !sharesInReach(of: name.arn).isEmpty
        {
            return name.arn
        }
        return ReviewName(.workload, id, account: accountID, region: region).arn
    }

    /// What an operation asks for that makes something. Whoever gives it tags has to be allowed to tag.
    func accessToNewReview(_ tags: [String: String]?, _ context: [String: ContextValue] = [:]) -> Authorization {
        let tags = (tags ?? [:]).map { Tag(key: $0.key, value: $0.value) }
        let context = context.merging(ConditionKeys.requestTags(tags)) { $1 }
        var accesses = [reviewAccess("*", context)]
        if !tags.isEmpty { accesses.append(Access("wellarchitected:TagResource", on: "*", context: context)) }
        for index in accesses.indices { accesses[index].isOfNewResource = true }
        return .required(accesses)
    }

    /// The condition key of a Jira project, where a request names one.
    func jiraContext(_ key: String?) -> [String: ContextValue] {
        key.map { ["wellarchitected:jiraprojectkey": .one($0)] } ?? [:]
    }
}

/// An operation whose action has no resources.
protocol OnAllReviews: Platform.Operation {}

extension OnAllReviews {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.reviewAccess())
    }
}

/// An operation on the workload that its request names.
protocol OnWorkload: Platform.Operation where InputFields: WellArchitected.WithWorkloadId {}

extension OnWorkload {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.reviewAccess(call.workloadARN(input.workloadId)))
    }
}

/// An operation on the lens that its request names.
protocol OnLens: Platform.Operation where InputFields: WellArchitected.WithLensAlias {}

extension OnLens {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.reviewAccess(try call.lensARN(input.lensAlias)))
    }
}

/// An operation on the profile that its request names.
protocol OnProfile: Platform.Operation where InputFields: WellArchitected.WithProfileArn {}

extension OnProfile {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = ReviewName(input.profileArn), name.kind == .profile else {
            throw .reviewField("ProfileArn", "The profile ARN \(input.profileArn) is not valid.")
        }
        return .required(call.reviewAccess(name.arn))
    }
}

/// An operation on the review template that its request names.
protocol OnTemplate: Platform.Operation where InputFields: WellArchitected.WithTemplateArn {}

extension OnTemplate {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = ReviewName(input.templateArn), name.kind == .template else {
            throw .reviewField("TemplateArn", "The template ARN \(input.templateArn) is not valid.")
        }
        return .required(call.reviewAccess(name.arn))
    }
}

extension Paging {
    /// What a list request says about pages.
    /// - Throws: ValidationException for a token that is not one of ours.
    init<F: PageRequestFields>(reviews input: View<F>, limit: Int = 50) throws(ServiceError) {
        let token = input.pageToken == "" ? nil : input.pageToken
        do throws(ServiceError) { try self.init(marker: token, maxItems: input.pageLimit ?? limit) } catch {
            throw .reviewField("NextToken", "The NextToken is not valid.")
        }
    }
}

extension RecordReading {
    /// The records of what a name names.
    func of(_ name: ReviewName) -> Self { of(name.scope) }
}
