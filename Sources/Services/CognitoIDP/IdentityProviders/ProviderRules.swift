import CognitoIDPAPI
import Fetch
import Platform
import Wire

// What an identity provider's details have to say, and what Cognito knows of it.
// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html>

extension UserPoolProvider.ProviderType {
    /// The members of `ProviderDetails` without which there is no provider.
    var required: [String] {
        switch self {
        case .saml: []
        case .oidc: ["client_id", "attributes_request_method", "oidc_issuer", "authorize_scopes"]
        case .google, .facebook, .amazon: ["client_id", "client_secret", "authorize_scopes"]
        case .apple: ["client_id", "team_id", "key_id", "private_key", "authorize_scopes"]
        }
    }

    /// Further ones that may be said.
    fileprivate var optional: Set<String> {
        switch self {
        case .saml:
            [
                "MetadataFile", "MetadataURL", "IDPSignout", "IDPInit", "EncryptedResponses",
                "RequestSigningAlgorithm",
            ]
        case .oidc:
            [
                "client_secret", "attributes_url", "authorize_url", "jwks_uri", "token_url",
                "attributes_url_add_attributes",
            ]
        case .facebook: ["api_version"]
        case .google, .amazon, .apple: []
        }
    }

    /// Those that Cognito tells, which may come back in an update without any effect.
    fileprivate static let told: Set<String> = [
        "ActiveEncryptionCertificate", "SLORedirectBindingURI", "SSORedirectBindingURI", "attributes_url",
        "attributes_url_add_attributes", "authorize_url", "oidc_issuer", "token_request_method", "token_url",
        "jwks_uri",
    ]

    /// What the members that Cognito tells say of the providers that everybody knows.
    fileprivate func known(_ given: [String: String]) -> [String: String] {
        switch self {
        case .saml: [:]
        case .oidc: ["attributes_url_add_attributes": "false"]
        case .google:
            [
                "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
                "attributes_url_add_attributes": "true",
                "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
                "oidc_issuer": "https://accounts.google.com", "token_request_method": "POST",
                "token_url": "https://www.googleapis.com/oauth2/v4/token",
            ]
        case .facebook:
            Self.facebook(given["api_version"] ?? "v17.0")
        case .amazon:
            [
                "attributes_url": "https://api.amazon.com/user/profile", "attributes_url_add_attributes": "false",
                "authorize_url": "https://www.amazon.com/ap/oa", "token_request_method": "POST",
                "token_url": "https://api.amazon.com/auth/o2/token",
            ]
        case .apple:
            [
                "attributes_url_add_attributes": "false",
                "authorize_url": "https://appleid.apple.com/auth/authorize",
                "oidc_issuer": "https://appleid.apple.com", "token_request_method": "POST",
                "token_url": "https://appleid.apple.com/auth/token",
            ]
        }
    }

    private static func facebook(_ version: String) -> [String: String] {
        [
            "api_version": version, "attributes_url": "https://graph.facebook.com/\(version)/me?fields=",
            "attributes_url_add_attributes": "true",
            "authorize_url": "https://www.facebook.com/\(version)/dialog/oauth", "token_request_method": "GET",
            "token_url": "https://graph.facebook.com/\(version)/oauth/access_token",
        ]
    }

    /// What the claim is called by which users of such a provider are known; nil: it is a member of its own, the NameID.
    fileprivate var subject: String? {
        switch self {
        case .saml: nil
        case .facebook: "id"
        case .amazon: "user_id"
        case .google, .apple, .oidc: "sub"
        }
    }

    /// What a provider of this type must be called; nil: as anybody likes.
    private var onlyName: String? {
        switch self {
        case .saml, .oidc: nil
        default: rawValue
        }
    }

    /// - Throws: InvalidParameterException.
    func check(name: String) throws(ServiceError) {
        if let onlyName, name != onlyName {
            throw .invalidParameter("Provider \(name) cannot be of type \(rawValue): its name must be \(onlyName).")
        }
        if onlyName == nil, Self(rawValue: name).map({ $0.onlyName != nil }) ?? false || name == "COGNITO" {
            throw .invalidParameter("The provider name \(name) is reserved.")
        }
    }

    /// The details as they are kept, of what a request says.
    /// - Throws: InvalidParameterException.
    func details(of given: [String: String]) throws(ServiceError) -> [String: String] {
        for name in required where given[name]?.isEmpty ?? true {
            throw .invalidParameter(
                "\(name) is a required member of ProviderDetails for the provider type \(rawValue).")
        }
        let allowed = optional.union(required)
        for name in given.keys.sorted() where !allowed.contains(name) && !Self.told.contains(name) {
            throw .invalidParameter("Invalid member of ProviderDetails for the provider type \(rawValue): \(name)")
        }
        var details = given.filter { allowed.contains($0.key) }
        if self == .oidc { try checkOIDC(details) }
        if self == .saml { try completeSAML(&details) }
        details.merge(known(given)) { given, _ in given }
        return details
    }

    private func checkOIDC(_ details: [String: String]) throws(ServiceError) {
        guard ["GET", "POST"].contains(details["attributes_request_method"]) else {
            throw .invalidParameter("attributes_request_method must be GET or POST.")
        }
        let scopes = details["authorize_scopes", default: ""].split(separator: " ")
        guard scopes.contains("openid") else {
            throw .invalidParameter("authorize_scopes of an OIDC provider must include openid.")
        }
        for name in ["oidc_issuer", "attributes_url", "authorize_url", "jwks_uri", "token_url"] {
            guard let text = details[name] else { continue }
            guard WebAddress(text, mayHaveQuery: name != "oidc_issuer") != nil else {
                throw .invalidParameter("\(name) must be an https URL: \(text)")
            }
        }
    }

    private func completeSAML(_ details: inout [String: String]) throws(ServiceError) {
        guard (details["MetadataFile"] == nil) != (details["MetadataURL"] == nil) else {
            throw .invalidParameter("ProviderDetails must have either MetadataFile or MetadataURL.")
        }
        for name in ["IDPSignout", "IDPInit", "EncryptedResponses"] {
            guard let value = details[name] else { continue }
            guard ["true", "false"].contains(value.lowercased()) else {
                throw .invalidParameter("\(name) must be true or false.")
            }
        }
        guard ["rsa-sha256", nil].contains(details["RequestSigningAlgorithm"]) else {
            throw .invalidParameter("RequestSigningAlgorithm must be rsa-sha256.")
        }
        details["IDPSignout"] = details["IDPSignout"] ?? "false"
    }

    /// The mapping as it is kept: what a user of the provider is known by is always there.
    /// - Throws: InvalidParameterException for what is no attribute of the pool, or one that can't change.
    func mapping(of given: [String: String], _ schema: AttributeSchema) throws(ServiceError) -> [String: String] {
        var mapping = given
        for name in given.keys.sorted() where name != "username" {
            guard let attribute = schema[name], name != "sub" else {
                throw .invalidParameter("Invalid attribute mapping: \(name) is not an attribute of the user pool.")
            }
            guard attribute.isMutable else {
                throw .invalidParameter("Invalid attribute mapping: the attribute \(name) is not mutable.")
            }
        }
        if let subject {
            guard mapping["username"] == nil || mapping["username"] == subject else {
                throw .invalidParameter("Invalid attribute mapping: username must be mapped to \(subject).")
            }
            mapping["username"] = subject
        }
        return mapping
    }
}
