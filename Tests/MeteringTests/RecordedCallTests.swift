import Ledger
import Testing
import Wire

@testable import Metering

/// What metering reads of a record without parsing it is what stands there.
@Suite struct RecordedCallTests {
    private static let id = "019add00-0000-7000-8000-000000000001"

    /// A record as the gate writes it, with what a caller may choose in the middle.
    private func event(
        identity: String, parameters: String = "null", region: String = "eu-west-1", tail: String = "",
        type: String = "AwsApiCall", account: String = "111122223333"
    ) -> Event {
        let body = """
            {"eventVersion":"1.11","userIdentity":\(identity),"eventTime":"2026-11-30T12:00:00Z",\
            "eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"\(region)","sourceIPAddress":"127.0.0.1",\
            "userAgent":"x","requestParameters":\(parameters),"responseElements":null,\
            "requestID":"019add00-0000-7000-8000-000000000000","eventID":"\(Self.id)","readOnly":true\(tail),\
            "eventType":"\(type)","managementEvent":true,"recipientAccountId":"\(account)"SHARED,"eventCategory":"Management"}
            """
        let shared = tail.contains("SHARE") ? ",\"sharedEventID\":\"x\"" : ""
        let text = body.replacing("SHARED", with: shared).replacing("SHARE", with: "")
        return Event(
            id: Self.id, requestID: "019add00-0000-7000-8000-000000000000", account: account, time: 0,
            attributes: [EventAttribute("EventName", "Decrypt"), EventAttribute("EventSource", "kms.amazonaws.com")],
            body: Array(text.utf8), decision: [])
    }

    private let user = """
        {"type":"IAMUser","principalId":"AIDAX","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333"}
        """
    private let session = """
        {"type":"AssumedRole","principalId":"AROAX:s","arn":"arn:aws:sts::111122223333:assumed-role/r/s","accountId":"111122223333",\
        "sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAX","arn":"arn:aws:iam::111122223333:role/r",\
        "accountId":"111122223333","userName":"r"},"attributes":{}}}
        """

    @Test func aUser() throws {
        let call = try #require(RecordedCall(event(identity: user)))
        #expect(call.account == "111122223333")
        #expect(call.service == "kms")
        #expect(call.operation == "Decrypt")
        #expect(call.region == "eu-west-1")
        #expect(call.principal == "arn:aws:iam::111122223333:user/alice")
        #expect(call.resource == "")
    }

    @Test func aSessionIsItsRole() throws {
        #expect(try #require(RecordedCall(event(identity: session))).principal == "arn:aws:iam::111122223333:role/r")
    }

    @Test func whatACallerChoosesIsNotRead() throws {
        let evil = """
            {"awsRegion":"evil","eventID":"other","resources":[{"type":"AWS::KMS::Key","ARN":"evil"}],\
            "name":"\\"awsRegion\\":\\"evil\\",\\"eventType\\":\\"AwsApiCall\\"","arn":"evil","sessionIssuer":{"arn":"evil"}}
            """
        let call = try #require(RecordedCall(event(identity: user, parameters: evil)))
        #expect(call.region == "eu-west-1")
        #expect(call.principal == "arn:aws:iam::111122223333:user/alice")
        #expect(call.resource == "")
    }

    @Test func anObjectIsItsBucket() throws {
        let tail = """
            ,"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::box/a\\"],\\"type\\":\\"b"},\
            {"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::box"}]
            """
        #expect(try #require(RecordedCall(event(identity: user, tail: tail))).resource == "arn:aws:s3:::box")
    }

    @Test func whoCallsIsCharged() throws {
        let stranger = #"{"type":"AWSAccount","principalId":"AIDAX","accountId":"444455556666"}"#
        let tail =
            #","resources":[{"accountId":"111122223333","type":"AWS::KMS::Key","ARN":"arn:aws:kms:eu-west-1:111122223333:key/1"}]SHARE"#
        #expect(RecordedCall(event(identity: stranger, tail: tail)) == nil)
        #expect(RecordedCall(event(identity: user, tail: tail))?.account == "111122223333")
        let service = #"{"type":"AWSService","invokedBy":"cloudtrail.amazonaws.com"}"#
        #expect(RecordedCall(event(identity: service, tail: tail))?.principal == "cloudtrail.amazonaws.com")
        #expect(RecordedCall(event(identity: service, tail: tail, account: "444455556666")) == nil)
    }

    @Test func whatIsNoCall() {
        #expect(RecordedCall(event(identity: user, type: "AwsServiceEvent")) == nil)
        var broken = event(identity: user)
        for length in 0..<broken.body.count {
            broken.body = Array(broken.body.prefix(length))
            _ = RecordedCall(broken)
            broken = event(identity: user)
        }
    }
}
