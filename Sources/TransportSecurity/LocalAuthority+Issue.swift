import Crypto
import FoundationEssentials
import Ledger
public import Platform
public import Wire
import X509

extension LocalAuthority {
    init(_ pair: IssuedPair) throws {
        self.init(
            certificate: try pair.certificate.serializeAsPEM().pemString, key: pair.key.pemRepresentation)
    }

    var pair: IssuedPair {
        get throws {
            IssuedPair(
                certificate: try Certificate(pemEncoded: certificate),
                key: try P256.Signing.PrivateKey(pemRepresentation: key))
        }
    }
}

extension ServerCertificate {
    /// Renewal begins when a third of the lifetime is left. If it fails, that is time enough to find out why.
    private static let renewalLead = IssuedPair.serverLifetime / 3

    /// - Parameter clock: its real time decides how long the certificate is valid, since clients go by that;
    ///   Gatehouse's own time, which can be moved, decides when to renew it.
    fileprivate init(_ authority: IssuedPair, for names: [ServedName], _ clock: Clock) throws {
        let pair = try authority.server(for: names, at: clock.realTime)
        let end = pair.certificate.notValidAfter.timeIntervalSince1970
        self.init(
            certificate: try pair.certificate.serializeAsPEM().pemString, key: pair.key.pemRepresentation,
            names: names.map(\.description), renewal: end - Self.renewalLead + clock.moved)
    }
}

/// Issues a new certificate for the server in good time, when a third of the old one's life is left.
public struct RenewServerCertificate: Job {
    public static let kind = "Gatehouse::RenewServerCertificate"

    public func run(_ context: JobContext) async throws(ServiceError) {
        let clock = context.environment.clock
        try await context.finish { (records) throws(ServiceError) in
            guard let old = try records.get(ServerCertificate.self, ServerCertificate.id) else { return }
            try records.issue(for: old.names.compactMap { ServedName($0) }, clock)
        }
    }
}

extension MutableRecords {
    /// Replaces the server's certificate with a new one, and schedules its renewal. Makes a new authority if there is
    /// none yet, or if the existing one can't issue for these names.
    /// - Returns: whether a new authority was made.
    @discardableResult
    fileprivate func issue(for names: [ServedName], _ clock: Clock) throws(ServiceError) -> Bool {
        var isNew = false
        let record: ServerCertificate
        var authority = try get(LocalAuthority.self, LocalAuthority.id)
        do {
            var pair = try authority?.pair
            if pair?.canIssue(for: names, until: clock.realTime + IssuedPair.serverLifetime) != true {
                let new = try IssuedPair.authority(for: names, at: clock.realTime)
                authority = try LocalAuthority(new)
                pair = new
                isNew = true
            }
            guard let pair else { throw ServiceError.internalFailure }
            record = try ServerCertificate(pair, for: names, clock)
        } catch {
            throw ServiceError(
                "InternalFailure", "a certificate for the server could not be made: \(error)", status: 500)
        }
        if isNew, let authority { try put(authority) }
        try put(record)
        try schedule(RenewServerCertificate(), id: ServerCertificate.id, at: record.renewal)
        return isNew
    }

    /// Makes sure that there is a certificate for these names that isn't due for renewal.
    fileprivate func ensureCertificate(for names: [ServedName], _ clock: Clock) throws(ServiceError) -> Bool {
        if let old = try get(ServerCertificate.self, ServerCertificate.id), old.names == names.map(\.description),
            clock.now < old.renewal, old.renewal - clock.now < IssuedPair.serverLifetime,
            try get(LocalAuthority.self, LocalAuthority.id) != nil
        {
            // A reset clears the schedule, so the renewal is scheduled again.
            try schedule(RenewServerCertificate(), id: ServerCertificate.id, at: old.renewal)
            return false
        }
        return try issue(for: names, clock)
    }
}

extension Environment {
    /// Makes sure that the local authority has issued a certificate for these names, and that it will be renewed in
    /// time.
    /// - Parameter names: nil: those of the current certificate; if there is none, nothing is done.
    /// - Returns: whether a new authority was made, which clients then have to be given.
    /// - Throws: ``ServiceError`` when the certificate can't be made or stored.
    @discardableResult
    public func ensureServerCertificate(for names: [ServedName]?) async throws(ServiceError) -> Bool {
        let clock = clock
        // The nodes share a certificate, and each knows only its own machine's names.
        let isShared = ledger.isShared
        return try await write(TransportSecurityRecords.scope, requestID: "") { (records) throws(ServiceError) in
            let present = try records.get(ServerCertificate.self, ServerCertificate.id)?.names
            let known = present?.compactMap { ServedName($0) }
            guard var names = names ?? known else { return false }
            if isShared, let known { names = known + names.filter { !known.contains($0) } }
            return try records.ensureCertificate(for: names, clock)
        }
    }

    /// The local authority's certificate in PEM; nil if no certificate was ever needed.
    public func localAuthorityCertificate() async throws(ServiceError) -> String? {
        try await read(TransportSecurityRecords.scope) { (records) throws(ServiceError) in
            try records.get(LocalAuthority.self, LocalAuthority.id)?.certificate
        }
    }
}
