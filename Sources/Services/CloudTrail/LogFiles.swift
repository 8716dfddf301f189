import Compression
import Crypto
import Platform
import Wire

/// Whose events, and of which Region, a file has.
struct LogPlace: Hashable {
    let account: String
    let region: String

    /// How a session's chains are named.
    var chain: String { "\(account)/\(region)" }

    init(account: String, region: String) {
        (self.account, self.region) = (account, region)
    }

    init?(chain: String) {
        let parts = chain.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        self.init(account: String(parts[0]), region: String(parts[1]))
    }
}

/// What a file has, as the folder and the name of it say.
enum LogKind: String {
    case events = "CloudTrail"
    case insights = "CloudTrail-Insight"
    case aggregated = "CloudTrail-Aggregated"
}

extension Trail {
    /// What the keys of one kind of its files begin with: `AWSLogs/111122223333/CloudTrail`.
    func folder(_ kind: String, of account: String) -> String {
        let organization = organizationID.map { "\($0)/" } ?? ""
        let prefix = prefix.map { "\($0)/" } ?? ""
        return "\(prefix)AWSLogs/\(organization)\(account)/\(kind)"
    }

    /// The key of a log file.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html>
    func logFileKey(_ kind: LogKind, _ place: LogPlace, at time: Double) -> String {
        let text = CompactTime(time)
        return "\(folder(kind.rawValue, of: place.account))/\(place.region)/\(text.day)/"
            + "\(place.account)_\(kind.rawValue)_\(place.region)_\(text.minute)Z_\(Identifiers.mixed(16)).json.gz"
    }

    /// The key of a digest.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>
    func digestKey(_ place: LogPlace, at time: Double) -> String {
        let text = CompactTime(time)
        return "\(folder("CloudTrail-Digest", of: place.account))/\(place.region)/\(text.day)/"
            + "\(place.account)_CloudTrail-Digest_\(place.region)_\(name)_\(homeRegion)_\(text.second)Z.json.gz"
    }
}

/// A moment as the names of files have it.
private struct CompactTime {
    /// `2026/11/29`
    let day: String
    /// `20261129T0741`
    let minute: String
    /// `20261129T074159`
    let second: String

    init(_ time: Double) {
        let text = Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601
        day = text.prefix(10).split(separator: "-").joined(separator: "/")
        second = text.dropLast().filter { $0 != "-" && $0 != ":" }
        minute = String(second.dropLast(2))
    }
}

/// A log file while it is written: `{"Records":[…]}`, compressed.
final class LogFile {
    private let gzip: Gzip
    private var hash = SHA256()
    private(set) var newest = Int64.min
    private(set) var oldest = Int64.max

    /// - Throws: InternalFailure where there is no memory for it.
    init() throws(ServiceError) {
        guard let gzip = Gzip() else { throw .internalFailure }
        self.gzip = gzip
        append(Array(#"{"Records":["#.utf8))
    }

    /// - Parameter time: of the event, in milliseconds since 1970.
    func append(_ event: [UInt8], at time: Int64) {
        if newest != .min { append([UInt8(ascii: ",")]) }
        append(event)
        (newest, oldest) = (max(newest, time), min(oldest, time))
    }

    private func append(_ bytes: [UInt8]) {
        gzip.append(bytes)
        hash.update(data: bytes)
    }

    /// The bytes of the file, and the SHA-256 of what was compressed.
    func finish() -> (bytes: [UInt8], hash: String) {
        append(Array("]}".utf8))
        return (gzip.finish(), hash.finalize().hexadecimal)
    }
}

extension Sequence<UInt8> {
    /// Two digits in lower case for each.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
