import Directory
import GuardDutyAPI
import Ledger
import Platform
import Wire

// The detector of an account in a Region.
// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html>

extension RecordReading {
    /// The caller's detector, by the id that the request names.
    /// - Throws: BadRequestException.
    func detector(_ id: String, _ call: Call) throws(ServiceError) -> StoredDetector {
        guard let detector = try get(StoredDetector.self, id) else { throw .notOwned }
        return detector
    }
}

/// An operation whose action is on the detector that its path names.
protocol OnDetector: Platform.Operation {
    static func detectorID(_ input: Input) -> String
}

extension OnDetector {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess(call.guardDutyARN(detectorID(input))))
    }
}

extension GuardDuty.CreateDetector: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.accessToNew(call.guardDutyARN("*"), input.tags)
    }

    /// Where the event history is now: what happened before is not looked at.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await WatchEvents.end(call.environment)
    }

    public static func handle(
        _ input: Input, _ end: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard try records.count(StoredDetector.self) == 0 else { throw .detectorExists }
        let frequency = input.findingPublishingFrequency.flatMap(StoredDetector.Frequency.init(rawValue:)) ?? .sixHours
        let detector = try records.makeDetector(
            id: GuardDutyName.id([call.requestID, "detector"]), isEnabled: input.enable, from: end,
            call.environment, at: call.time
        ) { (detector) throws(ServiceError) in
            detector.frequency = frequency
            detector.tags = try TagRules.ofGuardDuty.merge(input.tags ?? [:], into: [])
            try detector.set(input.dataSources, input.features, at: call.time)
        }
        return Output {
            $0.detectorId = detector.id
            $0.unprocessedDataSources = GuardDuty.UnprocessedDataSourcesResult()
        }
    }
}

extension MutableRecords {
    /// Makes the detector of these records' account and Region.
    /// - Parameter end: where the event history was before this transaction.
    func makeDetector(
        id: String, isEnabled: Bool, from end: Int64, _ environment: Environment, at time: Double,
        _ settings: (inout StoredDetector) throws(ServiceError) -> Void
    ) throws(ServiceError) -> StoredDetector {
        var detector = StoredDetector(
            id: id, accountID: scope.account, region: scope.region, created: time, updated: time,
            isEnabled: isEnabled, since: RequestIDs.milliseconds(time), frequency: .sixHours,
            features: GuardDutyFeature.standard(at: time))
        try settings(&detector)
        try ensureServiceLinkedRole(of: GuardDutyName.principal, at: time)
        if isEnabled { try beginWatching(from: end, environment) }
        try put(detector)
        return detector
    }

    /// What happened while nobody looked is nobody's.
    func beginWatching(from end: Int64, _ environment: Environment) throws(ServiceError) {
        if !environment.guardDuty.isWatching { try move(WatchEvents.self, to: end) }
    }
}

extension StoredDetector {
    /// Takes what a request says of data sources, the older form, and of features.
    /// - Throws: BadRequestException for what can't be.
    mutating func set(
        _ sources: GuardDuty.DataSourceConfigurations?, _ wanted: [GuardDuty.DetectorFeatureConfiguration]?,
        at time: Double
    ) throws(ServiceError) {
        if sources?.structure.isEmpty == false, wanted?.isEmpty == false {
            throw .badRequest(
                "The request is rejected because dataSources and features can't be specified together.")
        }
        func set(_ name: String, _ isEnabled: Bool?) {
            guard let isEnabled, features[name]?.isEnabled != isEnabled else { return }
            features[name] = Feature(
                isEnabled: isEnabled, updated: time, additional: features[name]?.additional ?? [:])
        }
        set("S3_DATA_EVENTS", sources?.s3Logs?.enable)
        set("EKS_AUDIT_LOGS", sources?.kubernetes?.auditLogs.enable)
        set("EBS_MALWARE_PROTECTION", sources?.malwareProtection?.scanEc2InstanceWithFindings?.ebsVolumes)
        var seen: Set<String> = []
        for feature in wanted ?? [] {
            guard let name = feature.name, let known = GuardDutyFeature.all.first(where: { $0.name == name }),
                seen.insert(name).inserted
            else { throw .invalidParameter("features") }
            // One of the two looks at EKS, not both.
            let runtimes = ["EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING"]
            if runtimes.contains(name), feature.status == "ENABLED",
                let other = runtimes.first(where: { $0 != name }),
                (wanted ?? []).contains(where: { $0.name == other && $0.status == "ENABLED" })
            {
                throw .badRequest(
                    "The request is rejected because EKS_RUNTIME_MONITORING and RUNTIME_MONITORING can't be enabled "
                        + "together.")
            }
            set(name, feature.status.map { $0 == "ENABLED" })
            var kept = features[name] ?? Feature(isEnabled: false, updated: time)
            for additional in feature.additionalConfiguration ?? [] {
                guard let part = additional.name, known.additional.contains(part) else {
                    throw .invalidParameter("features")
                }
                let isEnabled = additional.status == "ENABLED"
                if kept.additional[part] != isEnabled {
                    kept.additional[part] = isEnabled
                    kept.updated = time
                }
            }
            features[name] = kept
        }
    }

    /// The features as answers show them, with those that are always looked at.
    var featureViews: [GuardDuty.DetectorFeatureConfigurationResult] {
        let always = GuardDutyFeature.always.map { name in
            GuardDuty.DetectorFeatureConfigurationResult {
                $0.name = name
                $0.status = "ENABLED"
                $0.updatedAt = Timestamp(secondsSinceEpoch: created)
            }
        }
        let others = GuardDutyFeature.all.map { known in
            let feature = features[known.name]
            let updated = Timestamp(secondsSinceEpoch: feature?.updated ?? created)
            return GuardDuty.DetectorFeatureConfigurationResult {
                $0.name = known.name
                $0.status = feature?.isEnabled == true ? "ENABLED" : "DISABLED"
                $0.updatedAt = updated
                guard !known.additional.isEmpty else { return }
                $0.additionalConfiguration = known.additional.map { part in
                    GuardDuty.DetectorAdditionalConfigurationResult {
                        $0.name = part
                        $0.status = feature?.additional[part] == true ? "ENABLED" : "DISABLED"
                        $0.updatedAt = updated
                    }
                }
            }
        }
        return always + others
    }

    /// The older form of the same.
    var sourceViews: GuardDuty.DataSourceConfigurationsResult {
        func status(_ name: String) -> String { isEnabled(name) ? "ENABLED" : "DISABLED" }
        return GuardDuty.DataSourceConfigurationsResult {
            $0.cloudTrail = GuardDuty.CloudTrailConfigurationResult { $0.status = "ENABLED" }
            $0.dnsLogs = GuardDuty.DNSLogsConfigurationResult { $0.status = "ENABLED" }
            $0.flowLogs = GuardDuty.FlowLogsConfigurationResult { $0.status = "ENABLED" }
            $0.s3Logs = GuardDuty.S3LogsConfigurationResult { $0.status = status("S3_DATA_EVENTS") }
            $0.kubernetes = GuardDuty.KubernetesConfigurationResult {
                $0.auditLogs = GuardDuty.KubernetesAuditLogsConfigurationResult { $0.status = status("EKS_AUDIT_LOGS") }
            }
            $0.malwareProtection = GuardDuty.MalwareProtectionConfigurationResult {
                $0.scanEc2InstanceWithFindings = GuardDuty.ScanEc2InstanceWithFindingsResult {
                    $0.ebsVolumes = GuardDuty.EbsVolumesResult { $0.status = status("EBS_MALWARE_PROTECTION") }
                }
            }
        }
    }
}

extension GuardDuty.GetDetector: ReadOperation, OnDetector {
    static func detectorID(_ input: Input) -> String { input.detectorId }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let detector = try records.detector(input.detectorId, call)
        return Output {
            $0.createdAt = guardDutyTime(detector.created)
            $0.updatedAt = guardDutyTime(detector.updated)
            $0.findingPublishingFrequency = detector.frequency.rawValue
            $0.serviceRole = GuardDutyName.roleARN(detector.accountID)
            $0.status = detector.isEnabled ? "ENABLED" : "DISABLED"
            $0.dataSources = detector.sourceViews
            $0.features = detector.featureViews
            $0.tags = Dictionary(detector.tags.map { ($0.key, $0.value) }) { $1 }
        }
    }
}

extension GuardDuty.UpdateDetector: PreparedWriteOperation, OnDetector {
    static func detectorID(_ input: Input) -> String { input.detectorId }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await WatchEvents.end(call.environment)
    }

    public static func handle(
        _ input: Input, _ end: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var detector = try records.detector(input.detectorId, call)
        if let enable = input.enable, enable != detector.isEnabled {
            if !enable { try records.checkMayEnd(call) }
            detector.isEnabled = enable
            if enable {
                detector.since = RequestIDs.milliseconds(call.time)
                try records.beginWatching(from: end, call.environment)
            }
        }
        if let frequency = input.findingPublishingFrequency.flatMap(StoredDetector.Frequency.init(rawValue:)) {
            detector.frequency = frequency
        }
        try detector.set(input.dataSources, input.features, at: call.time)
        detector.updated = call.time
        try records.put(detector)
        return Output()
    }
}

extension MutableRecords {
    /// A member's detector is its administrator's to end; an administrator's ends when it has no members.
    func checkMayEnd(_ call: Call) throws(ServiceError) {
        let index = call.environment.guardDuty
        guard index.administrator(of: call.accountID, region: call.region) == nil else {
            throw .badRequest(
                "The request is rejected because the account is a member of an administrator account. Disassociate it first."
            )
        }
        guard !index.members(of: call.guardDutyScope).contains(where: \.isAssociated) else {
            throw .badRequest(
                "The request is rejected because the account is an administrator account that has members. "
                    + "Disassociate them first.")
        }
    }
}

extension GuardDuty.DeleteDetector: WriteOperation, OnDetector {
    static func detectorID(_ input: Input) -> String { input.detectorId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let detector = try records.detector(input.detectorId, call)
        try records.checkMayEnd(call)
        for filter in try records.list(StoredFilter.self) { try records.delete(filter) }
        for list in try records.list(StoredList.self) { try records.delete(list) }
        for destination in try records.list(StoredDestination.self) { try records.delete(destination) }
        for member in try records.list(StoredMember.self) { try records.delete(member) }
        try records.delete(detector)
        try records.schedule(ForgetDetector(), id: detector.id, at: call.time)
        return Output()
    }
}

extension GuardDuty.ListDetectors: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(StoredDetector.self, try Paging(guardDuty: input))
        return Output {
            $0.detectorIds = page.items.map(\.id)
            $0.nextToken = page.marker
        }
    }
}
