import Policy
import Testing

@testable import PolicyCases

/// Sets of policies, small and large, as they change.
@Suite struct PolicySets {
    private static func grant(_ number: Int, _ effect: String = "Allow") throws -> CompiledPolicy {
        try policy(.identity, statement(effect, "s3:Get*", on: "arn:aws:s3:::bucket-\(number)/*"), name: "P\(number)")
    }

    private func ask(_ set: PolicySet, _ number: Int) -> Decision {
        PolicyEvaluator.evaluate(
            AuthorizationRequest(principal: .user, action: "s3:GetObject", resource: "arn:aws:s3:::bucket-\(number)/k"),
            PolicyInputs(identitySets: [set]), DictionaryContext([:]))
    }

    @Test func aLargeSetAnswersAsItsPoliciesDo() throws {
        let policies = try (0..<300).map { try Self.grant($0, $0 % 7 == 3 ? "Deny" : "Allow") }
        let set = PolicySet(policies)
        for number in 0..<301 {
            let decision = ask(set, number)
            let expected: Decision.Outcome =
                number == 300 ? .implicitlyDenied : number % 7 == 3 ? .explicitlyDenied : .allowed
            #expect(decision.outcome == expected)
            if number < 300 { #expect(decision.statement?.policy.name == "P\(number)") }
        }
    }

    @Test func theFirstOfSeveralReasonsIsNamed() throws {
        for effect in ["Allow", "Deny"] {
            let all = try (0..<40).map {
                try policy(.identity, statement(effect, $0 % 2 == 0 ? "*" : "s3:*"), name: "\($0)")
            }
            #expect(ask(PolicySet(all), 1).statement?.policy.name == "0")
            #expect(ask(PolicySet(Array(all[1...])), 1).statement?.policy.name == "1")
            let decision = PolicyEvaluator.evaluate(
                AuthorizationRequest(principal: .user, action: "s3:GetObject", resource: object),
                PolicyInputs(identitySets: [PolicySet(Array(all[3..<5])), PolicySet(all)]), DictionaryContext([:]))
            #expect(decision.statement?.policy.name == "3")
        }
    }

    /// A set that was changed step by step is the same as one made anew, on both sides of the border of indexing.
    @Test func changesLeaveTheSetThatWouldBeMadeAnew() throws {
        var random = SeededGenerator(seed: Environment.number("POLICY_SEED") ?? UInt64.random(in: 0..<1_000_000))
        let pool = try (0..<200).map { try Self.grant($0 % 150, $0 % 5 == 0 ? "Deny" : "Allow") }
        for _ in 0..<8 {
            var list: [CompiledPolicy] = []
            var set = PolicySet()
            for _ in 0..<150 {
                let other = pool[Int.random(in: pool.indices, using: &random)]
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5 where !list.contains { $0 === other }:
                    list.append(other)
                    set = set.adding(other)
                case 5..<7:
                    list.removeAll { $0 === other }
                    set = set.removing(other)
                case 7:
                    let start = Int.random(in: 0...list.count, using: &random)
                    let end = min(list.count, start + Int.random(in: 0...3, using: &random))
                    let new = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                        pool[Int.random(in: pool.indices, using: &random)]
                    }
                    list.replaceSubrange(start..<end, with: new.filter { new in !list.contains { $0 === new } })
                    var seen: Set<ObjectIdentifier> = []
                    list = list.filter { seen.insert(ObjectIdentifier($0)).inserted }
                    set = set.replacingAll(with: list)
                default: break
                }
                try #require(set.policies.map(ObjectIdentifier.init) == list.map(ObjectIdentifier.init))
                #expect(set.count == list.count && set.isEmpty == list.isEmpty)
                let number = Int.random(in: 0..<150, using: &random)
                try #require(ask(set, number) == ask(PolicySet(list), number))
            }
        }
    }

    @Test func theSameListIsTheSameSet() throws {
        let policies = try (0..<30).map { try Self.grant($0) }
        let set = PolicySet(policies)
        #expect(set.replacingAll(with: policies) === set)
        #expect(set.removing(try Self.grant(1)) === set)
    }

    @Test func aStatementOfManyActionsAndResourcesIsFoundInALargeSet() throws {
        let actions = (0..<30).map { "\"s3:Get\($0)\"" }.joined(separator: ",")
        let resources = (0..<30).map { "\"arn:aws:s3:::bucket-\($0)/*\"" }.joined(separator: ",")
        let wide = try policy(.identity, statement("Allow", "[\(actions)]", on: "[\(resources)]"))
        let set = PolicySet(try (100..<200).map { try Self.grant($0) } + [wide])
        let request = AuthorizationRequest(
            principal: .user, action: "S3:get29", resource: "arn:aws:s3:::bucket-7/key")
        #expect(
            PolicyEvaluator.evaluate(request, PolicyInputs(identitySets: [set]), DictionaryContext([:])).isAllowed)
    }
}
