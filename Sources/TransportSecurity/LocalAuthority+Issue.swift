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
    /// The last third of its life is for finding out why it was not renewed.
    private static let renewalLead = IssuedPair.serverLifetime / 3

    /// - Parameter clock: validity goes by the real time, as clients do; when to renew it by Gatehouse's own.
    fileprivate init(_ authority: IssuedPair, for names: [ServedName], _ clock: Clock) throws {
        let pair = try authority.server(for: names, at: clock.realTime)
        let end = pair.certificate.notValidAfter.timeIntervalSince1970
        self.init(
            certificate: try pair.certificate.serializeAsPEM().pemString, key: pair.key.pemRepresentation,
            names: names.map(\.description), renewal: end - Self.renewalLead + clock.moved)
    }
}

/// Makes a new certificate for the server, well before the old one ends.
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
    /// Puts a new certificate for the server in the place of the old one, and what renews it on the schedule. The
    /// authority is made when there is none yet, or the one that there is can't issue for the names.
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

    /// Sees to it that there is a certificate for these names that need not be renewed yet.
    fileprivate func ensureCertificate(for names: [ServedName], _ clock: Clock) throws(ServiceError) -> Bool {
        if let old = try get(ServerCertificate.self, ServerCertificate.id), old.names == names.map(\.description),
            clock.now < old.renewal, old.renewal - clock.now < IssuedPair.serverLifetime,
            try get(LocalAuthority.self, LocalAuthority.id) != nil
        {
            // A reset takes all work off the schedule.
            try schedule(RenewServerCertificate(), id: ServerCertificate.id, at: old.renewal)
            return false
        }
        return try issue(for: names, clock)
    }
}

extension Environment {
    /// Sees to it that the local authority has issued a certificate for these names, and renews it in time.
    /// - Parameter names: nil: those that the present certificate is for; without one nothing is done.
    /// - Returns: whether a new authority was made, which clients have to be told of.
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

    /// The local authority's certificate, PEM; nil when there was no need for one yet.
    public func localAuthorityCertificate() async throws(ServiceError) -> String? {
        try await read(TransportSecurityRecords.scope) { (records) throws(ServiceError) in
            try records.get(LocalAuthority.self, LocalAuthority.id)?.certificate
        }
    }
}
