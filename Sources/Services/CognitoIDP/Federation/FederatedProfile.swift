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
        return "[" + values.map { RedirectURI.encoded($0, keeping: "*") }.joined(separator: ",") + "]"
    }

    /// nil: it says nothing.
    static func text(_ value: ClaimValue) -> String? {
        switch value {
        case .null: return nil
        case .string(let text): return text
        case .boolean(let flag): return flag ? "true" : "false"
        case .array(let values): return joined(values.compactMap(text))
        case .largeInteger(let number): return String(number)
        // What has been rounded may be another's id.
        case .number(let number) where number.magnitude >= ClaimValue.firstRounded: return nil
        case .number, .object:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            guard let bytes = try? encoder.encode(value) else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    static func texts(_ claims: [String: ClaimValue]) -> [String: String] { claims.compactMapValues(text) }

    /// What is told in two places, as one: the first place counts more. Whether an address is verified is taken from where the very
    /// address is told.
    /// - Parameters:
    ///   - sections: what is told, place by place.
    ///   - mapping: by the pool's attributes, what the provider calls them.
    static func merged(_ sections: [[String: String]], _ mapping: [String: String]) -> [String: String] {
        var claims: [String: String] = [:]
        for section in sections { claims.merge(section) { told, _ in told } }
        for attribute in MappedAttributes.addresses {
            guard let claim = mapping[attribute], let proof = mapping["\(attribute)_verified"] else { continue }
            let address = claims[claim]
            claims[proof] =
                sections.first { section in
                    guard let address, let told = section[claim] else { return false }
                    return isSameText(told, address) && section[proof] != nil
                }?[proof]
        }
        return claims
    }
}
