import CoreRuleSet
import FoundationEssentials
import Ledger
public import Platform
import Synchronization
import WAF

/// What an operator has put behind managed rule groups.
public struct ManagedRuleSettings: Sendable {
    /// The folder of the OWASP Core Rule Set's rules; nil: Debian's, if it is there.
    public var coreRuleSet: String?
    /// How much the Core Rule Set takes for an attack: 1 to 4.
    public var paranoiaLevel = 1
    /// A file of addresses with bad names; nil: there is none.
    public var addressLists: String?

    /// Where Debian's package `modsecurity-crs` has its rules.
    public static let usualFolder = "/usr/share/modsecurity-crs/rules"

    /// What there is without an operator's word.
    public init() {}
}

/// Why something of the operator's can't stand behind managed rule groups.
public struct ManagedRulesError: Error, CustomStringConvertible {
    /// What is wrong; it does not end with a full stop.
    public let description: String
}

/// What stands behind managed rule groups on this node.
final class ManagedRuleSources: Projection {
    static let kinds: Set<String> = []

    private struct State {
        var settings = ManagedRuleSettings()
        var lists: [String: NetworkSet] = [:]
        var tell: @Sendable (String) -> Void = { _ in }
        /// nil: they were not read yet.
        var rules: CoreRules?
        /// Why they could not be read when somebody asked last.
        var problem: ManagedRulesError?
    }

    private let state = Mutex(State())

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) {}

    /// - Throws: what is wrong with a file. Rules that the operator has named are read at once; Debian's when they are needed.
    func use(_ settings: ManagedRuleSettings, tell: @escaping @Sendable (String) -> Void) throws(ManagedRulesError) {
        let lists = try settings.addressLists.map { (path) throws(ManagedRulesError) in try AddressLists.read(path) }
        state.withLock { state in
            state.settings = settings
            state.lists = lists ?? [:]
            state.tell = tell
            (state.rules, state.problem) = (nil, nil)
        }
        if settings.coreRuleSet != nil { _ = try coreRules.get() }
    }

    /// The rules, read when they are asked for the first time: that takes some tenths of a second, in which nothing that answers
    /// requests may wait. Where they are not there, they may be the next time.
    private var coreRules: Result<CoreRules, ManagedRulesError> {
        state.withLock { state in
            if let rules = state.rules { return .success(rules) }
            let result = Self.read(state.settings)
            switch result {
            case .success(let rules):
                state.tell(Self.summary(rules))
                (state.rules, state.problem) = (rules, nil)
            case .failure(let problem): state.problem = problem
            }
            return result
        }
    }

    /// Why the Core Rule Set, if anybody has asked for it, is not there.
    var problem: String? { state.withLock { $0.problem?.description } }

    private static func read(_ settings: ManagedRuleSettings) -> Result<CoreRules, ManagedRulesError> {
        let folder = settings.coreRuleSet ?? ManagedRuleSettings.usualFolder
        let files: RuleFiles
        do { files = try RuleFiles(folder: folder) } catch {
            return .failure(
                ManagedRulesError(
                    description: "the rules of the OWASP Core Rule Set can't be read from '\(folder)': install "
                        + "modsecurity-crs, or name another folder with --core-rule-set"))
        }
        do throws(CoreRules.Problem) {
            return .success(try CoreRules(files, paranoiaLevel: settings.paranoiaLevel))
        } catch {
            return .failure(
                ManagedRulesError(description: "the OWASP Core Rule Set in '\(folder)': \(error.reason)"))
        }
    }

    /// What operators are told: no rule that can't be asked goes without a word.
    private static func summary(_ rules: CoreRules) -> String {
        var text =
            "\(rules.version) behind managed rule groups: \(rules.count) rules at paranoia level \(rules.paranoiaLevel)"
        if !rules.unread.isEmpty {
            text += "; not asked: " + rules.unread.map { "\($0.id) (\($0.reason))" }.joined(separator: ", ")
        }
        if !rules.problems.isEmpty { text += "; not understood: " + rules.problems.joined(separator: ", ") }
        return text
    }

    // MARK: Groups

    /// A list of addresses; nil: the name is no list's.
    func networks(_ name: String) -> NetworkSet? {
        guard ManagedRules.addressLists.contains(where: { ManagedRules.addressList($0) == name }) else { return nil }
        return state.withLock { $0.lists[name] } ?? NetworkSet([])
    }

    /// A managed group with the statements that stand behind its rules.
    /// - Returns: nil: there is no such group, or something is missing that stands behind it.
    func group(_ statement: WAF.ManagedRuleGroupStatement) -> WAF.RuleGroup? {
        guard let group = try? ManagedRuleGroup.named(statement.vendor, statement.name, statement.version) else {
            return nil
        }
        let rules = group.needsCoreRules ? try? coreRules.get() : nil
        var made: [WAF.Rule] = []
        for (priority, rule) in group.rules.enumerated() {
            let found: WAF.Statement? =
                if group.vendor == ManagedRuleGroup.coreRuleSetVendor {
                    rules.map { .inspection($0.score) }
                } else {
                    try? ManagedRules.statement(rule.name, rules)
                }
            guard let found else { return nil }
            made.append(
                WAF.Rule(
                    name: rule.name, priority: priority, statement: found,
                    effect: .action(rule.action == .count ? .count() : .block()), labels: [rule.label]))
        }
        return WAF.RuleGroup(
            name: group.name,
            arn: ([group.vendor, group.name] + (statement.version.map { [$0] } ?? [])).joined(separator: "#"),
            labelNamespace: group.labelNamespace, rules: made)
    }
}

extension Environment {
    /// Has managed rule groups find what an operator's files say.
    /// - Parameter tell: for the operator: what of the files is used.
    /// - Throws: what is wrong with a file.
    public func useManagedRules(
        _ settings: ManagedRuleSettings, tell: @escaping @Sendable (String) -> Void
    ) throws(ManagedRulesError) {
        try projection(ManagedRuleSources.self).use(settings, tell: tell)
    }
}
