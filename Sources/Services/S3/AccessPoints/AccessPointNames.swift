import Directory
import Platform

/// What an access point is called, and by what it may be named.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html>
struct AccessPointName: Equatable {
    let name: String
    let account: String
    let region: String

    static let aliasSuffix = "-s3alias"
    /// What the edge puts before the label of a host below `s3-accesspoint`, so that no bucket is meant.
    static let hostMark = "accesspoint:"

    /// The access point of an ARN, or of an object's ARN by it; nil for any other text.
    init?(arn text: String) {
        // The key of an object may have any letters.
        guard text.utf8.starts(with: "arn:".utf8), !text.hasPrefix("arn:aws:s3:::"), let arn = ARN(parsingFreely: text),
            arn.service == "s3",
            arn.account.utf8.count == 12, !arn.region.isEmpty
        else { return nil }
        let resource = arn.resource.utf8
        guard resource.starts(with: "accesspoint/".utf8) || resource.starts(with: "accesspoint:".utf8) else {
            return nil
        }
        // By bytes: an accent at the beginning of a key would be one letter with the slash.
        let rest = resource.dropFirst("accesspoint/".utf8.count)
        name = String(Substring(rest.prefix { $0 != UInt8(ascii: "/") }))
        account = arn.account
        region = arn.region
    }

    /// The access point of a host's label, `NAME-ACCOUNT`; nil for any other text.
    init?(label text: String, region: String) {
        var label = text[...]
        if label.hasPrefix(Self.hostMark) { label = label.dropFirst(Self.hostMark.count) }
        guard let hyphen = label.lastIndex(of: "-") else { return nil }
        let account = label[hyphen...].dropFirst()
        guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        name = String(label[..<hyphen])
        self.account = String(account)
        self.region = region
    }

    /// Whether a new access point may have a name.
    static func isValid(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (3...50).contains(bytes.count), bytes.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }),
            let first = bytes.first, let last = bytes.last, isLetterOrDigit(first), isLetterOrDigit(last)
        else { return false }
        return !name.hasPrefix("xn--")
            && ![aliasSuffix, "--ol-s3", "--x-s3", "--xa-s3"].contains(where: name.hasSuffix)
    }

    private static let randomLetters = 34

    /// A new alias: up to twenty letters of the name, and so many random ones that no two are the same.
    static func makeAlias(of name: String) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        let random = Identifiers.randomBytes(randomLetters).map { letters[Int($0 & 31)] }
        return "\(name.prefix(20))-\(String(decoding: random, as: UTF8.self))\(aliasSuffix)"
    }
}
