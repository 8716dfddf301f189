import Wire

extension Courier: APIModel {
    public static let signingName = "courier"
}
