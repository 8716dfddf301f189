import Ledger
import Testing

@testable import CloudTrailService

@Suite struct RecordedEventTests {
    private func event(_ body: String) -> RecordedEvent {
        RecordedEvent(
            Event(
                id: "", requestID: "", account: "111122223333", time: 0,
                attributes: [EventAttribute("EventName", "CreateUser"), EventAttribute("ReadOnly", "false")],
                body: Array(body.utf8), decision: []))
    }

    /// What a caller sends may look like what the record says of the call.
    @Test func membersThatACallerMadeUp() {
        let recorded = event(
            #"{"userIdentity":{"type":"Root"},"awsRegion":"eu-west-1","userAgent":"\"awsRegion\":\"us-west-2\"","#
                + #""requestParameters":{"awsRegion":"us-west-1","eventCategory":"Data"},"#
                + #""eventCategory":"Management","tlsDetails":{"clientProvidedHostHeader":"\"eventCategory\":\"Data\""}}"#
        )
        #expect(recorded.region == "eu-west-1")
        #expect(recorded.value(of: .eventCategory) == "Management")
    }

    @Test func whatIsReadFromTheRecord() {
        let recorded = event(
            #"{"userIdentity":{"arn":"arn:aws:iam::111122223333:user/alice"},"errorCode":"AccessDenied","resources":["#
                + #"{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::box/in"},"#
                + #"{"accountId":"1","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::box"},{"type":"x"}]}"#)
        #expect(recorded.value(of: .userARN) == "arn:aws:iam::111122223333:user/alice")
        #expect(recorded.value(of: .errorCode) == "AccessDenied")
        #expect(recorded.value(of: .eventName) == "CreateUser")
        #expect(recorded.value(of: .readOnly) == "false")
        #expect(
            recorded.resources == [
                SelectableResource(type: "AWS::S3::Object", arn: "arn:aws:s3:::box/in"),
                SelectableResource(type: "AWS::S3::Bucket", arn: "arn:aws:s3:::box"),
            ])
    }

    @Test(arguments: ["", "{", #"{"awsRegion":"#, #"{"awsRegion":"x"#, #""eventCategory":""#, "\""])
    func whatIsCutOff(body: String) {
        let recorded = event(body)
        #expect(recorded.region == "us-east-1")
        #expect(recorded.value(of: .eventCategory) == "Management")
        #expect(recorded.resources.isEmpty)
    }
}
