import Policy
import PolicyCases
import Reasoning

/// Policies that are made to be hard: what an answer takes at worst.
enum Hostile {
    static func measure() {
        for bytes in [6_144, 20_480, 32_768] {
            var times = Times()
            var worst = ("", UInt64(0))
            var counts = (decided: 0, unknown: 0)
            for pair in HostilePair.all(bytes: bytes) {
                let type: PolicyType = pair.isOfResource ? .resource : .identity
                let old = SymbolicPolicy(ManagedPolicies.compiled(pair.name, pair.old, type))
                let new = SymbolicPolicy(ManagedPolicies.compiled(pair.name, pair.new, type))
                let checks = Checks()
                for ask in [
                    { checks.newAccess(from: old, to: new) }, { checks.newAccess(from: new, to: old) },
                    { checks.access(by: new) },
                    { checks.access(by: new, to: ["s3:*a*b*"], on: ["arn:aws:s3:::*b*a*"]) },
                ] {
                    if case .unknown = times.take(rounds: 1, ask) { counts.unknown += 1 } else { counts.decided += 1 }
                    if let last = times.last, last > worst.1 { worst = (pair.name, last) }
                }
            }
            print(
                "| hostile policies of \(bytes) bytes: \(counts.decided) decided, \(counts.unknown) unknown; worst: \(worst.0)"
                    + " | \(times.row) |")
        }
    }
}
