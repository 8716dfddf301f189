import Directory
import GuardDutyAPI
import Ledger
import Platform
import Wire

// What GuardDuty costs and covers. Nothing is charged here, so that amounts are none; and runtime monitoring has nothing to cover, as no
// agent runs in anything.

extension GuardDuty.GetUsageStatistics: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        guard input.unit == nil || input.unit == "USD" else { throw .invalidParameter("unit") }
        let nothing = GuardDuty.Total {
            $0.amount = "0.00"
            $0.unit = "USD"
        }
        let accounts = call.environment.guarded(by: call.guardDutyScope).filter { account in
            input.usageCriteria.accountIds?.contains(account) ?? true
        }
        var statistics = GuardDuty.UsageStatistics()
        switch input.usageStatisticType {
        case "SUM_BY_ACCOUNT":
            statistics.sumByAccount = accounts.map { account in
                GuardDuty.UsageAccountResult {
                    $0.accountId = account
                    $0.total = nothing
                }
            }
        case "SUM_BY_DATA_SOURCE":
            statistics.sumByDataSource = ["CLOUD_TRAIL", "S3_LOGS"].filter { name in
                input.usageCriteria.dataSources?.contains(name) ?? true
            }.map { name in
                GuardDuty.UsageDataSourceResult {
                    $0.dataSource = name
                    $0.total = nothing
                }
            }
        case "SUM_BY_FEATURES":
            statistics.sumByFeature = ["CLOUD_TRAIL", "S3_DATA_EVENTS"].filter { name in
                input.usageCriteria.features?.contains(name) ?? true
            }.map { name in
                GuardDuty.UsageFeatureResult {
                    $0.feature = name
                    $0.total = nothing
                }
            }
        case "TOP_ACCOUNTS_BY_FEATURE":
            statistics.topAccountsByFeature = ["CLOUD_TRAIL", "S3_DATA_EVENTS"].filter { name in
                input.usageCriteria.features?.contains(name) ?? true
            }.map { name in
                GuardDuty.UsageTopAccountsResult {
                    $0.feature = name
                    $0.accounts = accounts.map { account in
                        GuardDuty.UsageTopAccountResult {
                            $0.accountId = account
                            $0.total = nothing
                        }
                    }
                }
            }
        case "SUM_BY_RESOURCE": statistics.sumByResource = []
        default: statistics.topResources = []
        }
        let made = statistics
        return Output { $0.usageStatistics = made }
    }
}

extension GuardDuty.GetRemainingFreeTrialDays: ReadOperation, OnAllOfGuardDuty {
    private static let trial = 30.0

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        var found: [GuardDuty.AccountFreeTrialInfo] = []
        var unprocessed: [GuardDuty.UnprocessedAccount] = []
        let seen = Set(call.environment.guarded(by: call.guardDutyScope))
        for account in input.accountIds {
            guard seen.contains(account),
                let detector = call.environment.guardDuty.detector(Scope(account: account, region: call.region))
            else {
                unprocessed.append(
                    GuardDuty.UnprocessedAccount {
                        $0.accountId = account
                        $0.result = MemberRefusal.notMember
                    })
                continue
            }
            let days = max(0, Int((trial - (call.time - detector.created) / 86_400).rounded(.up)))
            let rest = GuardDuty.DataSourceFreeTrial { $0.freeTrialDaysRemaining = days }
            found.append(
                GuardDuty.AccountFreeTrialInfo {
                    $0.accountId = account
                    $0.dataSources = GuardDuty.DataSourcesFreeTrial {
                        ($0.cloudTrail, $0.dnsLogs, $0.flowLogs, $0.s3Logs) = (rest, rest, rest, rest)
                    }
                    $0.features = (GuardDutyFeature.always + ["S3_DATA_EVENTS"]).map { name in
                        GuardDuty.FreeTrialFeatureConfigurationResult {
                            $0.name = name
                            $0.freeTrialDaysRemaining = days
                        }
                    }
                })
        }
        let answer = (found, unprocessed)
        return Output { ($0.accounts, $0.unprocessedAccounts) = answer }
    }
}

// MARK: - Coverage

extension GuardDuty.ListCoverage: ReadOperation, OnDetector {
    static func detectorID(_ input: Input) -> String { input.detectorId }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let all = RuntimeCoverage.instances(call).filter { RuntimeCoverage.matches($0, input.filterCriteria) }
        let page = page(all, by: { $0.resourceId ?? "" }, try Paging(guardDuty: input))
        return Output {
            $0.resources = page.items
            $0.nextToken = page.marker
        }
    }
}

extension GuardDuty.GetCoverageStatistics: ReadOperation, OnDetector {
    static func detectorID(_ input: Input) -> String { input.detectorId }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let all = RuntimeCoverage.instances(call).filter { RuntimeCoverage.matches($0, input.filterCriteria) }
        return Output {
            $0.coverageStatistics = GuardDuty.CoverageStatistics {
                if input.statisticsType.contains("COUNT_BY_RESOURCE_TYPE") {
                    $0.countByResourceType = all.isEmpty ? [:] : ["EC2": all.count]
                }
                if input.statisticsType.contains("COUNT_BY_COVERAGE_STATUS") {
                    $0.countByCoverageStatus = ["HEALTHY": 0, "UNHEALTHY": all.count]
                }
            }
        }
    }
}

/// What runtime monitoring covers: the instances that run, of those accounts that have enabled it. None has an agent.
private enum RuntimeCoverage {
    static func instances(_ call: Call) -> [GuardDuty.CoverageResource] {
        let index = call.environment.projection(EC2Index.self)
        return call.environment.guarded(by: call.guardDutyScope).flatMap { account -> [GuardDuty.CoverageResource] in
            let scope = Scope(account: account, region: call.region)
            guard let detector = call.environment.guardDuty.detector(scope), detector.isEnabled("RUNTIME_MONITORING")
            else { return [] }
            return index.estate(scope).all(StoredInstance.self).filter { $0.state == .running }.map { instance in
                GuardDuty.CoverageResource {
                    $0.resourceId = instance.id
                    $0.detectorId = detector.id
                    $0.accountId = account
                    $0.coverageStatus = "UNHEALTHY"
                    $0.issue = "Agent not found: Gatehouse has no security agent"
                    $0.updatedAt = Timestamp(secondsSinceEpoch: instance.launchTime)
                    $0.resourceDetails = GuardDuty.CoverageResourceDetails {
                        $0.resourceType = "EC2"
                        $0.ec2InstanceDetails = GuardDuty.CoverageEc2InstanceDetails {
                            $0.instanceId = instance.id
                            $0.instanceType = instance.instanceType
                            $0.managementType = "DISABLED"
                        }
                    }
                }
            }
        }
    }

    static func matches(_ resource: GuardDuty.CoverageResource, _ criteria: GuardDuty.CoverageFilterCriteria?) -> Bool {
        (criteria?.filterCriterion ?? []).allSatisfy { criterion in
            let value: String? =
                switch criterion.criterionKey {
                case "ACCOUNT_ID": resource.accountId
                case "RESOURCE_TYPE": "EC2"
                case "COVERAGE_STATUS": resource.coverageStatus
                case "INSTANCE_ID": resource.resourceId
                case "MANAGEMENT_TYPE": "DISABLED"
                default: nil
                }
            if let wanted = criterion.filterCondition?.equals { return value.map(wanted.contains) ?? false }
            if let unwanted = criterion.filterCondition?.notEquals {
                return value.map { !unwanted.contains($0) } ?? true
            }
            return true
        }
    }
}
