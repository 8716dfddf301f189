import Wire

extension IAM: APIModel {
    public static let signingName = "iam"
}
