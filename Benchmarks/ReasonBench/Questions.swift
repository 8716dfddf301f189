import Policy
import PolicyCases
import Reasoning

/// Questions about whole policies with their answers, one in a line of JSON: for `z3_policies.py`, which has another solver
/// answer them.
struct Questions {
    /// No policy of a customer's is longer.
    private static let longest = 6144

    private var random: SeededGenerator
    private let managed: [CompiledPolicy]
    private let published: [CompiledPolicy]
    private let pairs: [(name: String, old: String, new: String)]
    private let checks = Checks()

    /// - Parameter managed: by name.
    init(_ managed: [(name: String, document: String)], seed: UInt64) {
        random = SeededGenerator(seed: seed)
        self.managed = managed.filter { $0.document.utf8.count <= Self.longest }
            .sorted { $0.name < $1.name }
            .map { ManagedPolicies.compiled($0.name, $0.document) }
        // Further policies come over the standard input: a name, a tab, and a document without line breaks. With a second
        // document behind another tab they are an old policy and a new one, and a question of their own.
        var published: [CompiledPolicy] = []
        var pairs: [(name: String, old: String, new: String)] = []
        while let line = readLine() {
            let columns = line.split(separator: "\t").map(String.init)
            if columns.count == 2 { published.append(ManagedPolicies.compiled(columns[0], columns[1])) }
            if columns.count == 3 { pairs.append((columns[0], columns[1], columns[2])) }
        }
        (self.published, self.pairs) = (published, pairs)
    }

    /// - Parameter count: of random questions, beside those that were handed in.
    mutating func print(_ count: Int) {
        for pair in pairs { ask(pair.name, pair.old, pair.new) }
        for _ in 0..<count {
            let isPublished = !published.isEmpty && Int.random(in: 0..<4, using: &random) == 0
            let place = Int.random(in: 0..<(isPublished ? published.count : managed.count), using: &random)
            let policy = isPublished ? published[place] : managed[place]
            let text = policy.document.text
            var (name, old, new): (String, String?, String) = (policy.source.name, nil, text)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: name += ": anything"
            case 1...3:
                guard let (kind, changed) = Versions.of(policy.document).randomElement(using: &random) else { continue }
                (name, old, new) = ("\(name) \(kind)", text, changed)
            case 4:
                let other =
                    isPublished ? published[(place + 1) % published.count] : managed[(place + 1) % managed.count]
                (name, old) = ("\(name) and its neighbour \(other.source.name)", other.document.text)
            case 5:
                guard let other = managed.randomElement(using: &random) else { continue }
                (name, old) = ("\(name) and \(other.source.name)", other.document.text)
            case 6:
                // Most of the published are full of denies.
                guard let other = published.randomElement(using: &random) else { continue }
                (name, old) = ("\(name) with \(other.source.name)", Versions.joined(policy.document, other.document))
            default:
                guard let other = published.randomElement(using: &random) else { continue }
                (name, new) = (
                    "\(name) with \(other.source.name): anything", Versions.joined(policy.document, other.document)
                )
            }
            if let before = old, Bool.random(using: &random) { (old, new) = (new, before) }
            ask(name, old, new)
        }
    }

    private func ask(_ name: String, _ old: String?, _ new: String) {
        func made(_ text: String) -> SymbolicPolicy { SymbolicPolicy(ManagedPolicies.compiled(name, text)) }
        func answer(_ old: SymbolicPolicy?, _ new: SymbolicPolicy) -> Answer {
            old.map { checks.newAccess(from: $0, to: new) } ?? checks.access(by: new)
        }
        let (before, after) = (old.map(made), made(new))
        var times = Times()
        let word =
            switch times.take({ answer(before, after) }) {
            case .yes: "yes"
            case .no: "no"
            case .unknown: "unknown"
            }
        let own = times.last ?? 0
        _ = times.take { answer(old.map(made), made(new)) }
        let members = [
            "\"name\":\(quoted(name))", "\"old\":\(old.map(quoted) ?? "null")", "\"new\":\(quoted(new))",
            "\"answer\":\"\(word)\"", "\"nanoseconds\":\(own)", "\"nanosecondsFromText\":\(times.last ?? 0)",
        ]
        Swift.print("{\(members.joined(separator: ","))}")
    }

    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
