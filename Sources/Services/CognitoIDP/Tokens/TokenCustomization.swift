import CognitoIDPAPI
import Platform
import Wire

/// What the trigger `PreTokenGeneration` wants of tokens.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html>
struct TokenCustomization: Sendable, Equatable {
    /// What it wants of the claims of one token.
    struct Claims: Sendable, Equatable {
        var added: [JSONMember] = []
        var suppressed: [String] = []
    }

    var identity = Claims()
    var access = Claims()
    var addedScopes: [String] = []
    var suppressedScopes: [String] = []
    /// nil: as they are.
    var groups: GroupClaims?

    /// Nothing is to be otherwise.
    init() {}

    /// The versions of the event, by which the answer is read.
    enum Version: String, Sendable {
        case first = "V1_0"
        case second = "V2_0"
        case third = "V3_0"
    }

    /// What a function may say of tokens, in bytes of JSON: much of it would be in each of them.
    private static let longest = 64 << 10

    /// - Parameter response: the members of the function's `response`.
    /// - Throws: InvalidLambdaResponseException for one that has other types than it should, or is too long.
    init(_ response: JSONValue, _ version: Version) throws(ServiceError) {
        guard let details = response[version == .first ? "claimsOverrideDetails" : "claimsAndScopeOverrideDetails"]
        else { return }
        var writer = JSONWriter()
        writer.json(details)
        guard writer.bytes.count <= Self.longest else { throw .tooMuchOfTrigger }
        if version == .first {
            identity = try Self.claims(details, of: version)
        } else {
            if let token = details["idTokenGeneration"] { identity = try Self.claims(token, of: version) }
            if let token = details["accessTokenGeneration"] {
                access = try Self.claims(token, of: version)
                addedScopes = try Self.texts(token["scopesToAdd"])
                suppressedScopes = try Self.texts(token["scopesToSuppress"])
            }
        }
        // One that is there and empty takes the groups away.
        if let override = details["groupOverrideDetails"] {
            var groups = GroupClaims()
            groups.groups = try Self.texts(override["groupsToOverride"])
            groups.roles = try Self.texts(override["iamRolesToOverride"])
            groups.preferredRole = try Self.text(override["preferredRole"])
            self.groups = groups
        }
    }

    private static func claims(_ token: JSONValue, of version: Version) throws(ServiceError) -> Claims {
        var claims = Claims()
        switch token["claimsToAddOrOverride"] {
        case nil, .null: break
        case .object(let members):
            if version == .first { for member in members { _ = try text(member.value) } }
            claims.added = members.filter { $0.value != .null }
        default: throw .unrecognizableLambdaOutput
        }
        claims.suppressed = try texts(token["claimsToSuppress"])
        return claims
    }

    private static func texts(_ value: JSONValue?) throws(ServiceError) -> [String] {
        switch value {
        case nil, .null: return []
        case .array(let values):
            var texts: [String] = []
            for value in values {
                guard case .string(let text) = value else { throw .unrecognizableLambdaOutput }
                texts.append(text)
            }
            return texts
        default: throw .unrecognizableLambdaOutput
        }
    }

    private static func text(_ value: JSONValue?) throws(ServiceError) -> String? {
        switch value {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw .unrecognizableLambdaOutput
        }
    }

    // MARK: What becomes of tokens

    /// What no function can change, in either token.
    private static let fixed: Set<String> = [
        "acr", "amr", "at_hash", "auth_time", "azp", "client_id", "device_key", "event_id", "exp", "iat", "identities",
        "iss", "jti", "nbf", "nonce", "origin_jti", "sub", "token_use", "username", "version", "scope",
    ]

    private static func isFixed(_ name: String, _ use: ParsedKeys.Use) -> Bool {
        fixed.contains(name) || name.hasPrefix("cognito:") || (use == .identity && name == "aud")
    }

    func apply(to claims: inout TokenClaims.Claims, _ use: ParsedKeys.Use, clientID: String) {
        let wanted = use == .identity ? identity : access
        for member in wanted.added where !Self.isFixed(member.key, use) && !member.key.hasPrefix("dev:") {
            // An access token may say for whom it is, but nothing else.
            if member.key == "aud", member.value != .string(clientID) { continue }
            claims[member.key] = Self.typed(member)
        }
        for name in wanted.suppressed {
            if name == "cognito:groups" {
                for name in ["cognito:groups", "cognito:roles", "cognito:preferred_role"] { claims[name] = nil }
            } else if !Self.isFixed(name, use) {
                claims[name] = nil
            }
        }
    }

    /// These are never anything but booleans in tokens.
    private static func typed(_ member: JSONMember) -> JSONValue {
        guard ["email_verified", "phone_number_verified"].contains(member.key), case .string(let text) = member.value
        else { return member.value }
        return .boolean(text == "true")
    }

    func scopes(_ scopes: [String]) -> [String] {
        var all = scopes
        for scope in addedScopes where !all.contains(scope) { all.append(scope) }
        return all.filter { !suppressedScopes.contains($0) }
    }
}

extension ServiceError {
    fileprivate static var unrecognizableLambdaOutput: ServiceError {
        .cognito(.invalidLambdaResponseException, "Unrecognizable lambda output")
    }
}

extension Call {
    /// Asks the trigger what it wants of a sign-in's tokens.
    func customization(
        of grant: SignInGrant, _ groups: GroupClaims
    ) async throws(ServiceError) -> TokenCustomization {
        let functions = grant.client.pool.settings.lambdaConfig
        let configured = functions?.preTokenGenerationConfig
        guard configured != nil || functions?.preTokenGeneration != nil else { return TokenCustomization() }
        let version = configured.flatMap { TokenCustomization.Version(rawValue: $0.lambdaVersion) } ?? .first
        var request: [(key: String, value: JSONValue)] = [
            ("userAttributes", grant.user.attributesForTriggers),
            (
                "groupConfiguration",
                .object([
                    JSONMember(key: "groupsToOverride", value: .texts(groups.groups)),
                    JSONMember(key: "iamRolesToOverride", value: .texts(groups.roles)),
                    JSONMember(key: "preferredRole", value: groups.preferredRole.map { .string($0) } ?? .null),
                ])
            ),
        ]
        if version != .first { request.append(("scopes", .texts(grant.scopes))) }
        if !grant.clientMetadata.isEmpty {
            let metadata = grant.clientMetadata.sorted { $0.key < $1.key }
            request.append(
                ("clientMetadata", .object(metadata.map { JSONMember(key: $0.key, value: .string($0.value)) })))
        }
        let response = try await ask(
            .preTokenGeneration, grant.source, of: grant.client.pool, clientID: grant.client.id,
            username: grant.user.username, request)
        guard let response else { return TokenCustomization() }
        return try TokenCustomization(response, version)
    }
}

extension JSONValue {
    fileprivate static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}

extension PoolUser {
    /// `userAttributes` of a trigger's event.
    fileprivate var attributesForTriggers: JSONValue {
        var members = [
            JSONMember(key: "sub", value: .string(sub)),
            JSONMember(key: "cognito:user_status", value: .string(status.rawValue)),
        ]
        members += attributes.map { JSONMember(key: $0.name, value: .string($0.value)) }
        return .object(members)
    }
}
