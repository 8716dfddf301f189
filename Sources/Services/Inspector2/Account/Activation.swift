import Directory
import Inspector2API
import Ledger
import Platform
import Policy
import Wire

// What is scanned: in the caller's account, and in those that it administers.
// <https://docs.aws.amazon.com/inspector/latest/user/activate-scans.html>

extension InspectorSettings {
    /// The status of a type. What is asked for has happened when it is answered, so that there are no states in between.
    func status(_ type: InspectedType) -> String { enabled[type] == nil ? "DISABLED" : "ENABLED" }

    var status: String { isEnabled ? "ENABLED" : "DISABLED" }

    fileprivate var account: Inspector2.Account {
        Inspector2.Account {
            $0.accountId = accountID
            $0.status = status
            $0.resourceStatus = resourceStatus
        }
    }

    fileprivate var resourceStatus: Inspector2.ResourceStatus {
        Inspector2.ResourceStatus {
            $0.ec2 = status(.ec2)
            $0.ecr = status(.ecr)
            $0.lambda = status(.lambda)
            $0.lambdaCode = status(.lambdaCode)
            $0.codeRepository = status(.codeRepository)
        }
    }

    fileprivate var accountState: Inspector2.AccountState {
        Inspector2.AccountState {
            $0.accountId = accountID
            $0.state = Self.state(status)
            $0.resourceState = Inspector2.ResourceState {
                $0.ec2 = Self.state(status(.ec2))
                $0.ecr = Self.state(status(.ecr))
                $0.lambda = Self.state(status(.lambda))
                $0.lambdaCode = Self.state(status(.lambdaCode))
                $0.codeRepository = Self.state(status(.codeRepository))
            }
        }
    }

    /// A state without an error: AWS's answers leave out what the model requires of one.
    private static func state(_ status: String) -> Inspector2.State { Inspector2.State { $0.status = status } }
}

extension Call {
    /// The accounts that a request is about: those that it names, or the caller's own.
    fileprivate func accounts(_ named: [String]?) -> [String] {
        guard let named, !named.isEmpty else { return [accountID] }
        var seen: Set<String> = []
        return named.filter { seen.insert($0).inserted }
    }

    /// Whether the caller may say what is scanned in an account.
    fileprivate func mayInspect(_ account: String) -> Bool {
        account == accountID
            || environment.inspected(by: accountID, region: region).contains(account)
    }

    /// The permission to have the service-linked role made; nil when it is there.
    fileprivate var needForInspectorRole: Access? {
        let service = InspectorName.principal
        let arn = "arn:aws:iam::\(accountID):role\(Role.serviceLinkedPath)\(service)/\(InspectorName.role)"
        guard directory.uniqueID(ofARN: arn) == nil else { return nil }
        return Access("iam:CreateServiceLinkedRole", on: arn, context: ["iam:awsservicename": .one(service)])
    }
}

extension InspectedType {
    /// - Throws: ValidationException for what Gatehouse does not scan, by its name.
    fileprivate static func named(_ names: [String]) throws(ServiceError) -> [InspectedType] {
        try names.map { name throws(ServiceError) in
            guard let type = InspectedType(rawValue: name) else {
                throw .invalidField("resourceTypes", "The resource type \(name) is not valid.")
            }
            return type
        }
    }
}

private func failed(
    _ account: String, _ code: String, _ message: String, _ settings: InspectorSettings?
) -> Inspector2.FailedAccount {
    Inspector2.FailedAccount {
        $0.accountId = account
        $0.errorCode = code
        $0.errorMessage = message
        $0.status = settings?.status
        $0.resourceStatus = settings?.resourceStatus
    }
}

extension Inspector2.Enable: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required([call.inspectorAccess(), call.needForInspectorRole].compactMap { $0 })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let types = try InspectedType.named(input.resourceTypes)
        if let code = types.first(where: \.isOfCode) {
            throw .invalidField(
                "resourceTypes", "\(code.rawValue) can't be enabled: Gatehouse does not scan code for vulnerabilities.")
        }
        var output = Output()
        (output.accounts, output.failedAccounts) = ([], [])
        for account in call.accounts(input.accountIds) {
            guard call.mayInspect(account) else {
                output.failedAccounts?.append(
                    failed(account, "ACCESS_DENIED", InspectorName.noAccess(to: "this account"), nil))
                continue
            }
            output.accounts.append(try records.of(account: account).enableScans(types, account, at: call.time).account)
        }
        return output
    }
}

extension MutableRecords {
    /// Has types of resources scanned in the account of these records, from now on.
    @discardableResult
    func enableScans(
        _ types: some Sequence<InspectedType>, _ account: String, at time: Double
    ) throws(ServiceError) -> InspectorSettings {
        var settings = try inspectorSettings()
        for type in types where settings.enabled[type] == nil {
            settings.enabled[type] = time
            if settings.firstEnabled[type] == nil { settings.firstEnabled[type] = time }
        }
        try put(settings)
        try ensureServiceLinkedRole(of: InspectorName.principal, at: time)
        if settings.enabled[.ec2] != nil { try ensureServiceLinkedRole(of: InspectorName.agentless, at: time) }
        try cancel(ForgetInspection.self, id: ForgetInspection.findings)
        try scheduleScan(at: time)
        return settings
    }
}

extension RecordReading {
    /// What is scanned in the account and Region of these records.
    func inspectorSettings() throws(ServiceError) -> InspectorSettings {
        try get(InspectorSettings.self, InspectorSettings.id)
            ?? InspectorSettings(accountID: scope.account, region: scope.region)
    }
}

extension Inspector2.Disable: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let named = try InspectedType.named(input.resourceTypes ?? [])
        var output = Output()
        (output.accounts, output.failedAccounts) = ([], [])
        for account in call.accounts(input.accountIds) {
            let own = records.of(account: account)
            guard call.mayInspect(account) else {
                output.failedAccounts?.append(
                    failed(account, "ACCESS_DENIED", InspectorName.noAccess(to: "this account"), nil))
                continue
            }
            var settings = try own.inspectorSettings()
            if let problem = call.problemOfDisabling(account, named, settings) {
                output.failedAccounts?.append(failed(account, problem.code, problem.message, settings))
                continue
            }
            for type in named.isEmpty ? InspectedType.allCases : named { settings.enabled[type] = nil }
            try own.put(settings)
            // Findings are kept for a day, for whoever has scans begin again.
            try own.schedule(ForgetInspection(), id: ForgetInspection.coverage, at: call.time)
            try own.schedule(ForgetInspection(), id: ForgetInspection.findings, at: call.time + 86_400)
            output.accounts.append(settings.account)
        }
        return output
    }
}

extension Call {
    fileprivate func problemOfDisabling(
        _ account: String, _ types: [InspectedType], _ settings: InspectorSettings
    ) -> (code: String, message: String)? {
        if account == accountID, environment.inspectorAdministrator(of: account, region: region) != nil {
            return (
                "ACCESS_DENIED", "A member account can't disable Amazon Inspector. The delegated administrator can."
            )
        }
        let rest = types.isEmpty ? [] : settings.enabled.keys.filter { !types.contains($0) }
        if rest.isEmpty, environment.isInspectorAdministrator(account, region: region),
            !environment.inspector.members(of: account, region: region).isEmpty
        {
            return ("DISASSOCIATE_ALL_MEMBERS", "Disassociate all members before you disable Amazon Inspector.")
        }
        return nil
    }
}

extension Inspector2.BatchGetAccountStatus: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var output = Output()
        (output.accounts, output.failedAccounts) = ([], [])
        for account in call.accounts(input.accountIds) {
            guard call.mayInspect(account) else {
                output.failedAccounts?.append(
                    failed(account, "ACCESS_DENIED", InspectorName.noAccess(to: "this account"), nil))
                continue
            }
            output.accounts.append(try records.of(account: account).inspectorSettings().accountState)
        }
        return output
    }
}

/// Deletes what is left of types that are no longer scanned.
struct ForgetInspection: Job {
    static let kind = "Inspector2::ForgetInspection"
    static let coverage = "coverage"
    static let findings = "findings"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope) = (context.environment, context.scope)
        if context.id == Self.coverage {
            try await forgetCoverage(scope, environment)
        } else {
            try await forgetFindings(scope, environment)
        }
        try await context.finish { _ in }
    }

    private func forgetCoverage(_ scope: Scope, _ environment: Environment) async throws(ServiceError) {
        var after: RowKey?
        while true {
            let place = after
            let batch = try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                let settings = try records.inspectorSettings()
                let rows = try records.list(
                    CoveredResource.self, RowRange(after: place.map { .key($0) }), limit: 64)
                for row in rows where !settings.scans(row.type) {
                    try records.delete(CoveredResource.self, row.key)
                    try records.delete(ResourceInventory.self, RowKey(.text(row.type), .text(row.resource)))
                }
                return rows
            }
            guard batch.count == 64, let last = batch.last else { return }
            after = last.key
        }
    }

    private func forgetFindings(_ scope: Scope, _ environment: Environment) async throws(ServiceError) {
        var after: RowKey?
        while true {
            let place = after
            let batch = try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                let settings = try records.inspectorSettings()
                let rows = try records.list(StoredFinding.self, RowRange(after: place.map { .key($0) }), limit: 64)
                for row in rows where !settings.scans(row.resourceType) {
                    try records.delete(StoredFinding.self, row.key)
                }
                return rows
            }
            guard batch.count == 64, let last = batch.last else { return }
            after = last.key
        }
    }
}

extension InspectorSettings {
    /// Whether resources of a type are scanned: `AWS_EC2_INSTANCE`.
    func scans(_ resourceType: String) -> Bool {
        InspectedType(resource: resourceType).map { enabled[$0] != nil } ?? false
    }
}
