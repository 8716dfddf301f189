import Bodies
import Wire

/// S3's errors for inputs that break the model's constraints: those in a body all have the same one, those in headers and
/// query strings name the argument.
///
/// The one pattern that there is, of `x-amz-copy-source`, is of the text before it is percent-encoded.
let s3Validation = ValidationRules(ignored: [.pattern]) { broken, member, text in
    if let error = particular(broken, member, text) { return error }
    guard !member.isInBody else { return .malformedXML }
    guard broken == .required else { return .invalidArgument("", member.wireName, text) }
    return .s3(
        "MissingSecurityHeader", "Your request was missing a required header", ["MissingHeaderName": member.wireName])
}

/// The errors of members that have one of their own.
private func particular(_ broken: BrokenConstraint, _ member: MemberShape, _ text: String?) -> ServiceError? {
    if member.isInBody, ["Permission", "Type"].contains(member.name) { return .malformedACL }
    guard broken == .values || broken == .element else { return nil }
    switch member.name {
    case "LocationConstraint": return .invalidLocation(text ?? "")
    case "StorageClass" where !member.isInBody:
        return .s3(
            "InvalidStorageClass", "The storage class you specified is not valid",
            text.map { ["StorageClassRequested": $0] } ?? [:])
    case "EncodingType": return .invalidArgument("Invalid Encoding Method specified in Request", member.wireName, text)
    case "ServerSideEncryption":
        return .s3(
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
            ["ArgumentName": member.wireName, "ArgumentValue": text ?? ""])
    case "ChecksumAlgorithm" where !member.isInBody: return .unsupportedChecksum
    case "ObjectLockMode" where !member.isInBody:
        return .invalidArgument("Unknown wormMode directive.", member.wireName, text)
    case "ObjectOwnership" where !member.isInBody:
        return .invalidArgument(
            "Invalid \(member.wireName) header: \(text ?? "")", member.wireName)
    case "MetadataDirective": return .invalidArgument("Unknown metadata directive.", member.wireName, text)
    case "TaggingDirective": return .invalidArgument("Unknown tagging directive.", member.wireName, text)
    default: return nil
    }
}
