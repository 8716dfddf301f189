import Crypto
import Ledger
import Platform
import Policy
import S3API
import Wire

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html>
extension S3.RenameObject: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        guard call.isOfDirectoryBuckets else { return try S3Express.accessToOther(input.bucket, call) }
        let entry = try call.bucket(named: input.bucket)
        let target = try await call.target(ofNew: input.key, in: entry)
        return .required(call.need("RenameObject", onKey: input.key, target))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard call.isOfDirectoryBuckets else { throw .methodNotAllowed("PUT", "BUCKET") }
        let bucket = try records.bucket(input.bucket, call)
        let source = try CopySource(input.renameSource)
        guard source.bucket == bucket.name, source.versionID == nil else {
            throw .invalidArgument(
                "The source of a rename must be in the same bucket.", "x-amz-rename-source", input.renameSource)
        }
        let slash = UInt8(ascii: "/")
        guard source.key.utf8.last != slash, input.key.utf8.last != slash else {
            throw .invalidRequest("RenameObject does not support keys that end with a slash.")
        }
        let there = try records.current(input.key, in: bucket.name)
        let mark = try RenameMark(input)
        if let mark, let there, let earlier = RenameMark(there.uploadID), earlier.token == mark.token {
            guard earlier == mark else {
                throw .s3(
                    "IdempotencyParameterMismatch",
                    "Parameters on this idempotent request are inconsistent with parameters used in previous request(s)."
                )
            }
            return Output()
        }
        guard let before = try records.current(source.key, in: bucket.name) else { throw .noSuchKey(source.key) }
        try conditions(
            ReadConditions(
                ifMatch: input.sourceIfMatch, ifNoneMatch: input.sourceIfNoneMatch,
                ifModifiedSince: input.sourceIfModifiedSince, ifUnmodifiedSince: input.sourceIfUnmodifiedSince),
            on: before, named: "x-amz-rename-source-if-")
        try checkDestination(input, there)
        guard !source.key.utf8.elementsEqual(input.key.utf8) else { return Output() }
        let place = try records.nextVersion(of: input.key, in: bucket, at: call.time)
        try records.remove(before, from: bucket)
        var version = before.moved(to: input.key, place.sequence, modified: before.modified)
        version.uploadID = mark?.text
        try records.forget(try records.add(version, to: bucket), at: call.time)
        return Output()
    }

    private static func checkDestination(_ input: Input, _ there: ObjectVersion?) throws(ServiceError) {
        guard input.destinationIfNoneMatch == nil || input.destinationIfNoneMatch == "*" else {
            throw .notImplemented(header: "If-None-Match")
        }
        if input.destinationIfNoneMatch != nil, there != nil { throw .preconditionFailed("If-None-Match") }
        guard let there else {
            guard input.destinationIfMatch == nil else { throw .noSuchKey(input.key) }
            // What has to have been modified has to be there.
            guard input.destinationIfModifiedSince == nil else { throw .preconditionFailed("If-Modified-Since") }
            return
        }
        try conditions(
            ReadConditions(
                ifMatch: input.destinationIfMatch, ifNoneMatch: nil,
                ifModifiedSince: input.destinationIfModifiedSince,
                ifUnmodifiedSince: input.destinationIfUnmodifiedSince), on: there, named: "If-")
    }

    /// - Throws: PreconditionFailed, whichever condition does not hold: nothing is read.
    private static func conditions(
        _ conditions: ReadConditions, on version: ObjectVersion, named prefix: String
    ) throws(ServiceError) {
        do throws(ServiceError) { try conditions.check(version) } catch {
            guard error.status == 304 else { throw error }
            throw .preconditionFailed(conditions.ifNoneMatch == nil ? prefix + "modified-since" : prefix + "none-match")
        }
    }
}

/// How a rename that is asked for again is known.
private struct RenameMark: Equatable {
    private static let prefix = "rename:"

    let token: String
    /// Of all that was asked for besides.
    private let hash: String

    /// - Returns: nil for a request without a token.
    /// - Throws: InvalidArgument for one that is too long, or has other characters than printable ones of ASCII.
    init?(_ input: S3.RenameObject.Input) throws(ServiceError) {
        guard let token = input.clientToken, !token.isEmpty else { return nil }
        guard token.utf8.count <= 64, token.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw .invalidArgument("Invalid client token.", "x-amz-client-token", token)
        }
        self.token = token
        var rest = input.structure
        rest["ClientToken"] = nil
        hash = Array(SHA256.hash(data: Array(rest.json.utf8))).hexadecimal
    }

    /// - Parameter text: as an object keeps it.
    init?(_ text: String?) {
        guard let text, text.hasPrefix(Self.prefix) else { return nil }
        let parts = text.dropFirst(Self.prefix.count).split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        hash = String(parts[0])
        token = String(parts[1])
    }

    var text: String { "\(Self.prefix)\(hash)/\(token)" }
}
