/// Makes ARNs of the names in a request, and checks the ARNs that stand there themselves.
///
/// What comes out is an ARN that DynamoDB reads as the same resource: names have no characters that separate the parts of an
/// ARN, and an ARN is of this partition and, unless it says otherwise, of the region of the request. An endpoint that looks
/// at the table's name alone would else be asked for another table than policies are.
struct DynamoDBNames {
    let place: Place

    /// The ARN of the table that a name or an ARN stands for.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-cross-account-access.html>
    func table(_ text: String) throws(Unmapped) -> String {
        guard text.hasPrefix("arn:") else { return try tableARN(text, region: place.region) }
        return try arn(text, of: [])
    }

    /// The ARN of a table of this name and account in another region.
    func table(_ name: String, inRegion region: String) throws(Unmapped) -> String {
        guard Self.isRegion(region) else { throw Unmapped("A replica's region is not the name of a region") }
        return try tableARN(name, region: region)
    }

    /// The ARN of an index of a table.
    func index(_ name: String, of table: String) throws(Unmapped) -> String {
        guard Self.isName(name) else { throw Unmapped("IndexName is not the name of an index") }
        return "\(table)/index/\(name)"
    }

    /// The ARN of a global table of version 2017.11.29, which belongs to no region.
    func globalTable(_ name: String) throws(Unmapped) -> String {
        guard Self.isName(name) else { throw Unmapped("GlobalTableName is not the name of a table") }
        return "arn:\(place.partition):dynamodb::\(place.account):global-table/\(name)"
    }

    /// An ARN that the request has: that of a table where `kinds` is empty, or else of something of a table's that is of one
    /// of the kinds. "" among the kinds stands for the table.
    func arn(_ text: String, of kinds: [String], inAnyRegion: Bool = false) throws(Unmapped) -> String {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "dynamodb", Self.isAccount(parts[4]) else {
            throw Unmapped("“\(Self.shown(text))” is not the ARN of anything in DynamoDB")
        }
        guard parts[1] == place.partition, inAnyRegion ? Self.isRegion(parts[3]) : parts[3] == place.region else {
            throw Unmapped("“\(Self.shown(text))” is in another region than the request")
        }
        let path = parts[5].split(separator: "/", omittingEmptySubsequences: false)
        let isTable = path.count == 2 && (kinds.isEmpty || kinds.contains(""))
        let isPart = path.count == 4 && kinds.contains(String(path[2])) && Self.isLabel(path[3])
        guard path.first == "table", isTable || isPart, Self.isName(path[1]) else {
            throw Unmapped("“\(Self.shown(text))” is not the ARN of what the operation is for")
        }
        return text
    }

    /// The ARN of the stream that a shard iterator is of: what stands before the first `|`.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/understanding-ddb-log-entries.html>
    func stream(ofIterator iterator: String) throws(Unmapped) -> String {
        guard let bar = iterator.utf8.firstIndex(of: UInt8(ascii: "|")), iterator.hasPrefix("arn:") else {
            throw Unmapped("ShardIterator does not begin with the ARN of a stream")
        }
        return try arn(String(iterator[..<bar]), of: ["stream"])
    }

    private func tableARN(_ name: String, region: String) throws(Unmapped) -> String {
        guard Self.isName(name) else { throw Unmapped("“\(Self.shown(name))” is not the name of a table") }
        // Piece by piece: interpolation takes several times as long, and every request comes by here.
        var arn = "arn:"
        arn.reserveCapacity(64)
        for piece in [place.partition, ":dynamodb:", region, ":", place.account, ":table/", name] { arn += piece }
        return arn
    }

    /// The ARN of the table to which something belongs; the ARN itself if it is a table's.
    static func table(of arn: String) -> String {
        var slashes = 0
        let end = arn.utf8.firstIndex { byte in
            slashes += byte == UInt8(ascii: "/") ? 1 : 0
            return slashes == 2
        }
        return String(arn[..<(end ?? arn.endIndex)])
    }

    /// `[a-zA-Z0-9_.-]+`, of at most 255 characters.
    private static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D }
    }

    /// The label of a stream is a time: `2015-05-11T21:21:33.291`. Ids of backups, exports and imports are plainer.
    private static func isLabel(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { isAlphanumeric($0) || "_.:-".utf8.contains($0) }
    }

    private static func isRegion(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= 63 && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D }
    }

    private static func isAccount(_ text: Substring) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// A name as a reason may show it: short, and without anything that a terminal takes for more than text.
    static func shown(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(80).filter { $0.value >= 0x20 && $0.value < 0x7F }))
    }
}
