import S3API
import Wire

/// Under which conditions a version is to be read (RFC 9110, section 13.2.2).
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html>
struct ReadConditions {
    let ifMatch: String?
    let ifNoneMatch: String?
    let ifModifiedSince: Timestamp?
    let ifUnmodifiedSince: Timestamp?

    /// - Throws: PreconditionFailed, or NotModified.
    func check(_ version: ObjectVersion) throws(ServiceError) {
        // HTTP's dates have no fractions.
        let modified = version.modified.rounded(.down)
        if let ifMatch {
            guard Self.matches(ifMatch, version.etag) else { throw .preconditionFailed("If-Match") }
        } else if let ifUnmodifiedSince {
            guard modified <= ifUnmodifiedSince.secondsSinceEpoch else {
                throw .preconditionFailed("If-Unmodified-Since")
            }
        }
        if let ifNoneMatch {
            guard !Self.matches(ifNoneMatch, version.etag) else { throw .notModified(version) }
        } else if let ifModifiedSince {
            guard modified > ifModifiedSince.secondsSinceEpoch else { throw .notModified(version) }
        }
    }

    /// Whether one of the entity tags of a header is this one, or it has a star.
    static func matches(_ header: String, _ etag: String) -> Bool {
        header.split(separator: ",").contains { item in
            var item = item.trimmingPrefix { $0 == " " }
            while item.hasSuffix(" ") { item = item.dropLast() }
            if item == "*" { return true }
            if item.hasPrefix("W/") { item = item.dropFirst(2) }
            return item.filter { $0 != "\"" } == etag
        }
    }
}

extension ServiceError {
    static func preconditionFailed(_ condition: String) -> ServiceError {
        .s3(
            "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", status: 412,
            ["Condition": condition])
    }

    /// It has no body; the headers say which version it is.
    static func notModified(_ version: ObjectVersion) -> ServiceError {
        var error = ServiceError.s3("NotModified", "Not Modified", status: 304)
        error.headers = ["ETag": "\"\(version.etag)\""]
        error.headers["x-amz-version-id"] = version.versionID
        return error
    }
}

/// What a `Range` header asks for.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax>
enum ByteRange {
    /// The bytes of an object of a size; nil for several ranges, or none that can be read: then the whole is answered.
    /// - Throws: InvalidRange for one that begins behind the end.
    static func parse(_ header: String, size: Int64) throws(ServiceError) -> Range<Int>? {
        guard header.hasPrefix("bytes="), !header.contains(",") else { return nil }
        let parts = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let size = Int(exactly: size), parts.allSatisfy({ $0.allSatisfy(\.isASCII) }) else {
            return nil
        }
        func unsatisfiable() -> ServiceError {
            .s3(
                "InvalidRange", "The requested range is not satisfiable", status: 416,
                ["ActualObjectSize": String(size), "RangeRequested": header])
        }
        if parts[0].isEmpty {
            guard let last = Int(parts[1]), last >= 0 else { return nil }
            guard last > 0, size > 0 else { throw unsatisfiable() }
            return max(0, size - last)..<size
        }
        guard let first = Int(parts[0]), first >= 0 else { return nil }
        guard first < size else { throw unsatisfiable() }
        if parts[1].isEmpty { return first..<size }
        guard let last = Int(parts[1]), last >= first else { return nil }
        return first..<min(size, last == .max ? size : last + 1)
    }
}
