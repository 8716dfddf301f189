import Learning
import Testing

@testable import AccessAnalyzerService

@Suite struct PolicyTemplatesTests {
    @Test func placeholdersAreThoseOfTheKindsThatWereSeen() {
        let made = PolicyTemplates().withPlaceholders([
            ObservedAccess("s3:ListBucket", on: "arn:aws:s3:::box"), ObservedAccess("s3:ListAllMyBuckets", on: "*"),
            ObservedAccess("s3:ListBucket", on: "arn:aws:s3:::other"),
            ObservedAccess("lambda:GetFunction", on: "arn:aws:lambda:us-east-1:111122223333:function:f"),
        ])
        #expect(
            made == [
                """
                {"Version":"2012-10-17","Statement":[\
                {"Sid":"SupportedServiceSid0","Effect":"Allow","Action":["s3:ListAllMyBuckets"],"Resource":"*"},\
                {"Sid":"SupportedServiceSid1","Effect":"Allow","Action":["lambda:GetFunction"],\
                "Resource":["arn:aws:lambda:${Region}:${Account}:function:${FunctionName}"]},\
                {"Sid":"SupportedServiceSid2","Effect":"Allow","Action":["s3:ListBucket"],\
                "Resource":["arn:aws:s3:::${BucketName}"]}]}
                """
            ])
        #expect(PolicyTemplates().withPlaceholders([ObservedAccess]()).isEmpty)
    }

    @Test func servicesAsAWhole() {
        #expect(PolicyTemplates().serviceLevel([]) == nil)
        #expect(
            PolicyTemplates().serviceLevel(["sns", "sqs"])
                == #"{"Version":"2012-10-17","Statement":[{"Sid":"ServiceLevelSid0","Effect":"Allow","Action":["sns:*","sqs:*"],"Resource":"*"}]}"#
        )
    }
}
