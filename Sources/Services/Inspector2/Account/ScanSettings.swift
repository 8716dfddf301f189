import Inspector2API
import Platform
import Wire

// How scans are done: which of instances, and for how long of images.
// <https://docs.aws.amazon.com/inspector/latest/user/scanning-ec2.html>
// <https://docs.aws.amazon.com/inspector/latest/user/scanning-ecr.html>

extension Call {
    /// - Throws: AccessDeniedException for a member's account: its administrator decides.
    func checkDecidesAboutScans() throws(ServiceError) {
        guard let administrator = environment.inspectorAdministrator(of: accountID, region: region) else { return }
        throw .inspectorDenied(
            "Account \(accountID) is a member account. Only the delegated administrator \(administrator) can do this.")
    }
}

extension Inspector2.GetConfiguration: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let settings = try records.inspectorSettings()
        return Output {
            $0.ec2Configuration = Inspector2.Ec2ConfigurationState {
                $0.scanModeState = Inspector2.Ec2ScanModeState {
                    $0.scanMode = settings.ec2ScanMode
                    $0.scanModeStatus = "SUCCESS"
                }
            }
            $0.ecrConfiguration = Inspector2.EcrConfigurationState {
                $0.rescanDurationState = Inspector2.EcrRescanDurationState {
                    $0.rescanDuration = settings.rescanDuration
                    $0.pullDateRescanDuration = settings.pullRescanDuration
                    $0.pullDateRescanMode = settings.pullRescanMode
                    $0.status = "SUCCESS"
                    $0.updatedAt = settings.rescanUpdated.map { Timestamp(secondsSinceEpoch: $0) }
                }
            }
        }
    }
}

extension Inspector2.UpdateConfiguration: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try call.checkDecidesAboutScans()
        guard input.ec2Configuration != nil || input.ecrConfiguration != nil else {
            throw .invalidInspection("Specify ec2Configuration or ecrConfiguration.")
        }
        // An administrator decides for all members.
        for account in call.environment.inspected(by: call.accountID, region: call.region) {
            let own = records.of(account: account)
            var settings = try own.inspectorSettings()
            if let instances = input.ec2Configuration { settings.ec2ScanMode = instances.scanMode }
            if let images = input.ecrConfiguration {
                settings.rescanDuration = images.rescanDuration
                if let duration = images.pullDateRescanDuration { settings.pullRescanDuration = duration }
                if let mode = images.pullDateRescanMode { settings.pullRescanMode = mode }
                settings.rescanUpdated = call.time
            }
            try own.put(settings)
            if settings.isEnabled { try own.scheduleScan(at: call.time) }
        }
        return Output()
    }
}

extension InspectorSettings {
    /// How many seconds images are scanned anew after they came; nil: for as long as they are there.
    var rescanSeconds: Double? {
        guard rescanDuration.hasPrefix("DAYS_"), let days = Double(rescanDuration.dropFirst(5)) else { return nil }
        return days * 86_400
    }
}

// MARK: - Packages of programming languages in instances

// <https://docs.aws.amazon.com/inspector/latest/user/deep-inspection.html>

extension InspectorSettings {
    /// Where deep inspection looks if nobody says more.
    static let usualPaths = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"]

    fileprivate var deepStatus: String { inspectsDeeply ? "ACTIVATED" : "DEACTIVATED" }
}

extension Call {
    /// The paths that the administrator of the caller's account has set for all members.
    fileprivate func organizationPaths(_ own: InspectorSettings) -> [String] {
        guard let administrator = environment.inspectorAdministrator(of: accountID, region: region) else {
            return own.organizationPaths
        }
        return environment.inspectorSettings(administrator, region).organizationPaths
    }
}

extension Inspector2.GetEc2DeepInspectionConfiguration: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let settings = try records.inspectorSettings()
        return Output {
            $0.packagePaths = settings.packagePaths
            $0.orgPackagePaths = call.organizationPaths(settings)
            $0.status = settings.deepStatus
        }
    }
}

extension Inspector2.UpdateEc2DeepInspectionConfiguration: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var settings = try records.inspectorSettings()
        if let active = input.activateDeepInspection { settings.inspectsDeeply = active }
        if let paths = input.packagePaths { settings.packagePaths = paths }
        try records.put(settings)
        if settings.isEnabled { try records.scheduleScan(at: call.time) }
        return Output {
            $0.packagePaths = settings.packagePaths
            $0.orgPackagePaths = call.organizationPaths(settings)
            $0.status = settings.deepStatus
        }
    }
}

extension Inspector2.UpdateOrgEc2DeepInspectionConfiguration: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try call.checkIsInspectorAdministrator(for: "update the organization deep inspection configuration")
        var settings = try records.inspectorSettings()
        settings.organizationPaths = input.orgPackagePaths
        try records.put(settings)
        for account in call.environment.inspected(by: call.accountID, region: call.region) {
            guard call.environment.inspectorSettings(account, call.region).isEnabled else { continue }
            try records.of(account: account).scheduleScan(at: call.time)
        }
        return Output()
    }
}

extension Call {
    fileprivate func deepFailure(_ account: String) -> Inspector2.FailedMemberAccountEc2DeepInspectionStatusState {
        Inspector2.FailedMemberAccountEc2DeepInspectionStatusState {
            $0.accountId = account
            $0.errorMessage = "Account \(account) is not a member of account \(accountID)."
        }
    }
}

extension Inspector2.BatchGetMemberEc2DeepInspectionStatus: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        try call.checkIsInspectorAdministrator(for: "get member deep inspection status")
        let members = call.environment.inspector.members(of: call.accountID, region: call.region)
        var output = Output()
        (output.accountIds, output.failedAccountIds) = ([], [])
        let named = input.accountIds ?? []
        for account in named.isEmpty ? members : named {
            guard members.contains(account) else {
                output.failedAccountIds?.append(call.deepFailure(account))
                continue
            }
            let settings = try records.of(account: account).inspectorSettings()
            output.accountIds?.append(
                Inspector2.MemberAccountEc2DeepInspectionStatusState {
                    $0.accountId = account
                    $0.status = settings.deepStatus
                })
        }
        return output
    }
}

extension Inspector2.BatchUpdateMemberEc2DeepInspectionStatus: WriteOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try call.checkIsInspectorAdministrator(for: "update member deep inspection status")
        let members = call.environment.inspector.members(of: call.accountID, region: call.region)
        var output = Output()
        (output.accountIds, output.failedAccountIds) = ([], [])
        for wanted in input.accountIds {
            guard members.contains(wanted.accountId) else {
                output.failedAccountIds?.append(call.deepFailure(wanted.accountId))
                continue
            }
            let own = records.of(account: wanted.accountId)
            var settings = try own.inspectorSettings()
            settings.inspectsDeeply = wanted.activateDeepInspection
            try own.put(settings)
            if settings.isEnabled { try own.scheduleScan(at: call.time) }
            output.accountIds?.append(
                Inspector2.MemberAccountEc2DeepInspectionStatusState {
                    $0.accountId = wanted.accountId
                    $0.status = settings.deepStatus
                })
        }
        return output
    }
}
