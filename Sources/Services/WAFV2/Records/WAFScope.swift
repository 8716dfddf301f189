import WAFV2API
import Wire

/// Whether a resource is for a Region's applications or for CloudFront's, which are everywhere.
enum WAFScope: String, Codable, Sendable {
    case regional = "REGIONAL"
    case cloudFront = "CLOUDFRONT"

    /// As ARNs have it.
    var inARN: String { self == .regional ? "regional" : "global" }

    /// The only Region that has resources for CloudFront.
    static let regionOfCloudFront = "us-east-1"

    /// - Throws: WAFInvalidParameterException for a scope that the Region doesn't have.
    init(_ text: String, region: String) throws(ServiceError) {
        guard let scope = WAFScope(rawValue: text), scope == .regional || region == Self.regionOfCloudFront else {
            throw .invalid(.scopeValue, text, .scope)
        }
        self = scope
    }
}
