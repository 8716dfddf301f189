import Policy
import Reasoning

/// Whether one policy grants more than another: on pairs as they occur.
enum Subsets {
    static func measure(_ compiled: [CompiledPolicy], _ policies: [SymbolicPolicy]) {
        var times: [String: Times] = [:]
        var answers: [String: (yes: Int, no: Int, unknown: Int)] = [:]
        let checks = Checks()
        func ask(_ kind: String, _ old: SymbolicPolicy, _ new: SymbolicPolicy) {
            let answer = times[kind, default: Times()].take { checks.newAccess(from: old, to: new) }
            if times[kind]?.last ?? 0 > 1_500_000, CommandLine.arguments.contains("--slow") {
                print(
                    "slow: \(kind) \(old.policy.source.name) → \(new.policy.source.name): \((times[kind]?.last ?? 0) / 1000) µs"
                )
            }
            switch answer {
            case .yes: answers[kind, default: (0, 0, 0)].yes += 1
            case .no: answers[kind, default: (0, 0, 0)].no += 1
            case .unknown(let doubt):
                answers[kind, default: (0, 0, 0)].unknown += 1
                print("unknown: \(old.policy.source.name) → \(new.policy.source.name): \(doubt)")
            }
        }
        for (policy, symbolic) in zip(compiled, policies) {
            // The next version of a policy: a statement less, a statement's actions less, a wildcard more.
            for (kind, text) in Versions.of(policy.document) {
                let version = SymbolicPolicy(ManagedPolicies.compiled(policy.source.name, text))
                ask(kind, symbolic, version)
                ask(kind, version, symbolic)
            }
            ask("with a copy of itself", symbolic, SymbolicPolicy(policy))
        }
        // Policies of one service: AmazonS3ReadOnlyAccess and AmazonS3FullAccess are neighbours by name.
        let order = policies.indices.sorted { compiled[$0].source.name < compiled[$1].source.name }
        for (one, next) in zip(order, order.dropFirst()) {
            ask("with its neighbour by name", policies[one], policies[next])
            ask("with its neighbour by name", policies[next], policies[one])
        }
        for name in ["ReadOnlyAccess", "SecurityAudit", "PowerUserAccess", "AdministratorAccess", "ViewOnlyAccess"] {
            guard let index = policies.indices.first(where: { compiled[$0].source.name == name }) else { continue }
            for policy in policies { ask("whether \(name) grants all of it", policies[index], policy) }
        }
        for (kind, times) in times.sorted(by: { $0.key < $1.key }) {
            let answer = answers[kind] ?? (0, 0, 0)
            print(
                "| \(kind): \(times.count) questions, \(answer.yes) yes, \(answer.no) no, \(answer.unknown) unknown | \(times.row) |"
            )
        }
    }
}
