import Directory
import Ledger
import LinearScan
import Policy

/// A directory of an organization with many accounts, five units deep, with a policy of their own at every level.
enum OrganizationScale {
    private static let unitCount = 500
    private static let manager = "100000000000"

    static func measure(accounts count: Int) {
        let directory = IdentityDirectory()
        directory.take([Changes.policy(1), Changes.user(1, account: 1)])
        let alone = decision(directory, accounts: 1)
        let before = Int(allocated_bytes())
        directory.take(Changes.organization(manager, units: unitCount))
        for number in 1...count {
            directory.take([Changes.member(number, of: manager, unit: number % unitCount)])
        }
        for number in 1...count { ask(directory, number) }
        let memory = Double(Int(allocated_bytes()) - before)
        let few = decision(directory, accounts: 1)
        let many = decision(directory, accounts: count)

        print("\n| An organization of \(count) accounts in \(unitCount) units, 7 levels of policies | |\n|---|---|")
        print("| memory for each account | \(text(memory / Double(count))) bytes |")
        print("| find what binds an account, and decide, in no organization | \(text(alone)) ns |")
        print("| the same in this one | \(text(few)) ns |")
        print("| the same for another account each time | \(text(many)) ns |")
        let change = [Changes.organizationPolicy(1, of: manager)]
        let changed = nanoseconds { directory.take(change) }
        print("| a change of a policy that binds every account | \(text(changed / 1e3, 1)) µs |")
        let both = nanoseconds {
            directory.take(change)
            ask(directory, 1)
        }
        print("| the same, and the request behind it | \(text(both / 1e3, 1)) µs |")
    }

    @inline(never)
    private static func ask(_ directory: IdentityDirectory, _ number: Int) {
        let account = Changes.memberID(number)
        let membership = directory.membership(ofAccount: account)
        let principal = Principal(kind: .root, arn: "", accountID: account)
        let decision = PolicyEvaluator.evaluate(
            AuthorizationRequest(principal: principal, action: "iam:GetUser", resource: "*"),
            PolicyInputs(identitySets: [], serviceControlLevels: membership?.serviceControl), DictionaryContext([:]))
        precondition(decision.isAllowed)
    }

    private static func decision(_ directory: IdentityDirectory, accounts: Int) -> Double {
        var next = 0
        return nanoseconds {
            ask(directory, next + 1)
            next = next + 1 == accounts ? 0 : next + 1
        }
    }
}

extension Changes {
    static func memberID(_ number: Int) -> String { "\(200_000_000_000 + number)" }

    /// The organization, and its units in chains of five.
    static func organization(_ manager: String, units: Int) -> [Change] {
        var organization = Organization(
            id: "o-benchmarks", managementAccountID: manager, rootID: "r-root", createDate: 1.7e9, featureSet: .all)
        organization.enabledPolicyTypes = [ControlPolicyType.serviceControl]
        organization.rootPolicyIDs = ["p-FullAWSAccess", "p-\(1)policyid"]
        let units = (0..<units).map { number in
            var unit = OrganizationalUnit(
                id: unitID(number), organizationID: organization.id,
                parentID: number % 5 == 0 ? "r-root" : unitID(number - 1), name: "unit-\(number)")
            unit.policyIDs = ["p-FullAWSAccess", "p-\(number % 50)policyid"]
            return change(unit, manager)
        }
        return [change(organization, manager)] + (0..<50).map { organizationPolicy($0, of: manager) } + units
    }

    static func organizationPolicy(_ number: Int, of manager: String) -> Change {
        change(
            OrganizationPolicy(
                id: "p-\(number)policyid", organizationID: "o-benchmarks", type: ControlPolicyType.serviceControl,
                name: "policy-\(number)", description: "",
                content: "{\"Version\":\"2012-10-17\",\"Statement\":"
                    + Documents.statement("Deny", "service\(number):*", "*") + "}"), manager)
    }

    static func member(_ number: Int, of manager: String, unit: Int) -> Change {
        var account = OrganizationAccount(
            id: memberID(number), organizationID: "o-benchmarks", parentID: unitID(unit), joinedMethod: .created,
            joinedDate: 1.7e9)
        account.policyIDs = ["p-FullAWSAccess"]
        return change(account, manager)
    }

    private static func unitID(_ number: Int) -> String { "ou-root-\(10_000_000 + number)" }
}
