import Wire

extension STS: APIModel {
    public static let signingName = "sts"
}
