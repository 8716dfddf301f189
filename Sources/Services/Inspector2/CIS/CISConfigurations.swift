import Directory
import FoundationEssentials
import Inspector2API
import Ledger
import Platform
import Wire

// When instances are compared with benchmarks, and which.
// <https://docs.aws.amazon.com/inspector/latest/user/scanning-cis.html>

extension Quota {
    /// <https://docs.aws.amazon.com/inspector/latest/user/inspector_quotas.html>
    static let cisConfigurations = Quota("InspectorCisScanConfigurationsPerAccount", 500)
}

extension RecordReading {
    /// A configuration of the caller's account.
    /// - Throws: ResourceNotFoundException.
    func cisConfiguration(_ arn: String, _ call: Call) throws(ServiceError) -> CISConfiguration {
        guard let name = OwnedName(arn), name.kind == .cisConfiguration, name.isOf(call),
            let configuration = try get(CISConfiguration.self, name.id)
        else { throw .inspectorNotFound("The CIS scan configuration \(arn) does not exist.") }
        return configuration
    }
}

extension Call {
    /// - Throws: ValidationException for accounts that the caller has no say about.
    fileprivate func checkTargets(_ accounts: [String]) throws(ServiceError) {
        if accounts.contains("SELF") || accounts.contains("ALL_ACCOUNTS"), accounts.count > 1 {
            throw .invalidField("targets.accountIds", "SELF and ALL_ACCOUNTS stand alone.")
        }
        let isAdministrator = environment.isInspectorAdministrator(accountID, region: region)
        let own = environment.inspected(by: accountID, region: region)
        for account in accounts where account != "SELF" {
            guard account == "ALL_ACCOUNTS" ? isAdministrator : own.contains(account) else {
                throw .invalidField(
                    "targets.accountIds", "Account \(accountID) is not an administrator for \(account).")
            }
        }
    }
}

extension MutableRecords {
    /// Has the next scan of a configuration begin when it is due.
    func scheduleNext(_ configuration: CISConfiguration, at time: Double) throws(ServiceError) {
        let due = configuration.schedule == .once ? time : configuration.schedule.next(after: time)
        guard let due else { return }
        try schedule(StartCISScan(configuration: configuration.id), id: configuration.id, at: due)
    }
}

extension Inspector2.CreateCisScanConfiguration: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.accessToNew(.cisConfiguration, input.tags)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try call.checkTargets(input.targets.accountIds)
        guard try records.count(CISConfiguration.self) < call.quotas[.cisConfigurations] else {
            throw .invalidInspection(
                "An account has at most \(call.quotas[.cisConfigurations]) CIS scan configurations.")
        }
        let configuration = CISConfiguration(
            id: UUID().uuidString.lowercased(), accountID: call.accountID, region: call.region, name: input.scanName,
            level: input.securityLevel, schedule: try CISSchedule(input.schedule), accounts: input.targets.accountIds,
            targetTags: input.targets.targetResourceTags,
            tags: try TagRules.ofInspector.merge(input.tags ?? [:], into: []))
        try records.put(configuration)
        try records.scheduleNext(configuration, at: call.time)
        return Output { $0.scanConfigurationArn = configuration.arn }
    }
}

extension Inspector2.UpdateCisScanConfiguration: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.inspectorAccess(onARN: input.scanConfigurationArn, .cisConfiguration, member: "scanConfigurationArn")
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var configuration = try records.cisConfiguration(input.scanConfigurationArn, call)
        if let name = input.scanName { configuration.name = name }
        if let level = input.securityLevel { configuration.level = level }
        if let accounts = input.targets?.accountIds {
            try call.checkTargets(accounts)
            configuration.accounts = accounts
        }
        if let tags = input.targets?.targetResourceTags { configuration.targetTags = tags }
        if let schedule = input.schedule {
            configuration.schedule = try CISSchedule(schedule)
            try records.cancel(StartCISScan.self, id: configuration.id)
            try records.scheduleNext(configuration, at: call.time)
        }
        try records.put(configuration)
        return Output { $0.scanConfigurationArn = configuration.arn }
    }
}

extension Inspector2.DeleteCisScanConfiguration: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.inspectorAccess(onARN: input.scanConfigurationArn, .cisConfiguration, member: "scanConfigurationArn")
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let configuration = try records.cisConfiguration(input.scanConfigurationArn, call)
        try records.delete(configuration)
        try records.cancel(StartCISScan.self, id: configuration.id)
        return Output { $0.scanConfigurationArn = configuration.arn }
    }
}

extension Inspector2.ListCisScanConfigurations: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let criteria = input.filterCriteria
        let found = try records.list(CISConfiguration.self).filter { configuration in
            guard CISMatch.matches(criteria?.scanNameFilters, [configuration.name]),
                CISMatch.matches(criteria?.scanConfigurationArnFilters, [configuration.arn]),
                CISMatch.matches(criteria?.targetResourceTagFilters, configuration.targetTags)
            else { return false }
            return true
        }
        let byARN = input.sortBy == "SCAN_CONFIGURATION_ARN"
        let sorted = found.sorted { a, b in
            byARN ? a.arn < b.arn : (a.name, a.arn) < (b.name, b.arn)
        }
        let page = page(input.sortOrder == "DESC" ? sorted.reversed() : sorted, try Paging(inspector: input))
        return Output(page) { configuration in
            Inspector2.CisScanConfiguration {
                $0.scanConfigurationArn = configuration.arn
                $0.ownerId = configuration.accountID
                $0.scanName = configuration.name
                $0.securityLevel = configuration.level
                $0.schedule = configuration.schedule.view
                $0.targets = Inspector2.CisTargets {
                    $0.accountIds = configuration.accounts
                    $0.targetResourceTags = configuration.targetTags
                }
                $0.tags = Dictionary(configuration.tags.map { ($0.key, $0.value) }) { $1 }
            }
        }
    }
}

/// The filters of lists of CIS scans.
enum CISMatch {
    static func matches(_ filters: [Inspector2.CisStringFilter]?, _ values: [String]) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        return StringMatch.matches(filters.map { ($0.comparison, $0.value) }, values)
    }

    static func matches(_ filters: [Inspector2.TagFilter]?, _ tags: [String: [String]]) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        return filters.contains { tags[$0.key]?.contains($0.value) == true }
    }

    static func matches(_ filters: [Inspector2.CisNumberFilter]?, _ number: Int) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        return filters.contains { filter in
            (filter.lowerInclusive.map { $0 <= number } ?? true) && (filter.upperInclusive.map { number <= $0 } ?? true)
        }
    }

    static func matches(_ filters: [Inspector2.CisDateFilter]?, _ time: Double) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        return filters.contains { filter in
            (filter.earliestScanStartTime.map { $0.secondsSinceEpoch <= time } ?? true)
                && (filter.latestScanStartTime.map { time <= $0.secondsSinceEpoch } ?? true)
        }
    }

    /// Filters that say which of some words are wanted.
    static func isOne(of values: [String]?, _ value: String?) -> Bool {
        guard let values, !values.isEmpty else { return true }
        return value.map { values.contains($0) } ?? false
    }
}
