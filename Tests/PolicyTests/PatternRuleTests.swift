import Policy
import Testing

/// Rules 47 to 56 of Documentation/PolicyRules.md: patterns and variables.
@Suite struct PatternRules {
    @Test func rule47_actionsIgnoreCaseARNsDoNot() throws {
        let inputs = PolicyInputs(identity: [try policy(.identity, statement("Allow", "S3:gEt*"))])
        #expect(ask(.user, "s3:GetObject", object, inputs).isAllowed)
        #expect(!ask(.user, "s3:PutObject", object, inputs).isAllowed)
        #expect(try !covers("arn:aws:s3:::Bucket/key", object))
    }

    @Test func rule48_starsInSegments() throws {
        #expect(try covers("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b:c"))
        #expect(try covers("arn:aws:iam::111122223333:*", userARN))
        #expect(try covers("arn:aws:sqs:*:queue", "arn:aws:sqs:us-east-1:111122223333:queue"))
        #expect(try covers("arn:aws:logs:us-east-1:*:log-group:g", "arn:aws:logs:us-east-1:111122223333:log-group:g"))
        #expect(try covers("arn:aws:sns:us-*-1:111122223333:t", "arn:aws:sns:us-east-1:111122223333:t"))
        #expect(try !covers("arn:aws:sns:u*1:111122223333:t", "arn:aws:sns:us:1:111122223333:t"))
        #expect(try !covers("arn:aws:sns:us-east?1:111122223333:t", "arn:aws:sns:us-east:1:111122223333:t"))
        #expect(try covers("arn:aws:s3:::b?cket/k*y", "arn:aws:s3:::bücket/k:e/y"))
    }

    @Test func rule49_noWildcardInTheServiceOfAnARN() {
        #expect(throws: PolicyError.self) { try covers("arn:aws:s*:::bucket/key", object) }
    }

    @Test func rule50_shortARNs() throws {
        let queue = "arn:aws:sqs:us-east-1:111122223333:queue"
        for type in [PolicyType.identity, .session, .permissionsBoundary] {
            #expect(try covers("arn:aws:sqs", queue, type: type))
            #expect(try covers("arn:aws:sqs:us-east-1", queue, type: type))
            #expect(try !covers("arn:aws:sqs:eu-west-1", queue, type: type))
        }
        for type in [PolicyType.resource, .endpoint] {
            #expect(try covers("arn:aws:sqs:us-*", queue, type: type))
            #expect(throws: PolicyError.self) { try covers("arn:aws:sqs:us-east-1", queue, type: type) }
        }
        #expect(try covers("arn:aws:sqs:us-*", queue, type: .serviceControl))
        #expect(throws: PolicyError.self) { try covers("arn:aws:sqs:us-*-1", queue, type: .serviceControl) }
        #expect(throws: PolicyError.self) {
            try policy(.resourceControl, statement("Deny", "sqs:*", on: "arn:aws:sqs:*", principal: "*"))
        }
    }

    @Test func rule51_actionsWithoutResource() throws {
        #expect(try covers("*", "*"))
        #expect(try !covers("arn:aws:s3:::*", "*") && !covers("arn:*:s3", "*"))
        let odd = "{\"Statement\":[\(statement(on: "?"))]}"
        let document = try PolicyDocument(parsing: odd, as: .identity, strictness: .evaluable)
        let inputs = PolicyInputs(identity: [CompiledPolicy(document, source: PolicySource(type: .identity))])
        #expect(!ask(.user, "s3:ListAllMyBuckets", "*", inputs).isAllowed)
        #expect(try covers("arn:aws:s3:::x", "*", negated: true))
        #expect(try !covers("*", "*", negated: true))
    }

    @Test func rule52_variablesStandAfterTheFifthColon() throws {
        let context: [String: ContextValue] = ["aws:username": .one("alice"), "aws:PrincipalAccount": .one(account)]
        #expect(try covers("arn:aws:iam::111122223333:user/${aws:username}", userARN, context))
        #expect(try !covers("arn:aws:iam::${aws:PrincipalAccount}:user/alice", userARN, context))
        #expect(
            try holds(#"{"StringEquals":{"a:x":"${aws:username}"}}"#, ["aws:username": .one("q"), "a:x": .one("q")]))
        #expect(
            try holds(
                #"{"ArnEquals":{"a:x":"${a:arn}"}}"#, ["a:arn": .one(userARN), "a:x": .one(userARN)]))
        #expect(try !holds(#"{"NumericEquals":{"a:x":"${a:n}"}}"#, ["a:n": .one("1"), "a:x": .one("1")]))
    }

    @Test func rule53_undefinedVariable() throws {
        let pattern = "arn:aws:s3:::bucket/${aws:username}"
        #expect(try !covers(pattern, object))
        #expect(try !covers(pattern, object, negated: true))
        #expect(try !covers("[\"arn:aws:s3:::other\",\"\(pattern)\"]", object, negated: true))
        #expect(try covers("[\"\(pattern)\",\"\(object)\"]", object))
        #expect(try !holds(#"{"StringEquals":{"a:x":"${a:y}"}}"#, ["a:x": .one("${a:y}")]))
        #expect(try holds(#"{"StringNotEquals":{"a:x":"${a:y}"}}"#, ["a:x": .one("1")]))
        #expect(try holds(#"{"StringNotLike":{"a:x":["${a:y}","2"]}}"#, ["a:x": .one("1")]))
        #expect(try !holds(#"{"StringNotLike":{"a:x":["${a:y}","1"]}}"#, ["a:x": .one("1")]))
    }

    @Test func rule54_defaults() throws {
        let pattern = "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'all}'}/x"
        #expect(try covers(pattern, "arn:aws:s3:::bucket/all}/x"))
        #expect(try covers(pattern, "arn:aws:s3:::bucket/red/x", ["aws:principaltag/TEAM": .one("red")]))
        #expect(try !covers(pattern, "arn:aws:s3:::bucket/all}/x", ["aws:PrincipalTag/team": .one("red")]))
        #expect(try !covers(pattern, "arn:aws:s3:::bucket/all}/x", ["aws:PrincipalTag/team": .many(["all}"])]))
        #expect(try !covers("arn:aws:s3:::bucket/${a:b,'key'}", object), "the comma needs its space")
        #expect(try !holds(#"{"StringEquals":{"a:x":"${a:y}"}}"#, ["a:x": .one("1"), "a:y": .many(["1"])]))
    }

    @Test func rule55_escapesAndWildcardsInValues() throws {
        #expect(try covers("arn:aws:s3:::bucket/${*}", "arn:aws:s3:::bucket/*"))
        #expect(try !covers("arn:aws:s3:::bucket/${*}", object))
        #expect(try covers("arn:aws:s3:::bucket/${?}${$}{x}*", "arn:aws:s3:::bucket/?${x}yz"))
        #expect(try holds(#"{"StringEquals":{"a:x":"${*}"}}"#, ["a:x": .one("*")]))
        let hostile: [String: ContextValue] = ["aws:username": .one("*")]
        #expect(try !covers("arn:aws:s3:::bucket/${aws:username}", object, hostile), "a value is no pattern")
        #expect(try covers("arn:aws:s3:::bucket/${aws:username}", "arn:aws:s3:::bucket/*", hostile))
    }

    @Test(arguments: ["2008-10-17", nil]) func rule56_olderVersionHasNoVariables(version: String?) throws {
        let context: [String: ContextValue] = ["aws:username": .one("alice"), "a:x": .one("${aws:username}")]
        #expect(
            try !covers("arn:aws:s3:::bucket/${aws:username}", "arn:aws:s3:::bucket/alice", context, version: version))
        #expect(
            try covers(
                "arn:aws:s3:::bucket/${aws:username}", "arn:aws:s3:::bucket/${aws:username}", context, version: version)
        )
        #expect(try holds(#"{"StringEquals":{"a:x":"${aws:username}"}}"#, context, version: version))
        #expect(try covers("arn:aws:s3:::bucket/${*}", "arn:aws:s3:::bucket/${abc}", version: version))
    }
}

/// Rules 57, 58 and 61: messages and sizes. (59 and 60 are for the services that issue credentials.)
@Suite struct MessageRules {
    let request = AuthorizationRequest(
        principal: .user, action: "iam:CreateUser", resource: "arn:aws:iam::111122223333:user/x")

    @Test func rule57_implicitDeny() throws {
        let prefix =
            "User: \(userARN) is not authorized to perform: iam:CreateUser on resource: "
            + "arn:aws:iam::111122223333:user/x because no "
        let names = [
            PolicyType.identity: "identity-based policy", .resource: "resource-based policy",
            .session: "session policy", .serviceControl: "service control policy",
            .resourceControl: "resource control policy", .endpoint: "VPC endpoint policy",
            .permissionsBoundary: "permissions boundary", .roleTrust: "role trust policy",
        ]
        for (type, name) in names {
            let decision = Decision(outcome: .implicitlyDenied, policyType: type, statement: nil)
            #expect(decision.message(for: request) == prefix + name + " allows the iam:CreateUser action")
        }
        let nowhere = AuthorizationRequest(principal: .user, action: "iam:ListUsers", resource: "*")
        let text = Decision(outcome: .implicitlyDenied, policyType: .identity, statement: nil).message(for: nowhere)
        #expect(
            text == "User: \(userARN) is not authorized to perform: iam:ListUsers because no identity-based policy "
                + "allows the iam:ListUsers action")
    }

    @Test func rule58_explicitDeny() throws {
        func message(_ type: PolicyType, arn: String?) -> String {
            let source = PolicySource(type: type, name: "P", arn: arn)
            let statement = CompiledPolicy.denyingEverything(source).reference(ofStatement: 0)
            return Decision(outcome: .explicitlyDenied, policyType: type, statement: statement).message(for: request)
        }
        let arn = "arn:aws:iam::111122223333:policy/P"
        #expect(message(.identity, arn: nil).hasSuffix("user/x with an explicit deny in an identity-based policy"))
        #expect(message(.identity, arn: arn).hasSuffix("an explicit deny in an identity-based policy: \(arn)"))
        #expect(message(.serviceControl, arn: arn).hasSuffix("explicit deny in a service control policy: \(arn)"))
        #expect(message(.resourceControl, arn: arn).hasSuffix("explicit deny in a resource control policy: \(arn)"))
        #expect(message(.permissionsBoundary, arn: arn).hasSuffix("explicit deny in a permissions boundary: \(arn)"))
        #expect(message(.session, arn: arn).hasSuffix("explicit deny in a session policy: \(arn)"))
        #expect(message(.roleTrust, arn: arn).hasSuffix("explicit deny in the role trust policy"))
        #expect(message(.resource, arn: arn).hasSuffix("explicit deny in a resource-based policy"))
        #expect(message(.endpoint, arn: arn).hasSuffix("explicit deny in a VPC endpoint policy"))
    }

    @Test func rule61_whiteSpaceIsFree() throws {
        let text =
            "{ \"Version\" : \"2012-10-17\",\n\t\"Statement\":\r\n{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"} }"
        let document = try PolicyDocument(parsing: text, as: .identity)
        #expect(document.nonWhitespaceCount == text.filter { !$0.isWhitespace }.count)
    }
}
