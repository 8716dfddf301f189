import CertificateIssuing
import FoundationEssentials
import Logging
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// What authorities of clients' certificates have revoked, by their lists in a file, which is read again when it has changed.
final class ClientRevocations: Sendable {
    private struct State {
        var lists: [RevocationList] = []
        var stamp: Stamp?
        /// The authorities that are not revoked themselves, nor those above them, in DER.
        var authorities: [[UInt8]] = []
        /// Whether it was said that one of these lists is past its time.
        var hasToldOfEnd = false
    }

    /// By which it is seen that a file is another one.
    private struct Stamp: Equatable {
        let time: Date?
        let size: UInt64?
        let number: UInt64?

        init(_ path: String) {
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            time = attributes?[.modificationDate] as? Date
            size = attributes?[.size] as? UInt64
            number = attributes?[.systemFileNumber] as? UInt64
        }
    }

    /// Raised whenever the file was read.
    let version = Atomic(0)
    let file: String
    /// All of them, in DER.
    private let authorities: [[UInt8]]
    private let state = Mutex(State())

    /// The largest file that is read, in bytes.
    private static let longest: UInt64 = 64 << 20

    /// Reads the file.
    /// - Throws: ``WebFrontProblem``
    init(file: String, by authorities: [NIOSSLCertificate]) throws(WebFrontProblem) {
        self.file = file
        self.authorities = authorities.compactMap { try? $0.toDERBytes() }
        try read()
    }

    /// Whether a client's certificate is revoked, or the one of an authority above it.
    ///
    /// One whose issuer is not among the authorities counts as revoked: about a certificate that only the client shows nobody
    /// has asked, and nothing says which authorities are above it.
    func hasRevoked(_ certificate: NIOSSLCertificate) -> Bool {
        // What can't be read is nothing to vouch for.
        guard let der = try? certificate.toDERBytes() else { return true }
        return hasRevoked(der)
    }

    /// - Parameter der: the certificate's.
    func hasRevoked(_ der: [UInt8]) -> Bool {
        let (lists, authorities) = state.withLock { ($0.lists, $0.authorities) }
        return lists.contains { $0.hasRevoked(der) }
            || !authorities.contains { Certificate.isSigned(der, by: $0) }
    }

    /// The authorities that neither a list has nor one whose own issuers are all gone.
    private func usable(_ lists: [RevocationList]) -> [[UInt8]] {
        var usable = authorities.filter { der in !lists.contains { $0.hasRevoked(der) } }
        let issuers = usable.map { der in authorities.filter { $0 != der && Certificate.isSigned(der, by: $0) } }
        let above = Dictionary(zip(usable, issuers)) { one, _ in one }
        while true {
            let left = usable.filter { der in
                guard let above = above[der], !above.isEmpty else { return true }
                return above.contains { usable.contains($0) }
            }
            guard left.count < usable.count else { return left }
            usable = left
        }
    }

    /// Reads the file again if it has changed. What can't be used leaves the lists before in use, and is said once.
    /// - Parameter time: seconds since 1970.
    func refresh(_ log: Logger, at time: Double) {
        if state.withLock({ $0.stamp }) != Stamp(file) {
            do throws(WebFrontProblem) {
                try read()
                log.notice("the lists of revoked certificates are read again", metadata: ["file": "\(file)"])
            } catch {
                log.error("the lists of revoked certificates stay as they are: \(error)")
            }
        }
        let isToTell = state.withLock { state in
            guard !state.hasToldOfEnd, state.lists.contains(where: { $0.nextUpdate.map { $0 < time } ?? false })
            else { return false }
            state.hasToldOfEnd = true
            return true
        }
        if isToTell {
            log.warning(
                "a list of revoked certificates is past its time, and is used all the same: put a new one there",
                metadata: ["file": "\(file)"])
        }
    }

    private func read() throws(WebFrontProblem) {
        // Noted before reading, so that a change made meanwhile is not missed.
        let stamp = Stamp(file)
        defer { version.add(1, ordering: .releasing) }
        defer { state.withLock { $0.stamp = stamp } }
        guard stamp.size ?? 0 <= Self.longest, let data = FileManager.default.contents(atPath: file) else {
            throw WebFrontProblem("\(file) can't be read: it takes a file of up to \(Self.longest) bytes")
        }
        let documents: [PEMDocument]
        do { documents = try PEMDocument.parseMultiple(pemString: String(decoding: data, as: UTF8.self)) } catch {
            throw WebFrontProblem("\(file) has no lists of revoked certificates in PEM: \(error)")
        }
        var lists: [RevocationList] = []
        for document in documents where document.discriminator == "X509 CRL" {
            guard let list = RevocationList(der: document.derBytes) else {
                throw WebFrontProblem("a list of revoked certificates in \(file) can't be read")
            }
            guard authorities.contains(where: { list.isIssued(by: $0) }) else {
                throw WebFrontProblem(
                    "a list of revoked certificates in \(file) is signed by no authority that 'trust' names: put the "
                        + "certificate of the one that has into that file, too")
            }
            lists.append(list)
        }
        guard !lists.isEmpty else {
            throw WebFrontProblem("\(file) has no list of revoked certificates: it takes PEM (X509 CRL)")
        }
        let usable = usable(lists)
        state.withLock { ($0.lists, $0.authorities, $0.hasToldOfEnd) = (lists, usable, false) }
    }
}
