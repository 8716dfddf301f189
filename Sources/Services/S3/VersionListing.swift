import Ledger
import Platform
import Policy
import S3API
import Wire

// Lists of versions: those of one key the latest first.
// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>

extension S3.ListObjectVersions: ReadOperation, ListsKeys {
    static var action: String { "ListBucketVersions" }

    /// What is on a page.
    private enum Entry {
        case version(ObjectVersion, isLatest: Bool)
        case group(String)
    }

    /// Where a page begins: after a key's version, or after all of a key's or group's.
    private struct Place {
        var key: String
        /// nil: after all versions.
        var sequence: Int64?
        var isGroup = false
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bucket = try call.bucket()
        let listing = try KeyListing(
            prefix: input.prefix, delimiter: input.delimiter, maxKeys: input.maxKeys, encoding: input.encodingType)
        let start = try start(input, listing, bucket, records)
        var entries = try entries(listing, bucket.name, start, records)
        let isTruncated = entries.count > listing.limit
        if isTruncated { entries.removeLast(entries.count - listing.limit) }
        return Output {
            $0.isTruncated = isTruncated
            $0.keyMarker = listing.shown(input.keyMarker ?? "")
            $0.versionIdMarker = input.versionIdMarker ?? ""
            if isTruncated, let last = entries.last {
                switch last {
                case .version(let version, _):
                    $0.nextKeyMarker = listing.shown(version.key)
                    $0.nextVersionIdMarker = version.shownVersionID
                case .group(let name): $0.nextKeyMarker = listing.shown(name)
                }
            }
            $0.fill(
                entries.compactMap(Self.version), listing, bucket,
                restoredAt: input.optionalObjectAttributes?.contains("RestoreStatus") == true ? call.time : nil)
            let groups = entries.compactMap { entry -> S3.CommonPrefix? in
                guard case .group(let name) = entry else { return nil }
                return S3.CommonPrefix { $0.prefix = listing.shown(name) }
            }
            $0.commonPrefixes = groups.isEmpty ? nil : groups
            $0.name = bucket.name
            $0.prefix = listing.shown(listing.prefix)
            $0.delimiter = listing.delimiter.map(listing.shown)
            $0.maxKeys = listing.limit
            $0.encodingType = input.encodingType
        }
    }

    private static func version(_ entry: Entry) -> (ObjectVersion, isLatest: Bool)? {
        guard case .version(let version, let isLatest) = entry else { return nil }
        return (version, isLatest)
    }

    private static func start(
        _ input: Input, _ listing: KeyListing, _ bucket: Bucket, _ records: Records
    ) throws(ServiceError) -> Place? {
        guard let key = input.keyMarker, !key.isEmpty else {
            guard (input.versionIdMarker ?? "").isEmpty else {
                throw .invalidArgument(
                    "A version-id marker cannot be specified without a key marker.", "version-id-marker",
                    input.versionIdMarker)
            }
            return nil
        }
        if let id = input.versionIdMarker, !id.isEmpty {
            if id == "null" {
                return Place(key: key, sequence: try records.version(id, of: key, in: bucket.name)?.sequence)
            }
            guard let sequence = VersionID.sequence(of: id) else {
                throw .invalidArgument("Invalid version id specified", "version-id-marker", id)
            }
            return Place(key: key, sequence: sequence)
        }
        return Place(key: key, isGroup: listing.isGroup(key))
    }

    /// Up to one more than a page: keys of both tables side by side, in their order.
    private static func entries(
        _ listing: KeyListing, _ bucket: String, _ start: Place?, _ records: Records
    ) throws(ServiceError) -> [Entry] {
        guard listing.limit > 0 else { return [] }
        var found: [Entry] = []
        var place = start
        while found.count <= listing.limit {
            guard let key = try nextKey(listing, bucket, place, records) else { break }
            if let group = listing.group(of: key) {
                found.append(.group(group))
                place = Place(key: group, isGroup: true)
                continue
            }
            // The rest of the key's versions, after the one that the page before ended with.
            let after = place.flatMap { $0.key.utf8.elementsEqual(key.utf8) ? $0.sequence : nil }
            let current = try records.current(key, in: bucket)
            if let current, after == nil { found.append(.version(current, isLatest: true)) }
            var range = RowRange(RowPrefix(.text(key)))
            if let after { range.after = .key(OtherVersion.key(key, after)) }
            let others = try records.shared.list(
                OtherVersion.self, of: bucket, range, limit: listing.limit + 1 - found.count)
            for (index, other) in others.enumerated() {
                found.append(
                    .version(other.version, isLatest: current == nil && after == nil && index == 0))
            }
            place = Place(key: key)
        }
        return found
    }

    /// The key that comes next, in either of the tables.
    private static func nextKey(
        _ listing: KeyListing, _ bucket: String, _ place: Place?, _ records: Records
    ) throws(ServiceError) -> String? {
        // A page may begin within a key's versions.
        if let place, let sequence = place.sequence {
            var range = RowRange(RowPrefix(.text(place.key)))
            range.after = .key(OtherVersion.key(place.key, sequence))
            if try !records.shared.list(OtherVersion.self, of: bucket, range, limit: 1).isEmpty { return place.key }
        }
        let prefix = RowPrefix(beginning: listing.prefix)
        let after = place.map { place -> RowRange.Place in
            place.isGroup ? .prefix(RowPrefix(beginning: place.key)) : .prefix(RowPrefix(.text(place.key)))
        }
        let range = RowRange(prefix, after: after)
        let current = try records.shared.list(CurrentObject.self, of: bucket, range, limit: 1).first?.version.key
        let other = try records.shared.list(OtherVersion.self, of: bucket, range, limit: 1).first?.version.key
        guard let current, let other else { return current ?? other }
        return current.utf8.lexicographicallyPrecedes(other.utf8) ? current : other
    }
}

extension KeyListing {
    /// What a key has in common with others, up to the first delimiter after the prefix; nil where there is none.
    func group(of key: String) -> String? {
        guard let delimiter, let rest = Substring(key).dropping(prefix),
            let range = rest.utf8.firstRange(of: Array(delimiter.utf8))
        else { return nil }
        return prefix + String(decoding: rest.utf8[..<range], as: UTF8.self)
    }
}

extension Substring {
    fileprivate func dropping(_ prefix: String) -> Substring? {
        guard utf8.starts(with: prefix.utf8) else { return nil }
        return self[utf8.index(startIndex, offsetBy: prefix.utf8.count)...]
    }
}

extension Substring.UTF8View {
    /// Where the first occurrence of some bytes ends.
    fileprivate func firstRange(of wanted: [UInt8]) -> Index? {
        var place = startIndex
        while place < endIndex {
            if self[place...].starts(with: wanted) { return index(place, offsetBy: wanted.count) }
            place = index(after: place)
        }
        return nil
    }
}

extension View<S3.ListObjectVersionsOutputFields> {
    fileprivate mutating func fill(
        _ all: [(ObjectVersion, isLatest: Bool)], _ listing: KeyListing, _ bucket: Bucket,
        restoredAt time: Double?
    ) {
        let whole = all.filter { !$0.0.isDeleteMarker }.map { version, isLatest in
            S3.ObjectVersion {
                $0.eTag = "\"\(version.etag)\""
                if let checksum = version.checksum {
                    $0.checksumAlgorithm = [checksum.algorithm]
                    $0.checksumType = checksum.type
                }
                $0.size = Int(version.size)
                $0.storageClass = version.storageClass
                $0.restoreStatus = time.flatMap { version.restoration?.status(at: $0) }
                $0.key = listing.shown(version.key)
                $0.versionId = version.shownVersionID
                $0.isLatest = isLatest
                $0.lastModified = Timestamp(secondsSinceEpoch: version.modified)
                $0.owner = S3.Owner(ofAccount: bucket.owner(of: version))
            }
        }
        let markers = all.filter(\.0.isDeleteMarker).map { version, isLatest in
            S3.DeleteMarkerEntry {
                $0.owner = S3.Owner(ofAccount: bucket.owner(of: version))
                $0.key = listing.shown(version.key)
                $0.versionId = version.shownVersionID
                $0.isLatest = isLatest
                $0.lastModified = Timestamp(secondsSinceEpoch: version.modified)
            }
        }
        versions = whole.isEmpty ? nil : whole
        deleteMarkers = markers.isEmpty ? nil : markers
    }
}
