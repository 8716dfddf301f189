import Ledger
import Platform
import Synchronization
import Wire

/// Of the nodes of an installation one runs all instances, since they are to reach each other: the one that does this work. When it is
/// gone, and with it all that ran there, another takes the work up, and starts anew what has to run.
struct HostInstances: RecurringJob {
    static let kind = "EC2::HostInstances"
    /// Seconds until somebody begins, after somebody has ended.
    static let interval = 1.0

    static func isFor(_ environment: Environment) -> Bool {
        environment.ledger.isShared && environment.instances.canLead
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        let instances = context.environment.instances
        let lead = Task { await Self.keep(context) }
        guard instances.lead(by: lead) else { return lead.cancel() }
        do throws(ServiceError) { try await context.environment.moveHostedInstances() } catch {
            // Others may try.
            lead.cancel()
        }
        await withTaskCancellationHandler {
            await lead.value
        } onCancel: {
            lead.cancel()
        }
        instances.endLead()
        await instances.host?.abandonAll()
    }

    /// When it was known last that nobody else does it.
    private final class Certainty: Sendable {
        private let last = Mutex<ContinuousClock.Instant?>(.now)

        /// Whether another may have begun meanwhile: what this node runs has to be gone by then.
        var isOver: Bool { last.withLock { $0.map { .now - $0 > .seconds(4) } ?? true } }

        func renew(at time: ContinuousClock.Instant) { last.withLock { $0 = $0 == nil ? nil : time } }
        func end() { last.withLock { $0 = nil } }
    }

    /// Returns when it is this node's part no more, or about to be.
    private static func keep(_ context: JobContext) async {
        let certainty = Certainty()
        // A ledger that is away may take long to say so.
        let keeper = Task {
            while !certainty.isOver, (try? await Task.sleep(for: .seconds(1))) != nil {
                let now = ContinuousClock.now
                do throws(ServiceError) {
                    if try await context.keep() { certainty.renew(at: now) } else { certainty.end() }
                } catch {}
            }
        }
        while !certainty.isOver, (try? await Task.sleep(for: .milliseconds(500))) != nil {}
        keeper.cancel()
    }
}

/// A move of an instance that runs on a machine: of several nodes the one that runs instances makes it.
struct MoveHostedInstance: Job {
    static let kind = "EC2::MoveHostedInstance"
    static let concurrency = MoveInstance.concurrency
    static let share = MoveInstance.share

    let move: MoveInstance

    static func isFor(_ environment: Environment) -> Bool { environment.runsInstances }

    func run(_ context: JobContext) async throws(ServiceError) { try await move.run(context) }
}

extension Environment {
    /// Whether instances that run on a machine are this node's to move.
    var runsInstances: Bool { !ledger.isShared || instances.leads }

    /// Has all instances that are to run here be started, and all that are on their way be moved on.
    fileprivate func moveHostedInstances() async throws(ServiceError) {
        for (scope, estate) in projection(EC2Index.self).estates {
            let all = estate.all(StoredInstance.self).filter {
                $0.source != nil && $0.state != .stopped && $0.state != .terminated
            }
            guard !all.isEmpty else { continue }
            let now = now()
            try await write(scope, requestID: "") { (records) throws(ServiceError) in
                for instance in all {
                    let known = try records.scheduled(MoveHostedInstance.self, id: instance.id)?.move
                    try records.schedule(known ?? MoveInstance(instanceID: instance.id), of: instance, at: now)
                }
            }
        }
    }
}

extension MutableRecords {
    /// Schedules a move of an instance.
    func schedule(_ move: MoveInstance, of instance: StoredInstance, at time: Double) throws(ServiceError) {
        if instance.source == nil {
            try schedule(move, id: instance.id, at: time)
        } else {
            try schedule(MoveHostedInstance(move: move), id: instance.id, at: time)
        }
    }
}
