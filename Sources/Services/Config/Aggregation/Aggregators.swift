import AWSConfigAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Aggregators: what reads items and compliance of several accounts and Regions, and changes nothing there.
// <https://docs.aws.amazon.com/config/latest/developerguide/aggregate-data.html>

extension Quota {
    static let aggregators = Quota("ConfigurationAggregators", 50)
}

/// An operation on the aggregator that its request names.
protocol OnAggregator: Platform.Operation where InputFields: AWSConfig.WithConfigurationAggregatorName {}

extension OnAggregator {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.configAccess(Aggregator.arn(input.configurationAggregatorName, call.accountID, call.region)))
    }
}

extension RecordReading {
    /// The aggregator of a name.
    /// - Throws: NoSuchConfigurationAggregatorException.
    func aggregator(_ name: String) throws(ServiceError) -> Aggregator {
        guard let aggregator = try get(Aggregator.self, name) else {
            throw AWSConfig.Failure.noSuchConfigurationAggregatorException(
                "The configuration aggregator does not exist. Check the configuration aggregator name and try again.")
        }
        return aggregator
    }
}

extension AWSConfig.PutConfigurationAggregator: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = (input.tags ?? []).map { Tag(key: $0.key ?? "", value: $0.value ?? "") }
        let arn = Aggregator.arn(input.configurationAggregatorName, call.accountID, call.region)
        var needed = [call.configAccess(arn, ConditionKeys.requestTags(tags))]
        if let role = input.organizationAggregationSource?.roleArn { needed.append(.passing(role)) }
        return .required(needed)
    }

    /// An organization's accounts are read with a role, which has to let AWS Config assume it.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let hasAccounts = !(input.accountAggregationSources ?? []).isEmpty
        guard hasAccounts != (input.organizationAggregationSource != nil) else {
            throw AWSConfig.Failure.invalidParameterValueException(
                "You must choose either account aggregation sources or an organization aggregation source.")
        }
        guard let source = input.organizationAggregationSource else { return }
        guard let organization = call.directory.organization(ofAccount: call.accountID) else {
            throw AWSConfig.Failure.noAvailableOrganizationException(
                "This account is not part of an organization.")
        }
        guard organization.featureSet == .all else {
            throw AWSConfig.Failure.organizationAllFeaturesNotEnabledException(
                "AWS Config resource cannot be created because your organization does not have all features enabled.")
        }
        guard call.directory.organization(aggregatedBy: call.accountID) != nil else {
            throw AWSConfig.Failure.organizationAccessDeniedException(
                "This action can only be performed if you are a registered delegated administrator for AWS Config with"
                    + " permissions to call ListDelegatedAdministrators API or the management account with permissions to"
                    + " call EnableAWSServiceAccess API.")
        }
        _ = try await RecorderRole(
            arn: source.roleArn, environment: call.environment, account: call.accountID, region: call.region
        ).assumed()
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = input.configurationAggregatorName
        var aggregator: Aggregator
        if let old = try records.get(Aggregator.self, name) {
            aggregator = old
        } else {
            let quota = call.quotas[.aggregators]
            guard try records.count(Aggregator.self) < quota else {
                throw AWSConfig.Failure.limitExceededException(
                    "You have reached the limit of the number of configuration aggregators: \(quota).")
            }
            aggregator = Aggregator(
                name: name, accountID: call.accountID, region: call.region, created: call.time, updated: call.time)
            aggregator.tags = try TagRules.ofConfig.merge(try Tag.config(input.tags), into: [])
        }
        aggregator.updated = call.time
        aggregator.accounts = []
        for source in input.accountAggregationSources ?? [] {
            let regions = try checked(source.allAwsRegions, source.awsRegions)
            aggregator.accounts.append(
                Aggregator.Accounts(ids: source.accountIds, allRegions: regions == nil, regions: regions ?? []))
        }
        aggregator.organization = nil
        if let source = input.organizationAggregationSource {
            let regions = try checked(source.allAwsRegions, source.awsRegions)
            aggregator.organization = Aggregator.Organization(
                roleARN: source.roleArn, allRegions: regions == nil, regions: regions ?? [])
        }
        aggregator.resourceTypes = input.aggregatorFilters?.resourceType?.value
        aggregator.servicePrincipals = input.aggregatorFilters?.servicePrincipal?.value
        try records.put(aggregator)
        let made = aggregator
        return Output { $0.configurationAggregator = made.view }
    }

    /// - Returns: nil: all Regions.
    private static func checked(_ all: Bool?, _ regions: [String]?) throws(ServiceError) -> [String]? {
        let regions = regions ?? []
        guard (all ?? false) == regions.isEmpty else {
            throw AWSConfig.Failure.invalidParameterValueException(
                "You must specify either all AWS Regions or a list of Regions of an aggregation source.")
        }
        return all == true ? nil : regions
    }
}

extension IdentityDirectory {
    /// The organization whose accounts an account's aggregators may read: it manages it, or is a delegated administrator. nil:
    /// none.
    func organization(aggregatedBy account: String) -> Organization? {
        guard let organization = organization(ofAccount: account) else { return nil }
        let isDelegated = organizationAccount(account)?.delegatedServices[ConfigName.principal] != nil
        return organization.managementAccountID == account || isDelegated ? organization : nil
    }
}

extension Aggregator {
    fileprivate var view: AWSConfig.ConfigurationAggregator {
        AWSConfig.ConfigurationAggregator {
            $0.configurationAggregatorName = name
            $0.configurationAggregatorArn = arn
            $0.accountAggregationSources = accounts.map { source in
                AWSConfig.AccountAggregationSource {
                    $0.accountIds = source.ids
                    $0.allAwsRegions = source.allRegions
                    if !source.regions.isEmpty { $0.awsRegions = source.regions }
                }
            }
            $0.organizationAggregationSource = organization.map { source in
                AWSConfig.OrganizationAggregationSource {
                    $0.roleArn = source.roleARN
                    $0.allAwsRegions = source.allRegions
                    if !source.regions.isEmpty { $0.awsRegions = source.regions }
                }
            }
            $0.creationTime = Timestamp(secondsSinceEpoch: created)
            $0.lastUpdatedTime = Timestamp(secondsSinceEpoch: updated)
            $0.createdBy = createdBy
            if resourceTypes != nil || servicePrincipals != nil {
                $0.aggregatorFilters = AWSConfig.AggregatorFilters {
                    $0.resourceType = resourceTypes.map { types in
                        AWSConfig.AggregatorFilterResourceType {
                            $0.type = "INCLUDE"
                            $0.value = types
                        }
                    }
                    $0.servicePrincipal = servicePrincipals.map { services in
                        AWSConfig.AggregatorFilterServicePrincipal {
                            $0.type = "INCLUDE"
                            $0.value = services
                        }
                    }
                }
            }
        }
    }
}

extension AWSConfig.DescribeConfigurationAggregators: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var found: [Aggregator] = []
        if let names = input.configurationAggregatorNames, !names.isEmpty {
            for name in names { found.append(try records.aggregator(name)) }
        } else {
            found = try records.list(Aggregator.self)
        }
        let page = page(found, by: \.name, try ConfigPage.paging(input.nextToken, input.limit, usual: 50))
        return Output {
            $0.configurationAggregators = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

extension AWSConfig.DeleteConfigurationAggregator: WriteOperation, OnAggregator {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.delete(try records.aggregator(input.configurationAggregatorName))
        return Output()
    }
}

extension AWSConfig.DescribeConfigurationAggregatorSourcesStatus: ReadOperation, OnAggregator {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let aggregator = try records.aggregator(input.configurationAggregatorName)
        let wanted = Set(input.updateStatus ?? [])
        let sources = aggregator.sources(call.environment).filter {
            wanted.isEmpty || wanted.contains($0.isAuthorized ? "SUCCEEDED" : "FAILED")
        }
        let page = page(
            sources, by: { "\($0.scope.account)/\($0.scope.region)" },
            try ConfigPage.paging(input.nextToken, input.limit, usual: 50))
        let time = Timestamp(secondsSinceEpoch: call.time)
        return Output {
            $0.aggregatedSourceStatusList = page.items.map { source in
                AWSConfig.AggregatedSourceStatus {
                    $0.sourceId = source.scope.account
                    $0.sourceType = aggregator.organization == nil ? "ACCOUNT" : "ORGANIZATION"
                    $0.awsRegion = source.scope.region
                    $0.lastUpdateStatus = source.isAuthorized ? "SUCCEEDED" : "FAILED"
                    $0.lastUpdateTime = time
                    if !source.isAuthorized {
                        $0.lastErrorCode = "Unauthorized"
                        $0.lastErrorMessage =
                            "The source account has not authorized the aggregator account and Region."
                    }
                }
            }
            $0.nextToken = page.marker
        }
    }
}
