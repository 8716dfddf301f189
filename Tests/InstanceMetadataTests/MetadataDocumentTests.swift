import Foundation
import InstanceMetadata
import Testing

private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

private func info(_ state: InstanceMetadata.Profile.State) throws -> [String: Any] {
    var metadata = InstanceMetadata(id: "i-1", account: "111122223333", region: "us-east-1")
    metadata.profile = .init(
        arn: "arn:aws:iam::111122223333:instance-profile/p", id: "AIPAX", updated: 1_800_000_000, state: state)
    guard case .value(.text(let text)) = metadata.answer(to: "/latest/meta-data/iam/info") else { return [:] }
    #expect(text.hasPrefix("{\n  \"Code\" : \""))
    return try object(text)
}

struct MetadataDocumentTests {
    @Test func `A profile tells what has become of it`() throws {
        let good = try info(.role("r"))
        #expect(good["Code"] as? String == "Success" && good["Message"] == nil)
        #expect(good["LastUpdated"] as? String == "2027-01-15T08:00:00Z")
        #expect(good["InstanceProfileId"] as? String == "AIPAX")
        #expect(good["InstanceProfileArn"] as? String == "arn:aws:iam::111122223333:instance-profile/p")
        let empty = try info(.empty)
        #expect(empty["Code"] as? String == "Success")
        #expect((empty["Message"] as? String)?.hasPrefix("Instance Profile does not contain a role.") == true)
        let gone = try info(.gone)
        #expect(gone["Code"] as? String == "InstanceProfileNotFound")
    }

    @Test(arguments: [InstanceMetadata.Profile.State.empty, .gone])
    func `Without a role there are no credentials`(state: InstanceMetadata.Profile.State) {
        var metadata = InstanceMetadata(id: "i-1", account: "111122223333", region: "us-east-1")
        metadata.profile = .init(arn: "arn", id: "AIPAX", updated: 0, state: state)
        #expect(metadata.answer(to: "/latest/meta-data/iam/") == .list("info"))
        #expect(metadata.answer(to: "/latest/meta-data/iam/security-credentials/") == nil)
    }

    @Test func `Credentials are as SDKs read them`() throws {
        let document = RoleCredentialsDocument.success(
            accessKeyID: "ASIAX", secretAccessKey: "a/b\"c", token: "t==", expiration: 1_800_021_600,
            updated: 1_800_000_000)
        let shown = try object(document.text)
        #expect(shown["Code"] as? String == "Success" && shown["Type"] as? String == "AWS-HMAC")
        #expect(shown["SecretAccessKey"] as? String == "a/b\"c" && shown["Token"] as? String == "t==")
        #expect(shown["Expiration"] as? String == "2027-01-15T14:00:00Z")
        let role = "arn:aws:iam::111122223333:role/r"
        let contained = try object(try #require(document.containerText(roleARN: role)))
        #expect(contained["RoleArn"] as? String == role && contained["AccessKeyId"] as? String == "ASIAX")
        #expect(contained["Expiration"] as? String == "2027-01-15T14:00:00Z")
    }

    @Test func `A role that EC2 may not assume has a code, and containers get nothing`() throws {
        let document = RoleCredentialsDocument.unauthorized(role: "r", updated: 1_800_000_000)
        let shown = try object(document.text)
        #expect(shown["Code"] as? String == "AssumeRoleUnauthorizedAccess")
        #expect((shown["Message"] as? String)?.hasPrefix("EC2 cannot assume the role r.") == true)
        #expect(shown["AccessKeyId"] == nil && document.containerText(roleARN: "arn") == nil)
    }

    @Test func `The identity document has its members, those that are nothing as well`() throws {
        var metadata = InstanceMetadata(id: "i-1", account: "111122223333", region: "us-east-1")
        metadata.launchTime = 1_800_000_000
        metadata.imageID = "ami-1"
        var interface = InstanceMetadata.Interface(
            mac: "02:00:00:00:00:01", id: "eni-1", deviceIndex: 0, owner: "111122223333", hostName: "h")
        interface.ipv6Addresses = ["2001:db8::7"]
        metadata.interfaces = [interface]
        let six = try object(metadata.identityDocument)
        #expect(six["privateIp"] as? String == "2001:db8::7")
        metadata.interfaces[0].privateAddresses = ["10.0.0.7"]
        let document = try object(metadata.identityDocument)
        #expect(document["privateIp"] as? String == "10.0.0.7" && document["imageId"] as? String == "ami-1")
        #expect(document["pendingTime"] as? String == "2027-01-15T08:00:00Z")
        #expect(document["version"] as? String == "2017-09-30")
        for name in ["billingProducts", "devpayProductCodes", "kernelId", "marketplaceProductCodes", "ramdiskId"] {
            #expect(document[name] is NSNull)
        }
        #expect(document.count == 15)
    }
}
