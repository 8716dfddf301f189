import Learning
import Policy
import Wire

/// Why a call was allowed or denied: what `gatehouse why` prints, kept beside the event.
struct DecisionRecord {
    private let decisions: [AccessDecision]

    init(_ decisions: [AccessDecision]) {
        self.decisions = decisions
    }

    /// So many are explained; of a request for more there are only the answers.
    private static let mostExplained = 20

    /// An array of the accesses that the policies were asked about, each with its lines.
    var json: [UInt8] {
        let isShort = decisions.count <= Self.mostExplained
        var writer = JSONWriter()
        writer.beginArray()
        for decision in decisions {
            writer.beginObject()
            writer.member("action", decision.request.action)
            writer.member("resource", decision.request.resource)
            writer.member("outcome", decision.decision.outcome.rawValue)
            Self.write(decision.access.context, to: &writer)
            writer.key("trace")
            writer.beginArray()
            if isShort { decision.writeLines(to: &writer) }
            writer.endArray()
            if isShort, !decision.decision.isAllowed {
                writer.member(
                    "authorizationMessage", String(decoding: decision.authorizationMessage.json, as: UTF8.self))
                RecordedCaller.write(decision, to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    /// The values of a key that are recorded, at most.
    private static let mostValues = 20

    /// The condition keys by which `gatehouse generate-policy` can narrow what it allows; few accesses have any.
    private static func write(_ context: [String: ContextValue], to writer: inout JSONWriter) {
        var useful: [(key: String, value: ContextValue)] = []
        for entry in context where PolicyGenerator.usefulKeys.contains(entry.key) { useful.append(entry) }
        guard !useful.isEmpty else { return }
        useful.sort { $0.key < $1.key }
        writer.key("context")
        writer.beginObject()
        for (key, value) in useful {
            switch value {
            case .one(let text): writer.member(key, text)
            case .many(let texts):
                guard texts.count <= mostValues else { continue }
                writer.key(key)
                writer.beginArray()
                for text in texts { writer.string(text) }
                writer.endArray()
            }
        }
        writer.endObject()
    }
}

extension AccessDecision {
    /// For a denial, everything that was looked at; for an allow, the deciding statement and the policies that apply,
    /// so that ordinary calls do not pay for what is seldom read.
    fileprivate func writeLines(to writer: inout JSONWriter) {
        guard decision.isAllowed else {
            for line in trace.lines { writer.string(line) }
            return
        }
        // The key's side has to allow, and its policy did not.
        let isByGrant = !inputs.grants.isEmpty && decision.policyType != .resource
        writer.beginString()
        writer.part("Decision: ")
        if isByGrant {
            writer.part("allowed by a grant of the key")
        } else {
            decision.eachPartOfSummary { writer.part($0) }
        }
        writer.endString()
        func note(_ summary: String, at place: String = "") {
            writer.beginString()
            writer.part("looked at: ")
            writer.part(summary)
            writer.part(place)
            writer.endString()
        }
        func note(_ policy: CompiledPolicy, _ type: PolicyType, at place: String = "") {
            // A managed policy is compiled by its own type; here it is shown as what it is used as.
            note(policy.summary(as: type), at: place)
        }
        for (level, place) in zip(inputs.resourceControl ?? [], inputs.resourceControlPlaces(request)) {
            for policy in level { note(policy, .resourceControl, at: " at \(place)") }
        }
        for (level, place) in zip(inputs.serviceControl ?? [], inputs.serviceControlPlaces(request)) {
            for policy in level { note(policy, .serviceControl, at: " at \(place)") }
        }
        for set in inputs.identitySets { set.eachPolicy { note($0, .identity) } }
        if let trust = inputs.roleTrust { note(trust, .roleTrust) }
        if let policy = inputs.resource { note(policy, .resource) }
        if let list = inputs.accessControlList { note(list, .resource) }
        for grant in inputs.grants { note(grant.summary) }
        for policy in inputs.boundaries ?? [] { note(policy, .permissionsBoundary) }
        for policy in inputs.session ?? [] { note(policy, .session) }
    }
}
