/// What differs in Signature Version 4 from service to service: in fact, between S3 and all others.
///
/// Take them from ``rules(forService:)`` rather than make them. A request that is verified by the wrong service's rules
/// is either refused without cause, or accepted without proof of its body.
public struct SigningRules: Sendable, Equatable {
    /// The path is normalised (`.`, `..`, `//`) and encoded once more than it was sent. S3 does neither, for an
    /// object's key may hold all of that.
    public var normalizesPath: Bool
    /// `UNSIGNED-PAYLOAD` may stand in place of the body's hash. Only S3 documents that; elsewhere it would let
    /// anyone on the way change what is asked for.
    public var acceptsUnsignedPayload: Bool
    /// Every request signed in the header must say its body's hash in `x-amz-content-sha256`.
    public var requiresContentHash: Bool
    /// A presigned request is good for its `X-Amz-Expires`, 1 to 604,800 seconds. Elsewhere AWS looks at the time of
    /// signing alone, whatever `X-Amz-Expires` says; tokens of `aws eks get-token` rely on that.
    public var honoursExpires: Bool
    /// `x-amz-security-token` must be signed. Elsewhere it may be added afterwards; it is bound to its access key
    /// anyway.
    public var requiresSignedToken: Bool

    /// Makes rules of one's own, for a service that is neither like S3 nor like the others.
    public init(
        normalizesPath: Bool, acceptsUnsignedPayload: Bool, requiresContentHash: Bool, honoursExpires: Bool,
        requiresSignedToken: Bool
    ) {
        self.normalizesPath = normalizesPath
        self.acceptsUnsignedPayload = acceptsUnsignedPayload
        self.requiresContentHash = requiresContentHash
        self.honoursExpires = honoursExpires
        self.requiresSignedToken = requiresSignedToken
    }

    /// For every service but S3.
    public static let standard = SigningRules(
        normalizesPath: true, acceptsUnsignedPayload: false, requiresContentHash: false, honoursExpires: false,
        requiresSignedToken: false)

    /// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
    public static let s3 = SigningRules(
        normalizesPath: false, acceptsUnsignedPayload: true, requiresContentHash: true, honoursExpires: true,
        requiresSignedToken: true)

    /// The rules of a service, by its signing name: ``s3`` for S3's own services, ``standard`` for all others.
    public static func rules(forService service: String) -> SigningRules {
        switch service {
        case "s3", "s3express", "s3-object-lambda", "s3-outposts": .s3
        default: .standard
        }
    }
}
