import Policy
import Remedies
import Testing

@testable import PolicyCases

/// What holds of every remedy, on random policies and requests at the hard corners. The changes are made here once more, from
/// what a remedy tells its reader: the documents.
@Suite struct RandomRemedyTests {
    /// A remedy's changes to policies and grants; nil: some of it is a change of the request, or of who asks.
    private func changed(_ inputs: PolicyInputs, by remedy: Remedy) throws -> PolicyInputs? {
        var inputs = inputs
        for change in remedy.changes {
            switch change.kind {
            case .newGrant:
                let words = change.commands[0].split(separator: " ").map(String.init)
                let grantee = try #require(words.firstIndex(of: "--grantee-principal").map { words[$0 + 1] })
                inputs.grants.append(KeyGrant(grantee: grantee, operations: [try #require(words.last)]))
                continue
            case .addStatement, .newPolicy, .narrowDeny, .newSession, .detachPolicy: break
            case .signInWithMFA, .assumeRole, .tagPrincipal, .tagResource, .changeRequest: return nil
            }
            let type = try #require(change.policyType)
            // A session that is newer has the same policies.
            if change.after == nil, change.before == nil { return nil }
            let new = try change.after.map { after in
                CompiledPolicy(
                    try PolicyDocument(parsing: after, as: type), source: change.policy ?? PolicySource(type: type))
            }
            inputs = replacing(in: inputs, change, by: new)
        }
        return inputs
    }

    private func replacing(in inputs: PolicyInputs, _ change: Change, by new: CompiledPolicy?) -> PolicyInputs {
        var inputs = inputs
        var isDone = change.before == nil
        func list(_ policies: [CompiledPolicy]) -> [CompiledPolicy] {
            policies.flatMap { policy -> [CompiledPolicy] in
                guard !isDone, policy.source == change.policy, policy.document.text == change.before else {
                    return [policy]
                }
                isDone = true
                return new.map { [$0] } ?? []
            }
        }
        let added = change.before == nil ? [new].compactMap { $0 } : []
        switch change.policyType {
        case .identity: inputs.identity = list(inputs.identity) + added
        case .permissionsBoundary: inputs.boundaries = inputs.boundaries.map { list($0) + added }
        case .session: inputs.session = list(inputs.session ?? []) + added
        case .resource: inputs.resource = inputs.resource.map { list([$0]).first } ?? new
        case .roleTrust: inputs.roleTrust = inputs.roleTrust.map { list([$0]).first } ?? new
        case .serviceControl:
            var levels = (inputs.serviceControl ?? []).map(list)
            if let new = added.first {
                for (index, place) in inputs.serviceControlPlaces(request).enumerated()
                where change.title.hasSuffix(" to \(place)") {
                    levels[index].append(new)
                }
            }
            inputs.serviceControl = levels
        case .resourceControl: inputs.resourceControl = inputs.resourceControl?.map(list)
        case .endpoint, nil: break
        }
        #expect(isDone, "\(change.title): there is no such policy")
        return inputs
    }

    private let request = AuthorizationRequest(
        principal: Principal(kind: .user, accountID: "111122223333"), action: "", resource: "")

    private static let actions = [
        "s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:GetUser", "kms:Decrypt", "kms:DescribeKey",
    ]
    private static let resources = [
        "arn:aws:s3:::bucket/alice/key", "arn:aws:s3:::bucket/b", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/alice",
        "arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:iam::111122223333:user/alice",
    ]
    private static let bob = Principal(
        kind: .user, arn: "arn:aws:iam::111122223333:user/bob", accountID: "111122223333", uniqueID: "AIDABOB")

    @Test(arguments: 0..<4) func everyRemedyHelpsAndAllowsNothingElse(_ part: UInt64) throws {
        var generator = CaseGenerator(random: SeededGenerator(seed: 7_000 + part))
        var (denials, remedies, exact, combined) = (0, 0, 0, 0)
        for _ in 0..<150 {
            let made = generator.next()
            let (request, _) = made.question()
            var values: [String: ContextValue] = [:]
            for (key, found) in made.context {
                values[key] = made.lists.contains(key) ? .many(found) : .one(found.first ?? "")
            }
            let inputs = try made.inputs()
            let denied = DeniedRequest(request, inputs, context: values)
            let report = RemedySearch(denied).report()
            #expect(report.decision == denied.decision)
            guard !report.decision.isAllowed else {
                #expect(report.remedies.isEmpty)
                continue
            }
            denials += 1
            for remedy in report.remedies {
                remedies += 1
                #expect(remedy.trial.isAllowed)
                if remedy.changes.count > 1 { combined += 1 }
                guard let changed = try changed(inputs, by: remedy) else { continue }
                let context = DictionaryContext(denied.context)
                #expect(
                    PolicyEvaluator.allows(request, changed, context),
                    "\(remedy.title)\n\(remedy.changes.compactMap(\.after))\n\(denied.trace)")
                expectNothingElse(remedy, denied, changed)
                if remedy.isExact { exact += 1 }
            }
        }
        // Of a test that finds nothing, nothing is known.
        #expect(
            denials > 80 && remedies > 15 && exact > 3 && combined > 1, "\(denials) \(remedies) \(exact) \(combined)")
    }

    private func expectNothingElse(_ remedy: Remedy, _ denied: DeniedRequest, _ changed: PolicyInputs) {
        let allowsOnly = remedy.changes.allSatisfy { $0.diff.allSatisfy { $0.hasPrefix("+ ") } }
        for action in Self.actions where action.lowercased() != denied.request.action.lowercased() {
            guard allowsOnly || remedy.isExact else { break }
            var other = denied
            other.request.action = action
            expectUnchanged(other, changed, remedy)
        }
        guard remedy.isExact else { return }
        // What guards one resource is not asked about others; nor is a request for no resource.
        let isOfOne = remedy.changes.contains { change in
            change.kind == .newGrant || change.policyType == .roleTrust || change.policyType == .resource
        }
        if !isOfOne, denied.request.resource != "*" {
            for resource in Self.resources where resource != denied.request.resource {
                var other = denied
                other.request.resource = resource
                expectUnchanged(other, changed, remedy)
            }
        }
        // Nor is somebody else bound by what is the caller's own.
        let isCallersOwn = remedy.changes.contains { $0.policyType == .identity || $0.policyType == .session }
        guard !isCallersOwn, denied.request.principal.arn != Self.bob.arn else { return }
        var other = denied
        other.request.principal = Self.bob
        other.context["aws:principalarn"] = .one(Self.bob.arn)
        expectUnchanged(other, changed, remedy)
    }

    private func expectUnchanged(_ other: DeniedRequest, _ changed: PolicyInputs, _ remedy: Remedy) {
        let context = DictionaryContext(other.context)
        guard PolicyEvaluator.allows(other.request, changed, context) else { return }
        #expect(
            other.decision.isAllowed,
            """
            \(other.request.principal.arn) \(other.request.action) \(other.request.resource)
            \(remedy.title)
            \(remedy.changes.map { $0.diff.joined(separator: "\n") })
            """)
    }
}
