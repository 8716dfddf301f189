import Policy
import Wire

/// Answers cases that come as a stream, one JSON object a line, with one line each, in order.
///
/// It keeps one line and a bounded number of compiled policies, however long the stream is.
///
/// An answer: `{"id": …, "decision": "Allowed" | "ExplicitlyDenied" | "ImplicitlyDenied", "reason": {"policyType": …,
/// "statement": {"policy": "identityPolicies[0]", "index": 0, "sid": …} | null, "message": …}}`, and for a case that
/// can't be evaluated `{"id": …, "error": …}`. Lines of nothing but white space are passed over.
public struct JSONLines {
    /// In bytes; a line that is longer is answered with an error.
    public static let longestLine = 16 << 20

    private var reader = CaseReader()
    /// The beginning of a line whose end has not come yet.
    private var pending: [UInt8] = []
    private var isOverlong = false

    public init() {}

    /// Takes the next bytes of the stream, and puts the answers to the lines that they complete behind `output`.
    public mutating func take(_ chunk: ArraySlice<UInt8>, answeringInto output: inout [UInt8]) {
        var rest = chunk
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            collect(rest[..<end])
            endLine(&output)
            rest = rest[(end + 1)...]
        }
        collect(rest)
    }

    /// Answers a last line that has no line feed.
    public mutating func finish(answeringInto output: inout [UInt8]) {
        endLine(&output)
    }

    private mutating func collect(_ bytes: ArraySlice<UInt8>) {
        if pending.count + bytes.count > Self.longestLine {
            isOverlong = true
            pending.removeAll()
        }
        if !isOverlong { pending += bytes }
    }

    private mutating func endLine(_ output: inout [UInt8]) {
        if isOverlong {
            isOverlong = false
            write(id: nil, SimulationError("a line is longer than \(Self.longestLine) bytes"), to: &output)
        } else if pending.contains(where: { $0 > 0x20 }) {
            answer(pending[...], &output)
        }
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func answer(_ line: ArraySlice<UInt8>, _ output: inout [UInt8]) {
        var id: ArraySlice<UInt8>?
        do throws(SimulationError) {
            guard let members = try RawJSON(line).members() else { throw SimulationError("a case is an object") }
            if let given = members["id"] {
                _ = try given.parsed()
                id = given.bytes
            }
            write(id: id, try reader.read(members), to: &output)
        } catch {
            write(id: id, error, to: &output)
        }
    }

    // MARK: Answers

    private func write(id: ArraySlice<UInt8>?, _ simulated: SimulatedCase, to output: inout [UInt8]) {
        let decision = simulated.decision
        var writer = JSONWriter(capacity: 384)
        writer.beginObject()
        writer.id(id)
        writer.member("decision", decision.outcome.answer)
        writer.key("reason")
        writer.beginObject()
        writer.key("policyType")
        if let type = decision.policyType { writer.string(type.rawValue) } else { writer.null() }
        writer.key("statement")
        if let statement = decision.statement {
            writer.beginObject()
            writer.member("policy", statement.policy.name)
            writer.key("index")
            writer.integer(statement.index)
            writer.key("sid")
            if let sid = statement.sid { writer.string(sid) } else { writer.null() }
            writer.endObject()
        } else {
            writer.null()
        }
        writer.member("message", decision.isAllowed ? decision.summary : decision.message(for: simulated.request))
        writer.endObject()
        writer.endObject()
        output += writer.bytes
        output.append(UInt8(ascii: "\n"))
    }

    private func write(id: ArraySlice<UInt8>?, _ error: SimulationError, to output: inout [UInt8]) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.id(id)
        writer.member("error", error.description)
        writer.endObject()
        output += writer.bytes
        output.append(UInt8(ascii: "\n"))
    }
}

extension JSONWriter {
    /// The case's id as it was given.
    fileprivate mutating func id(_ json: ArraySlice<UInt8>?) {
        key("id")
        if let json { raw(Array(json)) } else { null() }
    }
}

extension Decision.Outcome {
    fileprivate var answer: String {
        switch self {
        case .allowed: "Allowed"
        case .explicitlyDenied: "ExplicitlyDenied"
        case .implicitlyDenied: "ImplicitlyDenied"
        }
    }
}
