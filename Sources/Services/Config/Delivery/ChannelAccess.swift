import AWSConfigAPI
import Compression
import Directory
import FoundationEssentials
import Ledger
import Platform
import S3API
import SNSAPI
import Wire

/// How AWS Config gets at a channel's bucket and topic: with the recorder's role, and where that may not, in its own name.
/// <https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html>
struct ChannelAccess: Sendable {
    let environment: Environment
    let channel: DeliveryChannel
    /// nil: there is no recorder.
    let roleARN: String?

    init(_ environment: Environment, _ channel: DeliveryChannel, _ roleARN: String?) {
        (self.environment, self.channel, self.roleARN) = (environment, channel, roleARN)
    }

    private var own: ServiceIdentity { .own(ConfigName.principal, for: nil, in: channel.accountID) }

    /// Does something as the one, and if that may not, as the other.
    private func asEither<T: Sendable>(
        _ body: (ServiceIdentity) async throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        if let roleARN, !roleARN.contains(":role/aws-service-role/") {
            do throws(ServiceError) {
                let role = RecorderRole(
                    arn: roleARN, environment: environment, account: channel.accountID, region: channel.region)
                return try await body(try await role.assumed())
            } catch {
                guard error.status < 500, error.code != "NoSuchBucket", error.code != "PermanentRedirect" else {
                    throw error
                }
            }
        }
        return try await body(own)
    }

    /// S3 answers in the bucket's Region alone.
    private func inRegionOfBucket<T: Sendable>(
        _ body: (ServiceCalls) async throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        do throws(ServiceError) {
            return try await body(environment.services(in: channel.region))
        } catch {
            guard error.code == "PermanentRedirect", let region = error.headers["x-amz-bucket-region"] else {
                throw error
            }
            return try await body(environment.services(in: region))
        }
    }

    /// Puts a file aside, to be completed in the transaction that tells of it.
    func put(_ bytes: [UInt8], at key: String) async throws(ServiceError) -> PreparedCall<S3.PutObject> {
        try await asEither { (identity) throws(ServiceError) in
            try await inRegionOfBucket { (services) throws(ServiceError) in
                try await services.prepare(
                    S3.PutObject.self,
                    S3.PutObject.Input {
                        $0.bucket = channel.bucket
                        $0.key = key
                        $0.acl = "bucket-owner-full-control"
                        if !bytes.isEmpty {
                            $0.contentType = "application/json"
                            $0.contentEncoding = "gzip"
                        }
                        if let kms = channel.kmsKeyARN {
                            $0.serverSideEncryption = "aws:kms"
                            $0.ssekmsKeyId = kms
                        }
                        $0.body = BodyStream(bytes)
                    }, as: identity)
            }
        }
    }

    /// Publishes to the channel's topic; nothing where it has none.
    func publish(_ subject: String, _ message: JSONValue) async throws(ServiceError) {
        guard let topic = channel.topicARN, let arn = ARN(parsing: topic) else { return }
        try await asEither { (identity) throws(ServiceError) in
            _ = try await environment.services(in: arn.region).call(
                SNS.Publish.self,
                SNS.Publish.Input {
                    $0.topicArn = topic
                    // SNS takes no more.
                    $0.subject = String(subject.prefix(100))
                    $0.message = message.jsonText
                }, as: identity)
        }
    }

    // MARK: Names

    /// What keys begin with: `audit/AWSLogs/111122223333/Config/`
    private var folder: String {
        (channel.prefix.map { $0 + "/" } ?? "") + "AWSLogs/\(channel.accountID)/Config/"
    }

    var checkKey: String { folder + "ConfigWritabilityCheckFile" }

    /// The key of a file; months and days have no zeroes before them.
    func key(_ kind: String, _ name: String, at time: Double) -> String {
        let parts = Timestamp(secondsSinceEpoch: time).iso8601.prefix(10).split(separator: "-").compactMap { Int($0) }
        let day = parts.map(String.init).joined(separator: "/")
        return folder
            + "\(channel.region)/\(day)/\(kind)/\(channel.accountID)_Config_\(channel.region)_\(kind)_\(name).json.gz"
    }

    /// `20160927T183939Z`
    static func stamp(_ time: Double) -> String {
        Timestamp(secondsSinceEpoch: time).iso8601.filter { $0 != "-" && $0 != ":" }
    }
}

/// A file of items while it is written: compressed as it grows.
struct ItemFile {
    private let gzip: Gzip
    private var count = 0

    /// - Throws: InternalFailure where there is no memory for it.
    init(id: String) throws(ServiceError) {
        guard let gzip = Gzip() else { throw .internalFailure }
        self.gzip = gzip
        gzip.append(Array(#"{"fileVersion":"1.0","configSnapshotId":"\#(id)","configurationItems":["#.utf8))
    }

    mutating func append(_ item: StoredItem) {
        if count > 0 { gzip.append([UInt8(ascii: ",")]) }
        gzip.append(Array(item.file.jsonText.utf8))
        count += 1
    }

    /// Bytes, compressed.
    static func compressed(_ bytes: [UInt8]) throws(ServiceError) -> [UInt8] {
        guard let gzip = Gzip() else { throw .internalFailure }
        gzip.append(bytes)
        return gzip.finish()
    }

    func finish() -> [UInt8] {
        gzip.append(Array("]}".utf8))
        return gzip.finish()
    }
}
