import Wire

extension Organizations: APIModel {
    public static let signingName = "organizations"
}
