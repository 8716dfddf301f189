import AWSConfigAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// What an account lets the aggregators of others read.
// <https://docs.aws.amazon.com/config/latest/developerguide/authorize-aggregator-account.html>

/// An operation on the authorization that its request names.
protocol OnAuthorization: Platform.Operation
where InputFields: AWSConfig.WithAuthorizedAccountId & AWSConfig.WithAuthorizedAwsRegion {
    static func tags(_ input: Input) -> [Tag]
}

extension OnAuthorization {
    static func tags(_ input: Input) -> [Tag] { [] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.configAccess(
                AggregationAuthorization.arn(
                    input.authorizedAccountId, input.authorizedAwsRegion, call.accountID, call.region),
                ConditionKeys.requestTags(tags(input))))
    }
}

extension AggregationAuthorization {
    fileprivate var view: AWSConfig.AggregationAuthorization {
        AWSConfig.AggregationAuthorization {
            $0.aggregationAuthorizationArn = arn
            $0.authorizedAccountId = authorizedAccount
            $0.authorizedAwsRegion = authorizedRegion
            $0.creationTime = Timestamp(secondsSinceEpoch: created)
        }
    }
}

extension AWSConfig.PutAggregationAuthorization: WriteOperation, OnAuthorization {
    static func tags(_ input: Input) -> [Tag] {
        (input.tags ?? []).map { Tag(key: $0.key ?? "", value: $0.value ?? "") }
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let id = AggregationAuthorization.id(input.authorizedAccountId, input.authorizedAwsRegion)
        if let old = try records.get(AggregationAuthorization.self, id) {
            return Output { $0.aggregationAuthorization = old.view }
        }
        var made = AggregationAuthorization(
            accountID: call.accountID, region: call.region, authorizedAccount: input.authorizedAccountId,
            authorizedRegion: input.authorizedAwsRegion, created: call.time)
        made.tags = try TagRules.ofConfig.merge(try Tag.config(input.tags), into: [])
        try records.put(made)
        if let declined = try records.get(DeclinedAggregation.self, made.id) { try records.delete(declined) }
        let authorization = made
        return Output { $0.aggregationAuthorization = authorization.view }
    }
}

extension AWSConfig.DeleteAggregationAuthorization: WriteOperation, OnAuthorization {
    /// One that is not there is no error.
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let id = AggregationAuthorization.id(input.authorizedAccountId, input.authorizedAwsRegion)
        if let authorization = try records.get(AggregationAuthorization.self, id) { try records.delete(authorization) }
        return Output()
    }
}

extension AWSConfig.DescribeAggregationAuthorizations: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(
            AggregationAuthorization.self, try ConfigPage.paging(input.nextToken, input.limit, usual: 50))
        return Output {
            $0.aggregationAuthorizations = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

extension AWSConfig.DescribePendingAggregationRequests: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pending = call.environment.projection(AggregatorIndex.self).pending(for: call.scope)
        let page = page(
            pending, by: { "\($0.account)/\($0.region)" },
            try ConfigPage.paging(input.nextToken, input.limit, usual: 20, most: 20))
        return Output {
            $0.pendingAggregationRequests = page.items.map { reader in
                AWSConfig.PendingAggregationRequest {
                    $0.requesterAccountId = reader.account
                    $0.requesterAwsRegion = reader.region
                }
            }
            $0.nextToken = page.marker
        }
    }
}

extension AWSConfig.DeletePendingAggregationRequest: WriteOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.decline(input.requesterAccountId, input.requesterAwsRegion, at: call.time, call.environment)
        return Output()
    }
}

extension MutableRecords {
    /// Declines what an account's aggregators in a Region ask for. There is nothing to decline where nobody asks: every index would
    /// keep it in memory.
    func decline(
        _ account: String, _ region: String, at time: Double, _ environment: Environment
    ) throws(ServiceError) {
        let asking = environment.projection(AggregatorIndex.self).pending(for: scope)
        guard asking.contains(Scope(account: account, region: region)) else { return }
        try put(DeclinedAggregation(id: AggregationAuthorization.id(account, region), time: time))
    }
}
