import FoundationEssentials
import Ledger
import Policy
import Testing

@testable import Directory

/// What an organization's records make of the policies that bind its accounts.
@Suite struct OrganizationMembershipTests {
    private static let manager = "111111111111"
    private static let member = "222222222222"
    private let directory = IdentityDirectory()
    private var organization = Organization(
        id: "o-exampleorg1", managementAccountID: manager, rootID: "r-ab12", createDate: 0, featureSet: .all)

    init() throws {
        organization.enabledPolicyTypes = [ControlPolicyType.serviceControl, ControlPolicyType.resourceControl]
        organization.rootPolicyIDs = organization.defaultPolicyIDs
        try put(organization)
        for id in [Self.manager, Self.member] { try put(account(id, in: "r-ab12")) }
    }

    // MARK: Records

    private func put<R: Record>(_ record: R, in scope: String = manager) throws {
        try directory.apply([
            Change(
                sequence: 1, kind: R.kind, scope: Scope(account: scope), id: record.id, before: nil,
                after: Array(try JSONEncoder().encode(record)), requestID: "r")
        ])
    }

    private func delete<R: Record>(_ record: R, in scope: String = manager) throws {
        try directory.apply([
            Change(
                sequence: 1, kind: R.kind, scope: Scope(account: scope), id: record.id,
                before: Array(try JSONEncoder().encode(record)), after: nil, requestID: "r")
        ])
    }

    private func account(
        _ id: String, in parent: String, _ policies: [String]? = nil, of organizationID: String? = nil
    ) -> OrganizationAccount {
        var account = OrganizationAccount(
            id: id, organizationID: organizationID ?? organization.id, parentID: parent, joinedMethod: .created,
            joinedDate: 0)
        account.policyIDs = policies.map(withResourceAccess) ?? organization.defaultPolicyIDs
        return account
    }

    private func unit(_ id: String, in parent: String, _ policies: [String]? = nil) -> OrganizationalUnit {
        var unit = OrganizationalUnit(id: id, organizationID: organization.id, parentID: parent, name: id)
        unit.policyIDs = policies.map(withResourceAccess) ?? organization.defaultPolicyIDs
        return unit
    }

    /// AWS's own resource control policy can't be detached.
    private func withResourceAccess(_ policies: [String]) -> [String] {
        policies + (policies.contains("p-RCPFullAWSAccess") ? [] : ["p-RCPFullAWSAccess"])
    }

    private func policy(
        _ id: String, _ effect: String, _ action: String, type: String = ControlPolicyType.serviceControl
    ) -> OrganizationPolicy {
        let principal = type == ControlPolicyType.resourceControl ? #""Principal":"*","# : ""
        return OrganizationPolicy(
            id: id, organizationID: organization.id, type: type, name: id, description: "",
            content: """
                {"Version":"2012-10-17","Statement":[{"Effect":"\(effect)",\(principal)"Action":"\(action)",\
                "Resource":"*"}]}
                """)
    }

    // MARK: Questions

    private func decision(_ action: String, _ accountID: String = member, as kind: Principal.Kind = .root) -> Decision {
        let membership = directory.membership(ofAccount: accountID)
        return PolicyEvaluator.evaluate(
            AuthorizationRequest(
                principal: Principal(kind: kind, arn: "arn:aws:iam::\(accountID):root", accountID: accountID),
                action: action, resource: "*"),
            PolicyInputs(
                identitySets: [], serviceControlLevels: membership?.serviceControl,
                resourceControlLevels: membership?.resourceControl),
            DictionaryContext([:]))
    }

    private func may(_ action: String, _ accountID: String = member) -> Bool { decision(action, accountID).isAllowed }

    // MARK: Tests

    /// Ids of roots are short: two organizations may well have the same.
    @Test func organizationsWithTheSameRootIDStayApart() throws {
        let (manager, member) = ("333333333333", "444444444444")
        var other = Organization(
            id: "o-exampleorg2", managementAccountID: manager, rootID: organization.rootID, createDate: 0,
            featureSet: .all)
        other.enabledPolicyTypes = organization.enabledPolicyTypes
        other.rootPolicyIDs = organization.rootPolicyIDs
        try put(other, in: manager)
        try put(account(member, in: other.rootID, of: other.id), in: manager)
        #expect(directory.membership(ofAccount: Self.member)?.organizationID == organization.id)
        #expect(directory.membership(ofAccount: member)?.organizationID == other.id)
        #expect(directory.membership(ofAccount: member)?.path == "o-exampleorg2/r-ab12/")
    }

    @Test func anAccountInNoOrganizationIsBoundByNone() {
        #expect(directory.membership(ofAccount: "333333333333") == nil)
        #expect(directory.organization(ofAccount: "333333333333") == nil)
    }

    @Test func fullAccessAtEveryLevelAllows() throws {
        try put(unit("ou-ab12-1", in: "r-ab12"))
        try put(unit("ou-ab12-2", in: "ou-ab12-1"))
        try put(account(Self.member, in: "ou-ab12-2"))
        let membership = try #require(directory.membership(ofAccount: Self.member))
        #expect(membership.path == "o-exampleorg1/r-ab12/ou-ab12-1/ou-ab12-2/")
        #expect(membership.organizationID == "o-exampleorg1")
        #expect(membership.managementAccountID == Self.manager)
        #expect(membership.serviceControl?.count == 4)
        #expect(membership.resourceControl?.count == 4)
        #expect(directory.containers(ofAccount: Self.member) == ["r-ab12", "ou-ab12-1", "ou-ab12-2"])
        #expect(may("s3:GetObject"))
    }

    @Test func theManagementAccountIsBoundByNone() throws {
        try put(policy("p-denyall001", "Deny", "*"))
        var root = organization
        root.rootPolicyIDs.append("p-denyall001")
        try put(root)
        let membership = try #require(directory.membership(ofAccount: Self.manager))
        #expect(membership.serviceControl == nil)
        #expect(membership.resourceControl == nil)
        #expect(membership.path == "o-exampleorg1/r-ab12/")
        #expect(!may("s3:GetObject"))
    }

    @Test func aDenyAtAnyLevelDenies() throws {
        try put(policy("p-denys3001", "Deny", "s3:*"))
        try put(unit("ou-ab12-1", in: "r-ab12", ["p-FullAWSAccess", "p-denys3001"]))
        try put(account(Self.member, in: "ou-ab12-1"))
        let decision = decision("s3:GetObject")
        #expect(decision.outcome == .explicitlyDenied)
        #expect(decision.policyType == .serviceControl)
        #expect(
            decision.statement?.policy.arn
                == "arn:aws:organizations::111111111111:policy/o-exampleorg1/service_control_policy/p-denys3001")
        #expect(may("iam:GetUser"))
    }

    @Test func whatOneLevelDoesNotAllowIsDenied() throws {
        try put(policy("p-allows3001", "Allow", "s3:*"))
        try put(unit("ou-ab12-1", in: "r-ab12", ["p-allows3001"]))
        try put(account(Self.member, in: "ou-ab12-1"))
        #expect(may("s3:GetObject"))
        let decision = decision("iam:GetUser")
        #expect(decision.outcome == .implicitlyDenied)
        #expect(decision.policyType == .serviceControl)
    }

    @Test func aLevelWithoutAnyServiceControlPolicyAllowsNothing() throws {
        try put(account(Self.member, in: "r-ab12", []))
        #expect(!may("s3:GetObject"))
    }

    @Test func everyChangeIsSeenByTheNextQuestion() throws {
        try put(policy("p-changing01", "Deny", "s3:*"))
        try put(account(Self.member, in: "r-ab12", ["p-FullAWSAccess", "p-changing01"]))
        #expect(!may("s3:GetObject"))
        try put(policy("p-changing01", "Deny", "ec2:*"))
        #expect(may("s3:GetObject"))
        #expect(!may("ec2:RunInstances"))
        try put(account(Self.member, in: "r-ab12"))
        #expect(may("ec2:RunInstances"))
        try put(unit("ou-ab12-1", in: "r-ab12", ["p-FullAWSAccess", "p-changing01"]))
        try put(account(Self.member, in: "ou-ab12-1"))
        #expect(!may("ec2:RunInstances"))
        try put(unit("ou-ab12-1", in: "r-ab12"))
        #expect(may("ec2:RunInstances"))
        var root = organization
        root.rootPolicyIDs.append("p-changing01")
        try put(root)
        #expect(!may("ec2:RunInstances"))
        root.enabledPolicyTypes = []
        try put(root)
        #expect(may("ec2:RunInstances"))
    }

    @Test func whoeverLeavesIsBoundNoLonger() throws {
        let own = account(Self.member, in: "r-ab12", [])
        try put(own)
        #expect(!may("s3:GetObject"))
        try delete(own)
        #expect(directory.membership(ofAccount: Self.member) == nil)
        #expect(may("s3:GetObject"))
    }

    /// The records of two organizations change in one transaction, in either order.
    @Test(arguments: [true, false]) func whoeverMovesIsBoundByTheNewOrganization(deletedFirst: Bool) throws {
        let manager = "999999999999"
        let other = Organization(
            id: "o-otherorg01", managementAccountID: manager, rootID: "r-cd34", createDate: 0, featureSet: .all)
        try put(other, in: manager)
        let old = account(Self.member, in: "r-ab12")
        let new = account(Self.member, in: "r-cd34", [], of: other.id)
        if deletedFirst { try delete(old) }
        try put(new, in: manager)
        if !deletedFirst { try delete(old) }
        #expect(directory.membership(ofAccount: Self.member)?.organizationID == "o-otherorg01")
        #expect(directory.organization(ofAccount: Self.member)?.id == "o-otherorg01")
        try delete(new, in: manager)
        #expect(directory.membership(ofAccount: Self.member) == nil)
    }

    @Test func policiesOfOtherTypesBindNoRequest() throws {
        try put(
            OrganizationPolicy(
                id: "p-tags000001", organizationID: organization.id, type: "TAG_POLICY", name: "t", description: "",
                content: #"{"tags":{}}"#))
        try put(account(Self.member, in: "r-ab12", ["p-FullAWSAccess", "p-RCPFullAWSAccess", "p-tags000001"]))
        #expect(may("s3:GetObject"))
        #expect(directory.organizationPolicy("p-tags000001")?.content == "")
    }

    @Test func whatIsMissingDenies() throws {
        try put(account(Self.member, in: "r-ab12", ["p-FullAWSAccess", "p-gone000001"]))
        #expect(!may("s3:GetObject"))
        try put(account(Self.member, in: "ou-ab12-gone"))
        #expect(!may("s3:GetObject"))
        try put(
            OrganizationPolicy(
                id: "p-broken0001", organizationID: organization.id, type: ControlPolicyType.serviceControl,
                name: "b", description: "", content: "not JSON"))
        try put(account(Self.member, in: "r-ab12", ["p-FullAWSAccess", "p-broken0001"]))
        #expect(!may("s3:GetObject"))
    }

    @Test func unitsThatPointAtEachOtherDoNotSendItRound() throws {
        try put(unit("ou-ab12-1", in: "ou-ab12-2"))
        try put(unit("ou-ab12-2", in: "ou-ab12-1"))
        try put(account(Self.member, in: "ou-ab12-1"))
        #expect(!may("s3:GetObject"))
    }

    @Test func aResourceControlPolicyDeniesWhoeverAsks() throws {
        try put(policy("p-rcp0000001", "Deny", "sts:AssumeRole", type: ControlPolicyType.resourceControl))
        try put(account(Self.member, in: "r-ab12", organization.defaultPolicyIDs + ["p-rcp0000001"]))
        let decision = decision("sts:AssumeRole")
        #expect(decision.outcome == .explicitlyDenied)
        #expect(decision.policyType == .resourceControl)
        #expect(may("sts:GetSessionToken"))
    }

    /// One object serves all accounts of a unit, so that ten thousand of them cost little.
    @Test func accountsOfAUnitShareWhatBindsThem() throws {
        try put(unit("ou-ab12-1", in: "r-ab12"))
        for number in 0..<1000 { try put(account(String(300_000_000_000 + number), in: "ou-ab12-1")) }
        let first = try #require(directory.membership(ofAccount: "300000000000"))
        for number in 0..<1000 {
            #expect(directory.membership(ofAccount: String(300_000_000_000 + number)) === first)
        }
        try put(policy("p-denys3001", "Deny", "s3:*"))
        try put(account("300000000001", in: "ou-ab12-1", ["p-FullAWSAccess", "p-denys3001"]))
        #expect(directory.membership(ofAccount: "300000000001") !== directory.membership(ofAccount: "300000000002"))
    }

    @Test func theResourcePolicyIsTheOrganizations() throws {
        let policy = OrganizationResourcePolicy(
            id: "rp-0001", organizationID: organization.id,
            content: """
                {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},\
                "Action":"organizations:ListAccounts","Resource":"*"}]}
                """)
        try put(policy)
        #expect(directory.resourcePolicy(ofOrganization: organization.id)?.id == "rp-0001")
        #expect(directory.membership(ofAccount: Self.member)?.resourcePolicy?.document.statements.count == 1)
        try delete(policy)
        #expect(directory.membership(ofAccount: Self.member)?.resourcePolicy == nil)
    }
}

/// What S3 policies of an organization say together.
@Suite struct OrganizationPublicAccessTests {
    private func policy(_ value: String?, _ rest: String = "") -> OrganizationPolicy {
        let assigned = value.map { #""@@assign":"\#($0)""# } ?? ""
        return OrganizationPolicy(
            id: "p-1", organizationID: "o-exampleorg1", type: "S3_POLICY", name: "p", description: "",
            content: #"{"s3_attributes":{"public_access_block_configuration":{\#(assigned)\#(rest)}}}"#)
    }

    @Test func whatIsBelowSaysOtherwiseUnlessItMayNot() {
        func found(_ levels: [OrganizationPolicy]...) -> OrganizationPublicAccess? {
            OrganizationPublicAccess(levels: levels)
        }
        #expect(found() == nil)
        #expect(found([], [], []) == nil)
        #expect(found([policy("all")], []) == .blocksAll)
        #expect(found([], [policy("none")]) == .blocksNone)
        #expect(found([policy("all")], [policy("none")]) == .blocksNone)
        #expect(found([policy("none")], [], [policy("all")]) == .blocksAll)
        // Of two at one level the first counts.
        #expect(found([policy("all"), policy("none")]) == .blocksAll)
        let final = policy("all", #","@@operators_allowed_for_child_policies":["@@none"]"#)
        #expect(found([final], [policy("none")]) == .blocksAll)
        #expect(found([policy(nil)]) == nil)
        #expect(found([policy("some")]) == nil)
    }
}
