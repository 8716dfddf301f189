import Crypto
import FoundationEssentials

/// Why a signature was refused.
///
/// ``message`` is AWS's own sentence; ``code(isJSON:)`` and ``status(isJSON:)`` are the code and HTTP status that the
/// query and JSON protocols give it. S3 has codes of its own, which follow from ``kind``.
///
/// What could hold a secret is quoted as a hash only: a whole `Authorization` header, as AWS does, and a credential
/// with too many slashes, which is what a swapped key id and secret look like.
public enum SignatureError: Error, Sendable, Equatable {
    // No signature, or half of one.

    /// The request carries no signature, and the operation needs one.
    case missingAuthenticationToken
    /// The `Authorization` header lacks these parameters, or the request lacks a date.
    case incompleteHeader(missing: [String], dateIsMissing: Bool, headerHash: String)
    /// A part of the `Authorization` header has no equal sign.
    case malformedHeader(headerHash: String)
    /// A presigned request lacks these query parameters.
    case incompleteQuery(missing: [String])
    /// Signed in the header and in the query at once.
    case signedTwice
    /// Anything but `AWS4-HMAC-SHA256`.
    case unsupportedAlgorithm(String)
    /// The credential is not `keyid/date/region/service/aws4_request`.
    case malformedCredential(credentialHash: String)
    /// The date is not in ISO 8601's basic form.
    case malformedDate(String)
    /// More header fields than are worth looking through.
    case tooManyHeaders(limit: Int)

    // Whole, but not for this request.

    /// The credential scope names another date, region, service or terminator.
    case wrongScope([ScopeFault])
    /// `host` is not among the signed headers.
    case hostNotSigned
    /// These headers came along and bear on what the request means, but are not signed.
    case headersNotSigned([String])
    /// Older than the clocks may differ. Times are seconds since the epoch.
    case expired(signed: Int, now: Int, tolerance: Int)
    /// From further in the future than the clocks may differ. Times are seconds since the epoch.
    case notYetCurrent(signed: Int, now: Int, tolerance: Int)
    /// `X-Amz-Expires` of a presigned request has passed.
    case presignedExpired
    /// `X-Amz-Expires` is not a number from 1 to 604,800.
    case expiresOutOfRange
    /// S3 wants `x-amz-content-sha256` with every signed request.
    case contentHashMissing
    /// `x-amz-content-sha256` is neither a hash nor one of the words that are allowed here.
    case unsupportedContentHash
    /// The body does not have the hash that `x-amz-content-sha256` says.
    case contentHashMismatch
    /// The signature is not the one that the secret key makes.
    case mismatch

    // Found while the body came.

    /// A body in chunks comes without `x-amz-decoded-content-length`.
    case decodedLengthMissing
    /// The body ends before it should, or holds more than the request announced.
    case incompleteBody
    /// The framing of a chunk can't be read.
    case malformedChunk
    /// A chunk before the last is shorter than 8 KiB.
    case chunkTooShort
    /// The trailing fields can't be read, or are not those that were announced.
    case malformedTrailer

    // Found out by whoever keeps the keys.

    /// No such access key, or not an active one, or not with this session token.
    case invalidClientTokenID
    /// The session of a temporary access key has ended.
    case expiredToken

    /// One way in which a credential scope does not fit the request. AWS's message lists all of them.
    public enum ScopeFault: Sendable, Equatable {
        /// The scope's date, and the request's time, of whose date it ought to be.
        case date(scope: String, timestamp: Int)
        /// The region that it should have been.
        case region(String)
        /// The service that it should have been.
        case service(expected: String)
        /// What the scope ends with, in place of `aws4_request`.
        case terminator(String)
    }

    /// What sort of error it is, for whoever maps it to a protocol's own codes.
    public enum Kind: Sendable, Equatable {
        /// The request is not signed at all.
        case missingAuthenticationToken
        /// The signature lacks a part, or has one that can't be read.
        case incompleteSignature
        /// The signature is not the one that the secret makes for this request.
        case signatureDoesNotMatch
        /// The request's time is too far from the server's.
        case requestTimeTooSkewed
        /// A presigned request is past its `X-Amz-Expires`.
        case requestExpired
        /// A header or parameter that belongs to the signature has a value that is not allowed.
        case invalidRequest
        /// The body is not what the request's head says of it.
        case invalidBody
        /// Nobody has this access key, or it is not active.
        case invalidClientTokenID
        /// The session of a temporary access key has ended.
        case expiredToken
    }
}

extension SignatureError {
    /// The sort of this error. Several errors that differ in their message only are of the same kind.
    public var kind: Kind {
        switch self {
        case .missingAuthenticationToken: .missingAuthenticationToken
        case .incompleteHeader, .malformedHeader, .incompleteQuery, .unsupportedAlgorithm, .malformedCredential,
            .malformedDate, .tooManyHeaders:
            .incompleteSignature
        case .signedTwice, .wrongScope, .hostNotSigned, .headersNotSigned, .mismatch: .signatureDoesNotMatch
        case .expired, .notYetCurrent: .requestTimeTooSkewed
        case .presignedExpired: .requestExpired
        case .expiresOutOfRange, .contentHashMissing, .unsupportedContentHash: .invalidRequest
        case .contentHashMismatch, .decodedLengthMissing, .incompleteBody, .malformedChunk, .chunkTooShort,
            .malformedTrailer:
            .invalidBody
        case .invalidClientTokenID: .invalidClientTokenID
        case .expiredToken: .expiredToken
        }
    }

    /// The error code that a service of the query protocol (IAM, STS) or of JSON 1.0 and 1.1 (KMS) sends.
    ///
    /// A request whose time is off is a `SignatureDoesNotMatch` there; the text tells it apart.
    /// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
    public func code(isJSON: Bool) -> String {
        switch kind {
        case .missingAuthenticationToken:
            isJSON ? "MissingAuthenticationTokenException" : "MissingAuthenticationToken"
        case .incompleteSignature: isJSON ? "IncompleteSignatureException" : "IncompleteSignature"
        case .signatureDoesNotMatch, .requestTimeTooSkewed:
            isJSON ? "InvalidSignatureException" : "SignatureDoesNotMatch"
        case .requestExpired: "RequestExpired"
        case .invalidRequest: isJSON ? "InvalidSignatureException" : "InvalidRequest"
        case .invalidBody: bodyCode
        case .invalidClientTokenID: isJSON ? "UnrecognizedClientException" : "InvalidClientTokenId"
        case .expiredToken: isJSON ? "ExpiredTokenException" : "ExpiredToken"
        }
    }

    /// S3's, since it alone takes such bodies.
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    private var bodyCode: String {
        switch self {
        case .contentHashMismatch: "XAmzContentSHA256Mismatch"
        case .decodedLengthMissing: "MissingContentLength"
        case .chunkTooShort: "InvalidChunkSizeError"
        case .malformedTrailer: "MalformedTrailerError"
        default: "IncompleteBody"
        }
    }

    /// The HTTP status that goes with ``code(isJSON:)``. JSON services answer every client error with 400.
    public func status(isJSON: Bool) -> Int {
        switch kind {
        case .incompleteSignature, .requestExpired, .invalidRequest: 400
        case .invalidBody:
            switch self {
            case .decodedLengthMissing: 411
            case .chunkTooShort: 403
            default: 400
            }
        case .missingAuthenticationToken, .signatureDoesNotMatch, .requestTimeTooSkewed, .invalidClientTokenID,
            .expiredToken:
            isJSON ? 400 : 403
        }
    }

    /// AWS's sentence for it.
    public var message: String {
        switch self {
        case .missingAuthenticationToken:
            return "Request is missing Authentication Token"
        case .incompleteHeader(let missing, let dateIsMissing, let hash):
            var sentences = missing.map { "Authorization header requires '\($0)' parameter." }
            if dateIsMissing {
                sentences.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
            }
            sentences.append("(Hashed with SHA-256 and encoded with Base64) Authorization=\(hash)")
            return sentences.joined(separator: " ")
        case .malformedHeader(let hash):
            return "Invalid key=value pair (missing equal-sign) in Authorization header "
                + "(hashed with SHA-256 and encoded with Base64): '\(hash)'."
        case .incompleteQuery(let missing):
            return missing.map { "AWS query-string parameters must include '\($0)'. " }.joined()
                + "Re-examine the query-string parameters."
        case .signedTwice:
            return "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
        case .unsupportedAlgorithm(let algorithm):
            return "Unsupported AWS 'algorithm': '\(quoted(algorithm))' (only AWS4-HMAC-SHA256 for now). "
        case .malformedCredential(let hash):
            return "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
                + "got (hashed with SHA-256 and encoded with Base64): '\(hash)'"
        case .malformedDate(let text):
            return
                "Date must be in ISO-8601 'basic format'. Got '\(quoted(text))'. See http://en.wikipedia.org/wiki/ISO_8601"
        case .tooManyHeaders(let limit):
            return "A signed request may have at most \(limit) header fields."
        case .wrongScope(let faults):
            return faults.map(\.sentence).joined()
        case .hostNotSigned:
            return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        case .headersNotSigned(let names):
            return "There were headers present in the request which were not signed: "
                + quoted(names.joined(separator: ", "))
        case .expired(let signed, let now, let tolerance):
            return "Signature expired: \(SignatureTimestamp.text(signed)) is now earlier than "
                + "\(SignatureTimestamp.text(now - tolerance)) (\(SignatureTimestamp.text(now)) - \(tolerance / 60) min.)"
        case .notYetCurrent(let signed, let now, let tolerance):
            return "Signature not yet current: \(SignatureTimestamp.text(signed)) is still later than "
                + "\(SignatureTimestamp.text(now + tolerance)) (\(SignatureTimestamp.text(now)) + \(tolerance / 60) min.)"
        case .presignedExpired:
            return "Request has expired"
        case .expiresOutOfRange:
            return "X-Amz-Expires must be a number of seconds from 1 to 604800 (a week)"
        case .contentHashMissing:
            return "Missing required header for this request: x-amz-content-sha256"
        case .unsupportedContentHash:
            return "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
                + "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a "
                + "valid sha256 value."
        case .contentHashMismatch:
            return "The provided 'x-amz-content-sha256' header does not match what was computed."
        case .mismatch:
            return "The request signature we calculated does not match the signature you provided. "
                + "Check your AWS Secret Access Key and signing method. "
                + "Consult the service documentation for details."
        case .decodedLengthMissing:
            return "You must provide the Content-Length HTTP header."
        case .incompleteBody:
            return "You did not provide the number of bytes specified by the Content-Length HTTP header"
        case .malformedChunk:
            return "The request body terminated unexpectedly"
        case .chunkTooShort:
            return "Only the last chunk is allowed to have a size less than \(ChunkedBody.shortestChunk) bytes"
        case .malformedTrailer:
            return "The request contained trailing data that was not well-formed or did not conform to our published "
                + "schema."
        case .invalidClientTokenID:
            return "The security token included in the request is invalid."
        case .expiredToken:
            return "The security token included in the request is expired"
        }
    }

    /// What stands in a message for text that may hold a secret.
    static func hash(_ text: String) -> String {
        Data(SHA256.hash(data: Array(text.utf8))).base64EncodedString()
    }
}

extension SignatureError.ScopeFault {
    /// AWS strings these together, each with a space behind it.
    var sentence: String {
        switch self {
        case .date(let scope, let timestamp):
            let text = SignatureTimestamp.text(timestamp)
            return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                + "'\(quoted(scope))' != '\(text.prefix(8))', from '\(text)'. "
        case .region(let region): return "Credential should be scoped to a valid region, not '\(quoted(region))'. "
        case .service(let expected): return "Credential should be scoped to correct service: '\(expected)'. "
        case .terminator(let terminator):
            return "Credential should be scoped with a valid terminator: 'aws4_request', not '\(quoted(terminator))'. "
        }
    }
}

/// What a message quotes of a request, kept short.
private func quoted(_ text: String) -> Substring {
    text.prefix(200)
}
