public import Signature

/// How a request was signed, once the signature is verified: what S3's condition keys tell of it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html>
public struct SignatureDetails: Sendable {
    /// Where the signature stands.
    public var form: SignatureClaims.Form
    /// By which algorithm it is made.
    public var algorithm: SigningAlgorithm
    /// When it was made, in seconds since 1970.
    public var time: Double
    /// What the client says of the body: `x-amz-content-sha256`. A presigned URL signs no body.
    public var contentHash: String?

    /// - Parameter form: what was verified.
    public init(_ form: FormSignature) {
        self.form = .form
        algorithm = .v4
        time = Double(form.timestamp)
    }

    /// - Parameters:
    ///   - claims: what was verified.
    ///   - contentHash: the header `x-amz-content-sha256`.
    public init(_ claims: SignatureClaims, contentHash: String?) {
        form = claims.form
        algorithm = claims.algorithm
        time = Double(claims.timestamp)
        self.contentHash = contentHash ?? (claims.form == .presigned ? "UNSIGNED-PAYLOAD" : nil)
    }
}
