import Directory
import FoundationEssentials
import Testing

@Suite struct MFADeviceTests {
    /// As versions before passkeys wrote it.
    @Test func olderRecords() throws {
        let text = """
            {"serialNumber":"arn:aws:iam::111122223333:mfa/x","accountID":"111122223333","seed":[1,2],"createDate":3,\
            "tags":[],"clockOffset":1,"attempts":[4],"lastStep":5,"ownerID":"AIDA","enableDate":6}
            """
        let device = try JSONDecoder().decode(MFADevice.self, from: Data(text.utf8))
        #expect(device.seed == [1, 2])
        #expect(device.passkey == nil)
        #expect(device.ownerID == "AIDA")
        #expect(device.lastStep == 5)
    }

    @Test func aPasskeyIsReadAsItIsWritten() throws {
        let passkey = Passkey(
            name: "key", credentialID: [1], publicKey: [2], isBackupEligible: true, aaguid: [3], transports: ["usb"],
            signCount: 4)
        let device = MFADevice(
            serialNumber: "arn:aws:iam::111122223333:u2f/root/key-ID", accountID: "111122223333", passkey: passkey,
            ownerID: "111122223333", createDate: 5)
        let read = try JSONDecoder().decode(MFADevice.self, from: JSONEncoder().encode(device))
        #expect(read.passkey == passkey)
        #expect(read.seed == nil)
        #expect(read.enableDate == 5)
    }
}
