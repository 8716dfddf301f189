import WAF

/// The OWASP Core Rule Set made ready for requests, at one paranoia level.
///
/// Its rules are files of their own (<https://coreruleset.org>, Apache License 2.0), which are read when the program runs; none is a
/// part of it. A rule is asked as ModSecurity asks it, and all expressions match in time linear in the request.
///
/// ```swift
/// let rules = try CoreRules(files, paranoiaLevel: 1)
/// let result = rules.inspect(request)
/// ```
public final class CoreRules: Sendable {
    /// A rule that is there and can't be asked.
    public struct Unread: Sendable, Equatable {
        /// Its number; 0: it has none.
        public let id: Int
        /// Where it is: the file's name and the line.
        public let place: String
        /// What is not understood.
        public let reason: String
    }

    /// Of how many rules each request is asked.
    public let count: Int
    /// Rules that would be asked, and can't.
    public let unread: [Unread]
    /// Rules that can't be asked, and that would be skipped as things are set.
    public let inactiveUnread: [Unread]
    /// Directives that aren't understood.
    public let problems: [String]
    /// `OWASP_CRS/3.3.4`
    public let version: String
    /// 1 to 4: how much is taken for an attack.
    public let paranoiaLevel: Int

    let plan: ScanPlan
    let rules: [PreparedRule]
    /// The numbers of the rules of the first and of the second phase, in their order.
    let phases: [[Int]]
    /// The variables that are set when a request comes.
    let variables: TransactionVariables
    let questions: [(rule: String, question: CoreQuestions.Question)]

    /// What keeps rules from being made ready.
    public struct Problem: Error, Sendable, Equatable {
        public let reason: String
    }

    /// Makes rules ready.
    /// - Parameters:
    ///   - files: the rules.
    ///   - paranoiaLevel: 1 to 4.
    /// - Throws: ``Problem`` where no rules are left, or they are too large together.
    public init(_ files: RuleFiles, paranoiaLevel: Int) throws(Problem) {
        self.paranoiaLevel = min(4, max(1, paranoiaLevel))
        var reader = SecLangReader { files.data[$0] }
        for file in files.rules { reader.read(file.text, name: file.name) }
        var building = Building(reader.items, self.paranoiaLevel)
        building.run(reader.items)
        problems = reader.problems
        version = reader.signature ?? ""
        count = building.rules.count
        unread = building.unread
        inactiveUnread = building.inactiveUnread
        rules = building.resolved
        phases = building.phases
        variables = building.folding.variables
        guard count > 0 else { throw Problem(reason: "there are no rules") }
        do throws(LinearRegexSet.Problem) { plan = try building.preparation.planning.finish() } catch {
            throw Problem(reason: error.reason)
        }
        questions = CoreQuestions.all(SignatureTable(rules))
    }

    private struct Building {
        var folding: ConstantFolding
        var preparation: RulePreparation
        var rules: [PreparedRule] = []
        var phases: [[Int]] = [[], []]
        var unread: [Unread] = []
        var inactiveUnread: [Unread] = []
        /// Where each phase goes on behind a marker.
        private var markers: [[String: Int]] = [[:], [:]]

        init(_ items: [SecLangReader.Item], _ paranoiaLevel: Int) {
            let rules = items.compactMap { if case .rule(let rule) = $0 { rule } else { nil } }
            folding = ConstantFolding(rules)
            // The first rule asks whether this was set.
            folding.set("crs_setup_version", 1)
            folding.set("paranoia_level", paranoiaLevel)
            folding.set("executing_paranoia_level", paranoiaLevel)
            preparation = RulePreparation()
        }

        mutating func run(_ items: [SecLangReader.Item]) {
            for phase in 1...2 { fold(items, phase) }
        }

        /// Goes through the rules of a phase.
        private mutating func fold(_ items: [SecLangReader.Item], _ phase: Int) {
            var skipping: String?
            for item in items {
                switch item {
                case .marker(let name):
                    if skipping == name { skipping = nil }
                    if markers[phase - 1][name] == nil { markers[phase - 1][name] = phases[phase - 1].count }
                case .rule(let rule):
                    guard rule.phase == phase else { continue }
                    guard skipping == nil else {
                        note(rule, isActive: false)
                        continue
                    }
                    switch folding.fold(rule) {
                    case .done: break
                    case .skips(let marker): skipping = marker
                    case .asked: ask(rule, phase)
                    }
                }
            }
        }

        private mutating func note(_ rule: SecRule, isActive: Bool, _ reason: String? = nil) {
            guard let reason = reason ?? rule.unread else { return }
            let unread = Unread(id: rule.id, place: rule.place, reason: reason)
            if isActive { self.unread.append(unread) } else { inactiveUnread.append(unread) }
        }

        private mutating func ask(_ rule: SecRule, _ phase: Int) {
            do throws(SecLangProblem) {
                let prepared = try preparation.prepare(rule, index: rules.count, folding.variables)
                phases[phase - 1].append(rules.count)
                rules.append(prepared)
            } catch { note(rule, isActive: true, error.reason) }
        }

        /// The rules with the places where their phases go on.
        var resolved: [PreparedRule] {
            var rules = rules
            for (phase, numbers) in phases.enumerated() {
                for number in numbers {
                    guard let marker = rules[number].skipAfter else { continue }
                    // Without such a marker nothing is asked any more.
                    rules[number].next = markers[phase][marker] ?? numbers.count
                }
            }
            return rules
        }
    }
}

/// The files of a core rule set.
public struct RuleFiles: Sendable {
    /// Files of rules with their names, in the order in which they are read.
    public var rules: [(name: String, text: String)]
    /// The lines of files of data, by the files' names.
    public var data: [String: [String]]

    /// - Parameters: see the properties.
    public init(rules: [(name: String, text: String)], data: [String: [String]]) {
        self.rules = rules
        self.data = data
    }

    /// The lines of a file of data that count: neither empty nor a comment.
    public static func lines(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            var line = line.drop { $0 == " " || $0 == "\t" }
            while let last = line.last, last == " " || last == "\t" { line = line.dropLast() }
            return line.isEmpty || line.hasPrefix("#") ? nil : String(line)
        }
    }
}
