import CognitoIDPAPI
import Platform
import Wire

// Linking what identity providers know users by to users of the pool.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html>

/// A user as an identity provider, or the pool itself, knows them.
private struct ProviderIdentity {
    /// Of the users whom the pool knows by itself.
    static let own = "Cognito"
    /// What `ProviderAttributeName` says for the provider's subject.
    static let subject = "Cognito_Subject"

    let provider: String
    /// nil: the provider's subject.
    let claim: String?
    let value: String

    init(_ view: CognitoIDP.ProviderUserIdentifierType, _ member: String) throws(ServiceError) {
        guard let provider = view.providerName, let value = view.providerAttributeValue, !value.isEmpty else {
            throw .invalidParameter("\(member) needs a ProviderName and a ProviderAttributeValue.")
        }
        let claim = view.providerAttributeName.flatMap { $0 == Self.subject || $0.isEmpty ? nil : $0 }
        guard (value + (claim ?? "")).unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
            throw .invalidParameter("\(member) has control characters.")
        }
        self.provider = provider
        self.claim = provider == Self.own ? nil : claim
        self.value = value
    }

    var isOwn: Bool { provider == Self.own }
}

private let mostLinkedIdentities = 5

extension CognitoIDP.AdminLinkProviderForUser: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let destination = try ProviderIdentity(input.destinationUser, "DestinationUser")
        let source = try ProviderIdentity(input.sourceUser, "SourceUser")
        guard !source.isOwn else {
            throw .invalidParameter("SourceUser must be a user of an external identity provider.")
        }
        guard let provider = call.environment.identityProvider(source.provider, of: pool.id) else {
            throw .cognito(.resourceNotFoundException, "Identity provider \(source.provider) does not exist.")
        }
        let found =
            destination.isOwn
            ? try records.user(named: destination.value, of: pool)
            : try records.user(
                identity: destination.value, at: destination.provider, claim: destination.claim, of: pool)
        guard let old = found else { throw .noSuchUser }
        if let other = try records.user(identity: source.value, at: source.provider, claim: source.claim, of: pool) {
            throw .invalidParameter(
                other.sub == old.sub
                    ? "SourceUser is already linked to DestinationUser"
                    : "Merging is not currently supported, provide a SourceUser that does not exist in the user pool.")
        }
        guard old.identities.count(where: { !$0.isPrimary }) < mostLinkedIdentities else {
            throw .cognito(
                .limitExceededException, "At most \(mostLinkedIdentities) identities can be linked to a user.")
        }
        var user = old
        user.identities.append(
            PoolUser.LinkedIdentity(
                providerName: source.provider, providerType: provider.type.rawValue, userID: source.value,
                claim: source.claim,
                isPrimary: false, linked: call.time))
        user.modified = call.time
        try records.put(user, replacing: old, of: pool)
        return Output()
    }
}

extension CognitoIDP.AdminDisableProviderForUser: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let identity = try ProviderIdentity(input.user, "User")
        let found =
            identity.isOwn
            ? try records.user(named: identity.value, of: pool)
            : try records.user(identity: identity.value, at: identity.provider, claim: identity.claim, of: pool)
        guard let old = found else { throw .noSuchUser }
        var user = old
        if identity.isOwn {
            // The user can't sign in by a password any more.
            user.password = nil
            user.temporaryUntil = nil
        } else {
            user.identities.removeAll {
                $0.providerName == identity.provider && $0.userID == identity.value && $0.claim == identity.claim
            }
        }
        user.modified = call.time
        try records.put(user, replacing: old, of: pool)
        return Output()
    }
}
