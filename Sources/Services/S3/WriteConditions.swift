import Platform
import S3API
import Wire

/// Under which conditions a key may be written.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
struct WriteConditions: Sendable {
    let ifMatch: String?
    let ifNoneMatch: String?

    /// - Throws: NotImplemented for what S3 has not: writing where an object of another entity tag is.
    init(ifMatch: String?, ifNoneMatch: String?) throws(ServiceError) {
        guard ifNoneMatch == nil || ifNoneMatch == "*" else {
            throw .notImplemented(header: "If-None-Match")
        }
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
    }

    /// - Parameter current: what is there.
    /// - Throws: PreconditionFailed; NoSuchKey where something had to be there.
    func check(_ current: ObjectVersion?, key: String) throws(ServiceError) {
        if ifNoneMatch != nil, current != nil { throw .preconditionFailed("If-None-Match") }
        guard let ifMatch else { return }
        guard let current else { throw .noSuchKey(key) }
        guard ReadConditions.matches(ifMatch, current.etag) else { throw .preconditionFailed("If-Match") }
    }
}
