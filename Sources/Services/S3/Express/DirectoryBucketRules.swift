import Ledger
import Platform
import S3API
import Wire

// What directory buckets do not have, or have otherwise.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html>

extension S3Express {
    /// The one that all objects of directory buckets are of.
    static let storageClass = "EXPRESS_ONEZONE"

    /// Members of requests that make an object: there are no access control lists, tags, locks, redirects and keys of clients.
    private static let foreign = [
        "ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP", "ObjectLockMode",
        "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus", "WebsiteRedirectLocation",
        "SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5", "ContentMD5",
    ]

    /// - Throws: NotImplemented for a header that directory buckets have not.
    static func checkNewObject(_ input: Structure) throws(ServiceError) {
        try refuse(foreign, in: input)
        // No tags are as good as none that are said.
        guard input["Tagging"] == nil || input["Tagging"] == .string("") else {
            throw .notImplemented(header: "x-amz-tagging")
        }
    }

    /// Members of requests for a part that directory buckets have not.
    static func checkPart(_ input: Structure) throws(ServiceError) {
        try refuse(
            ["SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5", "ContentMD5", "RequestPayer"], in: input)
    }

    /// What is answered to an operation that directory buckets have not. The Regional endpoint takes whatever is put to a bucket
    /// for its creation.
    @Sendable static func refusal(_ operation: OperationShape) -> ServiceError {
        guard let input = operation.input, input.index(of: "Key") == nil else {
            return .s3(
                "NotImplemented", "A header you provided implies functionality that is not implemented", status: 501)
        }
        guard operation.httpMethod == "PUT", let payload = input.payload else {
            return .methodNotAllowed(operation.httpMethod, "BUCKET")
        }
        let name = input.members[payload].wireName
        return .s3("InvalidArgument", "\(name) is not valid, expected CreateBucketConfiguration")
    }

    /// Lists go by directories.
    /// - Throws: InvalidRequest for a prefix that is no directory, or another delimiter; NotImplemented for what there is not.
    static func checkListing(_ input: Structure) throws(ServiceError) {
        try refuse(["StartAfter", "OptionalObjectAttributes", "RequestPayer", "UploadIdMarker"], in: input)
        if case .string(let prefix) = input["Prefix"], !prefix.isEmpty, prefix.utf8.last != UInt8(ascii: "/") {
            throw .invalidRequest(
                "This bucket does not support a prefix that does not end in a delimiter. Specify a prefix path ending with"
                    + " a delimiter and try again.")
        }
        if case .string(let delimiter) = input["Delimiter"], !delimiter.isEmpty, delimiter != "/" {
            throw .invalidRequest("This bucket supports '/' as a delimiter only.")
        }
    }

    /// Keys that a request for many of them can't have.
    /// - Throws: MalformedXML for one of spaces alone, or with a control character.
    static func checkDeleted(_ keys: [String]) throws(ServiceError) {
        for key in keys {
            let isControl = { (scalar: Unicode.Scalar) in
                scalar.properties.generalCategory == .control && !["\n", "\t", "\r"].contains(scalar)
            }
            guard !key.unicodeScalars.allSatisfy(\.properties.isWhitespace),
                !key.unicodeScalars.contains(where: isControl)
            else { throw .malformedXML }
        }
    }
}

/// What an object has to be that is deleted on condition. Nothing at all is no hindrance.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>
struct ZonalDeletionCondition {
    var etag: String?
    var size: Int?
    var modified: Timestamp?

    /// - Throws: PreconditionFailed.
    func check(_ current: ObjectVersion?) throws(ServiceError) {
        guard let current else { return }
        if let etag, !ReadConditions.matches(etag, current.etag) { throw .preconditionFailed("If-Match") }
        if let size, Int64(size) != current.size { throw .preconditionFailed("x-amz-if-match-size") }
        if let modified, modified.secondsSinceEpoch.rounded(.down) != current.modified.rounded(.down) {
            throw .preconditionFailed("x-amz-if-match-last-modified-time")
        }
    }
}

extension RecordReading {
    /// The directories in which nothing is yet but uploads under way, as far as a page of a list may need them.
    /// - Complexity: linear in the uploads whose keys are in the listed directory itself.
    func directoriesOfUploads(
        of bucket: String, _ listing: KeyListing, after place: RowRange.Place?
    ) throws(ServiceError) -> [String] {
        guard let delimiter = listing.delimiter else { return [] }
        var range = RowRange(RowPrefix(beginning: listing.prefix), after: place)
        var found: [String] = []
        while found.count <= listing.limit {
            let some = try shared.list(
                MultipartUpload.self, of: bucket, range, groupedBy: delimiter, limit: KeyListing.most)
            for case .group(let prefix) in some { found.append(String(decoding: prefix.beginning, as: UTF8.self)) }
            guard some.count == KeyListing.most, let last = some.last else { break }
            switch last {
            case .row(let upload): range.after = .key(upload.key)
            case .group(let prefix): range.after = .prefix(prefix)
            }
        }
        return found
    }
}

extension S3Express {
    /// Where a list of uploads goes on: markers are no keys here.
    /// - Throws: InvalidArgument for a marker that no list gave.
    static func place(after marker: String?, _ listing: KeyListing) throws(ServiceError) -> RowRange.Place? {
        guard let marker, !marker.isEmpty else { return nil }
        // By bytes: an accent at the beginning of a key would be one letter with the slash.
        guard let text = try? Paging(marker: marker, maxItems: nil).after,
            let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        else { throw .invalidArgument("Invalid key marker", "key-marker", marker) }
        let (id, key) = (String(text[..<slash]), String(Substring(text.utf8[slash...].dropFirst())))
        return id.isEmpty ? .prefix(RowPrefix(beginning: key)) : .key(MultipartUpload.key(key, id))
    }

    static func marker(after entry: RowListing<MultipartUpload>) -> String {
        switch entry {
        case .row(let upload): Paging.marker(after: "\(upload.uploadID)/\(upload.objectKey)")
        case .group(let prefix): Paging.marker(after: "/" + String(decoding: prefix.beginning, as: UTF8.self))
        }
    }
}
