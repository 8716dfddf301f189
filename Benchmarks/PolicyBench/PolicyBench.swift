// What one decision costs, as ratios measured in one run: see the README's performance section.
//
//     PolicyBench [--principals N]

import Policy

@main
struct PolicyBench {
    static func main() {
        let arguments = CommandLine.arguments
        let principals = arguments.firstIndex(of: "--principals").flatMap { index in
            index + 1 < arguments.count ? Int(arguments[index + 1]) : nil
        }
        print("| Policies attached | Gatehouse | C linear scan | Gatehouse is faster by |")
        print("|---|---|---|---|")
        for shape in Scaling.Shape.allCases { Scaling.measure(shape) }
        RealisticMix.measure()
        ManagedPolicies.measure()
        OrganizationScale.measure(accounts: 10_000)
        Population.measure(principals: principals ?? 1_000_000)
    }
}
