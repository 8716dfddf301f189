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
    /// A file of hashes of credentials that others know; nil: there is none.
    public var compromisedCredentials: String?

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
        var credentials = CompromisedCredentials()
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
        let credentials = try settings.compromisedCredentials.map { (path) throws(ManagedRulesError) in
            try Self.credentials(path)
        }
        state.withLock { state in
            state.credentials = credentials ?? CompromisedCredentials()
            state.settings = settings
            state.lists = lists ?? [:]
            state.tell = tell
            (state.rules, state.problem) = (nil, nil)
        }
        if settings.coreRuleSet != nil { _ = try coreRules.get() }
    }

    private static func credentials(_ path: String) throws(ManagedRulesError) -> CompromisedCredentials {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ManagedRulesError(description: "the compromised credentials '\(path)' can't be read")
        }
        do throws(CompromisedCredentials.Problem) { return try CompromisedCredentials(bytes) } catch {
            throw ManagedRulesError(
                description: "the compromised credentials '\(path)', line \(error.line): \(error.reason)")
        }
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
        let known = ManagedRules.addressLists + ManagedRules.botLists
        guard known.contains(where: { ManagedRules.addressList($0) == name }) else { return nil }
        return state.withLock { $0.lists[name] } ?? NetworkSet([])
    }

    /// A managed group with the statements that stand behind its rules.
    /// - Parameters:
    ///   - rates: what counts for its rules.
    ///   - identity: of the web ACL and its rule, for the counts.
    /// - Returns: nil: there is no such group, or something is missing that stands behind it.
    func group(
        _ statement: WAF.ManagedRuleGroupStatement, rates: RateTracker, identity: String
    ) -> WAF.RuleGroup? {
        guard let group = try? ManagedRuleGroup.named(statement.vendor, statement.name, statement.version),
            let find = statements(group, statement, rates, identity)
        else { return nil }
        var made: [WAF.Rule] = []
        for (priority, rule) in group.rules.enumerated() where !rule.isNeverAsked {
            guard let found = find(rule.name) else { return nil }
            let action: WAF.RuleAction =
                switch rule.action {
                case .allow: .allow()
                case .block: .block()
                case .count: .count()
                case .captcha: .captcha()
                case .challenge: .challenge()
                }
            made.append(
                WAF.Rule(
                    name: rule.name, priority: priority, statement: found, effect: .action(action), labels: rule.labels)
            )
        }
        var ready = WAF.RuleGroup(
            name: group.name,
            arn: ([group.vendor, group.name] + (statement.version.map { [$0] } ?? [])).joined(separator: "#"),
            labelNamespace: group.labelNamespace, rules: made)
        ready.labelsTokens = group.looksAtTokens
        return ready
    }

    /// What finds the statement behind a rule of a group; nil: something is missing.
    private func statements(
        _ group: ManagedRuleGroup, _ statement: WAF.ManagedRuleGroupStatement, _ rates: RateTracker, _ identity: String
    ) -> ((String) -> WAF.Statement?)? {
        switch group.namespace {
        case "bot-control":
            func list(_ name: String) -> NetworkSet { networks(ManagedRules.addressList(name)) ?? NetworkSet([]) }
            let bots = try? BotControl(
                verified: list(ManagedRules.botLists[0]), dataCenters: list(ManagedRules.botLists[1]))
            return bots.map { bots in { bots.question($0).map { .inspection($0) } } }
        case "atp", "acfp":
            guard let kind = FraudControl.Kind(rawValue: group.namespace), let settings = statement.fraud,
                let fraud = try? FraudControl(
                    kind, settings, state.withLock({ $0.credentials }), rates: rates, identity: identity)
            else { return nil }
            return { fraud.statement($0) }
        default:
            let rules = group.needsCoreRules ? try? coreRules.get() : nil
            guard group.vendor == ManagedRuleGroup.coreRuleSetVendor else {
                return { try? ManagedRules.statement($0, rules) }
            }
            return { _ in rules.map { .inspection($0.score) } }
        }
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
