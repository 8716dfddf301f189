import Policy
import Wire

/// Why a call was allowed or denied: what `gatehouse why` prints, kept beside the event.
struct DecisionRecord {
    private let attempt: Attempt

    init(_ attempt: Attempt) {
        self.attempt = attempt
    }

    /// An array of the accesses that the policies were asked about, each with its lines.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for decision in attempt.decisions {
            writer.beginObject()
            writer.member("action", decision.request.action)
            writer.member("resource", decision.request.resource)
            writer.member("outcome", decision.decision.outcome.rawValue)
            writer.key("trace")
            writer.beginArray()
            decision.eachLine { writer.string($0) }
            writer.endArray()
            if !decision.decision.isAllowed {
                writer.member(
                    "authorizationMessage", String(decoding: decision.authorizationMessage.json, as: UTF8.self))
            }
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }
}

extension AccessDecision {
    /// For a denial, everything that was looked at; for an allow, the deciding statement and the policies that apply,
    /// so that ordinary calls do not pay for what is seldom read.
    fileprivate func eachLine(_ write: (String) -> Void) {
        guard decision.isAllowed else { return trace.lines.forEach(write) }
        // The key's side has to allow, and its policy did not.
        let isByGrant = !inputs.grants.isEmpty && decision.policyType != .resource
        write("Decision: \(isByGrant ? "allowed by a grant of the key" : decision.summary)")
        func note(_ policies: [CompiledPolicy]?, _ type: PolicyType, at place: String = "") {
            for policy in policies ?? [] {
                // A managed policy is compiled by its own type; here it is shown as what it is used as.
                write("looked at: \(policy.source.summary(as: type))\(place)")
            }
        }
        for (level, place) in zip(inputs.resourceControl ?? [], inputs.resourceControlPlaces(request)) {
            note(level, .resourceControl, at: " at \(place)")
        }
        for (level, place) in zip(inputs.serviceControl ?? [], inputs.serviceControlPlaces(request)) {
            note(level, .serviceControl, at: " at \(place)")
        }
        for set in inputs.identitySets { note(set.policies, .identity) }
        if let trust = inputs.roleTrust { note([trust], .roleTrust) }
        if let policy = inputs.resource { note([policy], .resource) }
        for grant in inputs.grants { write("looked at: \(grant.summary)") }
        note(inputs.boundaries, .permissionsBoundary)
        note(inputs.session, .session)
    }
}
