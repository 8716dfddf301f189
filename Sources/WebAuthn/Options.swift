import Wire

/// What a browser is asked when a credential is to be made.
///
/// ```js
/// const options = PublicKeyCredential.parseCreationOptionsFromJSON(json);
/// const credential = await navigator.credentials.create({ publicKey: options });
/// form.elements.credential.value = JSON.stringify(credential.toJSON());
/// ```
///
/// <https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialcreationoptionsjson>
public struct CreationOptions: Sendable {
    /// The site.
    public var relyingParty: RelyingParty
    /// Bytes that nobody can guess, 16 at least, and that are used once.
    public var challenge: [UInt8]
    /// Who it is for: 1 to 64 bytes that tell nothing to people.
    public var userHandle: [UInt8]
    /// Who it is for, for people: `alice@111122223333`.
    public var userName: String
    /// The same in a friendlier form; browsers show either.
    public var displayName: String
    /// The credentials that the user has already; the same authenticator does not make another.
    public var excluded: [CredentialDescriptor] = []
    /// Whether the authenticator is to ask for a PIN or a finger.
    public var verification = UserVerification.preferred
    /// For how many milliseconds the browser waits.
    public var timeout = 300_000
    /// Whether the authenticator has to keep the credential itself, so that it can be found without its id.
    public var isDiscoverable = false

    /// Asks for a credential of a user; see the properties.
    public init(
        relyingParty: RelyingParty, challenge: [UInt8], userHandle: [UInt8], userName: String, displayName: String,
        excluded: [CredentialDescriptor] = [], verification: UserVerification = .preferred
    ) {
        self.relyingParty = relyingParty
        self.challenge = challenge
        self.userHandle = userHandle
        self.userName = userName
        self.displayName = displayName
        self.excluded = excluded
        self.verification = verification
    }

    /// The options as JSON.
    public var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("rp")
        writer.beginObject()
        writer.member("id", relyingParty.id)
        writer.member("name", relyingParty.name)
        writer.endObject()
        writer.key("user")
        writer.beginObject()
        writer.member("id", Base64URL.encode(userHandle))
        writer.member("name", userName)
        writer.member("displayName", displayName)
        writer.endObject()
        writer.member("challenge", Base64URL.encode(challenge))
        writer.key("pubKeyCredParams")
        writer.beginArray()
        for algorithm in CredentialPublicKey.Algorithm.allCases {
            writer.beginObject()
            writer.member("type", "public-key")
            writer.key("alg")
            writer.integer(algorithm.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writer.key("timeout")
        writer.integer(timeout)
        writer.credentials("excludeCredentials", excluded)
        writer.key("authenticatorSelection")
        writer.beginObject()
        writer.member("residentKey", isDiscoverable ? "required" : "preferred")
        writer.key("requireResidentKey")
        writer.boolean(isDiscoverable)
        writer.member("userVerification", verification.rawValue)
        writer.endObject()
        writer.member("attestation", "none")
        writer.endObject()
        return writer.bytes
    }
}

/// What a browser is asked when somebody is to prove that he has a credential.
///
/// ```js
/// const options = PublicKeyCredential.parseRequestOptionsFromJSON(json);
/// const credential = await navigator.credentials.get({ publicKey: options });
/// form.elements.credential.value = JSON.stringify(credential.toJSON());
/// ```
///
/// <https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialrequestoptionsjson>
public struct RequestOptions: Sendable {
    /// The site.
    public var relyingParty: RelyingParty
    /// Bytes that nobody can guess, 16 at least, and that are used once.
    public var challenge: [UInt8]
    /// The credentials of which one is to be used; empty: any that the authenticator knows the site by.
    public var allowed: [CredentialDescriptor]
    /// Whether the authenticator is to ask for a PIN or a finger.
    public var verification = UserVerification.preferred
    /// For how many milliseconds the browser waits.
    public var timeout = 300_000

    /// Asks for one of the credentials; see the properties.
    public init(
        relyingParty: RelyingParty, challenge: [UInt8], allowed: [CredentialDescriptor],
        verification: UserVerification = .preferred
    ) {
        self.relyingParty = relyingParty
        self.challenge = challenge
        self.allowed = allowed
        self.verification = verification
    }

    /// The options as JSON.
    public var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("challenge", Base64URL.encode(challenge))
        writer.key("timeout")
        writer.integer(timeout)
        writer.member("rpId", relyingParty.id)
        writer.credentials("allowCredentials", allowed)
        writer.member("userVerification", verification.rawValue)
        writer.endObject()
        return writer.bytes
    }
}

/// Which credential is meant, and how a browser may find it.
public struct CredentialDescriptor: Sendable, Hashable {
    /// What names it.
    public var id: [UInt8]
    /// The hints that came with its registration.
    public var transports: [String]

    /// Describes a credential.
    public init(id: [UInt8], transports: [String]) {
        self.id = id
        self.transports = transports
    }
}

/// Whether an authenticator is to make sure who uses it.
public enum UserVerification: String, Sendable, Hashable {
    /// One that can't is of no use.
    case required
    /// If it can.
    case preferred
    /// Only if it can't do without.
    case discouraged
}

extension JSONWriter {
    fileprivate mutating func credentials(_ name: StaticString, _ credentials: [CredentialDescriptor]) {
        key(name)
        beginArray()
        for credential in credentials {
            beginObject()
            member("type", "public-key")
            member("id", Base64URL.encode(credential.id))
            if !credential.transports.isEmpty {
                key("transports")
                beginArray()
                for transport in credential.transports { string(transport) }
                endArray()
            }
            endObject()
        }
        endArray()
    }
}
