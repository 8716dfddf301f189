import Ledger
import Platform
import Policy
import S3API
import Wire

// Lists of objects and versions, in the order of the keys' bytes.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html>

/// What all lists of keys have in common.
struct KeyListing {
    static let most = 1000

    let prefix: String
    /// nil: not in groups.
    let delimiter: String?
    let limit: Int
    private let isURLEncoded: Bool

    /// - Throws: InvalidArgument for an encoding that there isn't, or a negative number of keys.
    init(prefix: String?, delimiter: String?, maxKeys: Int?, encoding: String?) throws(ServiceError) {
        guard encoding == nil || encoding == "url" else {
            throw .invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encoding)
        }
        if let maxKeys, maxKeys < 0 {
            throw .invalidArgument(
                "Argument maxKeys must be an integer between 0 and 2147483647", "maxKeys", String(maxKeys))
        }
        self.prefix = prefix ?? ""
        self.delimiter = delimiter == "" ? nil : delimiter
        limit = min(maxKeys ?? Self.most, Self.most)
        isURLEncoded = encoding == "url"
    }

    /// A key, prefix or delimiter as the answer has it.
    func shown(_ text: String) -> String { isURLEncoded ? URLEncoding.encode(text) : text }

    /// Where the page after a key or group begins: the keys of a group were all passed over.
    func place(after name: String) -> RowRange.Place {
        isGroup(name) ? .prefix(RowPrefix(beginning: name)) : .key(CurrentObject.key(name))
    }

    /// Whether an entry of this list is a group rather than a key. Bytes decide, as they do in the database: Swift's own
    /// `hasSuffix` knows "\r\n" for one character, and what is composed of several for the same as what is not.
    func isGroup(_ name: String) -> Bool {
        guard let delimiter else { return false }
        let least = prefix.utf8.count + delimiter.utf8.count
        return name.utf8.count >= least && name.utf8.suffix(delimiter.utf8.count).elementsEqual(delimiter.utf8)
    }

    /// The keys and groups of a page, and whether there are more.
    func entries(
        of bucket: Bucket, after place: RowRange.Place?, _ records: some RecordReading
    ) throws(ServiceError) -> (entries: [RowListing<ListedObject>], isTruncated: Bool) {
        guard limit > 0 else { return ([], false) }
        let (isDirectory, bucket) = (bucket.zone != nil, bucket.name)
        let range = RowRange(RowPrefix(beginning: prefix), after: place)
        var found: [RowListing<ListedObject>]
        if let delimiter {
            found = try records.shared.list(
                ListedObject.self, of: bucket, range, groupedBy: delimiter, limit: limit + 1)
        } else {
            found = try records.shared.list(ListedObject.self, of: bucket, range, limit: limit + 1).map { .row($0) }
        }
        if isDirectory { found = add(try records.directoriesOfUploads(of: bucket, self, after: place), to: found) }
        guard found.count > limit else { return (found, false) }
        return (Array(found.prefix(limit)), true)
    }

    /// Puts groups among entries, in order, those that are there already once.
    private func add(_ groups: [String], to entries: [RowListing<ListedObject>]) -> [RowListing<ListedObject>] {
        guard !groups.isEmpty else { return entries }
        let known = Set(entries.map(\.name))
        let more = groups.filter { !known.contains($0) }.map {
            RowListing<ListedObject>.group(RowPrefix(beginning: $0))
        }
        return (entries + more).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

extension RowListing<ListedObject> {
    /// The key, or what the keys of the group begin with.
    var name: String {
        switch self {
        case .row(let row): row.version.key
        case .group(let prefix): String(decoding: prefix.beginning, as: UTF8.self)
        }
    }
}

/// The encoding of `encoding-type=url`: as in a form, but with slashes as they are.
enum URLEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func encode(_ text: String) -> String {
        encode(text, kept: [UInt8(ascii: "*"), UInt8(ascii: "/")], space: "+")
    }

    /// As in the path of a URL.
    static func encodePath(_ text: String) -> String { encode(text, kept: [UInt8(ascii: "~"), UInt8(ascii: "/")]) }

    /// As in the query of a URL.
    static func encodeQuery(_ text: String) -> String { encode(text, kept: [UInt8(ascii: "~")]) }

    private static func encode(_ text: String, kept: [UInt8], space: String? = nil) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                bytes.append(byte)
            case let byte where kept.contains(byte): bytes.append(byte)
            case UInt8(ascii: " ") where space != nil: bytes += (space ?? "").utf8
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The action and condition keys of a list.
protocol ListsKeys: OnBucket where InputFields: S3.MayHavePrefix, InputFields: S3.MayHaveDelimiter {}

extension ListsKeys {
    static func keys(_ input: Input) -> [String: ContextValue] {
        var keys: [String: ContextValue] = [
            "s3:prefix": .one(input.prefix ?? ""), "s3:delimiter": .one(input.delimiter ?? ""),
        ]
        if input.prefix == nil { keys["s3:prefix"] = nil }
        if input.delimiter == nil { keys["s3:delimiter"] = nil }
        if case .integer(let most) = input.structure["MaxKeys"] { keys["s3:max-keys"] = .one(String(most)) }
        return keys
    }
}

extension S3.Object {
    fileprivate init(
        _ version: ListedVersion, _ listing: KeyListing, ownedIn bucket: Bucket?, restoredAt time: Double?
    ) {
        self.init()
        key = listing.shown(version.key)
        lastModified = Timestamp(secondsSinceEpoch: version.modified)
        eTag = "\"\(version.etag)\""
        if let checksum = version.checksum {
            checksumAlgorithm = [checksum.algorithm]
            checksumType = checksum.type
        }
        size = Int(version.size)
        storageClass = version.storageClass
        restoreStatus = time.flatMap { version.restoration?.status(at: $0) }
        self.owner = bucket.map { S3.Owner(ofAccount: $0.owner(ofObjectOf: version.owner)) }
    }
}

extension S3.ListObjectsV2: ReadOperation, ListsKeys {
    static var action: String { "ListBucket" }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bucket = try call.bucket()
        if bucket.zone != nil { try S3Express.checkListing(input.structure) }
        let listing = try KeyListing(
            prefix: input.prefix, delimiter: input.delimiter, maxKeys: input.maxKeys, encoding: input.encodingType)
        let (entries, isTruncated) = try listing.entries(
            of: bucket, after: try start(input, listing), records)
        // Who asks for it learns what is restored.
        let time = input.optionalObjectAttributes?.contains("RestoreStatus") == true ? call.time : nil
        return Output {
            $0.isTruncated = isTruncated
            $0.contents = entries.objects(listing, ownedIn: input.fetchOwner == true ? bucket : nil, restoredAt: time)
            $0.commonPrefixes = entries.groups(listing)
            $0.name = bucket.name
            $0.prefix = listing.shown(listing.prefix)
            $0.delimiter = listing.delimiter.map(listing.shown)
            $0.maxKeys = listing.limit
            $0.encodingType = input.encodingType
            $0.keyCount = entries.count
            $0.continuationToken = input.continuationToken
            $0.nextContinuationToken =
                isTruncated ? entries.last.map { Paging.marker(after: $0.name) } : nil
            $0.startAfter = input.startAfter.map(listing.shown)
        }
    }

    private static func start(_ input: Input, _ listing: KeyListing) throws(ServiceError) -> RowRange.Place? {
        guard let token = input.continuationToken else {
            return input.startAfter.map { .key(CurrentObject.key($0)) }
        }
        guard !token.isEmpty, let paging = try? Paging(marker: token, maxItems: nil), let key = paging.after else {
            throw .invalidArgument("The continuation token provided is incorrect", "continuation-token")
        }
        return listing.place(after: key)
    }
}

extension S3.ListObjects: ReadOperation, ListsKeys {
    static var action: String { "ListBucket" }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bucket = try call.bucket()
        let listing = try KeyListing(
            prefix: input.prefix, delimiter: input.delimiter, maxKeys: input.maxKeys, encoding: input.encodingType)
        let (entries, isTruncated) = try listing.entries(
            of: bucket, after: input.marker.flatMap { $0.isEmpty ? nil : listing.place(after: $0) }, records)
        // Who asks for it learns what is restored.
        let time = input.optionalObjectAttributes?.contains("RestoreStatus") == true ? call.time : nil
        return Output {
            $0.isTruncated = isTruncated
            $0.marker = listing.shown(input.marker ?? "")
            // Without a delimiter clients take the last key.
            $0.nextMarker =
                isTruncated && listing.delimiter != nil ? entries.last.map { listing.shown($0.name) } : nil
            $0.contents = entries.objects(listing, ownedIn: bucket, restoredAt: time)
            $0.commonPrefixes = entries.groups(listing)
            $0.name = bucket.name
            $0.prefix = listing.shown(listing.prefix)
            $0.delimiter = listing.delimiter.map(listing.shown)
            $0.maxKeys = listing.limit
            $0.encodingType = input.encodingType
        }
    }
}

extension [RowListing<ListedObject>] {
    fileprivate func objects(_ listing: KeyListing, ownedIn bucket: Bucket?, restoredAt time: Double?) -> [S3.Object]? {
        let objects = compactMap { entry -> S3.Object? in
            guard case .row(let row) = entry else { return nil }
            return S3.Object(row.version, listing, ownedIn: bucket, restoredAt: time)
        }
        return objects.isEmpty ? nil : objects
    }

    fileprivate func groups(_ listing: KeyListing) -> [S3.CommonPrefix]? {
        let groups = compactMap { entry -> S3.CommonPrefix? in
            guard case .group = entry else { return nil }
            return S3.CommonPrefix { $0.prefix = listing.shown(entry.name) }
        }
        return groups.isEmpty ? nil : groups
    }
}
