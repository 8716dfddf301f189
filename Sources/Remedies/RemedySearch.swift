import Policy

/// Looks for the smallest changes that make a denied request allowed.
///
/// What stops the request is asked of the engine, changed, and the engine is asked again, until it says "allowed": a remedy is
/// nothing that was not tried. Of several ways the one that changes least comes first. A change that turns out not to be needed
/// is left out, so no remedy is part of another.
///
/// ```swift
/// let report = RemedySearch(denied).report()
/// for remedy in report.remedies { print(remedy.title, remedy.changes.flatMap(\.commands)) }
/// ```
///
/// - Complexity: some hundred decisions at most, and two for each of the other roles.
public struct RemedySearch: Sendable {
    private let denied: DeniedRequest
    /// How many remedies are wanted, at most.
    private let limit: Int
    /// How many situations are looked at, at most.
    private static let mostSituations = 100
    /// How many changes a remedy has, at most: each type of policy may lack something, and each level of an organization.
    private static let mostChanges = 10

    /// - Parameter limit: how many remedies are wanted, at most.
    public init(_ denied: DeniedRequest, limit: Int = 8) {
        self.denied = denied
        self.limit = limit
    }

    /// Searches.
    public func report() -> RemedyReport {
        let decision = denied.decision
        var progress = Progress()
        if !decision.isAllowed {
            // What stops a request, and what stops it after that, has little to do with each other. So it is enough to look at
            // what is cheapest everywhere, and at each alternative once; only if all that fails, at two of them together.
            for deviations in 1...2 where progress.found.isEmpty {
                progress.seen = []
                look(at: Situation(denied), deviations: deviations, &progress)
            }
        }
        let sorted = progress.found.enumerated().sorted { ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset) }
        return RemedyReport(
            decision: decision, message: decision.message(for: denied.request),
            remedies: sorted.prefix(limit).map(\.element), obstacles: progress.obstacles)
    }

    private struct Progress {
        var found: [Remedy] = []
        var obstacles: [String] = []
        var looked = 0
        /// The situations that were looked at, by the keys of their changes.
        var seen: Set<[String]> = []
    }

    /// - Parameter deviations: how often something else than the cheapest change may be made.
    private func look(at situation: Situation, deviations: Int, _ progress: inout Progress) {
        guard progress.looked < Self.mostSituations, progress.seen.insert(situation.keys).inserted else { return }
        progress.looked += 1
        let decision = situation.asked.decision
        guard !decision.isAllowed else {
            if let remedy = remedy(situation, decision) { progress.found.append(remedy) }
            return
        }
        guard situation.steps.count < Self.mostChanges else { return }
        var steps = Steps(situation.asked, decision, isFirst: situation.steps.isEmpty)
        steps.find()
        for obstacle in steps.obstacles where !progress.obstacles.contains(obstacle) {
            progress.obstacles.append(obstacle)
        }
        let sorted = steps.found.enumerated().sorted {
            ($0.element.change.cost, $0.offset) < ($1.element.change.cost, $1.offset)
        }
        for (number, (_, step)) in sorted.enumerated() {
            let left = deviations - (number == 0 ? 0 : 1)
            guard left >= 0, let following = situation.after(step) else { continue }
            look(at: following, deviations: left, &progress)
        }
    }

    /// nil: it would do with less, which is a remedy of its own.
    private func remedy(_ situation: Situation, _ decision: Decision) -> Remedy? {
        for left in situation.steps.indices where situation.steps.count > 1 {
            var asked = denied
            for (index, step) in situation.steps.enumerated() where index != left { step.apply(&asked) }
            if asked.decision.isAllowed { return nil }
        }
        return Remedy(changes: situation.steps.map(\.change), trial: decision, cost: situation.cost)
    }
}

/// A change, and what it does to the request.
struct Step {
    var change: Change
    let apply: (inout DeniedRequest) -> Void
}

/// A request after some changes.
private struct Situation {
    var asked: DeniedRequest
    var steps: [Step] = []
    var cost = 0

    init(_ asked: DeniedRequest) { self.asked = asked }

    /// Tells situations apart, whatever the order in which they came about.
    var keys: [String] { steps.map(\.change.key).sorted() }

    /// nil: the step was made already.
    func after(_ step: Step) -> Situation? {
        guard !steps.contains(where: { $0.change.key == step.change.key }) else { return nil }
        var following = self
        step.apply(&following.asked)
        following.steps.append(step)
        following.cost += step.change.cost
        return following
    }
}

extension PolicyInputs {
    /// Puts a policy in the place of another wherever that one binds; nil: in no place.
    mutating func replace(_ old: CompiledPolicy, by new: CompiledPolicy?) {
        func list(_ policies: [CompiledPolicy]) -> [CompiledPolicy] {
            policies.compactMap { $0 === old ? new : $0 }
        }
        func set(_ set: PolicySet) -> PolicySet { set.replacingAll(with: list(set.policies)) }
        identitySets = identitySets.map(set)
        boundaries = boundaries.map(list)
        session = session.map(list)
        serviceControlLevels = serviceControlLevels?.map(set)
        resourceControlLevels = resourceControlLevels?.map(set)
        endpoint = endpoint.map(list)
        if resource === old { resource = new }
        if roleTrust === old { roleTrust = new }
    }
}
