import Policy
import Testing

/// What AWS refuses, in AWS's words, and where.
@Suite struct DocumentErrors {
    private func error(_ text: String, _ type: PolicyType = .identity) -> PolicyError? {
        do {
            _ = try PolicyDocument(parsing: text, as: type)
            return nil
        } catch {
            return error
        }
    }

    private func document(_ statement: String) -> String {
        "{\"Version\":\"2012-10-17\",\"Statement\":[\(statement)]}"
    }

    @Test(arguments: [
        "", "x", "[]", "{}", "null", "\"s\"", "{\"Version\":\"2012-10-17\"}", "# comment\n{}",
        "{\"Version\":\"2012-10-17\",\"Statement\":[]}", "{\"Version\":\"2012-10-17\",\"Statement\":[1]}",
        "{\"Version\":\"2012-10-17\",\"Statement\":\"x\"}",
        #"{"Version":"2012-10-18","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},]}"#,
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]"#,
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]} x"#,
        #"{"Version":"2012-10-17","Extra":1,"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        #"{"Version":"2012-10-17","Id":1,"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ]) func syntaxErrors(text: String) {
        #expect(error(text)?.message == "Syntax errors in policy.", "\(text)")
        #expect(error(text)?.position != nil)
        #expect(error(text)?.detail != nil)
    }

    @Test(arguments: [
        #"{"Action":"*","Resource":"*"}"#, #"{"Effect":"Permit","Action":"*","Resource":"*"}"#,
        #"{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}"#,
        #"{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}"#,
        #"{"Effect":"Allow","Action":1,"Resource":"*"}"#, #"{"Effect":"Allow","Action":["a:b",1],"Resource":"*"}"#,
        #"{"Effect":"Allow","Action":"*","Resource":"*","Conditions":{}}"#,
        #"{"Effect":"Allow","Action":"*","Action":"*","Resource":"*"}"#,
        #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":[]}"#,
        #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEqual":{"a:b":"c"}}}"#,
        #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NullIfExists":{"a:b":"true"}}}"#,
        #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForSome:StringEquals":{"a:b":"c"}}}"#,
        #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":null}}}"#,
        #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":{"c":"d"}}}}"#,
        #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":"x"}}"#,
        #"{"Effect":"Allow","Action":"*","Resource":"*","Sid":1}"#,
    ]) func syntaxErrorsInAStatement(statement: String) {
        #expect(error(document(statement))?.message == "Syntax errors in policy.", "\(statement)")
    }

    private static let vendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    private static let legacy = "The policy failed legacy parsing"

    @Test(arguments: [
        (#"{"Effect":"Allow","Resource":"*"}"#, "Policy statement must contain actions."),
        (#"{"Effect":"Allow","Action":[],"Resource":"*"}"#, "Policy statement must contain actions."),
        (#"{"Effect":"Allow","Action":"*"}"#, "Policy statement must contain resources."),
        (#"{"Effect":"Allow","Action":"*","Resource":[]}"#, "Policy statement must contain resources."),
        (
            #"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#,
            "Policy document should not specify a principal."
        ),
        (#"{"Effect":"Allow","Action":"GetObject","Resource":"*"}"#, vendor),
        (#"{"Effect":"Allow","Action":"","Resource":"*"}"#, vendor),
        (#"{"Effect":"Allow","Action":":x","Resource":"*"}"#, vendor),
        (#"{"Effect":"Allow","Action":"s3:a:b","Resource":"*"}"#, "Actions/Condition can contain only one colon."),
        (#"{"Effect":"Allow","Action":"s 3:a","Resource":"*"}"#, "Vendor s 3 is not valid"),
        (#"{"Effect":"Allow","Action":"*","Resource":"bucket"}"#, "Resource bucket must be in ARN format or \"*\"."),
        (#"{"Effect":"Allow","Action":"*","Resource":""}"#, "Resource  must be in ARN format or \"*\"."),
        (#"{"Effect":"Allow","Action":"*","NotResource":"a*"}"#, "Resource a* must be in ARN format or \"*\"."),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"arn:gcp:s3:::b"}"#,
            "Partition \"gcp\" is not valid for resource \"arn:gcp:s3:::b\"."
        ),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3*:::b"}"#,
            "Resource vendor must be fully qualified and cannot contain regexes."
        ),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"arn:aws"}"#,
            "Resource vendor must be fully qualified and cannot contain regexes."
        ),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:eu-west-1::photos"}"#,
            "Resource arn:aws:s3:eu-west-1::photos can not contain region information."
        ),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"arn:aws:route53:eu-west-1::hostedzone/Z"}"#,
            "Resource arn:aws:route53:eu-west-1::hostedzone/Z can not contain region information."
        ),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"arn:aws:route53::111122223333:hostedzone/Z"}"#,
            "Resource arn:aws:route53::111122223333:hostedzone/Z cannot contain an account id."
        ),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam:us-east-1:111122223333:user/a"}"#,
            "IAM resource arn:aws:iam:us-east-1:111122223333:user/a cannot contain region information."
        ),
        (
            #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}}"#,
            legacy
        ),
        (
            #"{"Sid":"a b","Effect":"Allow","Action":"*","Resource":"*"}"#,
            "Statement IDs (SID) must be alpha-numeric. "
                + "Check that your input satisfies the regular expression [0-9A-Za-z]*"
        ),
        (
            #"{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}"#,
            "Statement IDs (SID) in a single policy must be unique."
        ),
    ]) func permissionPolicies(statement: String, message: String) {
        #expect(error(document(statement))?.message == message)
    }

    /// A short ARN is filled up with `*`, and its first word is not looked at before its partition.
    @Test(arguments: [
        ("x:y", "Partition \"y\" is not valid for resource \"arn:y:*:*:*:*\"."),
        ("a:b:c", "Partition \"b\" is not valid for resource \"arn:b:c:*:*:*\"."),
        ("a:b:c:d:e:f:g", "Partition \"b\" is not valid for resource \"arn:b:c:d:e:f:g\"."),
        ("aws:s3:::photos", "Partition \"s3\" is not valid for resource \"arn:s3:::photos:*\"."),
        ("arn::s3", "Partition \"\" is not valid for resource \"arn::s3:*:*:*\"."),
        ("name:aws:s3:::photos", "Resource name:aws:s3:::photos must be in ARN format or \"*\"."),
        ("photos", "Resource photos must be in ARN format or \"*\"."),
    ]) func whatTheRefusedResourceIsCalled(resource: String, message: String) {
        for element in ["Resource", "NotResource"] {
            #expect(
                error(document("{\"Effect\":\"Deny\",\"Action\":\"*\",\"\(element)\":\"\(resource)\"}"))?.message
                    == message)
        }
    }

    /// What IAM's older parser can't read; AWS says no more than that.
    @Test(arguments: [
        #""Effect":"ALLOW","Action":"*","Resource":"*""#, #""Effect":"deny","Action":"*","Resource":"*""#,
        #""Effect":"Allow","Action":"*","Resource":"arn:aws:s3::photos""#,
        #""Effect":"Allow","Action":"*","NotResource":"arn:aws:s3::photos""#,
        #""Effect":"Allow","Action":"*","Resource":"arn:aws::::photos""#,
        #""Effect":"Allow","Action":"*","Resource":"arn:aws::photos""#,
        #""Effect":"Allow","Action":"*","Resource":"arn:aws:iam::<account>:role/R""#,
        #""Effect":"Allow","Action":"*","Resource":["*","arn:aws:sqs:{region}:111122223333:q"]"#,
        #""Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}"#,
        #""Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateEquals":{"d":"234-13"}}"#,
        #""Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateEquals":{"d":"2025-02-29"}}"#,
        #""Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateEquals":{"d":"2025-02-03T4:05:06+7"}}"#,
        #""Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateEquals":{"d":"2025-02-03T04:05:06.0123456789Z"}}"#,
        #""Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateEquals":{"d":"9223372036854775808"}}"#,
        // Before anything that is missing or doubled, and before what is wrong with a resource.
        #""Effect":"allow","Resource":"arn:aws:s3:eu-west-1::photos""#,
        #""Effect":"Allow","Condition":{"DateEquals":{"d":"soon"}}"#,
        #""Effect":"Allow","Resource":"arn:aws:s3::photos""#,
        #""Effect":"Allow","Action":"*","Resource":"arn:nowhere:s3:::b","Condition":{"DateEquals":{"d":"soon"}}"#,
        #""Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"aLLow""#,
    ]) func legacyParsing(members: String) {
        let text = document("{\(members)}")
        #expect(error(text)?.message == Self.legacy)
        #expect(error(text)?.position != nil && error(text)?.detail != nil)
        #expect(error(text, .session)?.message == Self.legacy)
    }

    /// AWS's order of precedence, of which each pair is one link: the first fault is named, wherever both stand.
    @Test func ofSeveralFaultsTheFirstInOrderIsNamed() {
        let good = #"{"Effect":"Allow","Action":"*","Resource":"*"}"#
        let order: [(fault: String, message: String)] = [
            (#"{"Effect":"Allow","Action":7,"Resource":"*"}"#, "Syntax errors in policy."),
            (#"{"Effect":"allow","Action":"*","Resource":"*"}"#, Self.legacy),
            (
                #"{"Sid":"s","Effect":"Deny","Action":"*","Resource":"*"},{"Sid":"s","Effect":"Deny","Action":"*","Resource":"*"}"#,
                "Statement IDs (SID) in a single policy must be unique."
            ),
            (#"{"Effect":"Allow","Resource":"*"}"#, "Policy statement must contain actions."),
            (#"{"Effect":"Allow","Action":"*"}"#, "Policy statement must contain resources."),
            (
                #"{"Effect":"Allow","Action":"*","Resource":"photos"}"#,
                "Resource photos must be in ARN format or \"*\"."
            ),
            (#"{"Effect":"Allow","Action":"s3:a:b","Resource":"*"}"#, "Actions/Condition can contain only one colon."),
        ]
        for (place, first) in order.enumerated() {
            for second in order[place...] {
                for statements in [[first, second], [second, first]] {
                    let text = document(([good] + statements.map(\.fault)).joined(separator: ","))
                    #expect(error(text)?.message == first.message, "\(text)")
                }
            }
        }
        #expect(
            error(document(#"{"Effect":"Allow","Action":"s:3:Get","Resource":"photos"}"#))?.message
                == "Resource photos must be in ARN format or \"*\".")
    }

    /// Only managed policies need the newer version; where it is missing, nothing else but the syntax matters.
    @Test(arguments: ["", #""Version":"2008-10-17","#]) func managedPoliciesAreOfTheNewerVersion(version: String) throws
    {
        func managed(_ statement: String) -> String? {
            do throws(PolicyError) {
                _ = try PolicyDocument(
                    parsing: "{\(version)\"Statement\":[\(statement)]}", as: .identity, strictness: .managed)
                return nil
            } catch {
                #expect(error.position != nil && error.detail != nil)
                return error.message
            }
        }
        let good = #"{"Effect":"Allow","Action":"*","Resource":"*"}"#
        let refusal = "Policy document must be version 2012-10-17 or greater."
        for faulty in [
            good, #"{"Effect":"denY","Action":"*","Resource":"*"}"#, #"{"Effect":"Allow"}"#,
            #"{"Sid":"s","Effect":"Allow"},{"Sid":"s","Effect":"Deny"}"#,
            #"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateEquals":{"d":"soon"}}}"#,
        ] { #expect(managed(faulty) == refusal, "\(faulty)") }
        #expect(managed("7") == "Syntax errors in policy.")
        let text = "{\(version)\"Statement\":[\(good)]}"
        for type in [PolicyType.identity, .permissionsBoundary, .session, .serviceControl] {
            #expect(try PolicyDocument(parsing: text, as: type).version == .v2008)
        }
        let trust = #"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"}"#
        #expect(error("{\(version)\"Statement\":[\(trust)]}", .roleTrust) == nil)
    }

    /// What looks wrong and is stored all the same.
    @Test(arguments: [
        #""Condition":{"StringEquals":{"a":"x"}}"#, #""Condition":{"a":{}}"#, #""Condition":{"x":{},"StringLike":{}}"#,
        #""Condition":{"DateEquals":{"d":[]}}"#, #""Condition":{"DateEquals":{"d":"01T"}}"#,
        #""Condition":{"DateEquals":{"d":"-292275054"}}"#, #""Condition":{"DateEquals":{"d":"2025-2-3t4:05:06.5+23"}}"#,
        #""Condition":{"DateEquals":{"d":"9223372036854775807"}}"#, #""Sid":"""#,
    ]) func whatLooksWrongAndIsStored(members: String) throws {
        let text = document("{\"Effect\":\"Allow\",\"Action\":\"s3: any thing\",\"Resource\":\"*\",\(members)}")
        #expect(error(text) == nil)
        #expect(throws: Never.self) { try PolicyDocument(parsing: text, as: .identity, strictness: .managed) }
        #expect(throws: Never.self) { try PolicyDocument(parsing: text, as: .identity, strictness: .evaluable) }
    }

    @Test(arguments: ["arn:aws:sqs", "arn:aws:nothing:::b", "arn:aws:ec2:region:account-id:*", "arn:aws:s3:*:*:b"])
    func resourcesThatAreStored(resource: String) {
        #expect(error(document("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"\(resource)\"}")) == nil)
    }

    /// As tried on AWS: without a subject, or with `*` alone, the role is refused; `repo:*` and lists pass.
    @Test func gitHubsProviderNeedsASubject() {
        let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
        func message(_ condition: String, effect: String = "Allow") -> String? {
            error(
                document(
                    #"{"Effect":"\#(effect)","Principal":{"Federated":"\#(provider)"},"#
                        + #""Action":"sts:AssumeRoleWithWebIdentity","Condition":{\#(condition)}}"#), .roleTrust)?
                .message
        }
        let subject = "token.actions.githubusercontent.com:sub"
        let refusal =
            "Trust policy with trusted principal \(provider) must evaluate, using StringEquals, StringLike or "
            + "StringEqualsIgnoreCase, \(subject) or token.actions.githubusercontent.com:job_workflow_ref which is not "
            + "scoped to all."
        let refused = [
            "", #""StringLike":{"\#(subject)":"*"}"#, #""StringNotEquals":{"\#(subject)":"repo:a/b"}"#,
            #""StringEqualsIfExists":{"\#(subject)":"repo:a/b"}"#,
            #""StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}"#,
        ]
        for condition in refused { #expect(message(condition) == refusal, "\(condition)") }
        let accepted = [
            #""StringLike":{"\#(subject)":"repo:*"}"#, #""StringLike":{"\#(subject)":["repo:acme/x","*"]}"#,
            #""StringEquals":{"token.actions.githubusercontent.com:job_workflow_ref":"a/b"}"#,
        ]
        for condition in accepted { #expect(message(condition) == nil, "\(condition)") }
        #expect(message("", effect: "Deny") == nil)
    }

    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#trust-policies>
    @Test func cognitosIdentityPoolsNeedAnAudience() {
        let provider = "cognito-identity.amazonaws.com"
        func message(_ condition: String) -> String? {
            error(
                document(
                    #"{"Effect":"Allow","Principal":{"Federated":"\#(provider)"},"#
                        + #""Action":"sts:AssumeRoleWithWebIdentity","Condition":{\#(condition)}}"#), .roleTrust)?
                .message
        }
        for condition in [
            "", #""ForAnyValue:StringLike":{"\#(provider):amr":"authenticated"}"#,
            #""StringLike":{"\#(provider):aud":"*"}"#,
        ] {
            #expect(message(condition)?.contains("must evaluate") == true, "\(condition)")
        }
        #expect(message(#""StringEquals":{"\#(provider):aud":"us-east-1:0"}"#) == nil)
    }

    @Test func iamResourcePaths() {
        func message(_ resource: String) -> String? {
            error(document("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"\(resource)\"}"))?.message
        }
        #expect(
            message("arn:aws:iam::111122223333:usr/a")?.hasPrefix("IAM resource path must either be \"*\", root, or")
                == true)
        #expect(message("arn:aws:iam::111122223333:root/x")?.hasPrefix("IAM resource path must either be") == true)
        for good in [
            "user/a", "*", "u*", "${aws:x}", "role/a/b", "access-report/*", "root", "user/${aws:username}",
            "delegation-request/dr-1",
        ] {
            #expect(message("arn:aws:iam::111122223333:\(good)") == nil, "\(good)")
        }
        #expect(message("arn:aws:iam::*:*") == nil)
    }

    @Test func leadingSpace() {
        let text = " " + document(#"{"Effect":"Allow","Action":"*","Resource":"*"}"#)
        #expect(error(text)?.message == Self.legacy)
        #expect(error(text, .session) == nil)
        let trust = "\n" + document(#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"}"#)
        #expect(error(trust, .roleTrust)?.message == "JSON strings must not have leading spaces")
        // Broken JSON is seen first.
        #expect(error(" {", .roleTrust)?.message == "This policy contains invalid Json")
        #expect(error(" {")?.message == "Syntax errors in policy.")
    }

    @Test(arguments: [
        (
            #"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"}"#,
            "Has prohibited field Resource"
        ),
        (
            #"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","NotResource":"*"}"#,
            "Has prohibited field NotResource"
        ),
        (#"{"Effect":"Deny","Action":"sts:AssumeRole","NotPrincipal":"*"}"#, "Has prohibited field NotPrincipal"),
        (#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#, "Missing required field Principal"),
        (#"{"Effect":"Allow","Principal":"*"}"#, "Missing required field Action"),
        (#"{"Action":"sts:AssumeRole","Principal":"*"}"#, "Missing required field Effect"),
        (#"{"Effect":"Allow","Action":[],"Principal":"*"}"#, "Missing required field Action cannot be empty!"),
        (
            #"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":[]}}"#,
            "Missing required field Principal cannot be empty!"
        ),
        (
            #"{"Effect":"Allow","Action":"s3:GetObject","Principal":"*"}"#,
            "AssumeRole policy may only specify STS AssumeRole actions."
        ),
        (
            #"{"Effect":"Allow","Action":"sts:GetFederationToken","Principal":"*"}"#,
            "AssumeRole policy may only specify STS AssumeRole actions."
        ),
        (
            #"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"alice"}}"#,
            "Invalid principal in policy: \"AWS\":\"alice\""
        ),
        (
            #"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"*"}}"#,
            "Invalid principal in policy: \"SERVICE\":\"*\""
        ),
        (
            #"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":"x"}}"#,
            "Federated principals must be valid domain names or SAML metadata ARNs"
        ),
        (#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Actions":"x"}"#, "Unknown field Actions"),
        (#"{"Effect":"Yes","Action":"sts:AssumeRole","Principal":"*"}"#, "Invalid effect: Yes"),
        (
            #"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringLik":{"a:b":"c"}}}"#,
            "Invalid Condition type : StringLik"
        ),
    ]) func trustPolicies(statement: String, message: String) {
        #expect(error(document(statement), .roleTrust)?.message == message)
    }

    @Test func otherTypes() {
        #expect(error("# no\n", .roleTrust)?.message == "This policy contains invalid Json")
        #expect(error("{\"Statement\":[]}", .resource)?.message == "Could not parse the policy: Statement is empty!")
        #expect(error("{}", .resource)?.message == "Missing required field Statement")
        #expect(error("x", .session)?.message == "The policy is not in the valid JSON format.")
        let control = "The provided policy document does not meet the requirements of the specified policy type."
        #expect(error("x", .serviceControl)?.message == control)
        #expect(
            error(document(#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#), .serviceControl)?.message
                == control)
        #expect(
            error(document(#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"b"}"#), .resource)?.message
                == "Policy has invalid resource")
        // Services other than IAM take any Sid.
        #expect(
            error(
                document(#"{"Sid":"Enable IAM","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#),
                .resource) == nil)
    }

    @Test func positionsAreThoseOfTheFault() throws {
        let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"é\","
        let fault = try #require(error(text + "\n\t\"Resource\": \"*\"}}"))
        #expect(fault.position?.line == 3)
        #expect(fault.position?.column == 46)
        #expect(fault.position?.offset == text.utf8.count - 5)
        #expect(fault.description.hasPrefix("3:46: Actions/Conditions must"))
    }

    @Test func nothingIsLost() throws {
        let text = """
            {"Version":"2012-10-17","Id":"i","Statement":{"Sid":"S1","Effect":"Deny",
             "NotPrincipal":{"AWS":["111122223333","*"],"Service":"s3.amazonaws.com"},"NotAction":["s3:Get*"],
             "NotResource":"arn:aws:s3:::b\\u00e9\\"","Condition":{"Bool":{"aws:x":false},"NumericEquals":{"a:b":[1e3,"2"]}}}}
            """
        let document = try PolicyDocument(parsing: text, as: .resource)
        let statement = try #require(document.statements.first)
        #expect(document.text == text && document.id == "i" && document.version == .v2012)
        #expect(statement.sid?.value == "S1" && statement.effect == .deny && statement.index == 0)
        #expect(statement.principals?.isNegated == true && statement.actions.isNegated)
        #expect(document.principals[0].map(\.type) == ["AWS", "AWS", "Service"])
        #expect(document.principals[0].map(\.value) == ["111122223333", "*", "s3.amazonaws.com"])
        #expect(statement.resources?.values.map(\.value) == ["arn:aws:s3:::bé\""])
        #expect(statement.conditions.map(\.operatorName.value) == ["Bool", "NumericEquals"])
        #expect(statement.conditions.map { $0.values.map(\.value) } == [["false"], ["1e3", "2"]])
        let position = statement.actions.values[0].position
        #expect(position.line == 2)
        #expect(text.utf8.dropFirst(position.offset).starts(with: "\"s3:Get*\"".utf8))
    }
}

/// What is still refused, and what is not, when a document is only to be evaluated.
@Suite struct EvaluableDocuments {
    @Test(arguments: [
        (
            "\n{\"Statement\":{\"Sid\":\"a b\",\"Effect\":\"Allow\",\"Action\":\"x\",\"Resource\":\"y\"}}",
            PolicyType.identity
        ),
        ("{\"Statement\":{\"Effect\":\"Deny\",\"NotAction\":\"s3:*\",\"Resource\":\"arn:aws:s3\"}}", .resourceControl),
        ("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Principal\":{\"AWS\":\"me\"}}}", .roleTrust),
    ]) func whatAWSWouldNotStore(text: String, type: PolicyType) throws {
        #expect(throws: PolicyError.self) { try PolicyDocument(parsing: text, as: type) }
        #expect(try PolicyDocument(parsing: text, as: type, strictness: .evaluable).statements.count == 1)
    }

    @Test(arguments: [
        "{}", "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"x\"}}",
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"x\",\"Resource\":\"*\",\"Conditions\":{}}}",
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"x\",\"Resource\":\"*\",\"Condition\":{\"Is\":{\"a:b\":\"c\"}}}}",
    ]) func whatHasNoMeaning(text: String) {
        #expect(throws: PolicyError.self) { try PolicyDocument(parsing: text, as: .identity, strictness: .evaluable) }
    }
}
