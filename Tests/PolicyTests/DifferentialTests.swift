import Policy
import Testing

/// The engine against the slow evaluator of `ReferenceEvaluator.swift`, on random cases.
@Suite struct Differential {
    /// Set `POLICY_SEED` and `POLICY_CASES` to repeat or to widen a run.
    @Test(arguments: 0..<4) func engineAgreesWithReference(shard: Int) throws {
        let seed = (Environment.number("POLICY_SEED") ?? UInt64.random(in: 0..<1_000_000)) &* 4 &+ UInt64(shard)
        let count = Environment.number("POLICY_CASES") ?? 25_600
        var generator = CaseGenerator(random: SeededGenerator(seed: seed))
        var seen: [RefOutcome: Int] = [:]
        var number: UInt64 = 0
        while number < count {
            var testCase = generator.next()
            let inputs = try testCase.inputs()
            // Policies cost more to make than to ask, so each set answers several requests.
            for variant in 0..<16 {
                if variant > 0 { testCase = generator.variant(of: testCase) }
                number += 1
                let expected = testCase.decide()
                seen[expected, default: 0] += 1
                let (request, context) = try testCase.question()
                let decision = PolicyEvaluator.evaluate(request, inputs, context)
                if variant > 0, decision.outcome.rawValue == expected.rawValue { continue }
                let trace = PolicyEvaluator.explain(request, inputs, context)
                if decision.outcome.rawValue != expected.rawValue || !trace.isConsistent || trace.decision != decision {
                    Issue.record("seed \(seed), case \(number): expected \(expected)\n\(testCase)\n\(trace)")
                    return
                }
            }
        }
        print("policy: seed \(seed), \(count) cases agree: \(seen.map { "\($0.key) \($0.value)" }.sorted())")
        // The cases must be worth their time.
        for outcome in [RefOutcome.allowed, .explicitlyDenied, .implicitlyDenied] {
            #expect(seen[outcome, default: 0] > Int(count / 20))
        }
    }
}

extension Trace {
    /// Whether the statements that the trace calls matching bear the decision out.
    fileprivate var isConsistent: Bool {
        let denies = policies.contains { $0.hasMatch(effect: "Deny") }
        switch decision.outcome {
        case .explicitlyDenied: return denies && decision.statement != nil
        case .implicitlyDenied: return !denies && decision.statement == nil && decision.policyType != nil
        case .allowed:
            guard let statement = decision.statement else { return !denies }
            return !denies
                && policies.contains { policy in
                    policy.source == statement.policy
                        && policy.statements.contains {
                            $0.index == statement.index && $0.applies && $0.effect == "Allow"
                        }
                }
        }
    }
}

extension RefCase {
    func question() throws -> (AuthorizationRequest, DictionaryContext) {
        let kinds: [RefCaller.Kind: Principal.Kind] = [
            .root: .root, .user: .user, .session: .roleSession, .federated: .federatedUser, .service: .service,
            .anonymous: .anonymous,
        ]
        let principal = Principal(
            kind: try #require(kinds[caller.kind]), arn: caller.arn, accountID: caller.account, roleARN: caller.role,
            parentUserARN: caller.parent, uniqueID: caller.id, service: caller.service,
            isServiceLinkedRole: caller.isServiceLinked)
        let request = AuthorizationRequest(
            principal: principal, action: action, resource: resource, resourceAccount: resourceAccount)
        var values: [String: ContextValue] = [:]
        for (key, found) in context {
            values[key] = lists.contains(key) ? .many(found) : .one(found.first ?? "")
        }
        return (request, DictionaryContext(values))
    }

    func inputs() throws -> PolicyInputs {
        var inputs = PolicyInputs(
            identity: try identity.map { try $0.compiled() }, resource: try resourcePolicy?.compiled(),
            roleTrust: try trust?.compiled(), boundaries: try boundaries?.map { try $0.compiled() },
            session: try sessions?.map { try $0.compiled() },
            serviceControl: try scps?.map { try $0.map { try $0.compiled() } },
            resourceControl: try rcps?.map { try $0.map { try $0.compiled() } },
            endpoint: try endpoints?.map { try $0.compiled() },
            grants: grants.map { grant in
                KeyGrant(
                    grantee: grant.grantee, operations: grant.operations,
                    constraints: KeyGrant.Constraints(
                        encryptionContextEquals: grant.equals, encryptionContextSubset: grant.subset,
                        sourceARN: grant.source))
            },
            restrictsPublicBuckets: blocksPublicAccess)
        inputs.accessControlList = try list?.compiled()
        inputs.resourceOnlyDenies = isOfAnother
        inputs.requiredPolicy = isOfGuardedType ? .resource : nil
        inputs.ignoresResourceSide = ignoresResourceSide
        return inputs
    }
}

extension RefPolicy {
    private var type: PolicyType {
        switch kind {
        case .identity: .identity
        case .resource: .resource
        case .boundary: .permissionsBoundary
        case .session: .session
        case .scp: .serviceControl
        case .rcp: .resourceControl
        case .endpoint: .endpoint
        case .trust: .roleTrust
        }
    }

    func compiled() throws -> CompiledPolicy {
        CompiledPolicy(try PolicyDocument(parsing: json, as: type), source: PolicySource(type: type, name: json))
    }

    private var json: String {
        let body = statements.map(\.json).joined(separator: ",")
        return "{\(isNew ? "\"Version\":\"2012-10-17\"," : "")\"Statement\":[\(body)]}"
    }
}

extension RefStatement {
    fileprivate var json: String {
        var members = ["\"Effect\":\"\(allows ? "Allow" : "Deny")\""]
        if let principals {
            var byType: [String: [String]] = [:]
            for (type, value) in principals { byType[type, default: []].append(value) }
            let value =
                byType["*"] != nil
                ? "\"*\"" : "{\(byType.map { "\(quoted($0.key)):\(list($0.value))" }.sorted().joined(separator: ","))}"
            members.append("\"\(notPrincipal ? "NotPrincipal" : "Principal")\":\(value)")
        }
        members.append("\"\(notAction ? "NotAction" : "Action")\":\(list(actions))")
        if let resources { members.append("\"\(notResource ? "NotResource" : "Resource")\":\(list(resources))") }
        if !conditions.isEmpty {
            var blocks: [String: [String]] = [:]
            for condition in conditions {
                blocks[condition.op, default: []].append("\(quoted(condition.key)):\(list(condition.values))")
            }
            let text = blocks.map { "\(quoted($0.key)):{\($0.value.joined(separator: ","))}" }.sorted()
            members.append("\"Condition\":{\(text.joined(separator: ","))}")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private func list(_ values: [String]) -> String {
        values.count == 1 ? quoted(values[0]) : "[\(values.map(quoted).joined(separator: ","))]"
    }

    private func quoted(_ text: String) -> String { "\"\(text)\"" }
}
