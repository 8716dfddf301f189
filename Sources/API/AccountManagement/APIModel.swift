import Wire

extension AccountManagement: APIModel {
    public static let signingName = "account"
}
