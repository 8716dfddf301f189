public import Policy
public import Reasoning

/// Looks for paths by which a user or role can reach more than it has.
///
/// ```swift
/// let search = EscalationSearch(estate, Checks())
/// for path in search.report(of: "arn:aws:iam::111122223333:user/dev").paths {
///     print(path.method, path.gain.witness.request.action)
/// }
/// ```
///
/// What a principal may do is asked of the reasoning engine, for all requests at once; that it reaches more is an
/// answer *yes with a witness* to the question whether whoever it has become may do anything that nobody on the way
/// may. Administrators have no paths, then, and neither has who can attach nothing but a harmless policy.
///
/// It is not for several threads at once: make one for each.
public final class EscalationSearch {
    /// The steps of a path at most.
    public let depth: Int
    /// How many targets of one method are listed.
    static let mostOthers = 20
    /// How often what somebody may do is compared with what others may, for one principal.
    private static let mostComparisons = 20_000

    let estate: Estate
    let checks: Checks
    let cache = SymbolicCache()
    /// The ARNs of AWS's managed policies.
    let awsPolicies: [String]
    private let awsPolicy: (String) -> CompiledPolicy?
    private var knownPolicies: [String: CompiledPolicy?] = [:]
    /// Each user and role, those with the most access first.
    private(set) var targets: [Holder] = []
    /// By ARN.
    private var holders: [String: Holder] = [:]
    /// See `trusts`.
    var trusted: [String: EscalationPath.Request?] = [:]
    private var doubts: [String] = []
    private let isOfOneAccount: Bool

    /// Makes a search.
    ///
    /// - Parameters:
    ///   - estate: who there is.
    ///   - checks: with the names of actions and the kinds of condition keys.
    ///   - depth: how many steps a path may have.
    ///   - awsPolicies: the ARNs of AWS's managed policies.
    ///   - awsPolicy: compiles one of them.
    public init(
        _ estate: Estate, _ checks: Checks, depth: Int = 3, awsPolicies: [String] = [],
        awsPolicy: @escaping (String) -> CompiledPolicy? = { _ in nil }
    ) {
        self.estate = estate
        self.checks = checks
        self.depth = depth
        self.awsPolicies = awsPolicies
        self.awsPolicy = awsPolicy
        isOfOneAccount = Set(estate.members.map(\.principal.accountID)).count < 2
        // Nobody but its service acts as a service-linked role.
        let people = estate.members.filter { !$0.principal.isServiceLinkedRole }.map { Holder($0) }
        for holder in people { holders[holder.key] = holder }
        let ranked = people.enumerated().map { (hasAll: hasAll($0.element), index: $0.offset, holder: $0.element) }
        targets = ranked.sorted { ($0.hasAll ? 0 : 1, $0.index) < ($1.hasAll ? 0 : 1, $1.index) }.map(\.holder)
    }

    /// The users and roles that paths are looked for from, in the order of the estate.
    public var principals: [String] {
        estate.members.filter { !$0.principal.isServiceLinkedRole }.map(\.arn)
    }

    /// The paths of one user or role, the shortest first; none for who is not in the estate.
    ///
    /// Beyond the first step after which nothing is left to be reached, no longer paths are looked for.
    public func report(of principal: String) -> EscalationReport {
        doubts = []
        var report = EscalationReport(principal: principal)
        guard let start = holders[principal], !isSated(start) else { return report }
        let walk = Walk(principal)
        walk.reached.insert(start.key)
        var nodes = [Node(holder: start, held: [start], steps: [])]
        for _ in 0..<depth {
            var following: [Node] = []
            let before = walk.reached
            for node in nodes { following += extend(node, walk, before) }
            if walk.paths.contains(where: \.reachesAll) { break }
            nodes = following
            if nodes.isEmpty { break }
        }
        report.paths = walk.paths
        report.undecided = doubts
        return report
    }

    func note(_ doubt: String) {
        if doubts.count < 20, !doubts.contains(doubt) { doubts.append(doubt) }
    }

    /// A managed policy, the customer's or AWS's.
    func managedPolicy(_ arn: String) -> CompiledPolicy? {
        if let own = estate.policies[arn] { return own.defaultVersion }
        if let known = knownPolicies[arn] { return known }
        let policy = awsPolicy(arn)
        knownPolicies[arn] = .some(policy)
        return policy
    }

    /// Whether nobody in the same account may do more: all that is left to whom the service control policies don't tell
    /// from others.
    private func isSated(_ holder: Holder) -> Bool {
        guard isOfOneAccount, hasAll(holder) else { return false }
        let keys = (holder.member.serviceControl ?? []).flatMap(\.policies)
            .reduce(into: Set<String>()) {
                $0.formUnion(SymbolicInputs(PolicyInputs(serviceControl: [[$1]])).conditionKeys)
            }
        return !keys.contains { $0.hasPrefix("aws:principal") || $0 == "aws:userid" || $0 == "aws:username" }
    }

    // MARK: The walk

    /// Where a path has come to.
    private struct Node {
        let holder: Holder
        /// All as whom requests could be made on the way.
        let held: [Holder]
        let steps: [EscalationPath.Step]
    }

    /// What was found so far from one principal.
    private final class Walk {
        let principal: String
        var paths: [EscalationPath] = []
        /// The places of paths by their methods.
        var places: [String: Int] = [:]
        /// The keys of those that were reached.
        var reached: Set<String> = []
        var comparisons = 0

        init(_ principal: String) { self.principal = principal }

        func isWanted(_ method: String) -> Bool {
            guard let place = places[method] else { return true }
            return !paths[place].hasMore
        }
    }

    /// Adds what can be reached by one step more.
    /// - Parameter before: what shorter paths reach.
    private func extend(_ node: Node, _ walk: Walk, _ before: Set<String>) -> [Node] {
        var following: [Node] = []
        let prefix = node.steps.map { $0.method + " > " }.joined()
        var local: [String: Answer] = [:]
        let beyond = node.held.map(held)
        func gain(_ holder: Holder) -> Answer {
            if let known = local[holder.key] { return known }
            walk.comparisons += 1
            guard walk.comparisons <= Self.mostComparisons else {
                note("whether there are more paths: not all were looked at")
                return .no
            }
            let answer = checks.access(of: caller(holder), beyond: beyond, to: Self.whatCounts)
            local[holder.key] = answer
            return answer
        }
        func take(_ step: EscalationPath.Step, _ result: Holder) {
            guard !before.contains(result.key) else { return }
            let answer = gain(result)
            switch answer {
            case .yes(let witness):
                record(step, request(witness, by: result), reachesAll: hasAll(result), node, walk)
            case .unknown(let doubt): note("whether \(result.member.arn) may do more: \(doubt)")
            case .no: break
            }
            if walk.reached.insert(result.key).inserted {
                following.append(
                    Node(holder: result, held: node.held + [result], steps: node.steps + [step]))
            }
        }
        let isNew: (Holder) -> Bool = { gain($0).witness != nil }
        // Who has just been reached is changed by itself, or by whoever came before.
        for actor in node.held.reversed() {
            for change in changes(of: node.holder, by: actor, isNew: isNew) { take(change.step, change.result) }
        }
        for change in creations(by: node.holder, isNew: isNew) { take(change.step, change.result) }
        for target in reachable(by: node.holder) where !before.contains(target.key) {
            var found = ways(into: target, by: node.holder) { walk.isWanted(prefix + $0) }
            if found.isEmpty, !walk.reached.contains(target.key) {
                found = ways(into: target, by: node.holder, limit: 1)
            }
            for way in found { take(way.step(target.member.arn), target) }
        }
        for opening in openings(by: node.holder) where walk.isWanted(prefix + opening.method) {
            switch checks.access(of: opening.caller, beyond: beyond, to: opening.target) {
            case .yes(let witness):
                let step = EscalationPath.Step(
                    method: opening.method, requests: [opening.request], effect: opening.effect,
                    assumptions: [opening.assumption], actor: node.holder.member.arn)
                let gain = EscalationPath.Request(witness: witness, inputs: opening.caller.policies.inputs)
                record(step, gain, reachesAll: false, node, walk)
            case .unknown(let doubt): note("what \(opening.method) gives \(node.holder.member.arn): \(doubt)")
            case .no: break
            }
        }
        return following
    }

    /// That a role may be assumed is no access by itself: whether it trusts who asks, the next step finds out.
    private static let whatCounts = AccessTarget([], on: []).but([
        "sts:AssumeRole*", "sts:TagSession", "sts:SetSourceIdentity",
    ])

    private func record(
        _ step: EscalationPath.Step, _ gain: EscalationPath.Request, reachesAll: Bool, _ node: Node,
        _ walk: Walk
    ) {
        let path = EscalationPath(
            principal: walk.principal, steps: node.steps + [step], gain: gain, reachesAll: reachesAll)
        if let place = walk.places[path.method] {
            guard !walk.paths[place].hasMore, walk.paths[place].steps.last?.actor != step.actor else { return }
            if walk.paths[place].others.contains(step.actor) { return }
            if walk.paths[place].others.count < Self.mostOthers {
                walk.paths[place].others.append(step.actor)
            } else {
                walk.paths[place].hasMore = true
            }
            return
        }
        walk.places[path.method] = walk.paths.count
        walk.paths.append(path)
    }
}

extension Change {
    fileprivate var step: EscalationPath.Step {
        EscalationPath.Step(
            method: method, requests: requests, effect: effect, assumptions: [], actor: result.member.arn)
    }
}

extension Way {
    fileprivate func step(_ actor: String) -> EscalationPath.Step {
        EscalationPath.Step(
            method: method, requests: requests, effect: effect, assumptions: assumptions, actor: actor)
    }
}
