import CustomChecks
import Policy
import Reasoning
import Testing

/// What custom policy checks answer, down to AWS's words.
@Suite struct CustomCheckTests {
    private func policy(_ statements: String..., type: PolicyType = .identity) throws -> SymbolicPolicy {
        let list = statements.map { "{\($0)}" }.joined(separator: ",")
        let text = #"{"Version":"2012-10-17","Statement":[\#(list)]}"#
        let document = try PolicyDocument(parsing: text, as: type, strictness: .evaluable)
        return SymbolicPolicy(CompiledPolicy(document, source: PolicySource(type: type, name: "policy")))
    }

    /// AWS CLI reference, `accessanalyzer/check-no-new-access.html`.
    @Test func newAccessInACLIExample() throws {
        let resources = #""Resource":["arn:aws:s3:::amzn-s3-demo-bucket","arn:aws:s3:::amzn-s3-demo-bucket/*"]"#
        let old = try policy(#""Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],\#(resources)"#)
        let new = try policy(
            #""Effect":"Allow","Action":["s3:GetObject","s3:GetObjectAcl","s3:ListBucket"],\#(resources)"#)
        let verdict = CustomCheck.noNewAccess(since: old).verdict(on: new)
        #expect(verdict.result == .fail)
        #expect(verdict.message == "The modified permissions grant new access compared to your existing policy.")
        #expect(verdict.reasons.map(\.description) == ["New access in the statement with index: 0."])
        #expect(verdict.reasons.map(\.statementIndex) == [0])
        #expect(verdict.reasons.map(\.statementID) == [nil])
        let same = CustomCheck.noNewAccess(since: new).verdict(on: old)
        #expect(same.result == .pass && same.reasons.isEmpty)
        #expect(same.message == "The modified permissions do not grant new access compared to your existing policy.")
    }

    /// API reference, `API_CheckAccessNotGranted.html`, its third example.
    @Test func accessThatIsGranted() throws {
        let bucket = try policy(
            #""Sid":"AllowJohnDoe","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/JohnDoe"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::my-bucket/*""#,
            type: .resource)
        let verdict = CustomCheck.accessNotGranted(actions: [], resources: ["arn:aws:s3:::my-bucket/*"])
            .verdict(on: bucket)
        #expect(
            verdict.message
                == "The policy document grants access to perform one or more of the listed actions or resources.")
        #expect(
            verdict.reasons.map(\.description)
                == ["One or more of the listed actions or resources in the statement with sid: AllowJohnDoe."])
        #expect(verdict.reasons.map(\.statementID) == ["AllowJohnDoe"])
    }

    /// API reference, `API_CheckNoPublicAccess.html`, its two examples, which name no resource.
    @Test func publicAccess() throws {
        let toJohn = try policy(
            #""Sid":"Bob","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/JohnDoe"},"Action":["s3:GetObject"]"#,
            type: .resource)
        let pass = CustomCheck.noPublicAccess.verdict(on: toJohn)
        #expect(pass.result == .pass)
        #expect(pass.message == "The resource policy does not grant public access for the given resource type.")
        let toAll = try policy(
            #""Sid":"Bob","Effect":"Allow","Principal":"*","Action":["s3:GetObject"]"#, type: .resource)
        let fail = CustomCheck.noPublicAccess.verdict(on: toAll)
        #expect(fail.message == "The resource policy grants public access for the given resource type.")
        #expect(
            fail.reasons.map(\.description) == ["Public access granted in the following statement with sid: Bob."])
    }

    /// A function URL without authentication is open to everybody, and so is a key that may be used through a service.
    @Test(
        arguments: [
            #""Action":"lambda:InvokeFunctionUrl","Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}"#,
            #""Action":"kms:Decrypt","Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}"#,
        ]) func whatDoesNotSayWho(elements: String) throws
    {
        let open = try policy(#""Effect":"Allow","Principal":"*","Resource":"*",\#(elements)"#, type: .resource)
        #expect(CustomCheck.noPublicAccess.verdict(on: open).result == .fail)
    }

    @Test func everyStatementThatGrantsItIsNamedAndNoOther() throws {
        let old = try policy(#""Effect":"Allow","Action":"s3:Get*","Resource":"*""#)
        let new = try policy(
            #""Effect":"Allow","Action":"s3:GetObject","Resource":"*""#,
            #""Sid":"Put","Effect":"Allow","Action":"s3:Put*","Resource":"*""#,
            #""Effect":"Deny","Action":"s3:PutObject","Resource":"*""#,
            #""Effect":"Allow","Action":"s3:PutObject","Resource":"*""#,
            #""Effect":"Allow","Action":["sqs:SendMessage","s3:GetObject"],"Resource":"*""#)
        let verdict = CustomCheck.noNewAccess(since: old).verdict(on: new)
        #expect(verdict.reasons.map(\.statementIndex) == [1, 4])
        #expect(
            verdict.reasons.map(\.description)
                == ["New access in the statement with sid: Put.", "New access in the statement with index: 4."])
        #expect(verdict.reasons.last?.witness.request.action == "sqs:SendMessage")
    }

    /// A statement for one principal is no reason for what another gets.
    @Test func aStatementIsAskedOnlyForThoseWhomItNames() throws {
        let bucket = try policy(
            #""Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/JohnDoe"},"Action":"s3:*","Resource":"*""#,
            #""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*""#,
            #""Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"*""#, type: .resource)
        #expect(CustomCheck.noPublicAccess.verdict(on: bucket).reasons.map(\.statementIndex) == [1, 2])
    }

    @Test func whatIsNotDecidedIsNeverAPass() throws {
        let hard = try policy(
            #""Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:prefix":"${aws:username}x"},"NumericLessThan":{"s3:prefix":"5"}}"#
        )
        let nothing = try policy(#""Effect":"Deny","Action":"*","Resource":"*""#)
        let verdict = CustomCheck.noNewAccess(since: nothing).verdict(on: hard)
        #expect(verdict.result == .unknown)
        #expect(verdict.doubt != nil && verdict.reasons.isEmpty)
    }

    /// What the documentation of `CustomCheck` shows.
    @Test func theExampleOfTheDocumentation() throws {
        let old = try policy(#""Effect":"Allow","Action":"s3:GetObject","Resource":"*""#)
        let new = try policy(#""Effect":"Allow","Action":"s3:*","Resource":"*""#)
        let verdict = CustomCheck.noNewAccess(since: old).verdict(on: new)
        print(verdict.result.rawValue, verdict.message)
        for reason in verdict.reasons { print(reason.description) }
        #expect(verdict.reasons.count == 1)
    }
}
