import Directory
import IAMAPI
import Policy

/// The statements that made a simulation's result, as AWS lists them, and the condition keys that were looked for.
struct SimulatedStatements {
    /// Of a deny, the statements that deny; of an allow, all that allow; of an implicit deny, none.
    private(set) var statements: [IAM.Statement] = []
    /// Keys that the statements about the action mention.
    var keys: [String] { contextKeys.names }
    private var contextKeys = ContextKeys()

    init(_ trace: Trace, _ policies: [CompiledPolicy]) {
        let effect: String? =
            switch trace.decision.outcome {
            case .allowed: "Allow"
            case .explicitlyDenied: "Deny"
            case .implicitlyDenied: nil
            }
        for traced in trace.policies {
            guard let document = policies.first(where: { $0.source == traced.source })?.document else { continue }
            for (looked, written) in zip(traced.statements, document.statements) where looked.actionMatched {
                contextKeys.add(written, document.version)
                guard looked.applies, looked.effect == effect else { continue }
                statements.append(Self.shown(written, of: traced.source, in: document.text))
            }
        }
    }

    private static func shown(_ statement: Statement, of source: PolicySource, in text: String) -> IAM.Statement {
        let range = StatementRange(statement, in: text)
        var shown = IAM.Statement()
        shown.sourcePolicyId = id(source)
        shown.sourcePolicyType =
            switch source.type {
            case .resource, .roleTrust: "Resource Policy"
            case .permissionsBoundary: "Permissions Boundary Policy"
            default: "IAM Policy"
            }
        shown.startPosition = position(range.start)
        shown.endPosition = position(range.end)
        return shown
    }

    /// A managed policy's name, `PolicyInputList.1`, or for an inline policy `user_alice_ItsName`.
    private static func id(_ source: PolicySource) -> String {
        guard source.arn == nil, let holder = source.attachedTo, let arn = ARN(parsing: holder),
            let (type, rest) = arn.typeAndRest, let name = rest.split(separator: "/").last
        else { return source.name }
        return "\(type)_\(name)_\(source.name)"
    }

    private static func position(_ place: StatementRange.Place) -> IAM.Position {
        var position = IAM.Position()
        position.line = place.line
        position.column = place.column
        return position
    }
}

/// Where a statement begins and ends, as AWS's simulator counts: it begins right after whatever precedes it (the
/// bracket of the list, or the previous statement), a single statement after its own brace; it ends after its closing
/// brace.
private struct StatementRange {
    struct Place {
        /// Counted from 1.
        var line = 1
        /// Counted from 1.
        var column = 1
    }

    let start: Place
    let end: Place

    init(_ statement: Statement, in text: String) {
        let bytes = Array(text.utf8)
        let brace = min(max(0, statement.position.offset), bytes.count)
        start = Self.place(behind: Self.begin(bytes, brace), bytes)
        end = Self.place(behind: Self.end(bytes, brace), bytes)
    }

    /// How many bytes stand before the statement.
    private static func begin(_ bytes: [UInt8], _ brace: Int) -> Int {
        var index = skipBlanks(bytes, before: brace)
        guard index > 0 else { return brace }
        switch bytes[index - 1] {
        case UInt8(ascii: ","):
            index = skipBlanks(bytes, before: index - 1)
            return index
        case UInt8(ascii: "["): return index
        default: return brace + 1
        }
    }

    private static func skipBlanks(_ bytes: [UInt8], before end: Int) -> Int {
        var index = end
        while index > 0, bytes[index - 1] <= 0x20 { index -= 1 }
        return index
    }

    /// How many bytes stand before the end of the object that opens at `brace`. The text is known to be JSON.
    private static func end(_ bytes: [UInt8], _ brace: Int) -> Int {
        var depth = 0
        var isInString = false
        var index = brace
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\") where isInString: index += 1
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString:
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            index += 1
        }
        return bytes.count
    }

    private static func place(behind count: Int, _ bytes: [UInt8]) -> Place {
        var place = Place()
        for byte in bytes.prefix(count) {
            if byte == UInt8(ascii: "\n") {
                place.line += 1
                place.column = 1
            } else if byte & 0xC0 != 0x80 {
                place.column += 1
            }
        }
        return place
    }
}
