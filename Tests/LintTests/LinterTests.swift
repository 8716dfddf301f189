import Lint
import Policy
import Testing

@Suite struct LinterTests {
    @Test(arguments: Example.all)
    func findsTheFaultAndOnlyThere(_ example: Example) throws {
        let wrong = codes(example.wrong, as: example.type, resourceType: example.resourceType)
        #expect(wrong.contains(example.code), "\(example.wrong) has \(wrong)")
        let right = codes(example.right, as: example.type, resourceType: example.resourceType)
        #expect(!right.contains(example.code) && !right.contains(.jsonSyntaxError), "\(example.right) has \(right)")
    }

    @Test func everyCodeHasAnExample() {
        let missing = Set(FindingCode.allCases).subtracting(Example.all.map(\.code))
        #expect(missing.isEmpty, "\(missing)")
    }

    @Test func severitiesAreThoseOfTheReference() {
        #expect(FindingCode.invalidAction.severity == .error)
        #expect(FindingCode.passRoleWithStarInResource.severity == .securityWarning)
        #expect(FindingCode.missingVersion.severity == .warning)
        #expect(FindingCode.redundantAction.severity == .suggestion)
        let counts = Dictionary(grouping: FindingCode.allCases, by: \.severity).mapValues(\.count)
        #expect(counts == [.error: 79, .securityWarning: 19, .warning: 26, .suggestion: 29])
    }

    @Test func linksToThePartOfThePage() {
        #expect(
            FindingCode.missingVersion.learnMoreLink
                == "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
                + "#access-analyzer-reference-policy-checks-general-warning-missing-version")
        #expect(FindingCode.privateNotIPAddress.anchor.hasSuffix("-checks-error-private-not-ip-address"))
    }

    @Test func aFindingHasItsPlace() throws {
        let text = """
            {
              "Version": "2012-10-17",
              "Statement": [
                {
                  "Effect": "Allow",
                  "Action": ["s3:GetObject", "s3:GetObjekt"],
                  "Resource": "*"
                }
              ]
            }
            """
        let finding = try #require(Linter().lint(text).findings.first)
        #expect(finding.code == .invalidAction)
        #expect(finding.position.description == "6:34")
        #expect(finding.pathText == "Statement[0].Action[1]")
        #expect(finding.message == "There is no action \"s3:GetObjekt\"; did you mean s3:GetObject?")
    }

    @Test func severalFaultsAreToldAtOnce() {
        let text = #"{"Statement": [{"Effect": "allow", "Action": "s3:X"}, {"Sid": "", "Action": []}]}"#
        #expect(
            codes(text) == [
                .missingVersion, .missingResource, .invalidEffect, .invalidAction, .missingEffect, .missingResource,
                .emptySidValue, .emptyArrayAction,
            ])
    }

    @Test func aKeyPolicyMayBeLonger() {
        let text = resource(#""Action": "kms:*", "Sid": "\#(String(repeating: "a", count: 25_000))""#)
        #expect(codes(text).contains(.policySizeExceedsResourcePolicyQuota))
        #expect(!codes(text, resourceType: "AWS::KMS::Key").contains(.policySizeExceedsResourcePolicyQuota))
    }

    @Test func guessesTheType() {
        #expect(Linter().lint(identity()).type == .identity)
        #expect(Linter().lint(resource("")).type == .resource)
        #expect(Linter().lint(trust(#"{"Service": "ec2.amazonaws.com"}"#)).type == .roleTrust)
        #expect(Linter().lint("nonsense").type == .identity)
    }

    @Test(arguments: [
        #""Action": "s3:GetObject", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*""#,
        #""Action": ["iam:GetUser", "iam:ChangePassword"], "Resource": "arn:aws:iam::*:user/${aws:username}""#,
        #""Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:a:b": "c"}}"#,
        #""Action": "ssm:GetDocument", "Resource": "arn:aws:ssm:us-east-1::document/AWS-RunShellScript""#,
        #""Action": "ec2:RunInstances", "Resource": "arn:aws:ec2:*::image/ami-*""#,
        #""NotAction": "iam:*", "Effect": "Deny", "NotResource": "arn:aws:s3:::a""#,
    ])
    func goodStatementsHaveNoFindings(_ elements: String) {
        #expect(codes(identity(elements)) == [])
    }

    @Test(arguments: [
        ("s3:GetObejct", "s3:GetObject"), ("iam:CreatUser", "iam:CreateUser"), ("s33:GetObject", "s3:GetObject"),
        ("ec2:DescribeInstance", "ec2:DescribeInstances"),
    ])
    func suggestsTheNearestAction(_ wrong: String, _ meant: String) throws {
        let findings = Linter().lint(identity(#""Action": "\#(wrong)", "Resource": "*""#)).findings
        let finding = try #require(findings.first)
        #expect(finding.message.hasSuffix("did you mean \(meant)?"))
    }

    @Test func suggestsTheNearestKey() throws {
        let findings = Linter().lint(condition(#""StringEquals": {"aws:PrincipalOrgId1": "o-1"}"#)).findings
        #expect(findings.first?.message.hasSuffix("did you mean aws:PrincipalOrgID?") == true)
    }
}
