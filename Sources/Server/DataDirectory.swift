import FoundationEssentials
import Ledger

/// The files of a Gatehouse: a folder that only its owner may enter.
public struct DataDirectory: Sendable {
    public let path: String

    public init(_ path: String) {
        self.path = path
    }

    /// The key that everything else is sealed with. Without it the ledger can't be read.
    public var keyFile: String { path + "/key" }

    /// Where the running, or last, Gatehouse of this directory listens.
    private var endpointFile: String { path + "/endpoint" }

    func create() throws(StartError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            // Even if the folder was there before.
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        } catch {
            throw StartError(
                "\(path) can't be used as the data directory: \(systemReason(error)). Choose another with --data.")
        }
    }

    /// Whether there is a Gatehouse here.
    var hasKey: Bool { FileManager.default.fileExists(atPath: keyFile) }

    /// A new key must not take the place of one that was lost: nothing could be read with it.
    func requireKeyOfLedger() throws(StartError) {
        guard !hasKey, Ledger.exists(in: path) else { return }
        throw StartError(
            "The key file \(keyFile) is missing, and without it the ledger beside it can't be read. Put back your copy "
                + "of the key. If there is none, the data is lost: choose another directory with --data.")
    }

    /// Notes where Gatehouse listens, for `gatehouse env`.
    public func write(_ endpoint: Endpoint) throws {
        try Data("\(endpoint.url) \(endpoint.region)\n".utf8).write(to: URL(filePath: endpointFile), options: .atomic)
    }

    /// nil before the first start.
    public var endpoint: Endpoint? {
        guard let bytes = FileManager.default.contents(atPath: endpointFile) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 2 else { return nil }
        return Endpoint(url: String(words[0]), region: String(words[1]))
    }
}

/// Where a Gatehouse listens, and what the AWS CLI needs to know of it.
public struct Endpoint: Sendable {
    public let url: String
    public let region: String

    public init(url: String, region: String) {
        self.url = url
        self.region = region
    }

    /// The first of the two lines that point the AWS CLI here.
    public var exportLine: String { "export AWS_ENDPOINT_URL=\(url) AWS_DEFAULT_REGION=\(region)" }

    /// Removes what would still point to another identity: a profile, a session token.
    public static let unsetLine = "unset AWS_PROFILE AWS_SESSION_TOKEN"

    /// The second: whose credentials to use.
    public static func exportLine(accessKeyID: String, secretAccessKey: String) -> String {
        "export AWS_ACCESS_KEY_ID=\(quoted(accessKeyID)) AWS_SECRET_ACCESS_KEY=\(quoted(secretAccessKey))"
    }

    /// A word for the shell, quoted where necessary.
    public static func quoted(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || "+/_=.-".utf8.contains(byte)
        }
        return plain ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}
