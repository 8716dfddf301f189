import CertificateIssuing
import Ledger
import Platform
import Synchronization
import Wire

// What anybody may fetch of the authorities of public certificates: their own certificates, lists of revoked ones, and answers about
// single ones (OCSP, RFC 6960).

/// An authority's paths.
struct PublicPaths {
    static let prefix = "/_gatehouse/certificates/public/"
    /// The root that issues now, in PEM: for whoever is to trust it.
    static let root = prefix + "root.pem"

    let list: String
    let responder: String
    /// In DER.
    let certificate: String

    /// - Parameter id: the authority's.
    init(_ id: String) {
        list = Self.prefix + id + ".crl"
        responder = Self.prefix + id + "/ocsp"
        certificate = Self.prefix + id + ".cer"
    }
}

extension PublicPath {
    /// All of them.
    static let publicAuthorities = [
        PublicPath("GET", PublicPaths.prefix) { request, environment in
            await environment.publicAnswer(String(request.path.dropFirst(PublicPaths.prefix.count)))
        },
        PublicPath("POST", PublicPaths.prefix) { request, environment in
            let parts = request.path.dropFirst(PublicPaths.prefix.count).split(separator: "/")
            guard parts.count == 2, parts[1] == "ocsp" else { return .plain(404) }
            return await environment.publicAnswer(to: request.body, of: String(parts[0]))
        },
    ]
}

extension WireResponse {
    static func plain(_ status: Int) -> WireResponse { WireResponse(status: status, headers: [], body: []) }

    fileprivate static func bytes(_ type: String, _ body: [UInt8]) -> WireResponse {
        WireResponse(status: 200, headers: [(name: "content-type", value: type)], body: body)
    }
}

/// Answers about certificates that were given lately.
private let recentAnswers = RecentAnswersByAuthority()

private final class RecentAnswersByAuthority: Sendable {
    private let all = Mutex<[String: RecentAnswers]>([:])

    func of(_ id: String) -> RecentAnswers {
        all.withLock { all in
            if let one = all[id] { return one }
            let one = RecentAnswers()
            all[id] = one
            return one
        }
    }
}

extension Environment {
    /// For how many seconds an answer may be believed.
    private static let validity = 86_400.0

    fileprivate func publicAnswer(_ path: String) async -> WireResponse {
        do throws(ServiceError) {
            if path == "root.pem" {
                let chain = try await publicRoot()
                return .bytes("application/x-pem-file", Array((chain + "\n").utf8))
            }
            if path.hasSuffix(".cer") { return try await publicCertificate(of: String(path.dropLast(4))) }
            if path.hasSuffix(".crl") { return try await publicList(of: String(path.dropLast(4))) }
        } catch {
            return .plain(500)
        }
        // A question in the path: RFC 6960, appendix A.1.
        let parts = path.split(separator: "/", maxSplits: 2)
        guard parts.count == 3, parts[1] == "ocsp" else { return .plain(404) }
        guard parts[2].utf8.count <= 4 * RevocationQuery.mostBytes, let text = String(parts[2]).percentDecoded,
            let question = Base64.decode(text.utf8)
        else { return .bytes("application/ocsp-response", RevocationQuery.Refusal.malformedRequest.bytes) }
        return await publicAnswer(to: question, of: String(parts[0]))
    }

    /// The root in PEM; it is made if there is none.
    func publicRoot() async throws(ServiceError) -> String {
        let issuer = try await publicIssuer()
        let root = try await read(PublicAuthority.scope) { (records) throws(ServiceError) in
            try issuer.authority.issuerID.flatMap { (id) throws(ServiceError) in
                try records.get(PublicAuthority.self, id)
            }
        }
        guard let root else { throw .internalFailure }
        return root.certificate
    }

    private func publicCertificate(of id: String) async throws(ServiceError) -> WireResponse {
        let authority = try await read(PublicAuthority.scope) { (records) throws(ServiceError) in
            try records.get(PublicAuthority.self, id)
        }
        guard let authority else { return .plain(404) }
        do { return .bytes("application/pkix-cert", try authority.parsed().der()) } catch { throw .internalFailure }
    }

    private func publicList(of id: String) async throws(ServiceError) -> WireResponse {
        let list = try await read(PublicAuthority.scope) { (records) throws(ServiceError) in
            try records.get(PublicRevocationList.self, id)
        }
        guard let list else { return .plain(404) }
        return .bytes("application/pkix-crl", Array(list.der))
    }

    fileprivate func publicAnswer(to question: [UInt8], of id: String) async -> WireResponse {
        let bytes: [UInt8]
        if let query = RevocationQuery(question) {
            do throws(ServiceError) { bytes = try await publicAnswer(to: question, query, of: id) } catch {
                let refusal: RevocationQuery.Refusal = error.status == 503 ? .tryLater : .internalError
                bytes = refusal.bytes
            }
        } else {
            bytes = RevocationQuery.Refusal.malformedRequest.bytes
        }
        return .bytes("application/ocsp-response", bytes)
    }

    private func publicAnswer(
        to question: [UInt8], _ query: RevocationQuery, of id: String
    ) async throws(ServiceError) -> [UInt8] {
        let issuer = try await read(PublicAuthority.scope) { (records) throws(ServiceError) in
            try records.publicIssuer(id)
        }
        guard let issuer else { return RevocationQuery.Refusal.unauthorized.bytes }
        let signer = try issuer.revocations()
        let asked = query.serials(of: signer.certificate)
        // A question about another authority's certificate is for another responder.
        guard !asked.contains(nil) else { return RevocationQuery.Refusal.unauthorized.bytes }
        let serials = asked.compactMap { $0.map(SerialNumber.text) }
        // A root has signed the authorities below it alone.
        let isRoot = issuer.authority.issuerID == nil
        let states = try await read(PublicAuthority.scope) { (records) throws(ServiceError) in
            var states: [RevocationQuery.State] = []
            if isRoot {
                let below = try records.list(PublicAuthority.self).filter { $0.issuerID == id }
                let known = Set(below.compactMap { (try? $0.parsed().serialNumber.bytes).map(SerialNumber.text) })
                return serials.map { known.contains($0) ? RevocationQuery.State.good : .unknown }
            }
            for serial in serials {
                let row = try records.get(PublicCertificate.self, PublicCertificate.key(serial), of: id)
                states.append(row.map { $0.revocation.map { .revoked($0) } ?? .good } ?? .unknown)
            }
            return states
        }
        let now = now()
        let known = recentAnswers.of(id)
        if !query.hasNonce, let answer = known.answer(to: question, states, at: now) { return answer }
        let answer: [UInt8]
        do {
            answer = try query.answer(states, by: signer, thisUpdate: now, nextUpdate: now + Self.validity)
        } catch {
            throw .internalFailure
        }
        if !query.hasNonce { known.keep(answer, to: question, states, at: now) }
        return answer
    }
}
