import FoundationEssentials
import OIDC
import Wire

/// Somebody as an identity provider tells of them, proved.
package struct FederatedProfile: Codable, Sendable {
    /// The provider's name.
    package let provider: String
    /// Whom the provider means, among all of its users.
    let subject: String
    /// What `identities` calls the issuer: of SAML providers the entity id.
    let issuer: String?
    /// What the provider says, by the names that mappings use.
    var claims: [String: String]
    /// The same as the trigger InboundFederation is told it: `idToken`, `userInfo`, `samlResponse`.
    let sections: [String: [String: String]]
    /// What the user is signed out at the provider by; nil: that is not possible.
    let session: ProviderSession?
    /// What the trigger InboundFederation wants attributes of the pool to be, whatever the mapping says.
    var given: [String: String] = [:]

    /// A session at a SAML provider.
    struct ProviderSession: Codable, Sendable, Equatable {
        /// The `NameID`, its `Format`, and what the provider calls the session.
        let subject: String
        let format: String?
        let index: String?
    }
}

/// What providers say, as texts that attributes can have.
enum ClaimText {
    /// Several values are one text in brackets, each encoded as forms encode it; one is just itself.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html>
    static func joined(_ values: [String]) -> String {
        if values.count == 1, let only = values.first { return only }
        return "[" + values.map(encoded).joined(separator: ",") + "]"
    }

    /// nil: it says nothing.
    static func text(_ value: ClaimValue) -> String? {
        switch value {
        case .null: return nil
        case .string(let text): return text
        case .boolean(let flag): return flag ? "true" : "false"
        case .array(let values): return joined(values.compactMap(text))
        case .number, .object:
            guard let bytes = try? JSONEncoder().encode(value) else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    static func texts(_ claims: [String: ClaimValue]) -> [String: String] { claims.compactMapValues(text) }

    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "*"):
                bytes.append(byte)
            case UInt8(ascii: " "): bytes.append(UInt8(ascii: "+"))
            default:
                bytes.append(UInt8(ascii: "%"))
                for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
