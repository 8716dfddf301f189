import Policy
import Testing

@testable import PolicyCases
@testable import Reasoning

/// What a user or role may do with a resource, and under which conditions.
@Suite struct InsideAccessTests {
    static let own = "111122223333"
    static let other = "444455556666"
    static let bucket = "arn:aws:s3:::b"
    static let point = "arn:aws:s3:us-east-1:111122223333:accesspoint/p"

    private func inputs(
        _ identity: [String], resource: [String] = [], _ adjust: (inout PolicyInputs) -> Void = { _ in }
    ) throws -> PolicyInputs {
        var inputs = PolicyInputs(
            identitySets: [PolicySet(try identity.map { try policy($0).policy })],
            resource: resource.isEmpty
                ? nil
                : try symbolic(
                    #"{"Version":"2012-10-17","Statement":[\#(resource.map { "{\($0)}" }.joined(separator: ","))]}"#,
                    .resource
                ).policy)
        adjust(&inputs)
        return inputs
    }

    private func door(
        _ inputs: PolicyInputs, account: String = InsideAccessTests.own, tags: [String: String] = [:],
        owner: String = InsideAccessTests.own, alias: ResourceAlias? = nil
    ) -> InsideQuestion.Door {
        let principal = Principal(
            kind: .user, arn: "arn:aws:iam::\(account):user/ann", accountID: account, uniqueID: "AIDAEXAMPLEEXAMPLE1")
        return InsideQuestion.Door(
            BoundCaller(principal, SymbolicInputs(inputs), tags: tags), owner: owner, alias: alias)
    }

    private func found(
        _ doors: [InsideQuestion.Door], unless: InsideQuestion.Door? = nil, context: [String: ContextValue] = [:],
        absent: Set<String> = []
    ) -> [String: [String]] {
        let question = InsideQuestion(
            doors: doors, unless: unless, resources: [Self.bucket + "/*"],
            actions: AskedActions(["s3:GetObject", "s3:PutObject"]), context: context, absentKeys: absent)
        let (access, isUndecided) = Checks().insideAccess(question)
        #expect(!isUndecided)
        var found: [String: [String]] = [:]
        for one in access {
            #expect(one.witness.decision.isAllowed)
            let conditions = one.conditions.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            #expect(found.updateValue(one.actions, forKey: conditions.joined(separator: " ")) == nil)
        }
        return found
    }

    private static let get = #""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#
    private static let all = #""Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*""#

    @Test func withoutConditionsThereAreNone() throws {
        #expect(found([door(try inputs([Self.get]))]) == ["": ["s3:GetObject"]])
        #expect(found([door(try inputs([]))]).isEmpty)
        let deny = #""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*""#
        #expect(found([door(try inputs([Self.all], resource: [deny]))]).isEmpty)
    }

    @Test func aConditionOfAnIdentityPolicyCounts() throws {
        let bound = Self.get + #","Condition":{"StringEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}}"#
        #expect(
            found([door(try inputs([bound]))])
                == ["aws:SourceVpc=vpc-1": ["s3:GetObject"], "aws:SourceVpc=vpc-2": ["s3:GetObject"]])
        // Who has it anyhow does not need the condition.
        #expect(found([door(try inputs([bound, Self.get]))]) == ["": ["s3:GetObject"]])
        // What is there anyhow is not told once more.
        #expect(
            found([
                door(
                    try inputs([
                        Self.get,
                        Self.all + #","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
                    ]))
            ]) == ["": ["s3:GetObject"], "aws:SourceIp=203.0.113.0/24": ["s3:PutObject"]])
        // What a statement about something else asks does not matter.
        let elsewhere =
            #""Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::c/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#
        #expect(found([door(try inputs([elsewhere]))]).isEmpty)
        #expect(found([door(try inputs([elsewhere, Self.get]))]) == ["": ["s3:GetObject"]])
    }

    @Test func conditionsOfBothSidesCountTogether() throws {
        let bound = Self.get + #","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#
        let letsIn =
            #""Effect":"Allow","Principal":{"AWS":"\#(Self.other)"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}"#
        #expect(
            found([door(try inputs([bound], resource: [letsIn]), account: Self.other)])
                == ["aws:SecureTransport=true aws:SourceVpce=vpce-1": ["s3:GetObject"]])
        // Of its own account the identity policy is enough.
        #expect(
            found([door(try inputs([bound], resource: [letsIn]))]) == ["aws:SecureTransport=true": ["s3:GetObject"]])
    }

    @Test func whatADenySparesIsACondition() throws {
        func deny(_ condition: String) -> String {
            #""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":{\#(condition)}"#
        }
        #expect(
            found([
                door(try inputs([Self.get], resource: [deny(#""StringNotEquals":{"aws:SourceVpce":"vpce-1"}"#)]))
            ]) == ["aws:SourceVpce=vpce-1": ["s3:GetObject"]])
        // The caller's own name is always what it is.
        let ann = deny(#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/ann"}"#)
        let bob = deny(#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/bob"}"#)
        #expect(
            found([door(try inputs([Self.get], resource: [ann]))])
                == ["aws:PrincipalArn=arn:aws:iam::111122223333:user/ann": ["s3:GetObject"]])
        #expect(found([door(try inputs([Self.get], resource: [bob]))]).isEmpty)
    }

    @Test func tagsAndContextDecide() throws {
        let tagged = Self.get + #","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}"#
        #expect(
            found([door(try inputs([tagged]), tags: ["team": "red"])])
                == ["aws:PrincipalTag/team=red": ["s3:GetObject"]])
        #expect(found([door(try inputs([tagged]), tags: ["team": "blue"])]).isEmpty)
        let byPoint = Self.get + #","Condition":{"StringEquals":{"s3:DataAccessPointArn":"\#(Self.point)"}}"#
        let doors = [door(try inputs([byPoint]))]
        #expect(found(doors, absent: ["s3:dataaccesspointarn"]).isEmpty)
        #expect(
            found(doors, context: ["s3:dataaccesspointarn": .one(Self.point)])
                == ["s3:DataAccessPointArn=\(Self.point)": ["s3:GetObject"]])
        #expect(found(doors, context: ["s3:dataaccesspointarn": .one(Self.point + "2")]).isEmpty)
    }

    @Test func whatIsThereAnyhowDoesNotCount() throws {
        let list =
            #""Effect":"Allow","Principal":{"AWS":"\#(Self.other)"},"Action":"s3:PutObject","Resource":"*""#
        let bound = try inputs([Self.all])
        let listed = try inputs([Self.all]) { $0.accessControlList = try? policy(list, type: .resource).policy }
        for (account, expected) in [(Self.other, ["": ["s3:PutObject"]]), (Self.own, [:])] {
            #expect(
                found([door(listed, account: account)], unless: door(bound, account: account)) == expected)
        }
    }

    /// AWS: "the access point and the underlying bucket must permit the request", `access-points-policies.html`.
    @Test func anAccessPointIsAskedByItsOwnName() throws {
        let alias = ResourceAlias(Self.point, of: Self.bucket)
        func found(_ identity: [String], point: [String] = [], bucket: [String] = []) throws -> [String: [String]] {
            self.found([
                door(try inputs(identity, resource: point), alias: alias), door(try inputs(identity, resource: bucket)),
            ])
        }
        let byName = #""Effect":"Allow","Action":"s3:GetObject","Resource":"\#(Self.point)/object/*""#
        #expect(try found([Self.get]).isEmpty)
        #expect(try found([byName]).isEmpty)
        #expect(try found([byName, Self.get]) == ["": ["s3:GetObject"]])
        func all(_ resource: String) -> String { #""Effect":"Allow","Action":"s3:*","Resource":"\#(resource)""# }
        #expect(try found([all("*")]) == ["": ["s3:GetObject", "s3:PutObject"]])
        #expect(
            try found([all("arn:aws:s3:*:*:accesspoint/*"), all("arn:aws:s3:::b*")])
                == ["": ["s3:GetObject", "s3:PutObject"]])
        // One object has to be allowed by both.
        let inA = #""Effect":"Allow","Action":"s3:GetObject","Resource":"\#(Self.point)/object/a/*""#
        let inB = #""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/b/*""#
        #expect(try found([inA, inB]).isEmpty)
        #expect(try found([inA, Self.get]) == ["": ["s3:GetObject"]])
        // Its policy, and that of the bucket, can take it away.
        for resource in ["\(Self.point)/object/*", "\(Self.point)/object/?*", "arn:aws:s3:us-east-1:*:accesspoint/?/*"]
        {
            let deny = #""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"\#(resource)""#
            #expect(try found([byName, Self.get], point: [deny]).isEmpty == (resource != "\(Self.point)/object/?*"))
        }
        let deny = #""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*""#
        #expect(try found([byName, Self.get], bucket: [deny]).isEmpty)
        let other = #""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"\#(Self.point)2/object/*""#
        #expect(try found([byName, Self.get], point: [other]) == ["": ["s3:GetObject"]])
        let variable = #""Effect":"Allow","Action":"s3:GetObject","Resource":"\#(Self.point)/object/${aws:username}/*""#
        #expect(try found([variable, Self.get]) == ["": ["s3:GetObject"]])
        let theirs = #""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/bob/*""#
        #expect(try found([variable, theirs]).isEmpty)
    }

    @Test func manyConditionsEndAndAreNeverLeftOut() throws {
        let keys = (0..<8).map { key in
            let values = (0..<12).map { #""\#(String(repeating: "*a", count: 12))\#(key)-\#($0)""# }
            return #""s3:x-amz-k\#(key)":[\#(values.joined(separator: ","))]"#
        }
        let hard = Self.get + #","Condition":{"StringLike":{\#(keys.joined(separator: ","))}}"#
        let question = InsideQuestion(
            doors: [door(try inputs([hard]))], resources: [Self.bucket + "/*"], actions: AskedActions(["s3:GetObject"]))
        let access = Checks().insideAccess(question).access
        #expect(!access.isEmpty)
        #expect(access.allSatisfy { $0.actions == ["s3:GetObject"] })
    }

    /// What the engine allows a caller is found. Set `REASONING_SEED` and `REASONING_CASES` to repeat or to widen a run.
    @Test(arguments: 0..<4) func nothingIsOverlooked(shard: Int) throws {
        let seed = (Environment.number("REASONING_SEED") ?? UInt64.random(in: 0..<1_000_000)) &* 4 &+ UInt64(shard)
        let count = (Environment.number("REASONING_CASES") ?? 25_600) / 128
        var generator = CaseGenerator(random: SeededGenerator(seed: seed &+ 313))
        let actions = ["s3:GetObject", "s3:PutObject", "iam:GetUser", "kms:Decrypt", "sts:AssumeRole"]
        var (asked, allowed, undecided) = (UInt64(0), 0, 0)
        // Some seeds allow little: then it goes on until enough is allowed.
        while asked < count || (allowed <= count / 20 && asked < 20 * count) {
            var testCase = generator.next()
            let inputs = try testCase.inputs()
            let (asks, _) = testCase.question()
            asked += 1
            let caller = BoundCaller(asks.principal, SymbolicInputs(inputs), tags: nil, domain: .engine)
            let door = InsideQuestion.Door(caller, owner: Self.other)
            let (access, isUndecided) = Checks(.engine).insideAccess(
                InsideQuestion(doors: [door], resources: ["*"], actions: AskedActions(actions)))
            if isUndecided { undecided += 1 }
            for one in access { #expect(one.witness.decision.isAllowed) }
            let found = Set(access.flatMap(\.actions).map { $0.lowercased() })
            for _ in 0..<24 where !isUndecided {
                testCase = generator.variant(of: testCase)
                var (request, context) = testCase.question()
                request.principal = asks.principal
                request.resourceAccount = Self.other
                guard actions.contains(where: { $0.lowercased() == request.action.lowercased() }),
                    PolicyEvaluator.allows(request, inputs, context)
                else { continue }
                allowed += 1
                if !found.contains(request.action.lowercased()) {
                    Issue.record("seed \(seed), case \(asked): \(request) \(context)\n\(testCase)\n\(access)")
                    return
                }
            }
        }
        #expect(allowed > count / 20)
        #expect(undecided < count / 5)
    }

    /// A pattern is as true of a resource, told of it, as it is of its other name.
    @Test func aliasesSayTheSame() throws {
        let alias = ResourceAlias(Self.point, of: Self.bucket)
        var random = SeededGenerator(seed: Environment.number("REASONING_SEED") ?? UInt64.random(in: 0..<1_000_000))
        let pieces = ["*", "?", "a", "/", "b", "/object/", ":", "object", "a/b"]
        var matched = 0
        for _ in 0..<4_000 {
            var pattern = [Self.point, Self.point + "/object/", "*", Self.bucket].randomElement(using: &random) ?? ""
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                let piece = pieces.randomElement(using: &random) ?? ""
                let place = Int.random(in: 0...pattern.count, using: &random)
                let start = pattern.index(pattern.startIndex, offsetBy: place)
                let end = pattern.index(
                    start, offsetBy: Int.random(in: 0...10, using: &random), limitedBy: pattern.endIndex)
                pattern.replaceSubrange(start..<(end ?? pattern.endIndex), with: piece)
            }
            let formula = Formula.resource(.resources([pattern]), true)
            let told = try #require(formula.through(alias))
            for name in ["", "/a", "/b", "/a/b", "/object/a", "/", "/a:b"] {
                let resource = Self.bucket + name
                let other = try #require(alias.name(of: resource))
                func holds(_ formula: Formula, _ resource: String) -> Bool {
                    formula.holds(
                        AuthorizationRequest(
                            principal: Principal(kind: .anonymous), action: "s3:GetObject", resource: resource),
                        DictionaryContext([:]), keys: [])
                }
                let expected = holds(formula, other)
                if expected { matched += 1 }
                #expect(holds(told, resource) == expected, "\(pattern) \(other)")
            }
        }
        #expect(matched > 200)
    }
}
