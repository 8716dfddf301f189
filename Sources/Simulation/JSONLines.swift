import Policy
import Wire

/// Answers a stream of cases, one JSON object a line, with one line each, in the same order.
///
/// ```swift
/// var simulator = JSONLines()
/// var answers: [UInt8] = []
/// simulator.take(chunk, answeringInto: &answers)
/// simulator.finish(answeringInto: &answers)
/// ```
///
/// It is what `gatehouse simulate --jsonl` runs on, and made to be fed by another process: chunks may end anywhere, and
/// every answer is complete as soon as its line is. It keeps one line and a bounded number of compiled policies,
/// however long the stream is; policies that come again are not compiled again.
///
/// A case that can't be evaluated is answered with `{"id": …, "error": …}`, and the stream goes on. Lines of nothing
/// but white space are passed over. The page of the module describes cases and answers.
public struct JSONLines {
    /// The longest line that is read, in bytes; a longer one is answered with an error.
    public static let longestLine = 16 << 20

    private var reader = CaseReader()
    /// The beginning of a line whose end has not come yet.
    private var pending: [UInt8] = []
    private var isOverlong = false

    /// Makes a simulator that has seen nothing yet.
    public init() {}

    /// Takes the next bytes of the stream, and appends the answers to the lines that they complete.
    /// - Parameters:
    ///   - chunk: any number of bytes; what follows its last line feed is kept for the next call.
    ///   - output: gets whole lines only, each ending in a line feed.
    public mutating func take(_ chunk: ArraySlice<UInt8>, answeringInto output: inout [UInt8]) {
        var rest = chunk
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            collect(rest[..<end])
            endLine(&output)
            rest = rest[(end + 1)...]
        }
        collect(rest)
    }

    /// Answers a last line that has no line feed. Call it at the end of the stream; after that, a new stream may begin.
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
