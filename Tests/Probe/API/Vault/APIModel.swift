import Wire

extension Vault: APIModel {
    public static let signingName = "vault"
}
