import FoundationEssentials
import Ledger
import Policy
import Testing

@testable import Directory

/// What a change makes of the policies that bind somebody, seen without anything being asked in between or with it.
@Suite struct PolicyChanges {
    private static let account = "111122223333"
    private let directory = IdentityDirectory()

    private func put<R: Record>(_ record: R) throws {
        try directory.apply([
            Change(
                sequence: 1, kind: R.kind, scope: Scope(account: Self.account), id: record.id, before: nil,
                after: Array(try JSONEncoder().encode(record)), requestID: "r")
        ])
    }

    private func delete<R: Record>(_ record: R) throws {
        try directory.apply([
            Change(
                sequence: 1, kind: R.kind, scope: Scope(account: Self.account), id: record.id,
                before: Array(try JSONEncoder().encode(record)), after: nil, requestID: "r")
        ])
    }

    private static func document(_ action: String) -> String {
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"\#(action)","Resource":"*"}]}"#
    }

    private func managed(_ name: String, _ action: String) -> ManagedPolicy {
        ManagedPolicy(
            accountID: Self.account, name: name, path: "/", uniqueID: "ANPA\(name)", createDate: 0, description: nil,
            document: Self.document(action), tags: [])
    }

    private func may(_ action: String, _ id: String = "AIDAALICE") -> Bool {
        let bound = directory.policies(bindingPrincipalWithUniqueID: id)
        let principal = Principal(kind: .user, arn: "arn:aws:iam::\(Self.account):user/alice", accountID: Self.account)
        return PolicyEvaluator.evaluate(
            AuthorizationRequest(principal: principal, action: action, resource: "*"),
            PolicyInputs(identitySets: bound.sets, boundaries: bound.boundary), DictionaryContext([:])
        ).isAllowed
    }

    private var alice: User {
        User(accountID: Self.account, name: "alice", path: "/", uniqueID: "AIDAALICE", createDate: 0)
    }

    @Test func aNewDefaultVersionBindsAllWhoHaveThePolicy() throws {
        var policy = managed("P", "s3:*")
        var group = Group(accountID: Self.account, name: "G", path: "/", uniqueID: "AGPAG", createDate: 0)
        group.attachedPolicies = [policy.arn]
        var direct = alice
        direct.attachedPolicies = [policy.arn]
        var member = User(accountID: Self.account, name: "bob", path: "/", uniqueID: "AIDABOB", createDate: 0)
        member.groupIDs = ["AGPAG"]
        for record in [direct, member] { try put(record) }
        try put(group)
        try put(policy)
        for id in ["AIDAALICE", "AIDABOB"] { #expect(may("s3:GetObject", id) && !may("ec2:RunInstances", id)) }
        policy.versions.append(ManagedPolicy.Version(id: "v2", document: Self.document("ec2:*"), createDate: 0))
        policy.defaultVersionID = "v2"
        try put(policy)
        for id in ["AIDAALICE", "AIDABOB"] { #expect(!may("s3:GetObject", id) && may("ec2:RunInstances", id)) }
        #expect(directory.compiledPolicy(arn: policy.arn)?.source.version == "v2")
    }

    @Test func aDeletedPolicyDeniesWhoStillHaveItUntilItComesBack() throws {
        let policy = managed("P", "s3:*")
        var user = alice
        user.attachedPolicies = [policy.arn]
        user.permissionsBoundary = policy.arn
        try put(policy)
        try put(user)
        #expect(may("s3:GetObject"))
        try delete(policy)
        #expect(directory.managedPolicy(arn: policy.arn) == nil && directory.compiledPolicy(arn: policy.arn) == nil)
        #expect(!may("s3:GetObject"))
        #expect(directory.policies(bindingPrincipalWithUniqueID: "AIDAALICE").boundary?.isEmpty == true)
        try put(policy)
        #expect(may("s3:GetObject"))
    }

    @Test func attachingAndDetachingShowAtOnce() throws {
        let policies = (0..<40).map { managed("P\($0)", "service\($0):Act") }
        for policy in policies { try put(policy) }
        var user = alice
        try put(user)
        for (number, policy) in policies.enumerated() {
            #expect(!may("service\(number):Act"))
            user.attachedPolicies.append(policy.arn)
            try put(user)
            #expect(may("service\(number):Act") && may("service0:Act"))
        }
        #expect(directory.user(uniqueID: "AIDAALICE")?.attachedPolicies == policies.map(\.arn))
        for (number, policy) in policies.enumerated() {
            user.attachedPolicies.removeAll { $0 == policy.arn }
            try put(user)
            #expect(!may("service\(number):Act") && may("service39:Act") == (number < 39))
        }
    }

    @Test func inlinePoliciesChangeOneByOne() throws {
        var user = alice
        user.inlinePolicies = [
            InlinePolicy(name: "a", document: Self.document("s3:*")),
            InlinePolicy(name: "b", document: Self.document("ec2:*")),
        ]
        try put(user)
        #expect(may("s3:GetObject") && may("ec2:RunInstances"))
        let before = directory.policies(bindingPrincipalWithUniqueID: "AIDAALICE").identity
        user.inlinePolicies[0] = InlinePolicy(name: "a", document: Self.document("sqs:*"))
        try put(user)
        #expect(!may("s3:GetObject") && may("sqs:SendMessage") && may("ec2:RunInstances"))
        let after = directory.policies(bindingPrincipalWithUniqueID: "AIDAALICE").identity
        #expect(before[1] === after[1], "what did not change is not compiled again")
    }

    @Test func aGroupThatGoesTakesItsPoliciesAlong() throws {
        var group = Group(accountID: Self.account, name: "G", path: "/", uniqueID: "AGPAG", createDate: 0)
        group.inlinePolicies = [InlinePolicy(name: "g", document: Self.document("s3:*"))]
        var user = alice
        user.groupIDs = ["AGPAG"]
        try put(user)
        try put(group)
        #expect(may("s3:GetObject"))
        try delete(group)
        #expect(!may("s3:GetObject"))
    }

    @Test func managedPoliciesOfAWSServeAsBoundaries() throws {
        var user = alice
        user.attachedPolicies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
        user.permissionsBoundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
        try put(user)
        #expect(may("s3:GetObject") && !may("s3:PutObject"))
        let bound = directory.policies(bindingPrincipalWithUniqueID: "AIDAALICE")
        #expect(bound.boundary?.first === directory.compiledPolicy(arn: user.permissionsBoundary ?? ""))
    }
}
