import Directory
import Ledger
import Platform
import Posture
import Wire

/// Puts a resource right, as its rule's remediation says.
///
/// What fails for reasons that pass is tried again as often, and for as long, as the remediation says.
struct RunRemediation: Job {
    static let kind = "Config::RunRemediation"
    static let concurrency = 4

    let rule: String
    let type: String
    let resourceID: String

    static func id(_ rule: String, _ type: String, _ id: String) -> String { "\(rule)/\(type)/\(id)" }

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let (rule, type, resourceID) = (rule, type, resourceID)
        let remediation = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(StoredRemediation.self, rule)
        }
        guard let remediation else { return try await context.finish { _ in } }
        var failure: ServiceError?
        do throws(ServiceError) { try await Self.perform(remediation, on: resourceID, environment) } catch {
            let isPassing = error.status >= 500 && error.code != "NotImplemented"
            if isPassing, try await mayTryAgain(remediation, after: error, context) { throw error }
            failure = error
        }
        let (error, time) = (failure, environment.now())
        try await context.finish { (records) throws(ServiceError) in
            guard
                var execution = try records.get(RemediationExecution.self, RuleResult.key(type, resourceID), of: rule)
            else { return }
            execution.state = error == nil ? .succeeded : .failed
            execution.error = error.map { Self.text(of: $0) }
            execution.updated = time
            try records.put(execution)
            // As often as that it was tried in vain.
            if error != nil, context.attempts + 1 >= remediation.attempts, execution.isAutomatic {
                try records.exempt(remediation, type, resourceID, time)
            }
            // What a periodic rule says of it now.
            guard error == nil, let found = try records.get(StoredRule.self, rule), found.interval != nil else {
                return
            }
            try records.schedule(EvaluateRule(), id: rule, at: time)
        }
    }

    private static func text(of error: ServiceError) -> String { "\(error.code): \(error.message)" }

    /// Whether there is another attempt; whoever asks meanwhile is told what went wrong in this one.
    private func mayTryAgain(
        _ remediation: StoredRemediation, after error: ServiceError, _ context: JobContext
    ) async throws(ServiceError) -> Bool {
        guard context.attempts + 1 < remediation.attempts else { return false }
        let (rule, key, time) = (rule, RuleResult.key(type, resourceID), context.environment.now())
        return try await context.environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            guard var execution = try records.get(RemediationExecution.self, key, of: rule),
                time < execution.invoked + Double(remediation.attemptSeconds)
            else { return false }
            (execution.error, execution.updated) = (Self.text(of: error), time)
            try records.put(execution)
            return true
        }
    }

    private static func perform(
        _ remediation: StoredRemediation, on id: String, _ environment: Environment
    ) async throws(ServiceError) {
        guard let document = RemediationDocument.all[remediation.document] else { throw .internalFailure }
        var values = Dictionary(
            document.parameters.compactMap { parameter in parameter.usual.map { (parameter.name, [$0]) } }
        ) { first, _ in first }
        for (name, value) in remediation.parameters {
            switch value {
            case .resourceID: values[name] = [id]
            case .texts(let texts): values[name] = texts
            }
        }
        let calls = try await RemediationCalls(
            role: remediation.role ?? "", account: remediation.accountID,
            region: remediation.region, environment)
        try await document.run(calls, RemediationArguments(values: values))
    }
}

extension MutableRecords {
    /// Begins to put a resource right.
    /// - Parameter isAutomatic: nobody has asked for it.
    func remediate(
        _ remediation: StoredRemediation, _ type: String, _ id: String, isAutomatic: Bool, at time: Double
    ) throws(ServiceError) {
        let old = try get(RemediationExecution.self, RuleResult.key(type, id), of: remediation.rule)
        var execution =
            old
            ?? RemediationExecution(
                rule: remediation.rule, type: type, id: id, state: .queued, step: remediation.document, invoked: time,
                updated: time)
        if isAutomatic {
            if old?.state == .queued { return }
            execution.attempts = execution.attempts.filter { $0 + Double(remediation.attemptSeconds) > time }
            guard execution.attempts.count < remediation.attempts else {
                return try exempt(remediation, type, id, time)
            }
            execution.attempts.append(time)
        }
        (execution.state, execution.step, execution.error) = (.queued, remediation.document, nil)
        (execution.invoked, execution.updated) = (time, time)
        try put(execution)
        try schedule(
            RunRemediation(rule: remediation.rule, type: type, resourceID: id),
            id: RunRemediation.id(remediation.rule, type, id), at: time)
    }

    /// What can't be put right is left alone.
    fileprivate func exempt(
        _ remediation: StoredRemediation, _ type: String, _ id: String, _ time: Double
    ) throws(ServiceError) {
        let message =
            "Remediation was tried \(remediation.attempts) times within \(remediation.attemptSeconds) seconds, and the"
            + " resource is not compliant."
        try put(
            RemediationExemption(
                rule: remediation.rule, type: type, id: id, message: message, expires: nil, put: time))
    }

    /// Puts right what a rule has found, if that is to be done of itself.
    func remediateAutomatically(_ rule: String, _ type: String, _ id: String, at time: Double) throws(ServiceError) {
        guard let remediation = try get(StoredRemediation.self, rule), remediation.isAutomatic,
            remediation.resourceType == nil || remediation.resourceType == type
        else { return }
        if let exemption = try get(RemediationExemption.self, RuleResult.key(type, id), of: rule) {
            guard exemption.expires.map({ $0 <= time }) ?? false else { return }
            try delete(RemediationExemption.self, exemption.key, of: rule)
        }
        try remediate(remediation, type, id, isAutomatic: true, at: time)
    }
}
