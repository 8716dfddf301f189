import Keyring
import Platform
import Testing

@Suite struct AuthorizationMessageTests {
    private let json = Array(#"{"allowed":false}"#.utf8)

    @Test func whatWasEncodedIsDecoded() throws {
        let messages = try AuthorizationMessages(keyring: EphemeralKeyring())
        let encoded = try messages.encode(json, account: "111122223333")
        #expect(messages.decode(encoded, account: "111122223333") == #"{"allowed":false}"#)
        #expect(!encoded.contains("allowed"))
    }

    @Test func noOtherAccountDecodesIt() throws {
        let messages = try AuthorizationMessages(keyring: EphemeralKeyring())
        let encoded = try messages.encode(json, account: "111122223333")
        #expect(messages.decode(encoded, account: "444455556666") == nil)
        let other = try AuthorizationMessages(keyring: EphemeralKeyring())
        #expect(other.decode(encoded, account: "111122223333") == nil)
    }

    @Test func nothingElseIsDecoded() throws {
        let messages = try AuthorizationMessages(keyring: EphemeralKeyring())
        let encoded = try messages.encode(json, account: "111122223333")
        for wrong in ["", "AAAA", "not base64!", String(encoded.dropLast(4)), encoded + "AAAA"] {
            #expect(messages.decode(wrong, account: "111122223333") == nil, "\(wrong)")
        }
    }
}
