import CognitoIdentityAPI
import Directory
import Ledger
import Platform
import Wire

/// An identity pool: its settings. Its identities are rows of a table.
/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_IdentityPool.html>
struct IdentityPool: Record {
    static let kind = "AWS::Cognito::IdentityPool"
    /// What trust policies name as `Federated`, and what the condition keys of the tokens begin with.
    static let provider = "cognito-identity.amazonaws.com"

    /// `us-east-1:` and a UUID.
    let id: String
    let accountID: String
    let region: String
    /// Seconds since 1970.
    let created: Double
    var settings: Settings
    var tags: [Tag]
    /// ARNs by `authenticated` and `unauthenticated`.
    var roles: [String: String] = [:]
    /// By providers, as ``LoginProvider/mappingNames`` has them.
    var roleMappings: [String: RoleMapping] = [:]
    /// By providers, as requests name them.
    var principalTags: [String: PrincipalTagMap] = [:]

    /// What CreateIdentityPool and UpdateIdentityPool say.
    struct Settings: Codable, Sendable, Equatable {
        var name: String
        var allowsGuests: Bool
        var allowsClassicFlow: Bool
        /// App ids by the providers' well-known names: `graph.facebook.com`.
        var loginProviders: [String: String]
        /// The name by which the application's own server signs its users in.
        var developerProvider: String?
        var openIDProviderARNs: [String]
        var userPools: [LinkedUserPool]
        var samlProviderARNs: [String]
    }

    /// An app client of a user pool whose users are let in.
    struct LinkedUserPool: Codable, Sendable, Equatable {
        /// `cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI`
        let providerName: String
        let clientID: String
        /// Whether the user pool is asked each time whether the user is still signed in.
        let asksUserPool: Bool
    }

    /// How a user's role is chosen by what a provider's token says.
    /// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_RoleMapping.html>
    struct RoleMapping: Codable, Sendable, Equatable {
        enum Kind: String, Codable, Sendable {
            case token = "Token"
            case rules = "Rules"
        }

        /// What is done where a token says too little.
        enum Resolution: String, Codable, Sendable {
            case authenticatedRole = "AuthenticatedRole"
            case deny = "Deny"
        }

        let kind: Kind
        let resolution: Resolution
        /// The first that matches counts.
        var rules: [MappingRule]
    }

    /// One rule: a role for those of whom a claim is so.
    struct MappingRule: Codable, Sendable, Equatable {
        enum Match: String, Codable, Sendable {
            case equals = "Equals"
            case contains = "Contains"
            case startsWith = "StartsWith"
            case notEqual = "NotEqual"
        }

        let claim: String
        let match: Match
        let value: String
        let roleARN: String
    }

    /// Which claims of a provider's tokens become session tags.
    struct PrincipalTagMap: Codable, Sendable, Equatable {
        var usesDefaults: Bool
        /// The names of claims by the keys of tags.
        var tags: [String: String]
    }

    var arn: String { Self.arn(id, region: region, account: accountID) }
    /// Where the pool's record and its identities' rows are.
    var scope: Scope { Scope(account: accountID, region: region) }
    /// What the ids of all its identities begin with.
    var identityPrefix: String { Self.identityPrefix(id) }

    static func arn(_ id: String, region: String, account: String) -> String {
        ARN.text("cognito-identity", region, account, "identitypool/", id)
    }

    /// The Region and the first eight digits: what a pool's id and those of its identities have in common, so that a request
    /// that names nothing but an identity finds the pool.
    static func identityPrefix(_ id: String) -> String {
        guard let colon = id.firstIndex(of: ":") else { return id }
        return String(id[...colon] + id[colon...].dropFirst().prefix(8))
    }
}
