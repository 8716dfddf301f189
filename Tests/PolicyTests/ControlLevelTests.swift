import Testing

@testable import Policy

/// What an organization's policies are attached to, in explanations.
@Suite struct ControlLevelTests {
    private let request = AuthorizationRequest(
        principal: Principal(kind: .root, arn: "arn:aws:iam::111122223333:root", accountID: "111122223333"),
        action: "s3:GetObject", resource: "arn:aws:sqs:us-east-1:444455556666:q")

    private func inputs(_ path: String?) throws -> PolicyInputs {
        let everything = CompiledPolicy(
            try PolicyDocument(
                parsing: #"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#, as: .serviceControl),
            source: PolicySource(type: .serviceControl, name: "All"))
        let levels = [[everything], [everything], [everything]]
        var inputs = PolicyInputs(serviceControl: levels, resourceControl: levels)
        inputs.serviceControlPath = path
        inputs.resourceControlPath = path
        return inputs
    }

    @Test func aKnownPathNamesThem() throws {
        let inputs = try inputs("o-abc/r-root/ou-unit/")
        #expect(
            inputs.serviceControlPlaces(request).map(\.description)
                == ["root r-root", "organizational unit ou-unit", "account 111122223333"])
        #expect(inputs.resourceControlPlaces(request).last == .account("444455556666"))
        let trace = PolicyEvaluator.explain(request, inputs, DictionaryContext([:]))
        #expect(trace.lines.contains("service control policy All at organizational unit ou-unit"))
    }

    @Test(arguments: [nil, "", "o-abc/r-root/", "o-abc/r-root/ou-a/ou-b/", "///"])
    func anotherPathCountsThem(path: String?) throws {
        #expect(
            try inputs(path).serviceControlPlaces(request).map(\.description)
                == ["level 1 of 3 (root first)", "level 2 of 3 (root first)", "level 3 of 3 (root first)"])
    }
}
