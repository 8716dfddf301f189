public import Fetch
import FoundationEssentials
public import Signature
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A place in a bucket of S3's, or of what speaks its protocol, and how it is reached.
public struct BucketAddress: Sendable {
    /// The bucket's name.
    let bucket: String
    /// What all keys begin with: empty, or with a slash at its end.
    let prefix: String
    /// Without a path.
    let endpoint: WebAddress
    let region: String
    let credentials: BucketCredentials

    /// For people: `s3://bucket/prefix`.
    public var name: String { "s3://\(bucket)/\(prefix)" }

    /// Reads one.
    ///
    /// - Parameter text: `s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=REGION`. Without an endpoint it is AWS's for
    ///   the region; the region is `us-east-1` unless named.
    /// - Throws: ``BodyError`` of kind `invalid`, which says what is wrong.
    public init(_ text: String, credentials: BucketCredentials) throws(BodyError) {
        guard text.hasPrefix("s3://") else { throw Self.invalid("It does not begin with s3://.") }
        let halves = text.dropFirst(5).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = (halves.first ?? "").split(separator: "/", omittingEmptySubsequences: true)
        guard let bucket = path.first, bucket.utf8.allSatisfy(Self.isPlain), halves.first?.hasPrefix("/") == false
        else {
            throw Self.invalid("The bucket's name is missing, or is none.")
        }
        guard path.dropFirst().allSatisfy({ $0.utf8.allSatisfy(Self.isPlain) && $0 != "." && $0 != ".." }) else {
            throw Self.invalid("The prefix may have letters, digits, '-', '.', '_', '~' and slashes.")
        }
        var (endpoint, region) = (String?.none, "us-east-1")
        for parameter in (halves.count > 1 ? halves[1] : "").split(separator: "&") {
            let pair = parameter.split(separator: "=", maxSplits: 1).map(String.init)
            switch (pair.first, pair.count) {
            case ("endpoint", 2): endpoint = pair[1]
            case ("region", 2): region = pair[1]
            default: throw Self.invalid("There is no parameter '\(pair.first ?? "")'; there are endpoint and region.")
            }
        }
        guard region.utf8.allSatisfy(Self.isPlain) else { throw Self.invalid("'\(region)' is no region.") }
        let url = endpoint ?? "https://s3.\(region).amazonaws.com"
        guard let address = WebAddress(url, mayBePlain: true), address.path.isEmpty || address.path == "/" else {
            throw Self.invalid("The endpoint has to be a URL without a path, such as https://s3.example.")
        }
        self.bucket = String(bucket)
        prefix = path.dropFirst().map { $0 + "/" }.joined()
        self.endpoint = address
        self.region = region
        self.credentials = credentials
    }

    /// What needs no escape in a URL.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func invalid(_ what: String) -> BodyError {
        BodyError(
            .invalid,
            "\(what) A bucket is named as in s3://bucket/prefix?endpoint=https://s3.example&region=us-east-1.")
    }
}

/// Whose access key signs requests to a bucket. It never shows a secret.
public final class BucketCredentials: Sendable, CustomStringConvertible {
    private enum Source {
        case given(SigningCredentials)
        case file(String)
    }

    private let source: Source
    /// What was in the file, and when it was read, in seconds since 1970.
    private let read = Mutex<(credentials: SigningCredentials, time: Int)?>(nil)

    /// Those that somebody has said.
    public init(_ credentials: SigningCredentials) {
        source = .given(credentials)
    }

    /// Those of a file in the form of AWS's own `~/.aws/credentials`: of its profile `default`. The file is read anew now
    /// and then, so that others may put temporary credentials there.
    public init(file: String) {
        source = .file(file)
    }

    public var description: String { "BucketCredentials" }

    /// In seconds.
    private static let lifetime = 60

    /// - Throws: ``BodyError`` of kind `io` when the file can't be read, or has none.
    func current() throws(BodyError) -> SigningCredentials {
        let path: String
        switch source {
        case .given(let credentials): return credentials
        case .file(let file): path = file
        }
        let now = time(nil)
        if let known = read.withLock({ $0 }), now - known.time < Self.lifetime { return known.credentials }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw BodyError(.io, "The credentials for the bucket can't be read from \(path).")
        }
        guard let credentials = Self.parse(String(decoding: bytes, as: UTF8.self)) else {
            throw BodyError(
                .io,
                "There are no credentials in \(path): aws_access_key_id and aws_secret_access_key of the profile [default]."
            )
        }
        read.withLock { $0 = (credentials, now) }
        return credentials
    }

    static func parse(_ text: String) -> SigningCredentials? {
        var (values, isDefault) = ([String: String](), true)
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop(while: \.isWhitespace)
            if line.hasPrefix("[") {
                isDefault = line.hasPrefix("[default]")
            } else if isDefault, !line.hasPrefix("#"), let sign = line.firstIndex(of: "=") {
                values[trimmed(line[..<sign])] = trimmed(line[line.index(after: sign)...])
            }
        }
        guard let id = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else { return nil }
        return SigningCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: values["aws_session_token"])
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
