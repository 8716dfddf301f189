import Directory
import Ledger
import Platform
import Posture
import Wire

/// The items that tell of resources and conformance packs what rules say of them: how that was at each time.
/// <https://docs.aws.amazon.com/config/latest/developerguide/compliance-history-conformance-pack.html>
enum ComplianceItem {
    static let resourceType = "AWS::Config::ResourceCompliance"
    static let packType = "AWS::Config::ConformancePackCompliance"

    /// What AWS Config tells the item of a resource by.
    static func id(_ type: String, _ id: String) -> String { "\(type)/\(id)" }

    /// The most bytes that a resource's type and id have together: the keys that they become part of have them twice.
    static let mostBytes = 1100

    /// Whether an item can be kept of what rules say of a resource.
    static func isStorable(_ type: String, _ id: String) -> Bool {
        type.utf8.count + id.utf8.count <= mostBytes && (type + id).utf8.allSatisfy { $0 >= 0x20 }
    }
}

/// Something of which rules say something else than before, and which is to be recorded.
struct PendingCompliance: TableRow {
    static let kind = "Config::PendingCompliance"

    /// The resource's type, or ``ComplianceItem/packType``.
    let type: String
    /// The resource's, or the conformance pack's.
    let id: String

    var key: RowKey { RuleResult.key(type, id) }
}

extension MutableRecords {
    /// Has it recorded what rules say of a resource, or a conformance pack.
    func noteCompliance(of type: String, _ id: String, at time: Double) throws(ServiceError) {
        guard try ownRecorder()?.isRecording == true else { return }
        try put(PendingCompliance(type: type, id: id))
        try schedule(RecordCompliance(), id: RecordCompliance.kind, at: time)
    }

    /// The same of the conformance pack that a rule is part of.
    func noteCompliance(ofPackOf rule: String, at time: Double) throws(ServiceError) {
        guard let pack = try get(StoredRule.self, rule)?.pack else { return }
        try noteCompliance(of: ComplianceItem.packType, pack, at: time)
    }

    /// Records what rules say of something, if that is to be recorded and is not what was recorded last.
    fileprivate func recordCompliance(
        _ pending: PendingCompliance, _ recorder: Recorder, _ environment: Environment
    ) throws(ServiceError) {
        let isPack = pending.type == ComplianceItem.packType
        let type = isPack ? ComplianceItem.packType : ComplianceItem.resourceType
        let id = isPack ? pending.id : ComplianceItem.id(pending.type, pending.id)
        let captured = Int64(exactly: (environment.now() * 1000).rounded()) ?? 0
        let sequence = try lastSequence()
        let old = try currentItem(type, id)
        guard recorder.records(type, isGlobal: false),
            let item = try isPack ? packItem(id) : resourceItem(pending.type, pending.id)
        else {
            guard let old else { return }
            let status: StoredItem.Status = recorder.records(type, isGlobal: false) ? .deleted : .notRecorded
            return try keep(
                old.deleted(status, captured: captured, sequence: sequence, requestID: ""), old, environment)
        }
        // AWS records these when they change, whatever the recorder says of other types.
        let new = StoredItem(
            item, of: ConfiguredResource(type, id, account: recorder.accountID, region: recorder.region),
            in: recorder.region, isGlobal: false, status: old == nil ? .discovered : .ok, captured: captured,
            sequence: sequence, requestID: "", frequency: .continuous)
        guard old?.content != new.content else { return }
        try keep(new, old, environment)
    }

    private func resourceItem(_ type: String, _ id: String) throws(ServiceError) -> ConfigurationItem? {
        guard let resource = try get(ResourceCompliance.self, RuleResult.key(type, id)) else { return nil }
        let (account, region) = (scope.account, scope.region)
        let rules = (resource.rules ?? [:]).sorted { $0.key < $1.key }.map { rule in
            JSONValue.members([
                "configRuleArn": .string(StoredRule.arn(rule.key, account, region)),
                "configRuleId": .string(StoredRule.ruleID(rule.key, account, region)),
                "configRuleName": .string(rule.key), "complianceType": .string(rule.value.rawValue),
            ])
        }
        return ConfigurationItem(
            ComplianceItem.resourceType, id: ComplianceItem.id(type, id), arn: nil, account: account, region: region,
            relationships: [.init("Is associated with ", type, id: id)],
            configuration: .members([
                "targetResourceId": .string(id), "targetResourceType": .string(type),
                "configRuleList": .array(rules), "complianceType": .string(resource.compliance.rawValue),
            ]))
    }

    private func packItem(_ id: String) throws(ServiceError) -> ConfigurationItem? {
        guard let pack = try list(StoredPack.self).first(where: { $0.packID == id }) else { return nil }
        let all = try readOnly.compliances(of: pack).sorted { $0.rule < $1.rule }
        func count(_ compliance: Compliance) -> JSONValue { .integer(all.count { $0.compliance == compliance }) }
        return ConfigurationItem(
            ComplianceItem.packType, id: id, name: pack.name, arn: pack.arn, account: pack.accountID,
            region: pack.region, tags: pack.tags,
            configuration: .members([
                "complianceType": .string(try readOnly.compliance(of: pack).rawValue),
                "configRuleList": .array(
                    all.map { rule in
                        .members([
                            "configRuleName": .string(rule.rule),
                            "configRuleArn": .string(StoredRule.arn(rule.rule, pack.accountID, pack.region)),
                            "complianceType": .string(rule.compliance.rawValue), "controls": .array([]),
                        ])
                    }), "totalRuleCount": .integer(all.count), "compliantRuleCount": count(.compliant),
                "nonCompliantRuleCount": count(.nonCompliant),
            ]))
    }
}

/// Records what rules say of resources and conformance packs, a few at a time.
struct RecordCompliance: Job {
    static let kind = "Config::RecordCompliance"
    private static let atOnce = 64

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        try await context.finish { (records) throws(ServiceError) in
            let pending = try records.list(PendingCompliance.self, limit: Self.atOnce)
            let recorder = try records.ownRecorder()
            for one in pending {
                // What can't be stored must not keep the rest from being recorded.
                if let recorder, recorder.isRecording, ComplianceItem.isStorable(one.type, one.id) {
                    try records.recordCompliance(one, recorder, environment)
                }
                try records.delete(PendingCompliance.self, one.key)
            }
            guard pending.count == Self.atOnce else { return }
            try records.schedule(RecordCompliance(), id: Self.kind, at: environment.now())
        }
    }
}

/// Looks at all that rules say: when a recorder is started, or told to record other types.
struct DiscoverCompliance: Job {
    static let kind = "Config::DiscoverCompliance"
    private static let atOnce = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        var after: RowKey?
        repeat {
            let from = after
            after = try await environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) -> RowKey? in
                let rows = try records.list(
                    ResourceCompliance.self, RowRange(after: from.map { .key($0) }), limit: Self.atOnce)
                for row in rows { try records.put(PendingCompliance(type: row.type, id: row.id)) }
                return rows.count == Self.atOnce ? rows.last?.key : nil
            }
        } while after != nil
        // What was recorded and is no more.
        repeat {
            let from = after
            after = try await environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) -> RowKey? in
                let range = RowRange(RowPrefix(.text(ComplianceItem.resourceType)), after: from.map { .key($0) })
                let rows = try records.list(CurrentItem.self, range, limit: Self.atOnce)
                for row in rows {
                    // Both the type and the id may have slashes: the item's own id does not tell where one ends.
                    guard let resource = row.item.relationships.first, let id = resource.id else { continue }
                    try records.put(PendingCompliance(type: resource.type, id: id))
                }
                return rows.count == Self.atOnce ? rows.last?.key : nil
            }
        } while after != nil
        try await context.finish { (records) throws(ServiceError) in
            let packs = try records.list(StoredPack.self).map(\.packID)
            let known = try records.list(
                CurrentItem.self, RowRange(RowPrefix(.text(ComplianceItem.packType))), limit: 1000
            ).map(\.item.id)
            for id in Set(packs + known) { try records.put(PendingCompliance(type: ComplianceItem.packType, id: id)) }
            try records.schedule(RecordCompliance(), id: RecordCompliance.kind, at: environment.now())
        }
    }
}
