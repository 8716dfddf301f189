// What an answer about all requests costs.
//
//     ReasonBench

import Policy
import Reasoning

@main
struct ReasonBench {
    static func main() {
        let managed = ManagedPolicies()
        let compiled = managed.named.map { ManagedPolicies.compiled($0.name, $0.document) }
        var making = Times()
        let policies = compiled.map { policy in making.take { SymbolicPolicy(policy) } }
        print("| AWS's \(policies.count) managed policies | median | 99 % | worst |")
        print("|---|---|---|---|")
        print("| make ready | \(making.row) |")
        Subsets.measure(compiled, policies)
        Roles.measure(compiled, policies)
        Outside.measure()
    }
}
