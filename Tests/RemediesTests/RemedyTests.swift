import Policy
import Testing

@testable import Remedies

/// Each type of policy as the one that stops a request, as "Troubleshoot access denied error messages" lists them, and what helps.
@Suite struct RemedyTests {
    typealias Case = TestCase

    // MARK: What is not allowed

    @Test func aNewInlinePolicy() throws {
        let remedy = try #require(Case().report.remedies.first)
        let change = try #require(remedy.changes.first)
        #expect(remedy.changes.count == 1 && remedy.trial.isAllowed && remedy.isExact && remedy.risks.isEmpty)
        #expect(change.kind == .newPolicy && change.holder == Case.alice && change.before == nil)
        #expect(
            change.statement == """
                {
                  "Sid": "Allows3GetObject",
                  "Effect": "Allow",
                  "Action": "s3:GetObject",
                  "Resource": "arn:aws:s3:::reports/2026/may.csv"
                }
                """)
        #expect(
            change.commands == [
                "aws iam put-user-policy --user-name alice --policy-name Allow-s3-GetObject --policy-document '\(change.after ?? "")'"
            ])
    }

    @Test func theInlinePolicyThatIsThereFirst() throws {
        var made = Case()
        made.inputs.identity = [Case.inline(Case.ec2)]
        let changes = made.report.remedies.prefix(2).map { $0.changes[0] }
        #expect(changes.map(\.kind) == [.addStatement, .newPolicy])
        let after = try #require(changes.first?.after)
        #expect(after.contains("ec2:*") && after.hasPrefix("{\"Version\": \"2012-10-17\", \"Statement\": [{"))
        #expect(changes[0].commands[0].contains("--policy-name own "))
        #expect(changes[0].diff.allSatisfy { $0.hasPrefix("+ ") })
    }

    @Test func aManagedPolicyAllowsOthersTheSame() throws {
        var made = Case()
        made.inputs.identity = [Case.policy(Case.ec2, name: "team", arn: "arn:aws:iam::111122223333:policy/team")]
        let remedy = try #require(made.report.remedies.first { $0.changes[0].policy?.name == "team" })
        #expect(!remedy.isExact && remedy.changes[0].commands[0].contains("create-policy-version"))
        // One of AWS's is nobody's to change.
        made.inputs.identity = [Case.policy(Case.ec2, name: "EC2", arn: "arn:aws:iam::aws:policy/EC2")]
        #expect(made.report.remedies.allSatisfy { $0.changes[0].kind == .newPolicy })
    }

    @Test func fullInlinePoliciesCallForAManagedOne() throws {
        let long = String(repeating: "x", count: 1990)
        var made = Case()
        made.inputs.identity = [
            Case.inline("{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::\(long)\"}")
        ]
        let change = try #require(made.report.remedies.first?.changes.first)
        #expect(change.commands.map { $0.split(separator: " ")[2] } == ["create-policy", "attach-user-policy"])
    }

    @Test func theBoundaryAndTheIdentityPolicyBoth() throws {
        var made = Case()
        made.inputs.boundaries = [Case.policy(Case.ec2, name: "limit", arn: "arn:aws:iam::111122223333:policy/limit")]
        let remedies = made.report.remedies
        let first = try #require(remedies.first)
        #expect(first.changes.map(\.policyType) == [.identity, .permissionsBoundary])
        #expect(!first.risks.isEmpty)
        // With the policy allowing it, the boundary alone.
        made.inputs.identity = [Case.inline(Case.s3)]
        #expect(made.report.remedies.map { $0.changes.map(\.policyType) } == [[.permissionsBoundary]])
    }

    @Test func aBoundaryOfAWSsIsReplaced() throws {
        var made = Case()
        made.inputs.identity = [Case.inline(Case.s3)]
        made.inputs.boundaries = [Case.policy(Case.ec2, name: "PowerUser", arn: "arn:aws:iam::aws:policy/PowerUser")]
        let change = try #require(made.report.remedies.first?.changes.first)
        #expect(change.commands.count == 2 && change.commands[1].contains("put-user-permissions-boundary"))
    }

    @Test func aBoundaryThatIsNotThere() {
        var made = Case()
        made.inputs.identity = [Case.inline(Case.s3)]
        made.inputs.boundaries = []
        #expect(made.report.remedies.isEmpty && made.report.obstacles.contains { $0.contains("does not exist") })
    }

    @Test func anotherSession() throws {
        var made = Case()
        made.principal = Case.session
        made.inputs.identity = [Case.policy(Case.s3, of: Case.role)]
        made.inputs.session = [Case.policy(Case.ec2, .session, name: "")]
        let change = try #require(made.report.remedies.first?.changes.first)
        #expect(change.kind == .newSession && change.madeBy == "the caller")
        #expect(
            change.commands[0].hasPrefix("aws sts assume-role --role-arn \(Case.role) --role-session-name s --policy "))
        // Only managed policies: an inline one is added to them.
        made.inputs.session = [Case.policy(Case.ec2, .session, name: "m", arn: "arn:aws:iam::111122223333:policy/m")]
        let other = try #require(made.report.remedies.first?.changes.first)
        #expect(other.commands[0].contains("--policy-arns arn=arn:aws:iam::111122223333:policy/m --policy "))
    }

    @Test func theLevelsThatLackAnAllow() throws {
        var made = Case()
        made.inputs.identity = [Case.inline(Case.s3)]
        made.inputs.serviceControl = [[Case.fullAccess], [Case.control(Case.ec2)], []]
        made.inputs.serviceControlPath = "o-x/r-abcd/ou-abcd-12345678/"
        let first = try #require(made.report.remedies.first)
        #expect(first.changes.map(\.holder) == ["ou-abcd-12345678", "111122223333"])
        #expect(first.changes.map(\.kind) == [.addStatement, .newPolicy])
        #expect(first.changes[0].commands[0].hasPrefix("aws organizations update-policy --policy-id p-guard"))
        #expect(first.changes[1].commands[0].hasPrefix("aws organizations attach-policy --target-id 111122223333 "))
        #expect(first.changes.allSatisfy { !$0.risks.isEmpty && $0.madeBy.contains("management account") })
    }

    @Test func bothSidesOfTwoAccounts() throws {
        var made = Case()
        made.resourceAccount = "444455556666"
        made.inputs.resource = Case.policy(
            #"{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:*", "Resource": "*"}"#, .resource,
            name: "bucket policy")
        let first = try #require(made.report.remedies.first)
        #expect(Set(first.changes.map(\.policyType)) == [.identity, .resource] && first.isExact)
        let bucket = try #require(first.changes.first { $0.policyType == .resource })
        #expect(bucket.madeBy.contains("444455556666") && bucket.holder == "arn:aws:s3:::reports")
        #expect(bucket.commands[0].hasPrefix("aws s3api put-bucket-policy --bucket reports --policy "))
        #expect(bucket.statement?.contains("\"AWS\": \"\(Case.alice)\"") == true)
        // An object of somebody else's is out of the policy's reach.
        made.inputs.resourceOnlyDenies = true
        #expect(made.report.remedies.isEmpty && !made.report.obstacles.isEmpty)
    }

    @Test func aKeyNeedsItsPolicyOrAGrant() throws {
        var made = Case()
        made.action = "kms:Decrypt"
        made.resource = "arn:aws:kms:us-east-1:111122223333:key/k"
        made.inputs.identity = [Case.inline(Case.all)]
        made.inputs.resource = Case.policy(
            #"{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "kms:*", "Resource": "*"}"#, .resource
        )
        let changes = made.report.remedies.map { $0.changes[0] }
        #expect(changes.map(\.kind) == [.newGrant, .addStatement])
        #expect(
            changes[0].commands == [
                "aws kms create-grant --key-id \(made.resource) --grantee-principal \(Case.alice) --operations Decrypt"
            ])
        #expect(changes[1].commands[0].contains("--policy-name default"))
    }

    @Test func aTrustPolicy() throws {
        var made = Case()
        made.action = "sts:AssumeRole"
        made.resource = Case.role
        made.inputs.roleTrust = Case.policy(
            #"{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
            .roleTrust,
            of: Case.role)
        let remedy = try #require(made.report.remedies.first)
        #expect(remedy.changes.map(\.policyType) == [.roleTrust])
        #expect(remedy.changes[0].commands[0].hasPrefix("aws iam update-assume-role-policy --role-name app "))
        #expect(remedy.changes[0].statement?.contains("Resource") == false)
    }

    @Test func aServiceIsNamedWithWhatItCallsFor() throws {
        var made = Case()
        made.principal = Principal(kind: .service, arn: "", service: "cloudtrail.amazonaws.com")
        made.action = "s3:PutObject"
        made.resourceAccount = Case.account
        made.context["aws:sourcearn"] = .one("arn:aws:cloudtrail:us-east-1:111122223333:trail/t")
        let change = try #require(made.report.remedies.first?.changes.first)
        #expect(change.statement?.contains("\"Service\": \"cloudtrail.amazonaws.com\"") == true)
        #expect(change.statement?.contains("aws:SourceArn") == true && change.alsoAllows.isEmpty)
    }

    @Test func anonymousCallersAreARisk() throws {
        var made = Case()
        made.principal = Principal(kind: .anonymous)
        made.resourceAccount = Case.account
        let remedy = try #require(made.report.remedies.first)
        #expect(!remedy.isExact && remedy.risks.contains { $0.contains("public") })
    }

    @Test func whatIsInAResourcesNameIsNoPattern() throws {
        var made = Case()
        made.resource = "arn:aws:s3:::reports/*/a?${b}"
        let change = try #require(made.report.remedies.first?.changes.first)
        #expect(change.statement?.contains("reports/${*}/a${?}${$}{b}") == true)
    }

    @Test func aRequestForAllResourcesIsNotExact() throws {
        var made = Case()
        made.resource = "*"
        #expect(made.report.remedies.first?.isExact == false)
        made.action = "s3:ListAllMyBuckets"
        #expect(made.report.remedies.first?.isExact == true)
    }

    // MARK: What is denied

    @Test func aDenySparesTheRequestAndNothingElse() throws {
        var made = Case()
        let deny = #"{"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#
        made.inputs.identity = [Case.inline(Case.s3 + "," + deny)]
        let remedy = try #require(made.report.remedies.first)
        let change = remedy.changes[0]
        // "s3:* but GetObject" can't be said.
        #expect(
            change.kind == .narrowDeny && change.alsoAllows == ["Other actions of the statement on the same resource"])
        #expect(change.statement?.contains("\"NotResource\": \"\(Case.object)\"") == true && !change.risks.isEmpty)

        made.inputs.identity = [
            Case.inline(
                Case.s3 + "," + #"{"Effect": "Deny", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}"#)
        ]
        let exact = try #require(made.report.remedies.first)
        #expect(exact.isExact)
        let after = try #require(exact.changes[0].after)
        let document = try PolicyDocument(parsing: after, as: .identity)
        #expect(document.statements.count == 3)
    }

    @Test func aPolicyOfOneDenyGoes() throws {
        var made = Case()
        made.inputs.identity = [
            Case.inline(Case.s3, name: "allow"),
            Case.inline(#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "\#(Case.object)"}"#, name: "deny"),
        ]
        let change = try #require(made.report.remedies.first?.changes.first)
        #expect(
            change.commands == ["aws iam delete-user-policy --user-name alice --policy-name deny"]
                && change.after == nil)
    }

    @Test func aServiceControlPolicyIsMarked() throws {
        var made = Case()
        made.inputs.identity = [Case.inline(Case.s3)]
        let deny = Case.control(#"{"Sid": "NoReports", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}"#)
        made.inputs.serviceControl = [[Case.fullAccess, deny]]
        made.inputs.serviceControlPath = nil
        let remedy = try #require(made.report.remedies.first)
        let change = remedy.changes[0]
        #expect(change.policyType == .serviceControl && change.title.contains("statement 1 \"NoReports\""))
        #expect(remedy.risks.contains { $0.contains("guardrail") } && remedy.isExact)
        #expect(change.statement?.contains("ArnNotEquals") == true && change.statement?.contains("NotResource") == true)
        #expect(change.diff.contains { $0.hasPrefix("+ ") } && change.diff.contains { $0.hasPrefix("  ") })
    }

    @Test func aPolicyOfAWSsIsDetached() throws {
        var made = Case()
        let denyAll = Case.policy(
            #"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#, name: "AWSDenyAll",
            arn: "arn:aws:iam::aws:policy/AWSDenyAll")
        made.inputs.identitySets = [PolicySet([Case.inline(Case.s3), denyAll])]
        #expect(made.kinds == [[.detachPolicy]])
        // Of a group's it is not known whose it is.
        made.inputs.identitySets = [PolicySet([Case.inline(Case.s3)]), PolicySet([denyAll])]
        #expect(made.report.remedies.isEmpty && made.report.obstacles.contains { $0.contains("AWSDenyAll") })
    }

    @Test func aDamagedPolicyIsAnObstacle() {
        var made = Case()
        made.inputs.identity = [.denyingEverything(PolicySource(type: .identity, name: "damaged"))]
        #expect(made.report.remedies.isEmpty && !made.report.obstacles.isEmpty)
    }

    @Test func anAllowedRequestNeedsNothing() {
        var made = Case()
        made.inputs.identity = [Case.inline(Case.s3)]
        #expect(made.report.remedies.isEmpty && made.report.obstacles.isEmpty && made.report.decision.isAllowed)
    }

    // MARK: Other roles

    private func other(_ name: String, _ statements: String, trusting: String) -> OtherRole {
        let arn = "arn:aws:iam::111122223333:role/\(name)"
        let trust = Case.policy(
            #"{"Effect": "Allow", "Principal": {"AWS": "\#(trusting)"}, "Action": "sts:AssumeRole"}"#, .roleTrust,
            of: arn)
        return OtherRole(
            Principal(
                kind: .roleSession, arn: "arn:aws:sts::111122223333:assumed-role/\(name)/s", accountID: Case.account,
                roleARN: arn, uniqueID: "AROA\(name)"),
            inputs: PolicyInputs(identity: [Case.policy(statements, of: arn)]), trust: trust)
    }

    @Test func aRoleThatMayAlready() throws {
        var made = Case()
        made.roles = [
            other("admin", Case.all + "," + Case.s3, trusting: Case.alice),
            other("reader", Case.s3, trusting: Case.alice),
            other("stranger", Case.s3, trusting: "arn:aws:iam::111122223333:user/bob"),
            other("useless", Case.ec2, trusting: Case.alice), other("delegated", Case.s3, trusting: Case.account),
        ]
        let changes = made.report.remedies.map { $0.changes[0] }
        #expect(
            changes.prefix(2).map(\.holder) == [
                "arn:aws:iam::111122223333:role/reader", "arn:aws:iam::111122223333:role/admin",
            ])
        #expect(
            changes[0].commands == [
                "aws sts assume-role --role-arn arn:aws:iam::111122223333:role/reader --role-session-name alice"
            ])
        #expect(changes.filter { $0.kind == .assumeRole }.count == 2)
    }
}
