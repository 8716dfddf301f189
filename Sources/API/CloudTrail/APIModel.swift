import Wire

extension CloudTrail: APIModel {
    public static let signingName = "cloudtrail"
}
