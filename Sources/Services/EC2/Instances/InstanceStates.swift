import EC2API
import Ledger
import Platform
import Wire

// Starting, stopping and the end of instances.
// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html>

/// An operation that sends instances to another state: all of them, or none.
protocol MovesInstances: WriteOperation where InputFields: EC2.WithInstanceIds {
    /// Whether an instance is to go there, and where; nil: it is there already.
    /// - Throws: IncorrectInstanceState, OperationNotPermitted.
    static func target(_ instance: StoredInstance) throws(ServiceError) -> StoredInstance.State?
    /// Notes at the instance what its move is about.
    static func note(_ instance: inout StoredInstance, _ input: Input, _ call: Call, _ records: MutableRecords)
        throws(ServiceError)
    static func answer(_ changes: [EC2.InstanceStateChange]) -> Output
    static func isForced(_ input: Input) -> Bool
}

extension MovesInstances {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.instanceIds.isEmpty else { throw .missingParameter("InstanceId") }
        return .required(input.instanceIds.map { call.access(to: StoredInstance.self, $0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var changes: [EC2.InstanceStateChange] = []
        var seen: Set<String> = []
        for id in input.instanceIds where seen.insert(id).inserted {
            var instance = try records.existing(StoredInstance.self, id)
            let before = instance.state
            if let state = try target(instance) {
                try note(&instance, input, call, records)
                try records.move(&instance, to: state, isForced: isForced(input), at: call.time)
            }
            changes.append(
                EC2.InstanceStateChange {
                    $0.instanceId = id
                    $0.currentState = EC2.InstanceState(instance.state)
                    $0.previousState = EC2.InstanceState(before)
                })
        }
        return answer(changes)
    }
}

extension ServiceError {
    fileprivate static func incorrectState(_ instance: StoredInstance, _ what: String) -> ServiceError {
        .ec2(
            "IncorrectInstanceState",
            "The instance '\(instance.id)' is not in a state from which it can be \(what).")
    }

    fileprivate static func protected(_ instance: StoredInstance, _ what: String, _ attribute: String) -> ServiceError {
        .ec2(
            "OperationNotPermitted",
            "The instance '\(instance.id)' may not be \(what). Modify its '\(attribute)' instance attribute and try again."
        )
    }
}

extension StoredInstance {
    /// Notes that somebody has asked for its end.
    fileprivate mutating func noteUserShutdown(_ call: Call) {
        let time = call.timestamp.iso8601.replacing("T", with: " ").replacing("Z", with: " GMT")
        stateTransitionReason = "User initiated (\(time))"
        stateReason = .userShutdown
    }
}

extension EC2.StartInstances: MovesInstances {
    static func target(_ instance: StoredInstance) throws(ServiceError) -> StoredInstance.State? {
        switch instance.state {
        case .pending, .running: return nil
        case .stopped: return .pending
        case .stopping, .shuttingDown, .terminated: throw .incorrectState(instance, "started")
        }
    }

    static func note(
        _ instance: inout StoredInstance, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try Capacity.check(call, records, for: instance.instanceType, count: 1, source: instance.source)
        instance.stateTransitionReason = ""
        instance.stateReason = StoredInstance.StateReason(code: "pending", message: "pending")
        instance.launchTime = call.time
        instance.starts += 1
        if instance.getsPublicAddress { try records.givePublicAddress(to: instance, call) }
    }

    static func answer(_ changes: [EC2.InstanceStateChange]) -> Output { Output { $0.startingInstances = changes } }
    static func isForced(_ input: Input) -> Bool { false }
}

extension EC2.StopInstances: MovesInstances {
    static func target(_ instance: StoredInstance) throws(ServiceError) -> StoredInstance.State? {
        switch instance.state {
        case .stopped, .stopping: return nil
        case .running:
            guard !instance.disableAPIStop else { throw .protected(instance, "stopped", "disableApiStop") }
            guard instance.rootDeviceType == "ebs" else {
                throw .ec2(
                    "UnsupportedOperation",
                    "The instance '\(instance.id)' does not have an 'ebs' root device type and cannot be stopped")
            }
            return .stopping
        case .pending, .shuttingDown, .terminated: throw .incorrectState(instance, "stopped")
        }
    }

    static func note(
        _ instance: inout StoredInstance, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard input.hibernate != true else {
            throw .ec2(
                "UnsupportedHibernationConfiguration", "The instance \(instance.id) is not configured for hibernation.")
        }
        instance.noteUserShutdown(call)
        try records.takePublicAddress(from: instance)
    }

    static func answer(_ changes: [EC2.InstanceStateChange]) -> Output { Output { $0.stoppingInstances = changes } }
    static func isForced(_ input: Input) -> Bool { input.force == true }
}

extension EC2.TerminateInstances: MovesInstances {
    static func target(_ instance: StoredInstance) throws(ServiceError) -> StoredInstance.State? {
        guard !instance.state.isEnding else { return nil }
        guard !instance.disableAPITermination else {
            throw .protected(instance, "terminated", "disableApiTermination")
        }
        return .shuttingDown
    }

    static func note(
        _ instance: inout StoredInstance, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) { instance.noteUserShutdown(call) }

    static func answer(_ changes: [EC2.InstanceStateChange]) -> Output { Output { $0.terminatingInstances = changes } }
    static func isForced(_ input: Input) -> Bool { input.force == true }
}

extension EC2.RebootInstances: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.instanceIds.isEmpty else { throw .missingParameter("InstanceId") }
        return .required(input.instanceIds.map { call.access(to: StoredInstance.self, $0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        for id in input.instanceIds {
            let instance = try records.existing(StoredInstance.self, id)
            guard instance.state == .running else {
                throw .ec2("IncorrectInstanceState", "The instance '\(id)' is not in the 'running' state.")
            }
            guard instance.source != nil else { continue }
            try records.schedule(
                RebootInstance(instanceID: id, start: instance.starts), id: "\(id) \(call.requestID)", at: call.time)
        }
        return Output()
    }
}

/// Ends what runs of an instance, and begins it anew.
struct RebootInstance: Job {
    static let kind = "EC2::RebootInstance"
    static let concurrency = 4
    static let share = 2

    static func isFor(_ environment: Environment) -> Bool { environment.runsInstances }

    let instanceID: String
    let start: Int

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = instanceID
        let instance = try await context.environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(StoredInstance.self, id)
        }
        guard let instance, instance.state == .running, instance.starts == start, instance.source != nil,
            let host = context.environment.instances.host
        else { return }
        do throws(InstanceHostError) { try await host.reboot(id) } catch {
            context.report("an instance can't be rebooted", ["instance": id, "error": error.message])
        }
    }
}

extension EC2.MonitorInstances: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.instanceIds.isEmpty else { throw .missingParameter("InstanceId") }
        return .required(input.instanceIds.map { call.access(to: StoredInstance.self, $0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let shown = try records.setMonitoring(true, input.instanceIds)
        return Output { $0.instanceMonitorings = shown }
    }
}

extension EC2.UnmonitorInstances: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.instanceIds.isEmpty else { throw .missingParameter("InstanceId") }
        return .required(input.instanceIds.map { call.access(to: StoredInstance.self, $0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let shown = try records.setMonitoring(false, input.instanceIds)
        return Output { $0.instanceMonitorings = shown }
    }
}

extension MutableRecords {
    fileprivate func setMonitoring(
        _ isEnabled: Bool, _ ids: [String]
    ) throws(ServiceError) -> [EC2.InstanceMonitoring] {
        var shown: [EC2.InstanceMonitoring] = []
        for id in ids {
            var instance = try livingInstance(id)
            instance.monitoring = isEnabled
            try put(instance)
            shown.append(
                EC2.InstanceMonitoring {
                    $0.instanceId = id
                    $0.monitoring = EC2.Monitoring { $0.state = isEnabled ? "pending" : "disabling" }
                })
        }
        return shown
    }
}
