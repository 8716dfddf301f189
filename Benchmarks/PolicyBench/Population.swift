import Directory
import LinearScan
import Policy

/// A directory of many principals with ten attachments each.
enum Population {
    static let policyCount = 1_000

    static func measure(principals count: Int) {
        let directory = IdentityDirectory()
        let accounts = max(1, count / 100)
        let before = Int(allocated_bytes())
        var built = 0.0
        for number in 0..<policyCount { directory.take([Changes.policy(number)]) }
        for start in stride(from: 0, to: count, by: 1_000) {
            let changes = (start..<min(start + 1_000, count)).map { Changes.user($0, account: $0 % accounts) }
            let started = now()
            directory.take(changes)
            built += Double(now() - started)
        }
        let memory = Double(Int(allocated_bytes()) - before)

        let small = IdentityDirectory()
        for number in 0..<policyCount { small.take([Changes.policy(number)]) }
        small.take([Changes.user(0, account: 0)])

        print("\n| \(count) principals in \(accounts) accounts, \(count * 10) attachments | |\n|---|---|")
        print("| memory for each principal | \(text(memory / Double(count))) bytes |")
        print("| build from the journal's records | \(text(built / 1e9, 1)) s |")
        let one = decision(small, 1)
        let same = decision(directory, count, sample: 1)
        let many = decision(directory, count)
        print("| find and decide in a directory of 1 principal | \(text(one)) ns |")
        print("| find and decide in this one, the same principal again | \(text(same)) ns (\(text(same / one, 2))×) |")
        print("| the same for another principal each time, who is in no cache | \(text(many)) ns |")
        let change = Changes.policy(7, version: 2)
        let changed = nanoseconds { directory.take([change]) }
        print("| a new version of a policy that \(count / 100) principals have | \(text(changed / 1e3, 1)) µs |")
        let attachment = [Changes.user(5, account: 5 % accounts, extra: true), Changes.user(5, account: 5 % accounts)]
        let attached = nanoseconds { directory.take(attachment) } / 2
        print("| one attachment more or less | \(text(attached / 1e3, 1)) µs |")
    }

    /// The nanoseconds that it takes to find a principal's policies and decide.
    private static func decision(_ directory: IdentityDirectory, _ count: Int, sample: Int = 20_000) -> Double {
        // Principals that are asked for the first time get their set made, so each is asked for before.
        let sample = min(count, sample)
        let users = (0..<sample).map { $0 &* 49_999 % count }
        let ids = users.map(Changes.userID)
        let requests = users.map { user in
            AuthorizationRequest(
                principal: Documents.alice, action: "service\(Changes.policies(of: user)[5]):GetThing", resource: "*")
        }
        let context = DictionaryContext([:])
        var next = 0
        func ask() {
            let bound = directory.policies(bindingPrincipalWithUniqueID: ids[next])
            let decision = PolicyEvaluator.evaluate(requests[next], PolicyInputs(identitySets: bound.sets), context)
            precondition(decision.isAllowed)
            next = next + 1 == sample ? 0 : next + 1
        }
        for _ in 0..<sample { ask() }
        return nanoseconds(ask)
    }
}
