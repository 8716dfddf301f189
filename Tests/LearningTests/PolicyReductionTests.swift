import Learning
import Testing

@Suite struct PolicyReductionTests {
    private func reduce(
        _ statements: String, keeping used: Set<String>
    ) throws -> PolicyReduction.Outcome {
        try PolicyReduction().reduce(#"{"Version":"2012-10-17","Statement":\#(statements)}"#) { service, action in
            used.contains("\(service):\(action)")
        }
    }

    private func document(_ statements: String) -> PolicyReduction.Outcome {
        .reduced(#"{"Version":"2012-10-17","Statement":\#(statements)}"#)
    }

    @Test func unusedActionsAreTakenOut() throws {
        let old = """
            [{"Sid":"a","Effect":"Allow","Action":["s3:Get*","kms:ListKeys"],"Resource":"arn:aws:s3:::box/*"},\
            {"Effect":"Allow","Action":"sqs:*","Resource":"*"},\
            {"Effect":"Allow","Action":"iam:GetUser","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]
            """
        let new = """
            [{"Sid":"a","Effect":"Allow","Action":["s3:GetBucketAcl","s3:GetObject"],"Resource":"arn:aws:s3:::box/*"},\
            {"Effect":"Allow","Action":"iam:GetUser","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]
            """
        #expect(
            try reduce(old, keeping: ["s3:GetObject", "s3:GetBucketAcl", "iam:GetUser", "s3:PutObject"])
                == document(new))
    }

    @Test func whatIsUsedAsAWholeStaysAsItIs() throws {
        let old = #"{"Effect":"Allow","Action":["iam:getuser","kms:Encrypt"],"Resource":"*"}"#
        #expect(try reduce(old, keeping: ["iam:GetUser", "kms:Encrypt"]) == .unchanged)
        #expect(try reduce(old, keeping: []) == .nothing)
        // Of a service that nobody knows nothing is known to be unused.
        #expect(try reduce(#"{"Effect":"Allow","Action":"own:Thing","Resource":"*"}"#, keeping: []) == .unchanged)
    }

    @Test func wildcardsInServicesAreTakenApart() throws {
        let old = #"{"Effect":"Allow","Action":"*","Resource":"*"}"#
        #expect(
            try reduce(old, keeping: ["iam:GetUser", "kms:Encrypt"])
                == document(#"[{"Effect":"Allow","Action":["iam:GetUser","kms:Encrypt"],"Resource":"*"}]"#))
    }

    @Test func denialsStay() throws {
        let deny = #"{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}"#
        #expect(
            try reduce("[\(deny),{\"Effect\":\"Allow\",\"Action\":\"iam:*\",\"Resource\":\"*\"}]", keeping: [])
                == document("[\(deny)]"))
    }

    @Test func allButSomeActionsCantBeReduced() {
        let old = #"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#
        #expect(throws: PolicyReduction.Refusal.notAction) { try reduce(old, keeping: []) }
        #expect(throws: PolicyReduction.Refusal.unreadable) { try PolicyReduction().reduce("[]") { _, _ in true } }
    }
}
