import CognitoIDPAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

// Users of a pool who come from identity providers: made when they first come, brought up to date whenever they come again.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html>

/// A user who comes from a provider.
struct FederatedArrival: Sendable {
    let call: Call
    let client: ClientEntry
    let provider: UserPoolProvider
    var identity: FederatedProfile

    private var pool: PoolEntry { client.pool }

    /// `Provider_subject`
    private var username: String { pool.folded("\(provider.name)_\(identity.subject)") }

    /// As the model has it for user names.
    private static let longestUsername = 128

    /// Lets the user in: triggers are asked, and the user is made or changed.
    mutating func admit() async throws(FederationError) -> ProvedUser {
        guard username.count <= Self.longestUsername,
            identity.subject.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else { throw refused("Invalid user attributes: username: The provider's id of the user can't be used") }
        // Who it is the provider says, not a trigger.
        let claims = identity.claims
        do throws(ServiceError) {
            try await askInboundFederation()
        } catch { throw told(error) }
        let user: PoolUser
        if let known = try await known(by: claims) {
            user = try await welcome(known)
        } else {
            user = try await make(claims)
        }
        let grant = SignInGrant(client: client, user: user, authTime: call.time)
        return ProvedUser(grant: grant, provider: provider.name, providerSession: identity.session)
    }

    // MARK: Who it is

    /// The user whom the provider's user is, or is linked to; nil: there is none yet.
    private func known(by claims: [String: String]) async throws(FederationError) -> PoolUser? {
        let (pool, identity, provider, username) = (pool, identity, provider, username)
        // Links by a claim are those of OIDC and SAML alone.
        let claims = provider.type == .oidc || provider.type == .saml ? claims : [:]
        do throws(ServiceError) {
            return try await call.read { (records) throws(ServiceError) -> PoolUser? in
                if let user = try records.user(identity: identity.subject, at: provider.name, of: pool) { return user }
                let linked = try records.linkedClaims(at: provider.name, of: pool)
                for (claim, value) in claims.sorted(by: { $0.key < $1.key })
                where UserAlias.isLinkable(claim, value) {
                    let key = UserAlias.value(ofIdentity: value, at: provider.name, claim: claim)
                    guard linked.contains(claim) || UserAlias.isHashed(key) else { continue }
                    if let user = try records.user(identity: value, at: provider.name, claim: claim, of: pool) {
                        return user
                    }
                }
                // Where cases don't count, they don't in the provider's ids, either.
                let user = try records.get(PoolUser.self, PoolUser.key(username), of: pool.id)
                return user.flatMap { user in
                    user.identities.contains {
                        $0.isPrimary && $0.providerName == provider.name
                            && pool.folded($0.userID) == pool.folded(identity.subject)
                    } ? user : nil
                }
            }
        } catch { throw told(error) }
    }

    /// Somebody who has been here before, or is linked to a user.
    private func welcome(_ known: PoolUser) async throws(FederationError) -> PoolUser {
        guard known.isEnabled else { throw refused("User is disabled.") }
        try await ask(
            .preAuthentication, "PreAuthentication_Authentication", known,
            [("userAttributes", known.triggerAttributes)])
        let mapped = MappedAttributes(identity, provider, client)
        // What would be refused is refused with its own words, before the transaction.
        var trial = known
        try mapped.apply(to: &trial, of: pool)
        let (pool, time) = (pool, call.time)
        let user: PoolUser
        do throws(ServiceError) {
            user = try await call.keep { (records) throws(ServiceError) in
                guard let old = try records.get(PoolUser.self, known.key, of: pool.id), old.sub == known.sub,
                    old.isEnabled
                else { throw .notAuthorized("User is disabled.") }
                var new = old
                do throws(FederationError) { try mapped.apply(to: &new, of: pool) } catch {
                    throw .invalidParameter("Invalid user attributes")
                }
                if new != old {
                    new.modified = time
                    try records.put(new, replacing: old, of: pool)
                }
                return new
            }
        } catch { throw told(error) }
        try await ask(
            .postAuthentication, "PostAuthentication_Authentication", user,
            [("userAttributes", user.triggerAttributes), ("newDeviceUsed", .boolean(false))])
        return user
    }

    /// Somebody who comes for the first time.
    private func make(_ claims: [String: String]) async throws(FederationError) -> PoolUser {
        let name = NewUsername(ofFederated: username)
        var new = NewUser(
            pool: pool, name: name,
            user: PoolUser(
                poolID: pool.id, username: username, name: username, sub: name.sub,
                attributes: try MappedAttributes(identity, provider, client).attributes(ofNew: pool),
                created: call.time, modified: call.time, isEnabled: true, status: .externalProvider,
                identities: [
                    PoolUser.LinkedIdentity(
                        providerName: provider.name, providerType: provider.type.rawValue, userID: identity.subject,
                        issuer: identity.issuer, isPrimary: true, linked: call.time)
                ]), nameIsTaken: "Already found an entry for username \(username)")
        do throws(ServiceError) {
            try await new.askPreSignUp(
                "PreSignUp_ExternalProvider", call, clientID: client.id, validationData: [], clientMetadata: [:])
        } catch { throw told(error) }
        new.user.status = .externalProvider
        // The trigger may have linked the newcomer to a user.
        if let linked = try await known(by: claims) { return try await welcome(linked) }
        let (made, group, call) = (new, providerGroup, call)
        do throws(ServiceError) {
            try await call.keep { (records) throws(ServiceError) in
                try made.store(call, records)
                if try records.get(PoolGroup.self, group.key, of: group.poolID) == nil { try records.keep(group) }
                try records.put(GroupMember(poolID: group.poolID, group: group.name, user: made.user.name))
            }
        } catch {
            // In another browser the same person may have been faster.
            guard error.code == CognitoIDP.Failure.usernameExistsException.rawValue,
                let known = try await known(by: claims)
            else { throw told(error) }
            return try await welcome(known)
        }
        do throws(ServiceError) {
            try await call.askPostConfirmation(
                "PostConfirmation_ConfirmSignUp",
                MessageContext(pool: pool, user: made.user, clientID: client.id, metadata: [:]))
        } catch { throw told(error) }
        return made.user
    }

    /// The group that all users of a provider are put in.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html>
    private var providerGroup: PoolGroup {
        PoolGroup(
            poolID: pool.id, name: "\(pool.id)_\(provider.name)",
            description: "Autogenerated group for users who sign in using \(provider.name)", created: call.time,
            modified: call.time)
    }

    // MARK: Triggers

    private func ask(
        _ trigger: Trigger, _ source: String, _ user: PoolUser, _ request: [(key: String, value: JSONValue)]
    ) async throws(FederationError) {
        do throws(ServiceError) {
            _ = try await call.ask(
                trigger, source, of: pool, clientID: client.id, username: user.username, request)
        } catch { throw told(error) }
    }

    /// A function may say otherwise what the provider says: all of it, or, by an empty object, nothing else. What it calls as the
    /// pool does is taken as it is.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-inbound-federation.html>
    private mutating func askInboundFederation() async throws(ServiceError) {
        guard pool.has(.inboundFederation) else { return }
        let sections = identity.sections.sorted { $0.key < $1.key }.map { section in
            JSONMember(key: section.key, value: section.value.json)
        }
        let answer = try await call.ask(
            .inboundFederation, "InboundFederation_ExternalProvider", of: pool, clientID: client.id,
            username: username,
            [
                ("providerName", .string(provider.name)), ("providerType", .string(provider.type.rawValue)),
                ("attributes", .object(sections)),
            ])
        guard case .object(let members)? = answer?["userAttributesToMap"], !members.isEmpty else { return }
        var claims: [String: String] = [:]
        for member in members {
            switch member.value {
            case .string(let text): claims[member.key] = text
            case .boolean(let flag): claims[member.key] = flag ? "true" : "false"
            case .integer(let number): claims[member.key] = String(number)
            case .null: break
            case .double, .array, .object:
                throw .cognito(
                    .invalidLambdaResponseException, "userAttributesToMap.\(member.key) has to be a string.")
            }
        }
        identity.claims = claims
        identity.given = claims.filter { $0.key.hasPrefix("custom:") }
    }

    // MARK: What the application is told

    private func told(_ error: ServiceError) -> FederationError {
        guard error.fault == .sender else { return .told(code: "server_error", description: "Something went wrong") }
        return refused(error.message)
    }

    private func refused(_ text: String) -> FederationError {
        provider.type == .saml
            ? .told(code: "server_error", description: "Error in SAML response processing: \(text)")
            : .told(code: "invalid_request", description: text)
    }
}
