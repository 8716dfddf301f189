import Policy
import Testing

/// What the documentation of `Policy` shows. `Tests/Clients/test_documentation.py` holds the two together.
struct PolicyExamples {
    let text = """
        {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::home/${aws:username}/*"}]}
        """

    func compiled(_ text: String, as type: PolicyType = .identity, name: String = "") throws -> CompiledPolicy {
        CompiledPolicy(
            try PolicyDocument(parsing: text, as: type), source: PolicySource(type: type, name: name))
    }

    func statement(_ effect: String, _ action: String) -> String {
        "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"\(effect)\", \"Action\": \"\(action)\", \"Resource\": \"*\"}}"
    }

    @Test func fromTextToDecision() throws {
        let document = try PolicyDocument(parsing: text, as: .identity)
        let policy = CompiledPolicy(document, source: PolicySource(type: .identity, name: "ReadHome"))
        let request = AuthorizationRequest(
            principal: Principal(kind: .user, arn: "arn:aws:iam::111122223333:user/alice", accountID: "111122223333"),
            action: "s3:GetObject", resource: "arn:aws:s3:::home/alice/notes.txt")
        let context = DictionaryContext(["aws:username": .one("alice")])
        let decision = PolicyEvaluator.evaluate(request, PolicyInputs(identity: [policy]), context)
        if !decision.isAllowed { print(decision.message(for: request)) }
        #expect(decision.summary == "allowed by identity-based policy ReadHome, statement 1")
        let mallory = DictionaryContext(["aws:username": .one("mallory")])
        #expect(!PolicyEvaluator.allows(request, PolicyInputs(identity: [policy]), mallory))
    }

    @Test func documents() throws {
        let document = try PolicyDocument(parsing: text, as: .identity)
        for statement in document.statements {
            print(statement.position, statement.effect.rawValue, statement.actions.values.map(\.value))
        }
        let statement = try #require(document.statements.first)
        #expect(statement.position.description == "2:3")
        #expect(statement.actions.values.map(\.position.description) == ["2:33"])
        #expect(document.version == .v2012 && document.id == nil)
    }

    @Test func errors() {
        let text = """
            {
              "Version": "2012-10-17",
              "Statement": [{"Efect": "Allow", "Action": "s3:*", "Resource": "*"}]
            }
            """
        do throws(PolicyError) {
            _ = try PolicyDocument(parsing: text, as: .identity)
            Issue.record("It is not refused.")
        } catch {
            print(error)
            #expect(error.message == "Syntax errors in policy.")
            #expect(error.position?.description == "3:18")
            #expect(
                error.description
                    == #"3:18: Syntax errors in policy. ("Efect" is not an element of the policy language)"#)
        }
    }

    @Test func outcomes() throws {
        let request = AuthorizationRequest(
            principal: Principal(kind: .user, arn: "arn:aws:iam::111122223333:user/ann", accountID: "111122223333"),
            action: "iam:CreateUser", resource: "arn:aws:iam::111122223333:user/bob")
        let inputs = PolicyInputs(identity: [try compiled(statement("Deny", "iam:*"))])
        let context = DictionaryContext([:])
        let decision = PolicyEvaluator.evaluate(request, inputs, context)
        switch decision.outcome {
        case .allowed: print("yes")
        case .explicitlyDenied, .implicitlyDenied: print(decision.message(for: request))
        }
        #expect(decision.outcome == .explicitlyDenied)
        let silent = PolicyEvaluator.evaluate(request, PolicyInputs(), context)
        #expect(
            silent.message(for: request)
                == "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: iam:CreateUser on resource: "
                + "arn:aws:iam::111122223333:user/bob because no identity-based policy allows the iam:CreateUser action"
        )
    }

    @Test func everyTypeOfPolicyHasItsPlace() throws {
        let readHome = try compiled(statement("Allow", "s3:*"))
        let developers = try compiled(statement("Allow", "*"), as: .permissionsBoundary)
        let fullAccess = try compiled(statement("Allow", "*"), as: .serviceControl, name: "FullAWSAccess")
        let noBilling = try compiled(statement("Allow", "s3:*"), as: .serviceControl)
        var inputs = PolicyInputs(identity: [readHome], boundaries: [developers])
        inputs.serviceControl = [[fullAccess], [noBilling]]  // the root's policies, then the account's
        let request = AuthorizationRequest(
            principal: Principal(kind: .user, arn: "arn:aws:iam::111122223333:user/ann", accountID: "111122223333"),
            action: "s3:GetObject", resource: "arn:aws:s3:::home/x")
        #expect(PolicyEvaluator.allows(request, inputs, DictionaryContext([:])))
        inputs.boundaries = []
        #expect(PolicyEvaluator.evaluate(request, inputs, DictionaryContext([:])).policyType == .permissionsBoundary)
    }

    @Test func context() throws {
        let context = DictionaryContext([
            "aws:username": .one("alice"), "aws:MultiFactorAuthPresent": .one("true"),
            "aws:TagKeys": .many(["team", "stage"]),
        ])
        #expect(context.value(of: "aws:UserName") == .one("alice"))
        #expect(context.value(of: "aws:SourceIp") == nil)
    }

    /// A context that works a key's value out when a policy asks for it.
    struct ClockContext: RequestContext {
        let user: String
        let currentTime: @Sendable () -> String

        func value(of key: ConditionKey) -> ContextValue? {
            switch key.name {
            case "aws:username": .one(user)
            case "aws:currenttime": .one(currentTime())
            default: nil
            }
        }
    }

    @Test func sets() throws {
        let readOnly = try compiled(statement("Allow", "s3:Get*"), name: "ReadOnly")
        let noSecrets = try compiled(statement("Deny", "s3:GetObjectAcl"), name: "NoSecrets")
        let request = AuthorizationRequest(
            principal: Principal(kind: .user, arn: "arn:aws:iam::111122223333:user/ann", accountID: "111122223333"),
            action: "s3:GetObjectAcl", resource: "arn:aws:s3:::home/x")
        let context = DictionaryContext([:])
        let attached = PolicySet([readOnly, noSecrets])
        let isAllowed = PolicyEvaluator.allows(request, PolicyInputs(identitySets: [attached]), context)
        let detached = attached.replacingAll(with: [readOnly])
        #expect(!isAllowed)
        #expect(PolicyEvaluator.allows(request, PolicyInputs(identitySets: [detached]), context))
    }

    @Test func contextsOfOnesOwn() throws {
        let policy = try compiled(
            """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
             "Condition": {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}}}
            """)
        let request = AuthorizationRequest(
            principal: Principal(kind: .user, arn: "arn:aws:iam::111122223333:user/ann", accountID: "111122223333"),
            action: "s3:GetObject", resource: "arn:aws:s3:::home/x")
        for (time, isAllowed) in [("2026-12-31T23:59:59Z", true), ("2027-01-01T00:00:00Z", false)] {
            let context = ClockContext(user: "ann") { time }
            #expect(PolicyEvaluator.allows(request, PolicyInputs(identity: [policy]), context) == isAllowed)
        }
    }

    @Test func explanations() throws {
        let policy = try compiled(text, name: "ReadHome")
        let request = AuthorizationRequest(
            principal: Principal(kind: .user, arn: "arn:aws:iam::111122223333:user/alice", accountID: "111122223333"),
            action: "s3:PutObject", resource: "arn:aws:s3:::home/alice/notes.txt")
        let context = DictionaryContext(["aws:username": .one("alice")])
        let trace = PolicyEvaluator.explain(request, PolicyInputs(identity: [policy]), context)
        for line in trace.lines { print(line) }
        #expect(trace.lines.last == "  statement 1 (line 2), Allow: does not apply: action not matched")
    }
}
