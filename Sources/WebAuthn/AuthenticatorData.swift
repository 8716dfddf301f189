import Crypto

/// What an authenticator says of itself and of a ceremony. <https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data>
public struct AuthenticatorData: Sendable, Hashable {
    /// SHA-256 of the relying party's id.
    public let relyingPartyHash: [UInt8]
    /// Which statements the authenticator makes.
    public let flags: Flags
    /// How often the credential, or the authenticator, has signed; always 0 for one that does not count.
    public let signCount: UInt32
    /// The new credential; nil in an assertion.
    public let credential: AttestedCredential?

    /// The bits of the flags.
    public struct Flags: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// UP: somebody touched the authenticator.
        public static let userPresent = Flags(rawValue: 1)
        /// UV: it asked for a PIN or a finger, or knows its user in another way.
        public static let userVerified = Flags(rawValue: 1 << 2)
        /// BE: the credential may be backed up, or synchronised between devices.
        public static let backupEligible = Flags(rawValue: 1 << 3)
        /// BS: it is backed up.
        public static let backedUp = Flags(rawValue: 1 << 4)
        /// AT: the data hold a new credential.
        public static let hasCredential = Flags(rawValue: 1 << 6)
        /// ED: the data hold extensions.
        public static let hasExtensions = Flags(rawValue: 1 << 7)
    }

    /// A credential as its authenticator presents it.
    public struct AttestedCredential: Sendable, Hashable {
        /// 16 bytes that name the authenticator's model; all zero for one that does not say.
        public let aaguid: [UInt8]
        /// 1 to 1023 bytes that name the credential.
        public let id: [UInt8]
        /// The public key.
        public let publicKey: CredentialPublicKey
    }

    /// Reads all of the bytes.
    /// - Throws: ``WebAuthnError/malformedAuthenticatorData(_:)`` and ``WebAuthnError/unsupportedKey(_:)``.
    /// - Complexity: linear in their number.
    public init(_ bytes: [UInt8]) throws(WebAuthnError) {
        var rest = bytes[...]
        guard let hash = rest.take(32), let flags = rest.take(1)?.first, let count = rest.take(4) else {
            throw .malformedAuthenticatorData("it is too short")
        }
        relyingPartyHash = Array(hash)
        self.flags = Flags(rawValue: flags)
        signCount = count.reduce(0) { $0 << 8 | UInt32($1) }
        if self.flags.contains(.backedUp), !self.flags.contains(.backupEligible) {
            throw .malformedAuthenticatorData("it is backed up, and can't be")
        }
        credential = self.flags.contains(.hasCredential) ? try AttestedCredential(takenFrom: &rest) : nil
        if self.flags.contains(.hasExtensions) {
            // None was asked for, so none is looked at.
            guard CBORValue(takenFrom: &rest)?.entries != nil else {
                throw .malformedAuthenticatorData("the extensions are no map")
            }
        }
        guard rest.isEmpty else { throw .malformedAuthenticatorData("something follows") }
    }

    func check(_ relyingParty: RelyingParty, requiringVerification: Bool) throws(WebAuthnError) {
        guard relyingPartyHash == Array(SHA256.hash(data: Array(relyingParty.id.utf8))) else {
            throw .wrongRelyingParty
        }
        guard flags.contains(.userPresent) else { throw .userNotPresent }
        guard !requiringVerification || flags.contains(.userVerified) else { throw .userNotVerified }
    }
}

extension AuthenticatorData.AttestedCredential {
    fileprivate init(takenFrom rest: inout ArraySlice<UInt8>) throws(WebAuthnError) {
        guard let aaguid = rest.take(16), let length = rest.take(2) else {
            throw .malformedAuthenticatorData("it is too short")
        }
        let count = length.reduce(0) { $0 << 8 | Int($1) }
        guard (1...1023).contains(count), let id = rest.take(count) else {
            throw .malformedAuthenticatorData("the credential's id has \(count) bytes")
        }
        self.aaguid = Array(aaguid)
        self.id = Array(id)
        let start = rest
        guard CBORValue(takenFrom: &rest) != nil else {
            throw .malformedAuthenticatorData("the public key is no CBOR")
        }
        publicKey = try CredentialPublicKey(Array(start.prefix(start.count - rest.count)))
    }
}

extension ArraySlice<UInt8> {
    /// The first bytes; nil, and nothing is taken, where there are fewer.
    fileprivate mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard self.count >= count else { return nil }
        defer { self = dropFirst(count) }
        return prefix(count)
    }
}
