/// What a directory bucket is called: a name of one's own, the zone that it is in, and what tells its kind.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html>
struct DirectoryBucketName {
    static let suffix = "--x-s3"
    private static let prefixes = ["xn--", "sthree-", "amzn-s3-demo-"]

    /// The ID of the zone: `use1-az4`.
    let zone: String

    /// - Returns: nil for a name that no directory bucket may have.
    init?(_ name: String) {
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (3...63).contains(name.utf8.count), name.hasSuffix(Self.suffix), let first = name.utf8.first,
            isLetterOrDigit(first), name.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }),
            !Self.prefixes.contains(where: name.hasPrefix)
        else { return nil }
        let rest = name.dropLast(Self.suffix.count)
        guard let gap = rest.lastRange(of: "--"), gap.lowerBound > rest.startIndex, Self.isZone(rest[gap.upperBound...])
        else { return nil }
        zone = String(rest[gap.upperBound...])
    }

    /// Whether the zone is one of a region's, which its ID begins with: `use1` for `us-east-1`.
    func isIn(_ region: String) -> Bool {
        guard let id = Self.regionID(region) else { return false }
        return zone.hasPrefix(id + "-")
    }

    /// Whether the zone is a Local Zone rather than an Availability Zone: `usw2-lax1-az1`.
    var isLocalZone: Bool { zone.split(separator: "-").count == 3 }

    private static func isZone(_ text: Substring) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let last = parts.last else { return false }
        return parts.allSatisfy { !$0.isEmpty } && last.hasPrefix("az") && last.dropFirst(2).allSatisfy(\.isWholeNumber)
            && last.count == 3
    }

    /// What the IDs of a region's zones begin with: its continent, the letters of the directions, and its number.
    private static func regionID(_ region: String) -> String? {
        let parts = region.split(separator: "-")
        guard parts.count == 3 else { return nil }
        var directions = ""
        var rest = parts[1]
        while !rest.isEmpty {
            guard let word = ["north", "south", "east", "west", "central"].first(where: { rest.hasPrefix($0) }),
                let letter = word.first
            else { return nil }
            directions.append(letter)
            rest = rest.dropFirst(word.count)
        }
        return "\(parts[0])\(directions)\(parts[2])"
    }
}

extension Substring {
    fileprivate func lastRange(of text: String) -> Range<Index>? { ranges(of: text).last }
}
