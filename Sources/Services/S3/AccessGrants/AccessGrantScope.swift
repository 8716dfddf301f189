/// The data that an access grant is for, or that a grantee asks for: all objects of a bucket whose keys begin so, or one object.
/// Everything is compared byte by byte, as S3 compares keys.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-grant-create.html#subprefix>
struct AccessGrantScope: Codable, Sendable {
    let bucket: String
    /// What the keys begin with; of one object, its key.
    let key: String
    let isObject: Bool

    /// The longest that a key can be, in bytes.
    static let longestKey = 1024

    /// A scope in S3's words.
    ///
    /// | path | what it is |
    /// | --- | --- |
    /// | `s3://bucket`, `s3://bucket/*` | the bucket |
    /// | `s3://bucket/prefix*` | all objects whose keys begin with `prefix` |
    /// | `s3://bucket/key` | the object of that key |
    ///
    /// - Parameter isObject: whether it can only be one object, whose key may end with an asterisk.
    /// - Returns: nil for a path that names no bucket, or no object where it has to.
    init?(_ path: String, isObject: Bool = false) {
        guard let (bucket, key) = Self.parts(of: path), !bucket.isEmpty, !bucket.utf8.contains(asterisk) else {
            return nil
        }
        self.bucket = bucket
        if isObject {
            guard let key, !key.isEmpty else { return nil }
            self.key = key
            self.isObject = true
        } else if let key, !key.isEmpty {
            self.isObject = key.utf8.last != asterisk
            self.key = self.isObject ? key : key.withoutAsterisk
        } else {
            self.key = ""
            self.isObject = false
        }
    }

    /// What a grant is for: the location's scope with something appended, where there is something.
    ///
    /// - Parameters:
    ///   - location: the scope of a registered location.
    ///   - subPrefix: what the grant appends; nil: nothing.
    ///   - isObject: whether the result has to be one object.
    /// - Returns: nil for what names no bucket, or no object where it has to.
    init?(_ location: AccessGrantsLocationScope, _ subPrefix: String?, isObject: Bool) {
        if let bucket = location.bucket {
            guard let subPrefix else {
                guard !isObject else { return nil }
                self.init(bucket: bucket, key: location.prefix, isObject: false)
                return
            }
            self.init("s3://\(bucket)/\(location.prefix)\(subPrefix)", isObject: isObject)
        } else {
            // Without a slash it might be meant as the beginning of several buckets' names.
            guard let subPrefix, subPrefix.utf8.contains(slash) else { return nil }
            self.init("s3://\(subPrefix)", isObject: isObject)
        }
    }

    private init(bucket: String, key: String, isObject: Bool) {
        self.bucket = bucket
        self.key = key
        self.isObject = isObject
    }

    /// In S3's words: `s3://bucket/prefix*`.
    var text: String { "s3://\(bucket)/\(key)\(isObject ? "" : "*")" }

    /// Whether everything that another scope has is in this one.
    func covers(_ other: AccessGrantScope) -> Bool {
        guard bucket.utf8.elementsEqual(other.bucket.utf8) else { return false }
        guard isObject else { return other.key.utf8.starts(with: key.utf8) }
        return other.isObject && other.key.utf8.elementsEqual(key.utf8)
    }

    /// All scopes that cover this one, the closest first: itself, and what ever shorter beginnings of its key stand for.
    /// - Complexity: as many as the key has letters.
    var covering: some Sequence<AccessGrantScope> {
        var next: AccessGrantScope? = self
        return AnyIterator<AccessGrantScope> {
            guard let scope = next else { return nil }
            if scope.isObject {
                next = AccessGrantScope(bucket: scope.bucket, key: scope.key, isObject: false)
            } else {
                var key = scope.key.unicodeScalars
                next =
                    key.popLast() == nil
                    ? nil : AccessGrantScope(bucket: scope.bucket, key: String(key), isObject: false)
            }
            return scope
        }
    }

    /// The bucket and what follows the slash behind it; nil for what is no S3 path.
    fileprivate static func parts(of path: String) -> (bucket: String, key: String?)? {
        guard path.utf8.starts(with: "s3://".utf8) else { return nil }
        let rest = path.utf8.dropFirst("s3://".utf8.count)
        guard let end = rest.firstIndex(of: slash) else { return (String(Substring(rest)), nil) }
        return (String(Substring(rest[..<end])), String(Substring(rest[rest.index(after: end)...])))
    }
}

/// The scope of a registered location: all data of the account in its Region (`s3://`), a bucket, or all objects of it whose keys
/// begin so, with an asterisk at the end or without.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location-register.html#location-types>
struct AccessGrantsLocationScope {
    /// nil: all.
    let bucket: String?
    let prefix: String

    /// - Returns: nil for what is no S3 path, or has an asterisk in the bucket's name.
    init?(_ path: String) {
        guard let (bucket, key) = AccessGrantScope.parts(of: path), !bucket.utf8.contains(asterisk) else { return nil }
        guard !bucket.isEmpty else {
            guard key == nil else { return nil }
            (self.bucket, prefix) = (nil, "")
            return
        }
        self.bucket = bucket
        prefix = key?.withoutAsterisk ?? ""
    }

    /// The same for all ways to write it.
    func isSame(as other: AccessGrantsLocationScope) -> Bool {
        (bucket ?? "").utf8.elementsEqual((other.bucket ?? "").utf8) && prefix.utf8.elementsEqual(other.prefix.utf8)
    }
}

private let asterisk = UInt8(ascii: "*")
private let slash = UInt8(ascii: "/")

extension String {
    fileprivate var withoutAsterisk: String {
        utf8.last == asterisk ? String(Substring(utf8.dropLast())) : self
    }
}
