import CognitoIdentityAPI
import Directory
import Platform
import Wire

extension IdentityPool.PrincipalTagMap {
    /// The tags of the default mapping, and the claims that they are made of.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html#provider-mappings>
    static let defaults = ["username": "sub", "client": "aud"]
    /// Those for assertions.
    static let samlDefaults = [
        "username": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
        "client": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    ]
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetPrincipalTagAttributeMap.html>
extension CognitoIdentity.SetPrincipalTagAttributeMap: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cognito-identity:SetPrincipalTagAttributeMap", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var pool = try records.identityPool(input.identityPoolId)
        let name = input.identityProviderName
        guard LoginProvider.names(of: pool).contains(name) else {
            throw .invalidParameter("\(name) is not a configured provider of this identity pool.")
        }
        let tags = input.principalTags ?? [:]
        for key in tags.keys where key.lowercased().hasPrefix("aws:") {
            throw .invalidParameter("Principal tag \(key) is reserved: it begins with aws:.")
        }
        let usesDefaults = input.useDefaults ?? false
        // A mapping that makes no tags is none.
        pool.principalTags[name] =
            usesDefaults || !tags.isEmpty ? IdentityPool.PrincipalTagMap(usesDefaults: usesDefaults, tags: tags) : nil
        try records.put(pool)
        return Output(
            identityPoolId: pool.id, identityProviderName: name, useDefaults: usesDefaults, principalTags: tags)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetPrincipalTagAttributeMap.html>
extension CognitoIdentity.GetPrincipalTagAttributeMap: ComputeOperation, OnIdentityPool {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let pool = try call.identityPool(input.identityPoolId)
        let name = input.identityProviderName
        guard LoginProvider.names(of: pool).contains(name) else {
            throw .invalidParameter("\(name) is not a configured provider of this identity pool.")
        }
        let map = pool.principalTags[name]
        return Output(
            identityPoolId: pool.id, identityProviderName: name, useDefaults: map?.usesDefaults ?? false,
            principalTags: map?.tags ?? [:])
    }
}
