import Ledger
import Platform
import Posture
import Wire

extension MutableRecords {
    /// Keeps what a rule says of a resource, and tells whoever listens if that is something else than before.
    /// - Parameter isGone: whether the resource is known to be there no more.
    func keep(
        _ verdict: RuleVerdict, of rule: StoredRule, on type: String, _ id: String, ordered: Double, invoked: Double,
        at time: Double, isGone: Bool = false
    ) throws(ServiceError) {
        let old = try get(RuleResult.self, RuleResult.key(type, id), of: rule.name)
        // A verdict on an older state says nothing.
        if let old, old.ordered > ordered { return }
        let annotation = verdict.annotation.map { String($0.prefix(256)) }
        guard verdict.compliance != .notApplicable else {
            guard let old else { return }
            try forget(old, at: time)
            // How often one that is there was put right still counts when the rule is about it again.
            var isGone = isGone
            if !isGone { isGone = try currentItem(type, id) == nil }
            if isGone {
                try delete(RemediationExecution.self, old.key, of: rule.name)
            }
            try announceChange(of: rule, on: type, id, from: old, to: nil, at: time)
            return
        }
        let new = RuleResult(
            rule: rule.name, type: type, id: id, compliance: verdict.compliance, annotation: annotation,
            ordered: ordered, invoked: invoked, recorded: time)
        try put(new)
        if new.compliance == .nonCompliant { try remediateAutomatically(rule.name, type, id, at: time) }
        guard old?.compliance != new.compliance else { return }
        try count(rule.name, type, id, from: old?.compliance, to: new.compliance, at: time)
        try announceChange(of: rule, on: type, id, from: old, to: new, at: time)
    }

    /// Forgets a result.
    private func forget(_ result: RuleResult, at time: Double) throws(ServiceError) {
        try delete(RuleResult.self, result.key, of: result.rule)
        try count(result.rule, result.type, result.id, from: result.compliance, to: nil, at: time)
    }

    /// Forgets some of what a rule has said.
    /// - Parameters:
    ///   - before: what is recorded later stays; seconds since 1970; nil: nothing does.
    ///   - after: where to go on.
    /// - Returns: where to go on; nil: that was all.
    func forgetResults(
        of rule: String, at time: Double, before: Double? = nil, after: RowKey? = nil, limit: Int = 256
    ) throws(ServiceError) -> RowKey? {
        let results = try list(RuleResult.self, of: rule, RowRange(after: after.map { .key($0) }), limit: limit)
        for result in results where before.map({ result.recorded < $0 }) ?? true { try forget(result, at: time) }
        return results.count == limit ? results.last?.key : nil
    }

    private func count(
        _ rule: String, _ type: String, _ id: String, from old: Compliance?, to new: Compliance?, at time: Double
    ) throws(ServiceError) {
        var resource =
            try get(ResourceCompliance.self, RuleResult.key(type, id))
            ?? ResourceCompliance(type: type, id: id, rules: [:])
        if let old { resource.count(old, -1) }
        if let new { resource.count(new, 1) }
        if resource.rules == nil { resource.rules = try allResults(on: type, id) }
        resource.rules?[rule] = new
        if resource.isEmpty {
            try delete(ResourceCompliance.self, resource.key)
        } else {
            try put(resource)
        }
        try noteCompliance(of: type, id, at: time)
        try noteCompliance(ofPackOf: rule, at: time)
    }

    /// What all rules say of a resource, by their names: for what was counted when that was not kept.
    private func allResults(on type: String, _ id: String) throws(ServiceError) -> [String: Compliance] {
        var results: [String: Compliance] = [:]
        for rule in try list(StoredRule.self) {
            guard let result = try get(RuleResult.self, RuleResult.key(type, id), of: rule.name) else { continue }
            results[rule.name] = result.compliance
        }
        return results
    }

    /// <https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html>
    private func announceChange(
        of rule: StoredRule, on type: String, _ id: String, from old: RuleResult?, to new: RuleResult?, at time: Double
    ) throws(ServiceError) {
        func result(_ result: RuleResult?) -> JSONValue {
            guard let result else { return .null }
            return .members([
                "evaluationResultIdentifier": .members([
                    "evaluationResultQualifier": .members([
                        "configRuleName": .string(rule.name), "resourceType": .string(type), "resourceId": .string(id),
                        "evaluationMode": .string("DETECTIVE"),
                    ]), "orderingTimestamp": .time(result.ordered),
                ]), "complianceType": .string(result.compliance.rawValue), "resultRecordedTime": .time(result.recorded),
                "configRuleInvokedTime": .time(result.invoked), "annotation": .perhaps(result.annotation),
            ])
        }
        let now = new.map { result($0) } ?? .members(["complianceType": .string(Compliance.notApplicable.rawValue)])
        let detail: JSONValue = .members([
            "resourceId": .string(id), "awsRegion": .string(rule.region), "awsAccountId": .string(rule.accountID),
            "configRuleName": .string(rule.name), "recordVersion": .string("1.0"), "configRuleARN": .string(rule.arn),
            "messageType": .string("ComplianceChangeNotification"), "newEvaluationResult": now,
            "oldEvaluationResult": result(old), "notificationCreationTime": .time(time), "resourceType": .string(type),
        ])
        try announce(
            AnnouncedEvent(
                source: "aws.config", detailType: "Config Rules Compliance Change", time: time, detail: detail.jsonText),
            to: rule.accountID, in: rule.region)
        guard try list(DeliveryChannel.self, limit: 1).first?.topicARN != nil else { return }
        let subject = "[AWS Config:\(rule.region)] \(type) \(id) is now \((new?.compliance ?? .notApplicable).rawValue)"
        try schedule(
            PublishNotification(subject: String(subject.prefix(100)), message: detail.jsonText),
            id: RequestIDs.make(time: time), at: time)
    }
}
