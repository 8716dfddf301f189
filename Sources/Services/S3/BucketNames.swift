/// What a bucket may be called.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
enum BucketName {
    private static let prefixes = ["xn--", "sthree-", "amzn-s3-demo-"]
    private static let suffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]

    /// Whether a new bucket may have a name: in the namespace of an account in a Region one that ends with both, and in the one
    /// that all accounts share any other.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html>
    /// - Parameter namespace: as the request says it; nil: the shared one.
    static func isValid(_ name: String, in namespace: String?, of account: String, _ region: String) -> Bool {
        guard isValid(name) else { return false }
        guard namespace == "account-regional" else { return !name.hasSuffix(regionalSuffix) }
        let suffix = "-\(account)-\(region)\(regionalSuffix)"
        return name.hasSuffix(suffix) && name.utf8.count > suffix.utf8.count
    }

    private static let regionalSuffix = "-an"

    /// Whether a bucket may have a name.
    private static func isValid(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count), bytes.allSatisfy(isAllowed),
            let first = bytes.first, let last = bytes.last, isLetterOrDigit(first), isLetterOrDigit(last),
            !name.contains(".."), !looksLikeAddress(bytes)
        else { return false }
        return !prefixes.contains(where: name.hasPrefix) && !suffixes.contains(where: name.hasSuffix)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// Whether it is four numbers with dots between, such as 192.168.5.4.
    private static func looksLikeAddress(_ bytes: [UInt8]) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(isDigit) }
    }
}
