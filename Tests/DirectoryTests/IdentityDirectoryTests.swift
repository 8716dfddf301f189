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
