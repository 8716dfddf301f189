import ACMPCAAPI
import CertificateIssuing
import Ledger
import Platform
import Wire

// What anybody may ask below Gatehouse's own address: the lists of revoked certificates, and about single ones (OCSP, RFC 6960).

/// The paths. No bucket's name begins with an underscore.
enum RevocationPath {
    private static let prefix = "/_gatehouse/certificates/"

    static func list(_ id: String) -> String { "\(prefix)crl/\(id).crl" }
    static func responder(_ id: String) -> String { "\(prefix)ocsp/\(id)" }

    static let lists = prefix + "crl/"
    static let responders = prefix + "ocsp/"
}

extension CertificateAuthority {
    /// Where to ask about its certificates; nil: nowhere. AWS's is `http://ocsp.acm-pca.REGION.amazonaws.com`.
    func responder(_ environment: Environment) -> String? {
        guard let responder = revocation.responder else { return nil }
        return responder.name.map { "http://\($0)" } ?? environment.publicAddress.url + RevocationPath.responder(id)
    }
}

extension PublicPath {
    /// Lists of revoked certificates.
    static let revocationLists = PublicPath("GET", RevocationPath.lists) { request, environment in
        let name = request.path.dropFirst(RevocationPath.lists.count)
        guard name.hasSuffix(".crl"),
            let authority = environment.projection(AuthorityIndex.self).entry(String(name.dropLast(4)))?.authority
        else { return .plain(404) }
        do throws(ServiceError) {
            let list = try await environment.read(authority.scope) { (records) throws(ServiceError) in
                try records.get(PublishedList.self, authority.id)
            }
            guard let list, authority.revocation.list != nil, authority.state != .deleted else { return .plain(404) }
            return WireResponse(
                status: 200, headers: [(name: "content-type", value: "application/pkix-crl")], body: Array(list.der))
        } catch {
            return .plain(500)
        }
    }

    /// Questions about certificates: RFC 6960, appendix A.1.
    static let revocationAnswers = [
        PublicPath("POST", RevocationPath.responders) { request, environment in
            let id = request.path.dropFirst(RevocationPath.responders.count).prefix { $0 != "/" }
            return await .answer(request.body, ofAuthority: String(id), environment)
        },
        PublicPath("GET", RevocationPath.responders) { request, environment in
            let rest = request.path.dropFirst(RevocationPath.responders.count)
            guard let slash = rest.firstIndex(of: "/"), rest.utf8.count <= 4 * RevocationQuery.mostBytes,
                let text = String(rest[rest.index(after: slash)...]).percentDecoded,
                let question = Base64.decode(text.utf8)
            else { return .answer(RevocationQuery.Refusal.malformedRequest.bytes) }
            return await .answer(question, ofAuthority: String(rest[..<slash]), environment)
        },
    ]
}

extension WireResponse {
    fileprivate static func plain(_ status: Int) -> WireResponse { WireResponse(status: status, headers: [], body: []) }

    fileprivate static func answer(_ bytes: [UInt8]) -> WireResponse {
        WireResponse(
            status: 200, headers: [(name: "content-type", value: "application/ocsp-response")], body: bytes)
    }

    fileprivate static func answer(
        _ question: [UInt8], ofAuthority id: String, _ environment: Environment
    ) async -> WireResponse {
        guard let query = RevocationQuery(question) else {
            return .answer(RevocationQuery.Refusal.malformedRequest.bytes)
        }
        guard let entry = environment.projection(AuthorityIndex.self).entry(id),
            entry.authority.revocation.responder != nil, entry.authority.state != .deleted
        else { return .answer(RevocationQuery.Refusal.unauthorized.bytes) }
        do throws(ServiceError) {
            return .answer(try await entry.answer(question, query, environment))
        } catch {
            // As long as the token with the authority's key is away, or has too much to do.
            let passing = [ACMPCA.Failure.requestFailedException.rawValue, "ThrottlingException"]
            let waits = error.status == 503 || passing.contains(error.code)
            return .answer((waits ? RevocationQuery.Refusal.tryLater : .internalError).bytes)
        }
    }
}

extension AuthorityEntry {
    /// For how many seconds an answer may be believed.
    private static let validity = 86_400.0

    fileprivate func answer(
        _ question: [UInt8], _ query: RevocationQuery, _ environment: Environment
    ) async throws(ServiceError) -> [UInt8] {
        let authority = authority
        guard let own = authority.certificate else { return RevocationQuery.Refusal.unauthorized.bytes }
        let asked = query.serials(of: Array(own.der))
        // A question about another authority's certificate is for another responder.
        guard !asked.contains(nil) else { return RevocationQuery.Refusal.unauthorized.bytes }
        let serials = asked.compactMap { $0.map(SerialNumber.text) }
        let states = try await environment.read(authority.scope) { (records) throws(ServiceError) in
            var states: [RevocationQuery.State] = []
            for serial in serials {
                let row = try records.get(IssuedCertificate.self, IssuedCertificate.key(serial), of: authority.id)
                states.append(row.map { $0.revocation.map { .revoked($0) } ?? .good } ?? .unknown)
            }
            return states
        }
        let now = environment.now()
        if !query.hasNonce, let known = answers.answer(to: question, states, at: now) { return known }
        let key = try await environment.read(authority.scope) { (records) throws(ServiceError) in
            try records.get(AuthorityKey.self, authority.id)
        }
        // What was never issued has no end: the token signs nothing about it (RFC 5019, section 2.2.3).
        guard let key, key.isSealedByToken != true || !states.contains(.unknown),
            let signer = authority.revocationAuthority(try await environment.secret(of: key, for: .anybody))
        else { return RevocationQuery.Refusal.unauthorized.bytes }
        let answer: [UInt8]
        do {
            answer = try query.answer(states, by: signer, thisUpdate: now, nextUpdate: now + Self.validity)
        } catch {
            throw .internalFailure
        }
        // Whoever asks needs no permission, and is not to fill the history: so it has one event an hour for each certificate
        // that there is.
        let new = zip(serials, states).filter { $0.1 != .unknown && answers.isFirst($0.0, at: now) }.map(\.0)
        if !new.isEmpty {
            try await environment.write(authority.scope, requestID: "") { (records) throws(ServiceError) in
                for serial in new {
                    try records.record(authority.event("GenerateOCSPResponse", certificate: serial, at: now))
                }
            }
        }
        if !query.hasNonce { answers.keep(answer, to: question, states, at: now) }
        return answer
    }
}
