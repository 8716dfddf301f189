import Directory
import FoundationEssentials
import Ledger
import Policy
import Testing

@Suite struct IdentityDirectoryTests {
    private static let account = "111122223333"

    private func change<R: Record>(_ record: R, before: R? = nil) throws -> Change {
        Change(
            sequence: 1, kind: R.kind, scope: Scope(account: Self.account), id: record.id,
            before: try before.map { Array(try JSONEncoder().encode($0)) },
            after: Array(try JSONEncoder().encode(record)), requestID: "r")
    }

    private func deletion<R: Record>(_ record: R) throws -> Change {
        Change(
            sequence: 2, kind: R.kind, scope: Scope(account: Self.account), id: record.id,
            before: Array(try JSONEncoder().encode(record)), after: nil, requestID: "r")
    }

    private var alice: User {
        User(accountID: Self.account, name: "Alice", path: "/", uniqueID: "AIDAALICE", createDate: 0)
    }

    @Test func namesAreFoundWithoutRegardToCase() throws {
        let directory = IdentityDirectory()
        try directory.apply([try change(alice)])
        #expect(directory.user(named: "aLICE", in: Self.account)?.uniqueID == "AIDAALICE")
        #expect(directory.user(named: "Alice", in: "999988887777") == nil)
    }

    @Test func aDeletedUserIsGoneByNameAndById() throws {
        let directory = IdentityDirectory()
        try directory.apply([try change(alice)])
        try directory.apply([try deletion(alice)])
        #expect(directory.user(named: "Alice", in: Self.account) == nil)
        #expect(directory.user(uniqueID: "AIDAALICE") == nil)
    }

    /// Many come and go in every order; what is listed is what is there, in the order of the ids, page by page.
    @Test func usersAreListedInTheirOrder() throws {
        let directory = IdentityDirectory()
        var names: Set<String> = []
        func user(_ number: Int) -> User {
            User(
                accountID: Self.account, name: "User\(number)", path: "/", uniqueID: "AIDA\(number)", createDate: 0)
        }
        func listed(after id: String? = nil, limit: Int) -> [String] {
            directory.users(in: Self.account, after: id, limit: limit).map(\.id)
        }
        #expect(listed(limit: 9).isEmpty)
        #expect(listed(after: "a", limit: 9).isEmpty)
        for number in Array(0..<2000) + (0..<3000).map({ _ in Int.random(in: 0..<3000) }) {
            let user = user(number)
            if number.isMultiple(of: 3), names.remove(user.id) != nil {
                try directory.apply([try deletion(user)])
            } else {
                try directory.apply([try change(user)])
                names.insert(user.id)
            }
        }
        let sorted = names.sorted()
        #expect(listed(limit: .max) == sorted)
        #expect(directory.users(in: Self.account, after: nil, limit: .max).map(\.entry.bare.id) == sorted)
        for after in ["", "user", "user1999", "user2", "user25x", "zzz"] + sorted.shuffled().prefix(50) {
            for limit in [0, 1, 100, 1000] {
                #expect(listed(after: after, limit: limit) == Array(sorted.filter { $0 > after }.prefix(limit)))
            }
        }
        #expect(directory.users(in: "999988887777", after: nil, limit: 9).isEmpty)
        for name in sorted { try directory.apply([try deletion(user(Int(name.dropFirst(4)) ?? 0))]) }
        #expect(listed(limit: 9).isEmpty)
    }

    @Test func aGroupsPoliciesBindItsMembersFromTheNextLookUpOn() throws {
        let directory = IdentityDirectory()
        var group = Group(accountID: Self.account, name: "Devs", path: "/", uniqueID: "AGPADEVS", createDate: 0)
        var user = alice
        user.groupIDs = ["AGPADEVS"]
        try directory.apply([try change(group), try change(user)])
        #expect(directory.policies(bindingPrincipalWithUniqueID: "AIDAALICE").identity.isEmpty)
        group.attachedPolicies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
        try directory.apply([try change(group)])
        let bound = directory.policies(bindingPrincipalWithUniqueID: "AIDAALICE")
        #expect(bound.identity.map(\.source.name) == ["AdministratorAccess"])
    }

    /// A document that was stored when less was checked keeps its meaning.
    @Test func whatWouldNotBeStoredTodayBindsAsItDid() throws {
        let directory = IdentityDirectory()
        var user = alice
        user.inlinePolicies = [
            InlinePolicy(
                name: "old",
                document: #"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":["*","arn:aws:s3::b"],"#
                    + #""Condition":{"DateLessThan":{"aws:CurrentTime":["soon","2999"]}}}}"#)
        ]
        try directory.apply([try change(user)])
        let bound = directory.policies(bindingPrincipalWithUniqueID: "AIDAALICE")
        let request = AuthorizationRequest(
            principal: Principal(kind: .user, arn: alice.arn, accountID: Self.account), action: "s3:GetObject",
            resource: "arn:aws:s3:::b/k")
        let context = DictionaryContext(["aws:CurrentTime": .one("2026-01-01T00:00:00Z")])
        #expect(PolicyEvaluator.allows(request, PolicyInputs(identity: bound.identity), context))
    }

    /// The index follows each change, also when a name passes from one account to another.
    @Test func accountsAreFoundByTheirNames() throws {
        let directory = IdentityDirectory()
        func change(_ account: Account?, of id: String) throws -> Change {
            Change(
                sequence: 1, kind: Account.kind, scope: Scope(account: id), id: id, before: nil,
                after: try account.map { Array(try JSONEncoder().encode($0)) }, requestID: "r")
        }
        var first = Account(id: "111111111111", createDate: 0, email: "Root@Example.com")
        var second = Account(id: "222222222222", createDate: 0, creatorID: "111111111111")
        first.alias = "house"
        try directory.apply([try change(first, of: first.id), try change(second, of: second.id)])
        #expect(directory.account(alias: "house")?.id == first.id && directory.firstAccount?.id == first.id)
        #expect(directory.account(email: "ROOT@example.COM")?.id == first.id)
        #expect(directory.account(email: second.email)?.id == second.id)
        #expect(directory.account(alias: "garden") == nil && directory.account(email: "") == nil)

        first.alias = nil
        second.alias = "house"
        let old = second.email
        second.email = "root@example.com"
        try directory.apply([try change(first, of: first.id), try change(second, of: second.id)])
        #expect(directory.account(alias: "house") == second && directory.account(email: old) == nil)
        // Two with one address: the same one each time.
        #expect(directory.account(email: "root@example.com")?.id == first.id)

        try directory.apply([try change(nil, of: first.id)])
        #expect(directory.firstAccount == nil && directory.account(email: "root@example.com")?.id == second.id)
        try directory.apply([try change(nil, of: second.id)])
        #expect(directory.account(alias: "house") == nil && directory.account(email: "root@example.com") == nil)
    }

    @Test func issuersAreFoundByTheirIds() throws {
        let directory = IdentityDirectory()
        let first = OutboundFederation(accountID: Self.account, issuerID: "one", createDate: 0, keys: "")
        try directory.apply([try change(first)])
        #expect(directory.outboundFederation(issuerID: "one")?.issuerID == "one")
        try directory.apply([
            try change(OutboundFederation(accountID: Self.account, issuerID: "two", createDate: 0, keys: ""))
        ])
        #expect(directory.outboundFederation(issuerID: "one") == nil)
        #expect(directory.outboundFederation(issuerID: "two")?.issuerID == "two")
        try directory.apply([try deletion(first)])
        #expect(directory.outboundFederation(issuerID: "two") == nil)
    }

    @Test func whatCannotBeReadWidensNothing() throws {
        let directory = IdentityDirectory()
        var user = alice
        user.inlinePolicies = [InlinePolicy(name: "damaged", document: "{")]
        user.attachedPolicies = [
            "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::111122223333:policy/gone",
        ]
        user.permissionsBoundary = "arn:aws:iam::111122223333:policy/gone"
        try directory.apply([try change(user)])
        let bound = directory.policies(bindingPrincipalWithUniqueID: "AIDAALICE")
        #expect(bound.boundary?.isEmpty == true)
        for index in [0, 2] {
            let decision = PolicyEvaluator.evaluate(
                AuthorizationRequest(
                    principal: Principal(kind: .user, arn: user.arn, accountID: Self.account),
                    action: "iam:ListUsers", resource: "*"),
                PolicyInputs(identity: [bound.identity[1], bound.identity[index]]), DictionaryContext([:]))
            #expect(decision.outcome == .explicitlyDenied)
        }
    }

    @Test func everyManagedPolicyOfAWSCompiles() {
        let catalog = ManagedPolicyCatalog.aws
        #expect(catalog.arns.count > 1_400)
        for arn in catalog.arns {
            let document = catalog.entry(arn: arn)?.document ?? ""
            #expect(throws: Never.self, "\(arn)") { try PolicyDocument(parsing: document, as: .identity) }
        }
    }
}
