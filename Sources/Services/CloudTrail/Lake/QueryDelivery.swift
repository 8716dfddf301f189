import CloudTrailAPI
import Crypto
import KeyMaterial
import LakeQuery
import Ledger
import Platform
import S3API
import Wire

/// Puts a query's result into a bucket: files of comma-separated values, compressed, and one that vouches for them.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-results-file-validation-sign-file-structure.html>
struct QueryDelivery: Sendable {
    /// Of the values in one file, in bytes.
    private static let most = 32 << 20

    let environment: Environment
    let query: StoredQuery
    /// Whose query it is, and where.
    let scope: Scope

    /// Whether CloudTrail may put a result into a bucket.
    /// - Returns: the bucket's Region.
    /// - Throws: InvalidS3BucketNameException, InvalidS3PrefixException, S3BucketDoesNotExistException,
    ///   InsufficientS3BucketPolicyException.
    static func check(_ uri: String, for arn: String, _ call: Call) async throws(ServiceError) -> String {
        guard let location = S3Location(uri) else {
            throw CloudTrail.Failure.invalidS3BucketNameException("\(uri) is no S3 URI, as s3://bucket/prefix/.")
        }
        guard location.prefix.utf8.count <= 200 else {
            throw CloudTrail.Failure.invalidS3PrefixException("S3 prefix is longer than the maximum length (200).")
        }
        let writer = BucketWriter(
            environment: call.environment, bucket: location.bucket, region: call.region, arn: arn,
            account: call.accountID)
        let region = try await writer.regionOfBucket()
        let folder = folder(location, call.accountID, call.requestID, at: call.time)
        guard try writer.mayPut(folder + "result_1.csv.gz", in: region, [:], at: call.time) else {
            throw .insufficientBucketPolicy(location.bucket)
        }
        return region
    }

    private static func folder(_ location: S3Location, _ account: String, _ query: String, at time: Double) -> String {
        let day = Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601.prefix(10).split(separator: "-")
            .joined(separator: "/")
        return "\(location.prefix)AWSLogs/\(account)/CloudTrail-Lake/Query/\(day)/\(query)/"
    }

    /// Puts the files aside, to be completed in the transaction that ends the query.
    /// - Throws: why the bucket does not take them.
    func prepare(_ result: QueryResult) async throws(ServiceError) -> [PreparedCall<S3.PutObject>] {
        guard let uri = query.deliveryURI, let location = S3Location(uri), let arn = query.stores.first else {
            return []
        }
        let now = environment.now()
        let folder = Self.folder(location, scope.account, query.id, at: now)
        let writer = BucketWriter(
            environment: environment, bucket: location.bucket, region: query.deliveryRegion ?? scope.region, arn: arn,
            account: scope.account)
        var calls: [PreparedCall<S3.PutObject>] = []
        var files: [(name: String, hash: String)] = []
        do throws(ServiceError) {
            for bytes in try ResultFiles.make(result, upTo: Self.most) {
                let name = "result_\(files.count + 1).csv.gz"
                files.append((name, SHA256.hash(data: bytes).hexadecimal))
                calls.append(try await writer.put(bytes, at: folder + name) { $0.contentType = "application/x-gzip" })
            }
            let sign = try await signFile(files, at: now)
            calls.append(
                try await writer.put(sign, at: folder + "result_sign.json") { $0.contentType = "application/json" })
        } catch {
            for call in calls { await call.discard() }
            throw error
        }
        return calls
    }

    private func signFile(
        _ files: [(name: String, hash: String)], at time: Double
    ) async throws(ServiceError) -> [UInt8] {
        let key = try await DigestKeys.current(in: scope.region, at: time, environment)
        let signed = files.map(\.hash).joined(separator: " ")
        let signature: String
        do {
            signature = try key.material.sign(
                Array(SHA256.hash(data: Array(signed.utf8))), .digest, .rsassaPKCS1SHA256
            ).hexadecimal
        } catch {
            throw .internalFailure
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", "1.0")
        writer.member("region", scope.region)
        writer.key("files")
        writer.beginArray()
        for file in files {
            writer.beginObject()
            writer.member("fileHashValue", file.hash)
            writer.member("fileName", file.name)
            writer.endObject()
        }
        writer.endArray()
        writer.member("hashAlgorithm", "SHA-256")
        writer.member("signatureAlgorithm", "SHA256withRSA")
        writer.member("queryCompleteTime", Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601)
        writer.member("hashSignature", signature)
        writer.member("publicKeyFingerprint", key.record.id)
        writer.endObject()
        return writer.bytes
    }
}

/// A result as files (RFC 4180), compressed; each begins with the names of the columns.
private enum ResultFiles {
    /// - Parameter most: bytes of one file before it is compressed, about.
    /// - Throws: InternalFailure where there is no memory for it.
    static func make(_ result: QueryResult, upTo most: Int) throws(ServiceError) -> [[UInt8]] {
        let head = line(result.columns)
        var files: [[UInt8]] = []
        var open: (gzip: Gzip, size: Int)?
        for row in result.rows {
            let line = line(row.map { $0 ?? "" })
            var file: (gzip: Gzip, size: Int)
            if let open { file = open } else { file = try begin(head) }
            file.gzip.append(line)
            file.size += line.count
            open = file
            if file.size >= most {
                files.append(file.gzip.finish())
                open = nil
            }
        }
        if let open { files.append(open.gzip.finish()) }
        // What has no rows is a file as well.
        if files.isEmpty { files.append(try begin(head).gzip.finish()) }
        return files
    }

    private static func begin(_ head: [UInt8]) throws(ServiceError) -> (gzip: Gzip, size: Int) {
        guard let gzip = Gzip() else { throw .internalFailure }
        gzip.append(head)
        return (gzip, head.count)
    }

    private static func line(_ values: [String]) -> [UInt8] {
        var line: [UInt8] = []
        for (index, value) in values.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            line.append(UInt8(ascii: "\""))
            for byte in value.utf8 {
                if byte == UInt8(ascii: "\"") { line.append(byte) }
                line.append(byte)
            }
            line.append(UInt8(ascii: "\""))
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }
}
