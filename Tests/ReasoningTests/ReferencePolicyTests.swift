import Policy
import Reasoning
import Testing

/// Reference policies of AWS's samples for `CheckNoNewAccess`, and the candidates that pass and fail.
///
/// The API reference sends its readers there: `aws-samples/iam-access-analyzer-custom-policy-check-samples`.
@Suite struct ReferencePolicies {
    struct Reference: CustomTestStringConvertible, Sendable {
        /// The page in the repository.
        let page: String
        var type = PolicyType.identity
        /// Statements, without their braces.
        let statements: [String]
        var pass: [[String]] = []
        var fail: [[String]] = []

        var testDescription: String { page }
    }

    @Test(arguments: references) func candidates(reference: Reference) throws {
        let old = try parsed(reference.statements, reference.type)
        for statements in reference.pass {
            let answer = Checks().newAccess(from: old, to: try parsed(statements, reference.type))
            #expect(answer.isNo, "PASS: \(statements)")
        }
        for statements in reference.fail {
            let answer = Checks().newAccess(from: old, to: try parsed(statements, reference.type))
            #expect(answer.witness != nil, "FAIL: \(statements)")
        }
    }

    private func parsed(_ statements: [String], _ type: PolicyType) throws -> SymbolicPolicy {
        let text = statements.map { "{\($0)}" }.joined(separator: ",")
        return try symbolic(#"{"Version":"2012-10-17","Statement":[\#(text)]}"#, type)
    }

    private static let everything = #""Effect":"Allow","Action":"*","Resource":"*""#

    private static let references = [
        Reference(
            page: "identity-policies/check-access-to-sensitive-resource/iam-role.md",
            statements: [
                everything,
                #""Effect":"Deny","Action":["iam:AttachRolePolicy","iam:CreateRole","iam:CreateServiceLinkedRole","iam:DeleteRole","iam:DeleteRolePermissionsBoundary","iam:DeleteRolePolicy","iam:DeleteServiceLinkedRole","iam:DetachRolePolicy","iam:GenerateServiceLastAccessedDetails","iam:GetContextKeysForPrincipalPolicy","iam:GetRole","iam:GetRolePolicy","iam:GetServiceLinkedRoleDeletionStatus","iam:ListAttachedRolePolicies","iam:ListInstanceProfilesForRole","iam:ListPoliciesGrantingServiceAccess","iam:ListRolePolicies","iam:ListRoleTags","iam:PassRole","iam:PutRolePermissionsBoundary","iam:PutRolePolicy","iam:SimulatePrincipalPolicy","iam:TagRole","iam:UntagRole","iam:UpdateAssumeRolePolicy","iam:UpdateRole","iam:UpdateRoleDescription","sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity","sts:AssumeRoleWithSAML","sts:AssumeRoleWithWebIdentity"],"Resource":"arn:aws:iam::*:role/MySensitiveRole""#,
            ],
            pass: [
                [
                    #""Effect":"Allow","Action":["iam:AttachRolePolicy","iam:DeleteRole","iam:PassRole"],"Resource":"arn:aws:iam::*:role/MyNotSensitiveRole""#
                ],
                [
                    #""Effect":"Allow","Action":"iam:*","Resource":"*""#,
                    #""Effect":"Deny","Action":"*","Resource":"arn:aws:iam::*:role/MySensitiveRole""#,
                ],
            ],
            fail: [
                [#""Effect":"Allow","Action":"iam:DeleteRole","Resource":"arn:aws:iam::*:role/MySensitiveRole""#],
                [#""Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam:*:*:role/*Sensitive*""#],
                [#""Effect":"Allow","Action":"iam:*","Resource":"*""#],
            ]),
        Reference(
            page: "identity-policies/check-for-privilege-escalation/via-iam-and-sts.md",
            statements: [
                everything,
                #""Effect":"Deny","Action":["iam:PassRole"],"NotResource":"arn:aws:iam::*:role/PassableRoles/*""#,
                #""Effect":"Deny","Action":["sts:AssumeRole"],"NotResource":"arn:aws:iam::*:role/AssumableRoles/*""#,
                #""Effect":"Deny","Action":["iam:CreateUser","iam:CreateAccessKey","iam:CreateLoginProfile","iam:AttachUserPolicy","iam:PutUserPolicy","iam:UpdateLoginProfile","iam:AttachGroupPolicy","iam:PutGroupPolicy","iam:AddUserToGroup","iam:CreateRole","iam:AttachRolePolicy","iam:PutRolePolicy","iam:CreatePolicyVersion","iam:SetDefaultPolicyVersion","iam:UpdateAssumeRolePolicy"],"Resource":"*""#,
            ],
            pass: [
                [
                    #""Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111111111111:role/PassableRoles/MyRole""#
                ],
                [#""Effect":"Allow","Action":"ec2:RunInstances","Resource":"*""#],
                [
                    #""Effect":"Allow","Action":"sts:AssumeRole","Resource":"*""#,
                    #""Effect":"Deny","Action":"sts:AssumeRole","NotResource":"arn:aws:iam::*:role/AssumableRoles/MyRole""#,
                ],
            ],
            fail: [
                [
                    #""Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111111111111:role/WrongPath/MyRole""#
                ],
                [
                    #""Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"arn:aws:iam::111111111111:role/PrivilegedRole""#
                ],
            ]),
        Reference(
            page: "identity-policies/check-for-tag-based-access/act-on-ec2-instance-with-tag.md",
            statements: [
                everything,
                #""Effect":"Deny","Action":"ec2:TerminateInstances","Resource":"*","Condition":{"Null":{"aws:ResourceTag/key":"true"}}"#,
            ],
            pass: [
                [
                    #""Effect":"Allow","Action":"ec2:TerminateInstances","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/key":"tag-value"}}"#
                ],
                [#""Effect":"Allow","Action":"ec2:RunInstances","Resource":"*""#],
                [
                    #""Effect":"Allow","Action":"ec2:TerminateInstances","Resource":"*""#,
                    #""Effect":"Deny","Action":"ec2:TerminateInstances","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceTag/key":"tag-value"}}"#,
                ],
            ],
            fail: [
                [#""Effect":"Allow","Action":"ec2:TerminateInstances","Resource":"*""#],
                [#""Effect":"Allow","Action":"ec2:*","Resource":"*""#],
            ]),
        Reference(
            page: "identity-policies/check-for-tag-based-access/run-ec2-instance-with-tag.md",
            statements: [
                everything,
                #""Effect":"Deny","Action":"ec2:RunInstances","Resource":"*","Condition":{"Null":{"aws:RequestTag/key":"true"}}"#,
            ],
            pass: [
                [
                    #""Effect":"Allow","Action":"ec2:RunInstances","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/key":"tag-value"}}"#
                ],
                [#""Effect":"Allow","Action":"ec2:DescribeInstanceAttribute","Resource":"*""#],
                [
                    #""Effect":"Allow","Action":"ec2:RunInstances","Resource":"*""#,
                    #""Effect":"Deny","Action":"ec2:RunInstances","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestTag/key":"tag-value"}}"#,
                ],
                [
                    #""Effect":"Allow","Action":"ec2:RunInstances","Resource":"*","Condition":{"Null":{"aws:RequestTag/key":"false"}}"#
                ],
            ],
            fail: [
                [#""Effect":"Allow","Action":"ec2:RunInstances","Resource":"*""#],
                [#""Effect":"Allow","Action":"ec2:*","Resource":"*""#],
            ]),
        Reference(
            page: "resource-policies/check-who-is-granted-access/s3-all-actions.md", type: .resource,
            statements: [
                #""Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:role/MyPrivilegedRole","arn:aws:iam::111111111111:role/MyPrivilegedRole2"]},"Action":"s3:*","Resource":["arn:aws:s3:::my-sensitive-bucket","arn:aws:s3:::my-sensitive-bucket/*"]"#,
                #""Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:*","Resource":["arn:aws:s3:::my-sensitive-bucket","arn:aws:s3:::my-sensitive-bucket/*"],"Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::111111111111:role/MyPrivilegedRole","arn:aws:iam::111111111111:role/MyPrivilegedRole2"]}}"#,
            ],
            pass: [
                [objects("GetObject", #"{"AWS":"*"}"#, only: "MyPrivilegedRole")],
                [objects("PutObject", #"{"AWS":"arn:aws:iam::111111111111:role/MyPrivilegedRole"}"#)],
            ],
            fail: [
                [objects("GetObject", #"{"AWS":"*"}"#)],
                [objects("PutObject", #"{"AWS":"arn:aws:iam::111111111111:role/MyOtherRole"}"#)],
                [objects("PutObject", #"{"AWS":"*"}"#, only: "MyOtherRole")],
            ]),
        Reference(
            page: "resource-policies/role-trust-policies/allowlist-account-principals.md", type: .roleTrust,
            statements: [
                trust(#"{"AWS":["111111111111","222222222222"]}"#),
                #""Effect":"Allow","Principal":"*","NotAction":"sts:AssumeRole""#,
            ],
            pass: [
                [trust(#"{"AWS":"111111111111"}"#)], [trust(#"{"AWS":"arn:aws:iam::222222222222:role/MyRole"}"#)],
                [trust(oidc("MyProvider"), "AssumeRoleWithWebIdentity")],
            ],
            fail: [
                [trust(#"{"Service":"glue.amazonaws.com"}"#)], [trust(#"{"AWS":"333333333333"}"#)],
                [trust(#"{"AWS":"arn:aws:iam::333333333333:role/NotMyRole"}"#)],
            ]),
        Reference(
            page: "resource-policies/role-trust-policies/allowlist-federated-access-oidc.md", type: .roleTrust,
            statements: [
                trust(oidc("MyProvider"), "AssumeRoleWithWebIdentity"),
                #""Effect":"Allow","Principal":"*","NotAction":["sts:AssumeRoleWithSAML","sts:AssumeRoleWithWebIdentity"]"#,
            ],
            pass: [
                [trust(oidc("MyProvider"), "AssumeRoleWithWebIdentity")],
                [trust(#"{"Service":"ec2.amazonaws.com"}"#)],
            ],
            fail: [
                [
                    trust(
                        #"{"Federated":"arn:aws:iam::111111111111:saml-provider/MyProvider"}"#, "AssumeRoleWithSAML")
                ],
                [trust(#"{"Federated":"graph.facebook.com"}"#, "AssumeRoleWithWebIdentity")],
                [
                    trust(#"{"Federated":"*"}"#, "AssumeRoleWithWebIdentity"),
                    trust(oidc("NotMyProvider"), "AssumeRoleWithWebIdentity", "Deny"),
                ],
            ]),
    ]

    private static func objects(_ action: String, _ principal: String, only role: String? = nil) -> String {
        let condition =
            role.map { #","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/\#($0)"}}"# }
        return
            #""Effect":"Allow","Principal":\#(principal),"Action":"s3:\#(action)","Resource":"arn:aws:s3:::my-sensitive-bucket/*""#
            + (condition ?? "")
    }

    private static func trust(_ principal: String, _ action: String = "AssumeRole", _ effect: String = "Allow")
        -> String
    {
        #""Effect":"\#(effect)","Principal":\#(principal),"Action":"sts:\#(action)""#
    }

    private static func oidc(_ name: String) -> String {
        #"{"Federated":"arn:aws:iam::111111111111:oidc-provider/\#(name)"}"#
    }
}
