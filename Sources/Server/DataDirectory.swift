import FoundationEssentials
public import HardwareToken
import Keyring

/// The files of a Gatehouse: a folder that only its owner may enter.
public struct DataDirectory: Sendable {
    /// The folder, as it was named.
    public let path: String
    /// The hardware token to ask where the root key is sealed with it.
    let token: HardwareToken.Login?

    /// Names a folder; it need not exist, and nothing is read.
    /// - Parameter token: the hardware token that may hold the root key.
    public init(_ path: String, token: HardwareToken.Login? = nil) {
        self.path = path
        self.token = token
    }

    /// The key that everything else is sealed with. Without it the ledger can't be read.
    public var keyFile: String { path + "/key" }

    /// The folder with the bytes of objects.
    var bodies: String { path + "/bodies" }

    /// Where the running, or last, Gatehouse of this directory listens.
    private var endpointFile: String { path + "/endpoint" }

    /// Whether this is a backup of a data directory rather than one itself.
    var isBackup: Bool { DurableFiles.exists(path + "/" + BackupManifest.name) }

    private var hasLedger: Bool { DurableFiles.exists(path + "/" + BackupManifest.ledger) }

    /// The directory's own key, which has to exist.
    ///
    /// - Throws: `StartError` when there is no key, or it can't be read.
    func keyring() throws(StartError) -> KeyFile {
        guard DurableFiles.exists(keyFile) else { throw hasLedger ? missingKey : noGatehouse }
        return try open(keyFile)
    }

    /// The key for a command that can be told where it is.
    ///
    /// - Parameter file: the value of `--key-file`; nil: the directory's own.
    /// - Throws: `StartError` when there is no key, or it can't be read.
    func keyring(inFile file: String?) throws(StartError) -> KeyFile {
        let path = file ?? keyFile
        guard DurableFiles.exists(path) else {
            guard hasLedger else { throw noGatehouse }
            throw StartError(
                "There is no key file \(path), and without it the ledger can't be read. Name the key's file with "
                    + "--key-file.")
        }
        return try open(path)
    }

    /// A key file that is there. The token is asked only where the file needs it.
    func open(_ path: String) throws(StartError) -> KeyFile {
        do {
            guard let token, try KeyFile.protectorName(of: path) != nil else { return try KeyFile(existing: path) }
            return try KeyFile(existing: path, protector: HardwareToken(token))
        } catch {
            throw StartError("\(error)")
        }
    }

    private var noGatehouse: StartError {
        StartError(
            "There is no Gatehouse in \(path): start one with `gatehouse serve`, or name its directory with --data.")
    }

    private var missingKey: StartError {
        StartError(
            "The key file \(keyFile) is missing, and without it the ledger beside it can't be read. Put back your copy "
                + "of the key. If there is none, the data is lost: choose another directory with --data.")
    }

    /// - Throws: `StartError` when what is there is not a data directory, or has lost its key.
    func create() throws(StartError) {
        guard !isBackup else {
            throw StartError(
                "\(path) is a backup. Make a data directory from it with `gatehouse restore \(path) --data …`.")
        }
        // A new key must not take the place of one that was lost: nothing could be read with it.
        guard DurableFiles.exists(keyFile) || !hasLedger else { throw missingKey }
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

    /// The certificate of the local authority, for clients to trust.
    public var authorityFile: String { path + "/ca.pem" }

    /// Notes where Gatehouse listens, for `gatehouse env`.
    ///
    /// A line has the URL for HTTP and the region. With HTTPS another has its URL, and a last one the file of the
    /// authorities to trust, if the system's will not do: relative to the directory, which may be moved.
    public func write(_ endpoint: Endpoint, secure: Endpoint?) throws {
        var lines = ["\(endpoint.url) \(endpoint.region)"]
        if let secure {
            lines.append(secure.url)
            if let bundle = secure.caBundle { lines.append(bundle == authorityFile ? "ca.pem" : bundle) }
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(
            to: URL(filePath: endpointFile), options: .atomic)
    }

    /// nil before the first start.
    public var endpoint: Endpoint? {
        guard let words = endpointLines.first?.split(separator: " "), words.count == 2 else { return nil }
        return Endpoint(url: String(words[0]), region: String(words[1]))
    }

    /// Where HTTPS is spoken; nil where it is not.
    public var secureEndpoint: Endpoint? {
        let lines = endpointLines
        guard let region = endpoint?.region, lines.count >= 2 else { return nil }
        var bundle: String?
        if lines.count >= 3 {
            bundle =
                URL(filePath: lines[2], relativeTo: URL(filePath: path, directoryHint: .isDirectory)).absoluteURL.path
        }
        return Endpoint(url: lines[1], region: region, caBundle: bundle)
    }

    private var endpointLines: [String] {
        guard let bytes = FileManager.default.contents(atPath: endpointFile) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Leaves the certificate of the local authority where clients find it.
    /// - Returns: whether there was another.
    func write(authority certificate: String) throws -> Bool {
        let old = FileManager.default.contents(atPath: authorityFile)
        let new = Data((certificate + "\n").utf8)
        guard old != new else { return false }
        try new.write(to: URL(filePath: authorityFile), options: .atomic)
        return old != nil
    }
}

/// Where a Gatehouse listens, and what the AWS CLI needs to know of it.
public struct Endpoint: Sendable {
    /// `http://127.0.0.1:4566`, for `AWS_ENDPOINT_URL`.
    public let url: String
    /// The region to sign for, for `AWS_DEFAULT_REGION`.
    public let region: String
    /// A PEM file of authorities, where a client has to trust others than the system's.
    public let caBundle: String?

    /// Makes an endpoint.
    /// - Parameters:
    ///   - url: what clients connect to.
    ///   - region: the region that the Gatehouse is in.
    ///   - caBundle: a PEM file of authorities, where a client has to trust others than the system's.
    public init(url: String, region: String, caBundle: String? = nil) {
        self.url = url
        self.region = region
        self.caBundle = caBundle
    }

    /// The first of the two lines that point the AWS CLI here.
    public var exportLine: String {
        let bundle = caBundle.map { " AWS_CA_BUNDLE=\(Self.quoted($0))" } ?? ""
        return "export AWS_ENDPOINT_URL=\(url) AWS_DEFAULT_REGION=\(region)\(bundle)"
    }

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
