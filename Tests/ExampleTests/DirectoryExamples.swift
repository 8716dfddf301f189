import Directory
import Keyring
import Ledger
import Policy
import Testing

/// What the documentation of `Directory` shows.
struct DirectoryExamples {
    @Test func whatBindsAUser() async throws {
        let scope = Scope(account: "111122223333")
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        var alice = User(
            accountID: scope.account, name: "alice", path: "/", uniqueID: "AIDAALICE", createDate: 1_800_000_000)
        alice.attachedPolicies = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
        let user = alice
        try await ledger.write(requestID: "") { transaction throws(LedgerError) in
            try transaction.put(user, in: scope)
            return .commit(())
        }

        let directory = IdentityDirectory()
        try ledger.replay(IdentityDirectory.kinds) { change throws(LedgerError) in
            try directory.apply([change])
        }
        let bound = directory.policies(bindingPrincipalWithUniqueID: "AIDAALICE")
        let inputs = PolicyInputs(identitySets: bound.sets, boundaries: bound.boundary)

        func isAllowed(_ action: String) -> Bool {
            let request = AuthorizationRequest(
                principal: Principal(kind: .user, arn: alice.arn, accountID: scope.account), action: action,
                resource: "arn:aws:s3:::home/notes.txt")
            return PolicyEvaluator.allows(request, inputs, DictionaryContext([:]))
        }
        #expect(isAllowed("s3:GetObject"))
        #expect(!isAllowed("s3:PutObject"))
    }

    @Test func arns() throws {
        let arn = try #require(ARN(parsing: "arn:aws:iam::111122223333:user/division/alice"))
        let (account, name) = (arn.account, arn.lastPart)  // "111122223333", "alice"
        #expect(account == "111122223333" && name == "alice")
        #expect(arn == ARN(parsing: ARN.iam(account, "user", path: "/division/", name: name)))
    }

    @Test func managedPolicies() {
        let policy = ManagedPolicyCatalog.aws.entry(arn: "arn:aws:iam::aws:policy/ReadOnlyAccess")
        print(policy?.defaultVersionID ?? "none", policy?.document.count ?? 0)
        #expect(policy?.name == "ReadOnlyAccess" && policy?.path == "/")
    }
}
