// What an answer about all requests costs.
//
//     ReasonBench [subsets] [roles] [resources] [outside] [hostile]
//     ReasonBench questions [HOW_MANY [SEED]]
//
// Without an argument it measures everything. Times are those of the processor. `questions` prints answers for another solver
// to compare with its own; see `Questions`.

import Policy
import Reasoning

@main
struct ReasonBench {
    static func main() {
        let managed = ManagedPolicies()
        let numbers = CommandLine.arguments.dropFirst(2).map { UInt64($0) ?? 0 }
        if CommandLine.arguments.dropFirst().first == "questions" {
            var questions = Questions(managed.named, seed: numbers.dropFirst().first ?? 0)
            return questions.print(Int(clamping: numbers.first ?? 60))
        }
        let compiled = managed.named.map { ManagedPolicies.compiled($0.name, $0.document) }
        let arguments = CommandLine.arguments.dropFirst()
        var making = Times()
        let policies = compiled.map { policy in making.take { SymbolicPolicy(policy) } }
        print("| AWS's \(policies.count) managed policies | median | 99 % | worst |")
        print("|---|---|---|---|")
        print("| make ready | \(making.row) |")
        let parts = arguments.filter { !$0.hasPrefix("-") }
        func isWanted(_ part: String) -> Bool { parts.isEmpty || parts.contains(part) }
        if isWanted("subsets") { Subsets.measure(compiled, policies) }
        if isWanted("roles") { Roles.measure(compiled, policies) }
        if isWanted("resources") { Resources.measure() }
        if isWanted("outside") { Outside.measure() }
        if isWanted("hostile") { Hostile.measure() }
    }
}
