import Directory
import FoundationEssentials
import Ledger
import Platform
import Wire

/// Brings an instance from a state on the way (`pending`, `stopping`, `shutting-down`) to where it is going: what runs on this
/// machine is begun or ended, and then the state is what is so. An instance that is terminated is forgotten in the end.
///
/// There is one for each instance; a change of mind replaces it.
struct MoveInstance: Job {
    static let kind = "EC2::MoveInstance"
    static let concurrency = 8
    static let share = 4
    /// Seconds that a terminated instance can still be seen.
    static let memory = 3600.0

    let instanceID: String
    /// Whether what runs is not asked before it is ended.
    var isForced = false

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let id = instanceID
        let found = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(StoredInstance.self, id)
        }
        guard let instance = found else { return }
        switch instance.state {
        case .pending, .running: try await begin(instance, context)
        case .stopping:
            await environment.instances.host?.stop(id, isForced: isForced)
            try await context.settle(instance) { $0.state = .stopped }
        case .shuttingDown: try await end(instance, context)
        case .terminated:
            try await context.finish { (records) throws(ServiceError) in
                guard let instance = try records.get(StoredInstance.self, id), instance.state == .terminated else {
                    return
                }
                try records.forgetSessions(ofInstance: id)
                try records.forgetConsole(of: instance)
                try records.delete(instance)
            }
        case .stopped: return
        }
    }

    // MARK: Its beginning

    private func begin(_ instance: StoredInstance, _ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        do throws(LaunchProblem) {
            try await open(instance, environment)
            try await launch(instance, environment)
        } catch {
            if let temporary = error.temporary { throw temporary }
            let reason = error.reason
            await environment.instances.host?.stop(instance.id, isForced: true)
            let time = environment.now()
            return try await context.finish { (records) throws(ServiceError) in
                guard var now = try records.get(StoredInstance.self, instance.id), now.state == instance.state,
                    now.starts == instance.starts
                else { return }
                // What was never there is not kept.
                now.state = now.hasBooted ? .stopping : .shuttingDown
                now.stateReason = reason
                try records.put(now)
                try records.schedule(MoveInstance(instanceID: now.id, isForced: true), of: now, at: time)
            }
        }
        if instance.state == .pending {
            try await context.settle(instance) {
                $0.state = .running
                $0.hasBooted = true
                $0.stateReason = $0.source == nil || environment.instances.host == nil ? .nothingRuns : nil
            }
        }
        // If it was to end meanwhile, whoever said so found nothing to end.
        let now = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(StoredInstance.self, instance.id)
        }
        if now?.starts != instance.starts || now?.state.runs != true {
            await environment.instances.host?.stop(instance.id, isForced: true)
        }
    }

    /// Decrypts the data keys of its volumes.
    private func open(_ instance: StoredInstance, _ environment: Environment) async throws(LaunchProblem) {
        guard instance.state == .pending else { return }
        let volumes = environment.projection(EC2Index.self).estate(instance.scope).volumes(of: instance.id)
        for volume in volumes {
            guard let encryption = volume.encryption else { continue }
            do throws(ServiceError) { try await EBSKeys.open(encryption, for: instance, environment) } catch {
                if error.status >= 500 { throw LaunchProblem(reason: .clientError, temporary: error) }
                let isState = error.code == "DisabledException" || error.code == "KMSInvalidStateException"
                throw LaunchProblem(reason: isState ? .unusableKey : .clientError)
            }
        }
    }

    private func launch(_ instance: StoredInstance, _ environment: Environment) async throws(LaunchProblem) {
        guard let name = instance.source, let host = environment.instances.host else { return }
        guard let source = environment.instances.source(name, for: instance.head.accountID) else {
            throw LaunchProblem(reason: .serverError("Nothing on this machine is called \(name) any more"))
        }
        let interfaces = environment.projection(EC2Index.self).estate(instance.scope).interfaces(of: instance.id)
        let launch = InstanceLaunch(
            id: instance.id, account: instance.head.accountID, region: instance.head.region, source: source,
            hostName: instance.privateDNSName, interfaces: interfaces.map(\.id),
            userData: instance.userData.flatMap { Data(base64Encoded: $0) }.map { Array($0) },
            isFirstBoot: !instance.hasBooted, start: instance.starts)
        do throws(InstanceHostError) { try await host.start(launch) } catch {
            throw LaunchProblem(reason: .serverError(error.message))
        }
        guard environment.runsInstances else {
            await host.terminate(instance.id)
            throw LaunchProblem(reason: .clientError, temporary: .internalFailure)
        }
    }

    /// Why an instance can't be started.
    private struct LaunchProblem: Error {
        let reason: StoredInstance.StateReason
        /// What may be otherwise in a moment.
        var temporary: ServiceError?
    }

    // MARK: Its end

    private func end(_ instance: StoredInstance, _ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        await environment.instances.host?.terminate(instance.id)
        let estate = environment.projection(EC2Index.self).estate(instance.scope)
        for volume in estate.volumes(of: instance.id) {
            guard let encryption = volume.encryption,
                let grant = volume.attachments.first(where: { $0.instanceID == instance.id })?.grantID
            else { continue }
            try await EBSKeys.retire(grant, encryption, for: instance, environment)
        }
        let time = environment.now()
        try await context.settle(instance) { (instance, records) throws(ServiceError) in
            try records.releaseVolumes(of: instance)
            try records.releaseInterfaces(of: instance)
            instance.state = .terminated
            instance.instanceProfile = nil
            instance.forgottenAt = time + Self.memory
            try records.schedule(MoveInstance(instanceID: instance.id), id: instance.id, at: time + Self.memory)
        }
    }
}

extension JobContext {
    /// Ends the job with a change of the instance's state, unless something else has changed it meanwhile.
    fileprivate func settle(
        _ instance: StoredInstance,
        _ change:
            @escaping @Sendable (inout StoredInstance, MutableRecords) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        let time = environment.now()
        try await finish { (records) throws(ServiceError) in
            guard var now = try records.get(StoredInstance.self, instance.id), now.state == instance.state,
                now.starts == instance.starts
            else { return }
            try change(&now, records)
            try records.put(now)
            try records.announce(now, at: time)
        }
    }

    fileprivate func settle(
        _ instance: StoredInstance, _ change: @escaping @Sendable (inout StoredInstance) -> Void
    ) async throws(ServiceError) {
        try await settle(instance) { (instance, _) throws(ServiceError) in change(&instance) }
    }
}

extension MutableRecords {
    /// Has an instance go to another state, which the job brings about.
    func move(
        _ instance: inout StoredInstance, to state: StoredInstance.State, isForced: Bool = false, at time: Double
    ) throws(ServiceError) {
        instance.state = state
        try put(instance)
        try announce(instance, at: time)
        try schedule(MoveInstance(instanceID: instance.id, isForced: isForced), of: instance, at: time)
    }

    /// Tells the default event bus the state of an instance.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html>
    func announce(_ instance: StoredInstance, at time: Double) throws(ServiceError) {
        try announce(
            AnnouncedEvent(
                source: "aws.ec2", detailType: "EC2 Instance State-change Notification", resources: [instance.arn],
                time: time
            ) { writer in
                writer.member("instance-id", instance.id)
                writer.member("state", instance.state.rawValue)
            })
    }

    /// Gives the volumes of an instance free, and deletes those that are to go with it.
    fileprivate func releaseVolumes(of instance: StoredInstance) throws(ServiceError) {
        for var volume in try referrers(StoredVolume.self, StoredVolume.attached, to: instance.id) {
            let own = volume.attachments.filter { $0.instanceID == instance.id }
            volume.attachments.removeAll { $0.instanceID == instance.id }
            if volume.attachments.isEmpty, own.contains(where: \.isDeletedOnTermination) {
                try delete(volume)
            } else {
                if volume.attachments.isEmpty, volume.state == "in-use" { volume.state = "available" }
                try put(volume)
            }
        }
    }
}

extension StoredInstance.State {
    /// Whether something runs, or is about to.
    var runs: Bool { self == .pending || self == .running }
}

extension StoredInstance.StateReason {
    /// Of a running instance of which nothing runs: Gatehouse's own.
    static let nothingRuns = of(
        "Gatehouse.NothingRuns", "The image names neither a command nor a folder of this machine")
    static let clientError = of("Client.InternalError", "Client error on launch")
    static let unusableKey = of(
        "Client.InvalidKMSKey.InvalidState", "The KMS key provided is in an incorrect state")
    static let userShutdown = of("Client.UserInitiatedShutdown", "User initiated shutdown")
    static let ownShutdown = of("Client.InstanceInitiatedShutdown", "Instance initiated shutdown")

    static func serverError(_ message: String) -> StoredInstance.StateReason { of("Server.InternalError", message) }

    private static func of(_ code: String, _ message: String) -> StoredInstance.StateReason {
        StoredInstance.StateReason(code: code, message: "\(code): \(message)")
    }
}

extension EC2Estate {
    /// The volumes that an instance has.
    func volumes(of instanceID: String) -> [StoredVolume] {
        all(StoredVolume.self).filter { $0.attachments.contains { $0.instanceID == instanceID } }
    }

    /// Its network interfaces, in the order of their device indexes.
    func interfaces(of instanceID: String) -> [StoredNetworkInterface] {
        all(StoredNetworkInterface.self).filter { $0.attachment?.instanceID == instanceID }
            .sorted { ($0.attachment?.deviceIndex ?? 0) < ($1.attachment?.deviceIndex ?? 0) }
    }
}

extension Environment {
    /// Has instances that end by themselves be stopped or terminated, and those that ran when Gatehouse ended be started again: none
    /// of their processes outlives it.
    func beginInstances() async throws(ServiceError) {
        instances.whenEnded { [weak self] end in
            guard let self else { return }
            Task { try await self.note(end) }
        }
        for (scope, estate) in projection(EC2Index.self).estates {
            // Of several nodes one starts them: see HostInstances.
            let running =
                ledger.isShared
                ? [] : estate.all(StoredInstance.self).filter { $0.state == .running && $0.source != nil }
            let hasKeys = estate.each(StoredVolume.self).contains { $0.encryption?.dataKey != nil }
            guard !running.isEmpty || hasKeys else { continue }
            let now = now()
            // What another node has begun is soon done, or never.
            let left = RetireLeftGrants(before: ledger.isShared ? now - 3600 : now)
            try await write(scope, requestID: "") { (records) throws(ServiceError) in
                for instance in running {
                    try records.schedule(MoveInstance(instanceID: instance.id), of: instance, at: now)
                }
                if hasKeys, try records.scheduledTime(of: RetireLeftGrants.self, id: RetireLeftGrants.id) == nil {
                    try records.schedule(left, id: RetireLeftGrants.id, at: now)
                }
            }
        }
    }

    private func note(_ end: InstanceEnd) async throws(ServiceError) {
        let now = now()
        try await write(Scope(account: end.account, region: end.region), requestID: "") {
            (records) throws(ServiceError) in
            guard var instance = try records.get(StoredInstance.self, end.id), instance.starts == end.start,
                instance.state.runs
            else { return }
            instance.stateReason = .ownShutdown
            instance.stateTransitionReason = ""
            try records.move(
                &instance, to: instance.shutdownBehavior == "terminate" ? .shuttingDown : .stopping, at: now)
        }
    }
}
