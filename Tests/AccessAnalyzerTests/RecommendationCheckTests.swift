import Learning
import Testing

@testable import AccessAnalyzerService

/// A recommendation that would allow something new, or take something that is used, is never shown.
@Suite struct RecommendationCheckTests {
    private func policy(_ action: String, _ resource: String = "*") -> String {
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"\#(action)","Resource":"\#(resource)"}}"#
    }

    private let check = RecommendationCheck(accesses: [
        ObservedAccess("s3:GetObject", on: "arn:aws:s3:::box/a"), ObservedAccess("iam:GetUser", on: "*"),
    ])

    @Test func lessThatIsEnough() throws {
        try check.confirm(policy("s3:GetObject"), inPlaceOf: policy("s3:*"))
        // What the old policy did not allow need not be allowed by the new one.
        try check.confirm(nil, inPlaceOf: policy("sqs:*"))
    }

    @Test func somethingNew() {
        #expect(throws: FindingRecommendation.Failure.self) {
            try check.confirm(policy("s3:*"), inPlaceOf: policy("s3:Get*"))
        }
    }

    @Test func tooLittle() {
        #expect(throws: FindingRecommendation.Failure.self) {
            try check.confirm(policy("s3:GetObject", "arn:aws:s3:::box/b"), inPlaceOf: policy("s3:*"))
        }
        #expect(throws: FindingRecommendation.Failure.self) { try check.confirm(nil, inPlaceOf: policy("s3:*")) }
    }
}
