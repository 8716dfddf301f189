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
            for line in decision.trace.lines { writer.string(line) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }
}
