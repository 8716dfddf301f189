/// The signature of a form that a browser posts to S3: it is over the form's policy, and says nothing of the request that
/// brings the form.
///
/// Look up the access key by ``accessKeyID``, then pass its secret to ``SignatureVerifier/verify(_:secretAccessKey:)``. When the
/// policy expires is for whoever reads it to say.
///
/// AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
public struct FormSignature: Sendable {
    /// The first element of the credential: whose secret is to be looked up.
    public let accessKeyID: String
    /// The region of the credential scope.
    public let region: String
    /// The service's signing name, of the credential scope.
    public let service: String
    /// `x-amz-date`, in seconds since the epoch.
    public let timestamp: Int
    /// `x-amz-security-token`, which temporary access keys come with.
    public let sessionToken: String?
    private let date: String
    private let signature: [UInt8]
    private let policy: [UInt8]

    /// Reads what a form says.
    /// - Parameters:
    ///   - credential: `AKIA…/20151229/us-east-1/s3/aws4_request`
    ///   - date: `20151229T000000Z`, of the credential's day.
    ///   - signature: 64 hexadecimal digits.
    ///   - policy: what is signed: the policy as the form has it, in Base64.
    /// - Returns: nil for what can't be a signature.
    public init?(credential: String, date: String, signature: String, sessionToken: String?, policy: String) {
        let scope = credential.split(separator: "/", omittingEmptySubsequences: false)
        guard scope.count == 5, scope.allSatisfy({ !$0.isEmpty }), scope[4] == SigningScope.terminator,
            let timestamp = SignatureTimestamp.seconds(date), date.hasPrefix(scope[1]), scope[1].utf8.count == 8,
            let bytes = ASCII.bytes(fromLowercaseHex: signature.utf8), bytes.count == 32
        else { return nil }
        accessKeyID = String(scope[0])
        self.date = String(scope[1])
        region = String(scope[2])
        service = String(scope[3])
        self.timestamp = timestamp
        self.signature = bytes
        self.sessionToken = sessionToken
        self.policy = Array(policy.utf8)
    }

    /// Whether a secret made the signature.
    fileprivate func isMade(by secretAccessKey: String) -> Bool {
        let scope = SigningScope(date: date, region: region, service: service)
        return SigningKey(accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, scope: scope)
            .isSignature(signature, of: policy)
    }
}

extension SignatureVerifier {
    /// Verifies that the owner of `secretAccessKey` signed a form's policy.
    /// - Throws: ``SignatureError/mismatch``.
    public func verify(_ form: FormSignature, secretAccessKey: String) throws(SignatureError) {
        guard form.isMade(by: secretAccessKey) else { throw .mismatch }
    }
}
