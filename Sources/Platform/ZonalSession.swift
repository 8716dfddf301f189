import Directory

/// What the credentials of CreateSession stand for: five minutes of one directory bucket of S3 Express.
///
/// It travels, sealed, in a session token of its own kind (`x-amz-s3session-token`), which no other service takes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html>
public struct ZonalSession: Sendable, Codable, CustomStringConvertible {
    /// What it is good for; the names are AWS's.
    public enum Mode: String, Sendable, Codable {
        case readWrite = "ReadWrite"
        case readOnly = "ReadOnly"
    }

    /// Seconds. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html>
    public static let lifetime = 300.0

    /// The temporary access key's id, `ASIA…`.
    public let accessKeyID: String
    /// The secret that the client signs with. It leaves the token only to verify signatures.
    public let secretAccessKey: String
    /// The bucket that it is for.
    public let bucket: String
    /// When that bucket was created, in seconds since 1970: another of the name is not meant. nil: there was none, and
    /// policies have not been asked.
    public let bucketCreation: Double?
    /// What it is for: reading alone, or writing as well.
    public let mode: Mode
    /// When it ends, in seconds since 1970.
    public let expires: Double
    /// Who asked for it, without a secret.
    public let owner: Session
    /// Whether that was with a long-term access key, so that ``owner`` was no session before.
    public let isOfLongTermKey: Bool
    /// Whether it is good for managing its bucket, too, as far as ``owner`` may: a client that knows one endpoint alone asked for it.
    public let mayManage: Bool

    /// Makes a session for whoever calls.
    /// - Parameters: see the properties.
    /// - Returns: nil for a caller who has no access key.
    public init?(
        for caller: Caller, bucket: String, created bucketCreation: Double?, mode: Mode, mayManage: Bool,
        at time: Double
    ) {
        guard let owner = caller.session ?? Session(ofLongTermKeyOf: caller, at: time) else { return nil }
        var kept = owner
        kept.secretAccessKey = ""
        self.owner = kept
        isOfLongTermKey = caller.session == nil
        accessKeyID = Identifiers.accessKeyID(temporary: true)
        secretAccessKey = Identifiers.secretAccessKey()
        self.bucket = bucket
        self.bucketCreation = bucketCreation
        self.mode = mode
        self.mayManage = mayManage
        // It does not outlive the session that it was asked for with.
        expires = caller.session.map { min($0.expires, time + Self.lifetime) } ?? time + Self.lifetime
    }

    /// Without the secret, so that no log ever shows it.
    public var description: String { "ZonalSession(\(accessKeyID))" }
}

extension Session {
    /// What a session of a caller would be who has none.
    fileprivate init?(ofLongTermKeyOf caller: Caller, at time: Double) {
        let (kind, id): (PrincipalKind, String)
        switch caller.identity {
        case .root: (kind, id) = (.root, caller.accountID)
        case .user(let user): (kind, id) = (.user, user.uniqueID)
        case .roleSession, .federatedUser, .webIdentity, .saml, .service, .anonymous: return nil
        }
        self.init(
            accessKeyID: caller.accessKeyID, secretAccessKey: "", accountID: caller.accountID, principalKind: kind,
            principalID: id, issued: time, expires: time + ZonalSession.lifetime)
    }
}
