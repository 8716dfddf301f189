import AWSConfigAPI
import Directory
import Ledger
import Platform
import Policy
import STSAPI
import Wire

// Configuration recorders of customers: one in each account and Region.
// <https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html>

extension AWSConfig.PutConfigurationRecorder: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let arn = Recorder.arn(input.configurationRecorder.name ?? Recorder.usualName, call.accountID, call.region)
        let tags = (input.tags ?? []).map { Tag(key: $0.key ?? "", value: $0.value ?? "") }
        var needed = [call.configAccess(arn, ConditionKeys.requestTags(tags))]
        if let role = input.configurationRecorder.roleARN { needed.append(.passing(role)) }
        return .required(needed)
    }

    /// The role has to let AWS Config assume it.
    /// - Returns: the end of the journal before there was this recorder.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        guard let role = input.configurationRecorder.roleARN, !role.isEmpty else {
            throw AWSConfig.Failure.invalidRoleException("The role provided is null or empty.")
        }
        let name = input.configurationRecorder.name ?? Recorder.usualName
        guard (1...256).contains(name.utf8.count) else {
            throw AWSConfig.Failure.invalidConfigurationRecorderNameException(
                "The configuration recorder name '\(name)' is not valid.")
        }
        _ = try await RecorderRole(
            arn: role, environment: call.environment, account: call.accountID, region: call.region
        )
        .assumed()
        return try await call.environment.journalEnd()
    }

    public static func handle(
        _ input: Input, _ end: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let view = input.configurationRecorder
        let name = view.name ?? Recorder.usualName
        var recorder: Recorder
        if let old = try records.get(Recorder.self, name) {
            guard old.servicePrincipal == nil else {
                throw AWSConfig.Failure.unmodifiableEntityException(
                    "The configuration recorder '\(name)' is a service-linked one, which only its service changes.")
            }
            recorder = old
            recorder.roleARN = view.roleARN ?? old.roleARN
        } else {
            guard try records.list(Recorder.self).allSatisfy({ $0.servicePrincipal != nil }) else {
                throw AWSConfig.Failure.maxNumberOfConfigurationRecordersExceededException(
                    "Failed to put configuration recorder '\(name)' because the maximum number of configuration"
                        + " recorders: 1 is reached.")
            }
            recorder = Recorder(
                name: name, accountID: call.accountID, region: call.region, roleARN: view.roleARN ?? "")
            // Tags are for a recorder that is made; those of an old one are changed by TagResource alone.
            recorder.tags = try TagRules.ofConfig.merge(try Tag.config(input.tags), into: [])
        }
        try recorder.apply(view.recordingGroup)
        try recorder.apply(view.recordingMode)
        try records.begin(recorder, after: end, call.environment)
        return Output()
    }
}

extension Recorder {
    /// As one is called that nobody has given a name.
    static let usualName = "default"

    fileprivate static var invalidGroup: ServiceError {
        AWSConfig.Failure.invalidRecordingGroupException("The recording group provided is not valid")
    }

    /// - Throws: InvalidRecordingGroupException for what contradicts itself.
    fileprivate mutating func apply(_ group: AWSConfig.RecordingGroup?) throws(ServiceError) {
        let included = group?.resourceTypes ?? []
        let excluded = group?.exclusionByResourceTypes?.resourceTypes ?? []
        let all = group?.allSupported
        let given: Strategy
        if let text = group?.recordingStrategy?.useOnly {
            guard let known = Strategy(rawValue: text) else { throw Self.invalidGroup }
            given = known
        } else if all == true || group == nil {
            given = .all
        } else if !excluded.isEmpty {
            given = .exclusion
        } else if !included.isEmpty {
            given = .inclusion
        } else {
            throw Self.invalidGroup
        }
        let isGlobal = group?.includeGlobalResourceTypes ?? false
        switch given {
        case .all:
            guard all ?? true, included.isEmpty, excluded.isEmpty else { throw Self.invalidGroup }
        case .inclusion:
            guard all != true, !isGlobal, !included.isEmpty, excluded.isEmpty else { throw Self.invalidGroup }
        case .exclusion:
            guard all != true, included.isEmpty, !excluded.isEmpty else { throw Self.invalidGroup }
        }
        (strategy, includesGlobalTypes) = (given, isGlobal)
        types = given == .exclusion ? excluded : included
    }

    /// - Throws: ValidationException.
    fileprivate mutating func apply(_ mode: AWSConfig.RecordingMode?) throws(ServiceError) {
        guard let mode else {
            (frequency, overrides) = (.continuous, [])
            return
        }
        frequency = Frequency(rawValue: mode.recordingFrequency) ?? .continuous
        overrides = (mode.recordingModeOverrides ?? []).map {
            Override(
                description: $0.description, types: $0.resourceTypes,
                frequency: Frequency(rawValue: $0.recordingFrequency) ?? .continuous)
        }
        for override in overrides {
            guard !override.types.isEmpty else {
                throw AWSConfig.Failure.validationException("A recording mode override needs resource types.")
            }
            for type in override.types where strategy == .inclusion && !types.contains(type) {
                throw AWSConfig.Failure.validationException(
                    "The resource type \(type) of the recording mode override is not in the recording group.")
            }
            for type in override.types where strategy == .exclusion && types.contains(type) {
                throw AWSConfig.Failure.validationException(
                    "The resource type \(type) of the recording mode override is excluded by the recording group.")
            }
        }
    }

    /// As answers show it.
    var view: AWSConfig.ConfigurationRecorder {
        AWSConfig.ConfigurationRecorder {
            $0.arn = arn
            $0.name = name
            $0.roleARN = roleARN
            $0.recordingGroup = AWSConfig.RecordingGroup {
                $0.allSupported = strategy == .all
                $0.includeGlobalResourceTypes = includesGlobalTypes
                $0.resourceTypes = strategy == .inclusion ? types : []
                $0.exclusionByResourceTypes = AWSConfig.ExclusionByResourceTypes {
                    $0.resourceTypes = strategy == .exclusion ? types : []
                }
                $0.recordingStrategy = AWSConfig.RecordingStrategy { $0.useOnly = strategy.rawValue }
            }
            $0.recordingMode = AWSConfig.RecordingMode {
                $0.recordingFrequency = frequency.rawValue
                $0.recordingModeOverrides = overrides.map { override in
                    AWSConfig.RecordingModeOverride {
                        $0.description = override.description
                        $0.resourceTypes = override.types
                        $0.recordingFrequency = override.frequency.rawValue
                    }
                }
            }
            $0.recordingScope = scopeName
            $0.servicePrincipal = servicePrincipal
        }
    }

    /// Whether its owner pays for what it records.
    var scopeName: String { servicePrincipal == nil ? "PAID" : "INTERNAL" }
}

// MARK: Operations on the one that is there

/// An operation on the recorder that its request names.
protocol OnRecorder: Platform.Operation {
    static func recorderName(_ input: Input) -> String
}

extension OnRecorder where InputFields: AWSConfig.WithConfigurationRecorderName {
    static func recorderName(_ input: Input) -> String { input.configurationRecorderName }
}

extension OnRecorder {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess(Recorder.arn(recorderName(input), call.accountID, call.region)))
    }
}

extension RecordReading {
    /// The recorder of a name.
    /// - Throws: NoSuchConfigurationRecorderException.
    func recorder(_ name: String) throws(ServiceError) -> Recorder {
        guard let recorder = try get(Recorder.self, name) else {
            throw AWSConfig.Failure.noSuchConfigurationRecorderException(
                "Cannot find configuration recorder with the specified name '\(name)'.")
        }
        return recorder
    }

    /// The account's own recorder here; nil: there is none.
    func ownRecorder() throws(ServiceError) -> Recorder? {
        try list(Recorder.self).first { $0.servicePrincipal == nil }
    }
}

extension MutableRecords {
    /// Puts a recorder in its place.
    /// - Parameter end: the end of the journal before; see ``Environment/journalEnd()``.
    func begin(_ recorder: Recorder, after end: Int64, _ environment: Environment) throws(ServiceError) {
        // What happened while nobody recorded is nobody's.
        if environment.projection(RecorderIndex.self).isEmpty { try move(FollowResources.self, to: end) }
        try put(recorder)
    }

    fileprivate func ownRecorder(_ name: String) throws(ServiceError) -> Recorder {
        let recorder = try recorder(name)
        guard recorder.servicePrincipal == nil else {
            throw AWSConfig.Failure.unmodifiableEntityException(
                "The configuration recorder '\(name)' is a service-linked one, which only its service changes.")
        }
        return recorder
    }
}

extension AWSConfig.StartConfigurationRecorder: WriteOperation, OnRecorder {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var recorder = try records.ownRecorder(input.configurationRecorderName)
        guard try records.count(DeliveryChannel.self) > 0 else {
            throw AWSConfig.Failure.noAvailableDeliveryChannelException(
                "Delivery channel is not available to start configuration recorder.")
        }
        guard !recorder.isRecording else { return Output() }
        (recorder.isRecording, recorder.started, recorder.changed) = (true, call.time, call.time)
        try records.put(recorder)
        let now = call.environment.now()
        // What is due already is not put off.
        if try records.scheduledTime(of: RecordDaily.self, id: RecordDaily.kind) == nil {
            try records.schedule(RecordDaily(), id: RecordDaily.kind, at: now + RecordDaily.interval)
        }
        if try records.scheduledTime(of: DeliverHistory.self, id: DeliverHistory.kind) == nil {
            try records.schedule(DeliverHistory(), id: DeliverHistory.kind, at: now + DeliverHistory.interval)
        }
        return Output()
    }
}

extension AWSConfig.StopConfigurationRecorder: WriteOperation, OnRecorder {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var recorder = try records.ownRecorder(input.configurationRecorderName)
        guard recorder.isRecording else { return Output() }
        (recorder.isRecording, recorder.stopped, recorder.changed) = (false, call.time, call.time)
        try records.put(recorder)
        return Output()
    }
}

extension AWSConfig.DeleteConfigurationRecorder: WriteOperation, OnRecorder {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let recorder = try records.ownRecorder(input.configurationRecorderName)
        try records.delete(recorder)
        try records.cancel(DiscoverResources.self, id: recorder.name)
        return Output()
    }
}

// MARK: What there is

extension RecordReading {
    /// The recorders that a request asks for: by their names, the service that one is for, or its ARN.
    /// - Throws: NoSuchConfigurationRecorderException, ValidationException.
    fileprivate func recorders(
        _ names: [String]?, _ service: String?, _ arn: String?
    ) throws(ServiceError) -> [Recorder] {
        let all = try list(Recorder.self)
        let given = [!(names ?? []).isEmpty, service != nil, arn != nil].count { $0 }
        guard given <= 1 else {
            throw AWSConfig.Failure.validationException(
                "Only one of configuration recorder names, service principal and ARN can be specified.")
        }
        if let service { return all.filter { $0.servicePrincipal == service } }
        if let arn {
            let found = all.filter { $0.arn == arn }
            guard !found.isEmpty else {
                throw AWSConfig.Failure.noSuchConfigurationRecorderException(
                    "Cannot find configuration recorder with the specified ARN '\(arn)'.")
            }
            return found
        }
        guard let names, !names.isEmpty else { return all.filter { $0.servicePrincipal == nil } }
        var found: [Recorder] = []
        for name in names { found.append(try recorder(name)) }
        return found
    }
}

/// A request about recorders, which may name none.
protocol AboutRecorders: ReadOperation
where
    InputFields: AWSConfig.MayHaveConfigurationRecorderNames & AWSConfig.MayHaveArn
        & AWSConfig.MayHaveServicePrincipal
{}

extension AboutRecorders {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let place = (call.accountID, call.region)
        if let arn = input.arn { return .required(call.configAccess(arn)) }
        if let service = input.servicePrincipal {
            let name = Recorder.name(for: service)
            return .required(
                call.configAccess(
                    Recorder.arn(name, place.0, place.1),
                    ["config:configurationrecorderserviceprincipal": .one(service)]))
        }
        let names = input.configurationRecorderNames ?? []
        guard !names.isEmpty else {
            return .required(call.configAccess(ConfigName.arn(place.0, place.1, "\(Recorder.arnType)/*")))
        }
        return .required(names.map { call.configAccess(Recorder.arn($0, place.0, place.1)) })
    }
}

extension AWSConfig.DescribeConfigurationRecorders: AboutRecorders {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found = try records.recorders(
            input.configurationRecorderNames, input.servicePrincipal, input.arn)
        return Output { $0.configurationRecorders = found.map(\.view) }
    }
}

extension AWSConfig.DescribeConfigurationRecorderStatus: AboutRecorders {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found = try records.recorders(
            input.configurationRecorderNames, input.servicePrincipal, input.arn)
        return Output {
            $0.configurationRecordersStatus = found.map { recorder in
                AWSConfig.ConfigurationRecorderStatus {
                    $0.arn = recorder.arn
                    $0.name = recorder.name
                    $0.recording = recorder.isRecording
                    $0.lastStartTime = recorder.started.map { Timestamp(secondsSinceEpoch: $0) }
                    $0.lastStopTime = recorder.stopped.map { Timestamp(secondsSinceEpoch: $0) }
                    $0.lastStatus = recorder.changed == nil ? "PENDING" : "SUCCESS"
                    $0.lastStatusChangeTime = recorder.changed.map { Timestamp(secondsSinceEpoch: $0) }
                    $0.servicePrincipal = recorder.servicePrincipal
                }
            }
        }
    }
}

extension AWSConfig.ListConfigurationRecorders: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let wanted = (input.filters ?? []).flatMap { $0.filterValue ?? [] }
        let found = try records.list(Recorder.self).filter { wanted.isEmpty || wanted.contains($0.scopeName) }
        let page = page(found, by: \.name, try ConfigPage.paging(input, usual: 20, most: 20))
        return Output(page) { recorder in
            AWSConfig.ConfigurationRecorderSummary {
                $0.arn = recorder.arn
                $0.name = recorder.name
                $0.servicePrincipal = recorder.servicePrincipal
                $0.recordingScope = recorder.scopeName
            }
        }
    }
}
