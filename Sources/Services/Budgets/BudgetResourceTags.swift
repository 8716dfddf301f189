import BudgetsAPI
import Directory
import Platform
import Wire

extension TagRules {
    static let ofBudgets = TagRules(
        keys: .exact, most: 200, duplicate: .invalidBudget("Tag keys must be unique."),
        reserved: { .invalidBudget("The tag key \($0) is reserved for AWS.") },
        tooMany: Budgets.Failure.serviceQuotaExceededException("A resource can have 200 tags at most."))
}

/// An operation on the tags of a budget or an action.
protocol OnBudgetTags: Platform.Operation where InputFields: Budgets.WithResourceARN {}

extension OnBudgetTags {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("budgets:\(call.operation)", on: input.resourceARN))
    }
}

/// What a resource's ARN means.
private enum TaggedBudget {
    case budget(StoredBudget)
    case action(BudgetAction)

    /// - Throws: NotFoundException for what is not there.
    init(_ arn: String, _ records: some RecordReading) throws(ServiceError) {
        let missing = Budgets.Failure.notFoundException("The resource \(arn) doesn't exist.")
        guard let name = ARN(parsingFreely: arn), name.service == "budgets", name.resource.hasPrefix("budget/") else {
            throw missing
        }
        let own = records.of(account: name.account)
        let rest = name.resource.dropFirst("budget/".count)
        let marker = "/action/"
        if let range = rest.firstRange(of: marker) {
            guard let action = try own.get(BudgetAction.self, String(rest[range.upperBound...])), action.arn == arn
            else {
                throw missing
            }
            self = .action(action)
        } else {
            guard let budget = try own.get(StoredBudget.self, String(rest)) else { throw missing }
            self = .budget(budget)
        }
    }

    var tags: [Tag] {
        switch self {
        case .budget(let budget): budget.tags
        case .action(let action): action.tags
        }
    }

    func put(_ tags: [Tag], _ records: MutableRecords) throws(ServiceError) {
        switch self {
        case .budget(var budget):
            budget.tags = tags
            try records.of(account: budget.accountID).put(budget)
        case .action(var action):
            action.tags = tags
            try records.of(account: action.accountID).put(action)
        }
    }
}

extension Budgets.TagResource: WriteOperation, OnBudgetTags {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access("budgets:TagResource", on: input.resourceARN, context: requestTags(input.resourceTags)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let target = try TaggedBudget(input.resourceARN, records)
        try target.put(try TagRules.ofBudgets.merge(input.resourceTags, into: target.tags), records)
        return Output()
    }
}

extension Budgets.UntagResource: WriteOperation, OnBudgetTags {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access(
                "budgets:UntagResource", on: input.resourceARN,
                context: ["aws:tagkeys": .many(input.resourceTagKeys)]))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let target = try TaggedBudget(input.resourceARN, records)
        try target.put(TagRules.ofBudgets.remove(input.resourceTagKeys, from: target.tags), records)
        return Output()
    }
}

extension Budgets.ListTagsForResource: ReadOperation, OnBudgetTags {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try TaggedBudget(input.resourceARN, records).tags
        return Output { $0.resourceTags = tags.map { Budgets.ResourceTag($0) } }
    }
}
