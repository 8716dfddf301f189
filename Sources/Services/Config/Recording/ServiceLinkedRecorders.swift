import AWSConfigAPI
import Directory
import Platform
import Policy
import Wire

// Recorders that AWS services have made for themselves. What they record is for the service alone: GetResourceConfigHistory and
// the like do not show it.
// <https://docs.aws.amazon.com/config/latest/developerguide/configuration-recorder-service-linked.html>

extension Recorder {
    /// The services that may have one, and what AWS calls it.
    private static let services = [
        "observabilityadmin.amazonaws.com": "ObservabilityAdmin", "securityhub.amazonaws.com": "SecurityHub",
    ]

    /// The name of the recorder of a service.
    static func name(for service: String) -> String {
        "AWSConfigurationRecorderFor\(services[service] ?? "Service")"
    }

    /// - Throws: ValidationException for a service that has none.
    fileprivate static func checkedName(for service: String) throws(ServiceError) -> String {
        guard services[service] != nil else {
            throw AWSConfig.Failure.validationException(
                "The service principal '\(service)' does not support service-linked configuration recorders.")
        }
        return name(for: service)
    }
}

extension AWSConfig.PutServiceLinkedConfigurationRecorder: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var context = ConditionKeys.requestTags(
            (input.tags ?? []).map { Tag(key: $0.key ?? "", value: $0.value ?? "") })
        context["config:configurationrecorderserviceprincipal"] = .one(input.servicePrincipal)
        return .required(call.configAccess("*", context))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try Recorder.checkedName(for: input.servicePrincipal)
        guard try records.get(Recorder.self, name) == nil else {
            throw AWSConfig.Failure.conflictException(
                "A service-linked configuration recorder for '\(input.servicePrincipal)' exists already.")
        }
        let role = try records.ensureServiceLinkedRole(of: ConfigName.principal, at: call.time)
        var recorder = Recorder(
            name: name, accountID: call.accountID, region: call.region, roleARN: role?.arn ?? "",
            strategy: .inclusion, servicePrincipal: input.servicePrincipal, isRecording: true)
        (recorder.started, recorder.changed) = (call.time, call.time)
        recorder.tags = try TagRules.ofConfig.merge(try Tag.config(input.tags), into: [])
        try records.put(recorder)
        let made = recorder
        return Output {
            $0.arn = made.arn
            $0.name = made.name
        }
    }
}

extension AWSConfig.DeleteServiceLinkedConfigurationRecorder: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.configAccess(
                Recorder.arn(Recorder.name(for: input.servicePrincipal), call.accountID, call.region),
                ["config:configurationrecorderserviceprincipal": .one(input.servicePrincipal)]))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let recorder = try records.recorder(try Recorder.checkedName(for: input.servicePrincipal))
        try records.delete(recorder)
        return Output {
            $0.arn = recorder.arn
            $0.name = recorder.name
        }
    }
}

/// A change of the types that a recorder includes or excludes.
protocol RecorderTypesChange: WriteOperation
where InputFields: AWSConfig.WithConfigurationRecorderArn & AWSConfig.WithResourceTypes {
    static var adds: Bool { get }
    static func output(_ recorder: AWSConfig.ConfigurationRecorder) -> Output
}

extension RecorderTypesChange {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess(input.configurationRecorderArn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let arn = input.configurationRecorderArn
        guard var recorder = try records.list(Recorder.self).first(where: { $0.arn == arn }) else {
            throw AWSConfig.Failure.noSuchConfigurationRecorderException(
                "Cannot find configuration recorder with the specified ARN '\(arn)'.")
        }
        let isIncluding: Bool
        switch recorder.strategy {
        case .inclusion: isIncluding = adds
        case .exclusion: isIncluding = !adds
        case .all:
            throw AWSConfig.Failure.validationException(
                "The configuration recorder records all supported resource types: none can be associated or"
                    + " disassociated.")
        }
        for type in input.resourceTypes {
            recorder.types.removeAll { $0 == type }
            if isIncluding { recorder.types.append(type) }
        }
        try records.put(recorder)
        return output(recorder.view)
    }
}

extension AWSConfig.AssociateResourceTypes: RecorderTypesChange {
    static var adds: Bool { true }
    static func output(_ recorder: AWSConfig.ConfigurationRecorder) -> Output {
        Output { $0.configurationRecorder = recorder }
    }
}

extension AWSConfig.DisassociateResourceTypes: RecorderTypesChange {
    static var adds: Bool { false }
    static func output(_ recorder: AWSConfig.ConfigurationRecorder) -> Output {
        Output { $0.configurationRecorder = recorder }
    }
}
