import Directory
import FoundationEssentials
import Ledger

/// The journal's entries from which a directory is built.
enum Changes {
    static func userID(_ number: Int) -> String { "AIDA\(100_000_000_000_000_000 + number)" }

    /// The numbers of the policies that a user has: ten, of which neighbours share some.
    static func policies(of user: Int) -> [Int] {
        (0..<10).map { (user &* 7 + $0 &* 97) % Population.policyCount }
    }

    static func user(_ number: Int, account: Int, extra: Bool = false) -> Change {
        let account = "\(100_000_000_000 + account)"
        var user = User(
            accountID: account, name: "user-\(number)", path: "/", uniqueID: userID(number), createDate: 1.7e9)
        user.attachedPolicies = policies(of: number).map(policyARN)
        if extra { user.attachedPolicies.append(policyARN(1)) }
        return change(user, account)
    }

    static func policy(_ number: Int, version: Int = 1) -> Change {
        let policy = ManagedPolicy(
            accountID: Documents.account, name: "policy-\(number)", path: "/", uniqueID: "ANPA\(number)",
            createDate: 1.7e9, description: nil,
            document: "{\"Version\":\"2012-10-17\",\"Statement\":"
                + Documents.statement("Allow", "service\(number):Get*", "*") + "}",
            tags: [])
        return change(policy, Documents.account)
    }

    private static func policyARN(_ number: Int) -> String {
        "arn:aws:iam::\(Documents.account):policy/policy-\(number)"
    }

    static func change<R: Record>(_ record: R, _ account: String) -> Change {
        do {
            return Change(
                sequence: 1, kind: R.kind, scope: Scope(account: account), id: record.id, before: nil,
                after: Array(try JSONEncoder().encode(record)), requestID: "")
        } catch {
            fatalError("a record of the benchmark cannot be encoded")
        }
    }
}
