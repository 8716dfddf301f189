import Policy
import Testing

/// The outcomes that AWS's pages on evaluation logic state, type of policy by type of policy. Pages are of the IAM User
/// Guide (`https://docs.aws.amazon.com/IAM/latest/UserGuide/…`) unless given whole.
@Suite struct DocumentedOutcomes {
    /// What a policy of some type says to the request.
    enum Says: CaseIterable {
        case absent, nothing, allow, deny

        func policies(_ type: PolicyType, principal: String? = nil) throws -> [CompiledPolicy]? {
            switch self {
            case .absent: nil
            case .nothing: []
            case .allow: [try policy(type, statement(principal: principal))]
            case .deny: [try policy(type, statement("Deny", principal: principal))]
            }
        }
    }

    /// `reference_policies_evaluation-logic_policy-eval-denyallow.html`, "Evaluating requests within a single account",
    /// and its flow chart: every combination of identity-based policy, resource-based policy that names the user,
    /// boundary, session policy and service control policy.
    @Test func everyCombinationInOneAccount() throws {
        for identity in Says.allCases where identity != .absent {
            for resource in [Says.absent, .allow, .deny] {
                for boundary in Says.allCases {
                    for session in Says.allCases {
                        for control in Says.allCases {
                            let all = [identity, resource, boundary, session, control]
                            let filtered = [boundary, session].allSatisfy { $0 == .absent || $0 == .allow }
                            // A resource-based policy that names the user's ARN needs nobody else's allow but the
                            // organization's.
                            let granted = resource == .allow || (identity == .allow && filtered)
                            let expected: Decision.Outcome =
                                all.contains(.deny)
                                ? .explicitlyDenied
                                : control == .nothing || !granted ? .implicitlyDenied : .allowed
                            let inputs = PolicyInputs(
                                identity: try identity.policies(.identity) ?? [],
                                resource: try resource.policies(.resource, principal: aws(userARN))?.first,
                                boundaries: try boundary.policies(.permissionsBoundary),
                                session: try session.policies(.session),
                                serviceControl: try control.policies(.serviceControl).map { [$0] })
                            #expect(ask(inputs).outcome == expected, "\(all)")
                        }
                    }
                }
            }
        }
    }

    /// `reference_policies_evaluation-logic_policy-eval-denyallow.html`, the table of how an allow of a resource-based
    /// policy meets an implicit deny elsewhere: by the principal that it names.
    @Test(arguments: [
        // caller, named, and whether it is allowed with an implicit deny in identity, boundary and session policy
        ("user", userARN, true, true, true), ("session", sessionARN, true, true, true),
        ("session", readerARN, true, false, false), ("federated", federatedARN, true, true, true),
        ("federated", userARN, true, false, false), ("user", rootARN, false, false, false),
        ("user", "*", true, true, true), ("session", "*", true, true, true),
    ])
    func implicitDenies(_ caller: String, _ named: String, identity: Bool, boundary: Bool, session: Bool) throws {
        let callers: [String: Principal] = ["user": .user, "session": .session, "federated": .federated]
        let principal = try #require(callers[caller])
        let resource = try policy(.resource, statement(principal: aws(named)))
        let all = try policy(.identity, statement())
        // A federated user session has no session policy only if it has no permissions of its own.
        let whole: [CompiledPolicy]? = caller == "federated" ? [all] : nil
        let inputs = PolicyInputs(resource: resource, session: whole)
        #expect(ask(principal, inputs).isAllowed == identity)
        var bounded = PolicyInputs(identity: [all], resource: resource, boundaries: [], session: whole)
        #expect(ask(principal, bounded).isAllowed == boundary)
        bounded.boundaries = nil
        bounded.session = []
        #expect(ask(principal, bounded).isAllowed == session)
    }

    /// `reference_policies_evaluation-logic-cross-account.html`: "the request is allowed only if both evaluations are".
    @Test func acrossAccounts() throws {
        for identity in Says.allCases where identity != .absent {
            for resource in Says.allCases where resource != .nothing {
                let inputs = PolicyInputs(
                    identity: try identity.policies(.identity) ?? [],
                    resource: try resource.policies(.resource, principal: aws(userARN))?.first)
                let expected: Decision.Outcome =
                    [identity, resource].contains(.deny)
                    ? .explicitlyDenied : identity == .allow && resource == .allow ? .allowed : .implicitlyDenied
                #expect(ask(.user, in: otherAccount, inputs).outcome == expected)
            }
        }
    }

    /// `https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html`: what is
    /// allowed at the account, by the policies at root, organizational unit and account.
    @Test func servicesByOrganizationLevel() throws {
        func control(_ statements: String...) throws -> CompiledPolicy {
            try policy(.serviceControl, statements.joined(separator: ","))
        }
        let full = try control(statement())
        let noS3 = try control(statement("Deny", "s3:*"))
        let noEC2 = try control(statement("Deny", "ec2:*"))
        let onlyEC2 = try control(statement("Allow", "ec2:*"))
        let scenarios: [(levels: [[CompiledPolicy]], allowed: [String])] = [
            ([[full], [full], [full]], ["s3:GetObject", "ec2:RunInstances", "sqs:SendMessage"]),
            ([[full], [full, noS3], [full, noEC2]], ["sqs:SendMessage"]),
            ([[full], [onlyEC2], [onlyEC2]], ["ec2:RunInstances"]),
            ([[full], [onlyEC2], [full]], ["ec2:RunInstances"]),
            ([[full, noS3], [full], [full]], ["ec2:RunInstances", "sqs:SendMessage"]),
            ([[full], [full], []], []),
            ([[full], [noS3], [full]], []),
        ]
        let identity = try policy(.identity, statement())
        for (levels, allowed) in scenarios {
            for action in ["s3:GetObject", "ec2:RunInstances", "sqs:SendMessage"] {
                let inputs = PolicyInputs(identity: [identity], serviceControl: levels)
                #expect(ask(.user, action, "*", inputs).isAllowed == allowed.contains(action), "\(levels.count)")
            }
        }
    }

    /// `access_policies_boundaries.html`, "Evaluating effective permissions with boundaries": Shirley's boundary allows
    /// S3, CloudWatch and EC2, so that her policy for IAM has no effect.
    @Test func shirleysBoundary() throws {
        let boundary = try policy(
            .permissionsBoundary, statement("Allow", #"["s3:*","cloudwatch:*","ec2:*"]"#), name: "XCompanyBoundaries")
        let own = try policy(.identity, statement("Allow", "iam:CreateUser"))
        #expect(!ask(.user, "iam:CreateUser", "*", PolicyInputs(identity: [own], boundaries: [boundary])).isAllowed)
        #expect(!ask(.user, "s3:ListBucket", "*", PolicyInputs(boundaries: [boundary])).isAllowed)
        let s3 = try policy(.identity, statement("Allow", "s3:*"))
        #expect(ask(.user, "s3:ListBucket", "*", PolicyInputs(identity: [s3], boundaries: [boundary])).isAllowed)
    }

    /// `reference_policies_elements_notaction.html`.
    @Test func notAction() throws {
        let allBut = try policy(.identity, statement("Allow", "iam:*", notAction: true))
        #expect(ask(.user, "ec2:RunInstances", "*", PolicyInputs(identity: [allBut])).isAllowed)
        #expect(ask(.user, "iam:CreateUser", "*", PolicyInputs(identity: [allBut])).outcome == .implicitlyDenied)
        let denyWithoutMFA = try policy(
            .identity,
            statement() + ","
                + statement(
                    "Deny", "iam:*", condition: #"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#,
                    notAction: true))
        for (mfa, action, allowed) in [
            ("true", "s3:GetObject", true), ("false", "s3:GetObject", false), ("false", "iam:CreateUser", true),
            ("", "s3:GetObject", false),
        ] {
            let context: [String: ContextValue] = mfa.isEmpty ? [:] : ["aws:MultiFactorAuthPresent": .one(mfa)]
            #expect(ask(.user, action, "*", PolicyInputs(identity: [denyWithoutMFA]), context).isAllowed == allowed)
        }
    }

    /// `reference_policies_elements_notresource.html`: everything is denied but one bucket's folder.
    @Test func notResource() throws {
        let payroll = #"["arn:aws:s3:::HRBucket/Payroll","arn:aws:s3:::HRBucket/Payroll/*"]"#
        let inputs = PolicyInputs(
            identity: [
                try policy(
                    .identity, statement() + "," + statement("Deny", "s3:*", on: payroll, notResource: true))
            ])
        #expect(ask(.user, "s3:GetObject", "arn:aws:s3:::HRBucket/Payroll/2026", inputs).isAllowed)
        #expect(ask(.user, "s3:GetObject", "arn:aws:s3:::HRBucket/Other", inputs).outcome == .explicitlyDenied)
        #expect(ask(.user, "s3:ListAllMyBuckets", "*", inputs).outcome == .explicitlyDenied)
        #expect(ask(.user, "ec2:RunInstances", "*", inputs).isAllowed)
    }
}

/// The tables of AWS's pages on conditions.
@Suite struct DocumentedConditions {
    /// `reference_policies_condition-single-vs-multi-valued-context-keys.html`: the tag keys environment and
    /// cost-center under both quantifiers.
    @Test(
        arguments: [
            (["environment"], true, true), (["cost-center"], true, true), (["environment", "cost-center"], true, true),
            (["environment", "dept"], false, true), (["dept"], false, false), (["Environment"], false, false),
            ([], true, false), (nil, true, false),
        ] as [([String]?, Bool, Bool)])
    func tagKeys(_ keys: [String]?, forAll: Bool, forAny: Bool) throws {
        let context: [String: ContextValue] = keys.map { ["aws:TagKeys": .many($0)] } ?? [:]
        let wanted = #"{"aws:TagKeys":["environment","cost-center"]}"#
        #expect(try holds("{\"ForAllValues:StringEquals\":\(wanted)}", context) == forAll)
        #expect(try holds("{\"ForAnyValue:StringEquals\":\(wanted)}", context) == forAny)
        // With Null, the absent key no longer passes.
        let guarded = "{\"ForAllValues:StringEquals\":\(wanted),\"Null\":{\"aws:TagKeys\":\"false\"}}"
        #expect(try holds(guarded, context) == (forAll && !(keys ?? []).isEmpty))
    }

    /// `reference_policies_condition-logic-multiple-context-keys-or-values.html`: several keys and values, and negation.
    @Test(
        arguments: [
            ("vpc-111bbccc", "DEPT-A", true, false), ("vpc-222bbccc", "DEPT-A", true, false),
            ("vpc-333bbccc", "DEPT-A", false, false), ("vpc-111bbccc", "DEPT-B", false, false),
            ("vpc-333bbccc", "DEPT-B", false, true), (nil, "DEPT-B", false, true), (nil, nil, false, true),
        ] as [(String?, String?, Bool, Bool)])
    func severalKeysAndValues(_ vpc: String?, _ department: String?, equals: Bool, notEquals: Bool) throws {
        var context: [String: ContextValue] = [:]
        if let vpc { context["aws:SourceVpc"] = .one(vpc) }
        if let department { context["aws:PrincipalTag/department"] = .one(department) }
        let body =
            #"{"aws:SourceVpc":["vpc-111bbccc","vpc-222bbccc"],"aws:PrincipalTag/department":"DEPT-A"}"#
        #expect(try holds("{\"StringEquals\":\(body)}", context) == equals)
        #expect(try holds("{\"StringNotEquals\":\(body)}", context) == notEquals)
    }

    /// `reference_policies_elements_condition.html`: "The request context": key names ignore case, values do not.
    @Test(arguments: [
        ("aws:username", "johndoe", true, true), ("AWS:UserName", "johndoe", true, true),
        ("aws:username", "JohnDoe", false, true), ("aws:username", "janedoe", false, false),
        ("aws:userid", "johndoe", false, false),
    ])
    func caseOfKeysAndValues(_ key: String, _ value: String, exact: Bool, anyCase: Bool) throws {
        let context: [String: ContextValue] = [key: .one(value)]
        #expect(try holds(#"{"StringEquals":{"aws:username":"johndoe"}}"#, context) == exact)
        #expect(try holds(#"{"StringEqualsIgnoreCase":{"aws:username":"johndoe"}}"#, context) == anyCase)
    }

    /// `reference_policies_elements_condition_operators.html`: the example of each operator.
    @Test(
        arguments: [
            (
                #"{"StringLikeIfExists":{"ec2:InstanceType":["t1.*","t2.*","m3.*"]}}"#, "ec2:InstanceType", "t2.micro",
                true
            ),
            (
                #"{"StringLikeIfExists":{"ec2:InstanceType":["t1.*","t2.*","m3.*"]}}"#, "ec2:InstanceType", "c5.large",
                false
            ),
            (#"{"StringLikeIfExists":{"ec2:InstanceType":["t1.*","t2.*","m3.*"]}}"#, "ec2:Other", "x", true),
            (#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#, "s3:max-keys", "10", true),
            (#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#, "s3:max-keys", "11", false),
            (#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#, "s3:prefix", "10", false),
            (
                #"{"DateGreaterThan":{"aws:TokenIssueTime":"2020-01-01T00:00:01Z"}}"#, "aws:TokenIssueTime",
                "2020-01-01T00:00:02Z", true
            ),
            (
                #"{"DateGreaterThan":{"aws:TokenIssueTime":"2020-01-01T00:00:01Z"}}"#, "aws:TokenIssueTime",
                "2020-01-01T00:00:01Z", false
            ),
            (#"{"Bool":{"aws:SecureTransport":"false"}}"#, "aws:SecureTransport", "false", true),
            (
                #"{"BinaryEquals":{"a:key":"QmluYXJ5VmFsdWVJbkJhc2U2NA=="}}"#, "a:key", "QmluYXJ5VmFsdWVJbkJhc2U2NA==",
                true
            ),
            (#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, "aws:SourceIp", "203.0.113.255", true),
            (
                #"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:DB8:1234:5678::/64"]}}"#, "aws:SourceIp",
                "2001:db8:1234:5678::ffff", true
            ),
            (
                #"{"IpAddress":{"aws:SourceIp":"2001:DB8:1234:5678::/64"}}"#, "aws:SourceIp", "2001:db8:1234:5679::1",
                false
            ),
            (
                #"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:123456789012:TOPIC-*"}}"#, "aws:SourceArn",
                "arn:aws:sns:us-east-1:123456789012:TOPIC-ID", true
            ),
            (#"{"Null":{"aws:TokenIssueTime":"true"}}"#, "aws:TokenIssueTime", "2020-01-01T00:00:01Z", false),
            (#"{"Null":{"aws:TokenIssueTime":"true"}}"#, "aws:userid", "AIDA", true),
        ] as [(String, String, String, Bool)])
    func operators(_ condition: String, _ key: String, _ value: String, expected: Bool) throws {
        #expect(try holds(condition, [key: .one(value)]) == expected)
    }

    /// `reference_policies_variables.html`: the user's own folder, and a default value.
    @Test func variables() throws {
        let own = "arn:aws:s3:::amzn-s3-demo-bucket/${aws:username}/*"
        #expect(
            try covers(own, "arn:aws:s3:::amzn-s3-demo-bucket/carlossalazar/f", ["aws:username": .one("carlossalazar")])
        )
        #expect(try !covers(own, "arn:aws:s3:::amzn-s3-demo-bucket/maria/f", ["aws:username": .one("carlossalazar")]))
        let team = "arn:aws:s3:::amzn-s3-demo-bucket/${aws:PrincipalTag/team, 'company-wide'}/*"
        #expect(
            try covers(team, "arn:aws:s3:::amzn-s3-demo-bucket/yellow/f", ["aws:PrincipalTag/team": .one("yellow")]))
        #expect(try covers(team, "arn:aws:s3:::amzn-s3-demo-bucket/company-wide/f"))
        #expect(
            try !covers(
                team, "arn:aws:s3:::amzn-s3-demo-bucket/company-wide/f", ["aws:PrincipalTag/team": .one("yellow")]))
    }
}
