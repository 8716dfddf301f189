import FoundationEssentials
public import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The operator's own certificate and key, in files that something else renews, such as certbot.
public final class CertificateFiles: Sendable {
    /// The PEM file with the chain, the server's own certificate first.
    let certificatePath: String
    /// The PEM file with the private key.
    let keyPath: String
    /// The certificate for new connections: the last one that was read without an error.
    public let tls = ServerTLS()
    private let log: Logger
    /// How the files looked when they were last read.
    private let seen = Mutex<[FileState]>([])

    /// The state of the file at a path. Links are followed: tools that renew certificates often leave one there.
    private struct FileState: Equatable {
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            #if canImport(Darwin)
                let modified = status.st_mtimespec
            #else
                let modified = status.st_mtim
            #endif
            (seconds, nanoseconds) = (modified.tv_sec, modified.tv_nsec)
        }
    }

    /// How many days before a certificate expires the operator is warned.
    private static let warningDays = 14.0

    /// Reads the files for the first time. `time` is in seconds since 1970.
    /// - Throws: ``CertificateProblem``, in words for the operator.
    public init(certificate: String, key: String, log: Logger, at time: Double) throws(CertificateProblem) {
        certificatePath = certificate
        keyPath = key
        self.log = log
        try read(at: time)
    }

    /// Reads the files again if they have changed. If something is wrong with them, the current certificate stays in
    /// use, and the log says why.
    /// - Parameters:
    ///   - always: read them even if they look unchanged.
    ///   - time: seconds since 1970.
    public func reload(always: Bool, at time: Double) {
        guard always || seen.withLock({ $0 != states }) else { return }
        do throws(CertificateProblem) {
            try read(at: time)
            log.notice("the certificate was read again", metadata: ["file": "\(certificatePath)"])
        } catch {
            log.error("the certificate was not exchanged: \(error)")
        }
    }

    private var states: [FileState] { [certificatePath, keyPath].compactMap { FileState($0) } }

    private func read(at time: Double) throws(CertificateProblem) {
        // Noted before reading, so that a change made while the files are being read is not missed.
        let states = states
        defer { seen.withLock { $0 = states } }
        let certificate = try PresentedCertificate(
            certificates: Self.text(of: certificatePath), from: certificatePath, key: Self.text(of: keyPath),
            from: keyPath, at: time)
        tls.present(certificate)
        let days = (certificate.end - time) / 86_400
        if days < Self.warningDays {
            log.warning(
                "the certificate in \(certificatePath) ends in \(Int(days)) days: have it renewed, and it is read again"
            )
        }
    }

    /// The text of a PEM file.
    /// - Throws: ``CertificateProblem`` when it can't be read.
    public static func text(of path: String) throws(CertificateProblem) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CertificateProblem("\(path) can't be read: \(String(cString: strerror(errno)))") }
        close(file)
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw CertificateProblem("\(path) can't be read: it takes a file")
        }
        // If it is DER rather than text, the PEM reader says what is missing.
        return String(decoding: bytes, as: UTF8.self)
    }
}
