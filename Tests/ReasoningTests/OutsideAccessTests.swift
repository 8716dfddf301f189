import Policy
import Testing

@testable import PolicyCases
@testable import Reasoning

/// Who from outside a zone of trust is let in.
@Suite struct OutsideAccessTests {
    static let own = "111122223333"
    static let other = "444455556666"

    static func zone(_ organization: String? = nil, _ members: [String: String] = [:]) -> TrustedZone {
        TrustedZone(
            contains: { $0 == own || (organization != nil && members[$0] == organization) },
            organization: organization, organizationOfAccount: { members[$0] })
    }

    func outside(
        _ statements: String..., type: PolicyType = .resource, actions: [String] = ["s3:GetObject", "s3:PutObject"],
        absent: Set<String> = [], zone: TrustedZone = OutsideAccessTests.zone(),
        adjust: (inout PolicyInputs) -> Void = { _ in }
    ) throws -> [OutsideAccess] {
        let text = statements.map { "{\($0)}" }.joined(separator: ",")
        let compiled = try symbolic(#"{"Version":"2012-10-17","Statement":[\#(text)]}"#, type).policy
        var inputs = type == .roleTrust ? PolicyInputs(roleTrust: compiled) : PolicyInputs(resource: compiled)
        adjust(&inputs)
        let resources =
            type == .roleTrust ? ["arn:aws:iam::\(Self.own):role/R"] : ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
        let question = OutsideQuestion(
            doors: [OutsideQuestion.Door(inputs, owner: Self.own)], resources: resources,
            actions: AskedActions(actions),
            absentKeys: absent, zone: zone, ownOrganization: zone.organization)
        let (access, isUndecided) = Checks().outsideAccess(question)
        #expect(!isUndecided)
        for one in access { #expect(one.witness.decision.isAllowed) }
        return access
    }

    private func allow(_ principal: String, _ condition: String = "") -> String {
        let condition = condition.isEmpty ? "" : #","Condition":{\#(condition)}"#
        return
            #""Effect":"Allow","Principal":\#(principal),"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"\#(condition)"#
    }

    @Test func everybodyIsPublic() throws {
        let found = try outside(allow("\"*\""))
        #expect(found.count == 1)
        #expect(found.first?.principal == "*")
        #expect(found.first?.isPublic == true)
        #expect(found.first?.actions == ["s3:GetObject"])
        #expect(found.first?.conditions == [:])
    }

    @Test func eachNamedPrincipalIsAFindingAndOwnOnesAreNot() throws {
        let found = try outside(
            allow(
                #"{"AWS":["\#(Self.own)","\#(Self.other)","arn:aws:iam::222222222222:role/x","arn:aws:iam::\#(Self.own):user/u"],"Service":"ec2.amazonaws.com"}"#
            ))
        #expect(Set(found.map(\.principal)) == [Self.other, "arn:aws:iam::222222222222:role/x"])
        #expect(found.allSatisfy { !$0.isPublic })
    }

    @Test func conditionsThatConfineToTheZoneLeaveNobody() throws {
        let own = Self.own
        for condition in [
            #""StringEquals":{"aws:PrincipalAccount":"\#(own)"}"#, #""StringEquals":{"aws:SourceAccount":"\#(own)"}"#,
            #""StringEquals":{"kms:CallerAccount":"\#(own)"}"#,
            #""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::\#(own):role/*"}"#,
            #""ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:\#(own):*"}"#,
            #""StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}"#,
            #""Bool":{"aws:PrincipalIsAWSService":"true"}"#,
        ] {
            #expect(try outside(allow("\"*\"", condition)).isEmpty, "\(condition)")
        }
    }

    @Test func organizationsAreTrustedByTheirAnalyzersAlone() throws {
        let members = [Self.own: "o-mine", "222222222222": "o-mine", Self.other: "o-theirs"]
        let condition = #""StringEquals":{"aws:PrincipalOrgID":"o-mine"}"#
        #expect(try outside(allow("\"*\"", condition), zone: Self.zone("o-mine", members)).isEmpty)
        let ofAccount = try outside(allow("\"*\"", condition))
        #expect(ofAccount.map(\.conditions) == [["aws:PrincipalOrgID": "o-mine"]])
        #expect(ofAccount.first?.isPublic == false)
        #expect(try outside(allow(#"{"AWS":"222222222222"}"#), zone: Self.zone("o-mine", members)).isEmpty)
        #expect(try outside(allow(#"{"AWS":"222222222222"}"#)).count == 1)
        let paths = #""ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-mine/r-1/*"}"#
        #expect(try outside(allow("\"*\"", paths), zone: Self.zone("o-mine", members)).isEmpty)
        let theirs = #""StringEquals":{"aws:PrincipalOrgID":"o-theirs"}"#
        #expect(try outside(allow("\"*\"", theirs), zone: Self.zone("o-mine", members)).count == 1)
        // An account whose organization is known is in no other.
        #expect(
            try outside(allow(#"{"AWS":"\#(Self.other)"}"#, condition), zone: Self.zone(nil, members)).isEmpty)
    }

    @Test func eachValueOfAConditionIsAFinding() throws {
        let found = try outside(allow("\"*\"", #""StringEquals":{"aws:SourceVpc":["vpc-a","vpc-b"]}"#))
        #expect(Set(found.map(\.conditions)) == [["aws:SourceVpc": "vpc-a"], ["aws:SourceVpc": "vpc-b"]])
        #expect(found.allSatisfy { !$0.isPublic && $0.principal == "*" })
    }

    @Test func deniesTakeAwayAndSpare() throws {
        let deny = #""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*""#
        #expect(try outside(allow("\"*\""), deny).isEmpty)
        let spared = try outside(
            allow("\"*\""), deny + #","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-a"}}"#)
        #expect(spared.map(\.conditions) == [["aws:SourceVpc": "vpc-a"]])
        let insecure = try outside(
            allow("\"*\""), deny + #","Condition":{"Bool":{"aws:SecureTransport":"false"}}"#)
        #expect(insecure.map(\.isPublic) == [true])
        // Everybody is denied but one account: that account has it.
        let except = try outside(
            allow("\"*\""),
            #""Effect":"Deny","NotPrincipal":{"AWS":["\#(Self.other)","arn:aws:iam::\#(Self.other):root"]},"Action":"s3:*","Resource":"*""#
        )
        #expect(except.map(\.principal) == [Self.other])
    }

    @Test func widerAccessContainsNarrower() throws {
        let found = try outside(allow("\"*\""), allow("\"*\"", #""StringEquals":{"aws:SourceVpc":"vpc-a"}"#))
        #expect(found.count == 1)
        #expect(found.first?.conditions == [:])
    }

    @Test func blockPublicAccessTakesPublicPolicies() throws {
        #expect(try outside(allow("\"*\"")) { $0.restrictsPublicBuckets = true }.isEmpty)
        let named = try outside(allow(#"{"AWS":"\#(Self.other)"}"#)) { $0.restrictsPublicBuckets = true }
        #expect(named.count == 1)
    }

    @Test func rolesOfProvidersAndAccounts() throws {
        let actions = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:TagSession"]
        let found = try outside(
            #""Effect":"Allow","Principal":{"AWS":"\#(Self.other)"},"Action":["sts:AssumeRole","sts:TagSession"]"#,
            #""Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"accounts.google.com:aud":"app-1"}}"#,
            #""Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole""#,
            type: .roleTrust, actions: actions)
        #expect(found.map(\.principalType) == ["AWS", "Federated"])
        #expect(found.map(\.actions) == [["sts:AssumeRole", "sts:TagSession"], ["sts:AssumeRoleWithWebIdentity"]])
        #expect(found.last?.conditions == ["accounts.google.com:aud": "app-1"])
        let ofAll = try outside(
            #""Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole""#, type: .roleTrust, actions: actions)
        #expect(ofAll.map(\.isPublic) == [true])
    }

    /// AWS: "Delegating access control to access points", `access-points-policies.html` in the S3 User Guide.
    @Test func bothDoorsHaveToAllow() throws {
        func door(_ statement: String) throws -> OutsideQuestion.Door {
            let policy = try symbolic(#"{"Version":"2012-10-17","Statement":[{\#(statement)}]}"#, .resource).policy
            return OutsideQuestion.Door(PolicyInputs(resource: policy), owner: Self.own)
        }
        let delegating = try door(
            allow("\"*\"", #""StringEquals":{"s3:DataAccessPointAccount":"\#(Self.own)"}"#))
        let theirs = try door(allow(#"{"AWS":"\#(Self.other)"}"#))
        func found(_ doors: [OutsideQuestion.Door], _ context: [String: ContextValue]) -> [OutsideAccess] {
            let question = OutsideQuestion(
                doors: doors, resources: ["arn:aws:s3:::b/*"], actions: AskedActions(["s3:GetObject", "s3:PutObject"]),
                context: context, zone: Self.zone())
            let (access, isUndecided) = Checks().outsideAccess(question)
            #expect(!isUndecided)
            return access
        }
        let byPoint: [String: ContextValue] = ["s3:dataaccesspointaccount": .one(Self.own)]
        #expect(found([theirs, delegating], byPoint).map(\.principal) == [Self.other])
        // Whoever comes otherwise is not let in, and neither is who comes by an access point of a foreign account.
        #expect(found([delegating], [:]).isEmpty)
        #expect(found([theirs, delegating], ["s3:dataaccesspointaccount": .one(Self.other)]).isEmpty)
    }

    @Test func grantsLetTheirGranteesIn() throws {
        let key = "arn:aws:kms:us-east-1:\(Self.own):key/k"
        let policy = try symbolic(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"\#(Self.own)"},"Action":"kms:*","Resource":"*"}]}"#,
            .resource)
        let question = OutsideQuestion(
            doors: [OutsideQuestion.Door(PolicyInputs(resource: policy.policy), owner: Self.own)], resources: [key],
            actions: AskedActions(["kms:Decrypt", "kms:Encrypt", "kms:DescribeKey"]), zone: Self.zone())
        #expect(Checks().outsideAccess(question).access.isEmpty)
        let free = KeyGrant(grantee: "arn:aws:iam::\(Self.other):role/r", operations: ["Decrypt", "DescribeKey"])
        let found = Checks().outsideAccess(by: free, question)
        #expect(found.access.count == 1)
        #expect(found.access.first?.actions == ["kms:Decrypt", "kms:DescribeKey"])
        let bound = KeyGrant(
            grantee: "arn:aws:iam::\(Self.other):role/r", operations: ["Decrypt"],
            constraints: KeyGrant.Constraints(encryptionContextEquals: ["Team": "red"]))
        let narrow = Checks().outsideAccess(by: bound, question)
        #expect(!narrow.isUndecided)
        #expect(narrow.access.map(\.conditions) == [["kms:EncryptionContext:Team": "red"]])
        let own = KeyGrant(grantee: "arn:aws:iam::\(Self.own):role/r", operations: ["Decrypt"])
        #expect(Checks().outsideAccess(by: own, question).access.isEmpty)
        let service = KeyGrant(grantee: "ebs.amazonaws.com", operations: ["Decrypt"])
        #expect(Checks().outsideAccess(by: service, question).access.isEmpty)
    }

    // MARK: Against the engine

    private static let actions = [
        "s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:GetUser", "kms:Decrypt", "kms:RetireGrant",
        "sts:AssumeRole", "kms:DescribeKey", "kms:CreateGrant", "kms:ListKeys", "KMS:createAlias", "sts:TagSession",
    ]

    /// Wherever the engine lets somebody from outside in, there is a finding for that action; each finding has a request that
    /// the engine allows. Set `REASONING_SEED` and `REASONING_CASES` to repeat or to widen a run.
    @Test(arguments: 0..<4) func nobodyIsOverlooked(shard: Int) throws {
        let seed = (Environment.number("REASONING_SEED") ?? UInt64.random(in: 0..<1_000_000)) &* 4 &+ UInt64(shard)
        let count = (Environment.number("REASONING_CASES") ?? 25_600) / 128
        var generator = CaseGenerator(random: SeededGenerator(seed: seed &+ 991))
        var (asked, found, allowed, undecided) = (UInt64(0), 0, 0, 0)
        while asked < count {
            var testCase = generator.next()
            guard let policy = try (testCase.resourcePolicy ?? testCase.trust)?.compiled() else { continue }
            asked += 1
            var inputs = PolicyInputs()
            if policy.source.type == .roleTrust { inputs.roleTrust = policy } else { inputs.resource = policy }
            inputs.restrictsPublicBuckets = testCase.blocksPublicAccess
            let zone = TrustedZone(contains: { $0 == Self.other }, arnOfUniqueID: { id in Self.arn(ofUniqueID: id) })
            let door = OutsideQuestion.Door(inputs, owner: Self.other)
            let question = OutsideQuestion(
                doors: [door], resources: ["*"], actions: AskedActions(Self.actions), zone: zone)
            let (access, isUndecided) = Checks(.engine).outsideAccess(question)
            found += access.count
            if isUndecided { undecided += 1 }
            for one in access { #expect(one.witness.decision.isAllowed) }
            let actions = Set(access.flatMap(\.actions).map { $0.lowercased() })
            var open = inputs
            open.identity = [CompiledPolicy.allowingAll(.identity)]
            for _ in 0..<24 where !isUndecided {
                testCase = generator.variant(of: testCase)
                let (asks, context) = testCase.question()
                var request = asks
                request.resourceAccount = Self.other
                guard Self.isOutside(request.principal),
                    Self.actions.contains(where: { $0.lowercased() == request.action.lowercased() })
                else { continue }
                let isFromOwn = testCase.context.contains { key, values in
                    key.lowercased() == "aws:sourcearn" && values.contains { $0.contains(":\(Self.other):") }
                }
                guard !isFromOwn else { continue }
                guard PolicyEvaluator.allows(request, open, context) else { continue }
                allowed += 1
                if !actions.contains(request.action.lowercased()) {
                    let found = access.map { ($0.principal, $0.actions, $0.conditions) }
                    Issue.record(
                        "seed \(seed), case \(asked): \(request) \(context)\n\(policy.document.text)\nfound \(found)")
                    return
                }
            }
        }
        #expect(found > count / 10)
        #expect(allowed > count / 10)
        #expect(undecided < count / 5)
    }

    private static func arn(ofUniqueID id: String) -> String? {
        switch id {
        case "AIDAAAAAAAAAAAAAAAAA1": "arn:aws:iam::111122223333:user/alice"
        case "AROAAAAAAAAAAAAAAAAA2": "arn:aws:iam::111122223333:role/p/R"
        default: nil
        }
    }

    private static func isOutside(_ principal: Principal) -> Bool {
        switch principal.kind {
        case .service: false
        case .anonymous: true
        default: principal.accountID != other
        }
    }
}
