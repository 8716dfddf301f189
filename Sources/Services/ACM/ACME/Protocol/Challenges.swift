import ACME
import Crypto
import DomainRecords
import Fetch
import FoundationEssentials
import Ledger
import Platform
import Wire

/// Looks at what a client has put where a challenge wants it.
struct ValidateChallenge: Job {
    static let kind = "ACM::ValidateAcmeChallenge"
    static let concurrency = 16
    /// How often it is looked at, and how long apart, in seconds: what was just put there may not be seen everywhere yet.
    private static let tries = 4
    private static let pause = 2.0

    let endpointID: String
    let orderID: String
    let authorization: Int
    let challenge: Int
    var attempt = 0

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, endpointID, orderID) = (context.environment, endpointID, orderID)
        let found = try await environment.read(context.scope) {
            (records) throws(ServiceError) -> (ACMEOrder, ACMEAccount)? in
            guard let order = try records.get(ACMEOrder.self, ACMEOrder.key(orderID), of: endpointID),
                let account = try records.get(ACMEAccount.self, ACMEAccount.key(order.accountID), of: endpointID)
            else { return nil }
            return (order, account)
        }
        guard let (order, account) = found, order.authorizations.indices.contains(authorization),
            order.authorizations[authorization].challenges.indices.contains(challenge)
        else { return }
        let one = order.authorizations[authorization]
        let asked = one.challenges[challenge]
        guard asked.status == .processing, one.status == .pending, order.state == .pending else { return }
        let proof = "\(asked.token).\(account.thumbprint)"
        let problem: Problem? =
            account.status == .valid
            ? await environment.proves(asked.method, of: one.name, token: asked.token, proof)
            : Problem(.unauthorized, "The account is deactivated or revoked.")
        let (now, index, place) = (environment.now(), authorization, challenge)
        var next = self
        next.attempt += 1
        let again = next
        let isLast = problem == nil || account.status != .valid || again.attempt >= Self.tries
        try await context.finish { (records) throws(ServiceError) in
            guard var order = try records.get(ACMEOrder.self, ACMEOrder.key(orderID), of: endpointID),
                order.status(at: now) == .pending, order.authorizations[index].status == .pending,
                order.authorizations[index].challenges[place].status == .processing
            else { return }
            order.authorizations[index].challenges[place].problem = problem
            if problem == nil {
                order.authorizations[index].challenges[place].status = .valid
                order.authorizations[index].challenges[place].validated = now
                order.authorizations[index].status = .valid
            } else if isLast {
                order.authorizations[index].challenges[place].status = .invalid
                order.authorizations[index].status = .invalid
            } else {
                try records.schedule(again, id: "\(orderID)/\(index)/\(place)", at: now + Self.pause)
            }
            order.settle()
            try records.put(order)
        }
    }
}

extension Environment {
    /// What an answer to a challenge may have in all: a proof is 87 bytes.
    private static let mostBytes = 4096
    /// How many addresses of a host are asked, one after another.
    private static let mostPlaces = 2

    /// Looks whether there is a proof where a challenge wants it.
    /// - Returns: what is in the way; nil: it is there.
    func proves(
        _ method: ACMEChallenge.Method, of name: OrderedName, token: String, _ proof: String
    ) async -> Problem? {
        switch method {
        case .http: await findsFile(proof, at: token, of: name.domain)
        case .dns: await findsRecord(of: proof, for: name.domain)
        }
    }

    /// RFC 8555, section 8.3. Redirects are not followed: they would let a client send Gatehouse anywhere. What came instead of a
    /// proof is not told: it may be nothing of the client's.
    private func findsFile(_ proof: String, at token: String, of domain: String) async -> Problem? {
        let places: [WebAddress]
        do throws(Problem) { places = try await self.places(of: domain) } catch { return error }
        var problem: Problem?
        for place in places.prefix(Self.mostPlaces) {
            problem = await findsFile(proof, at: token, of: domain, place)
            // Another is asked in the place of one that can't be reached, and not of one that says something else.
            guard problem?.kind == .connection else { break }
        }
        return problem
    }

    private func findsFile(
        _ proof: String, at token: String, of domain: String, _ place: WebAddress
    ) async -> Problem? {
        guard
            let address = WebAddress("http://\(place.authority)/.well-known/acme-challenge/\(token)", mayBePlain: true)
        else { return Problem(.serverInternal, "The address of \(domain) can't be asked.") }
        var limits = Fetch.Limits()
        limits.body = Self.mostBytes
        limits.headers = Self.mostBytes * 4
        do throws(FetchError) {
            let answer = try await Fetch(trust: outsideServers.trust, limits: limits).send(
                Fetch.Request("GET", address, headers: [("Host", domain), ("Accept", "*/*")]))
            guard answer.status == 200 else {
                return Problem(
                    .unauthorized, "\(domain) answered with the status \(answer.status), not with the proof.")
            }
            let text = String(decoding: answer.body, as: UTF8.self)
            let content = text.reversed().drop { $0.isWhitespace }.reversed()
            return String(content) == proof
                ? nil : Problem(.incorrectResponse, "\(domain) answered with something else than the proof.")
        } catch {
            return Problem(.connection, "\(domain) could not be asked: \(error).")
        }
    }

    /// RFC 8555, section 8.4.
    private func findsRecord(of proof: String, for domain: String) async -> Problem? {
        let records = outsideServers.domainRecords
        guard records.isThere else {
            return Problem(
                .dns, "Gatehouse's operator has not said where DNS records are seen (--dns-zone and others).")
        }
        let wanted = Array(Base64URL.encode(Array(SHA256.hash(data: Data(proof.utf8)))).utf8)
        do throws(DomainProblem) {
            let found = try await records.records(of: "_acme-challenge.\(domain)", .text)
            if found.contains(where: { $0.value == .text(wanted) }) { return nil }
            guard found.isEmpty else {
                return Problem(.incorrectResponse, "No TXT record at _acme-challenge.\(domain) is the proof.")
            }
            return Problem(.dns, "There is no TXT record at _acme-challenge.\(domain).")
        } catch {
            return Problem(.dns, "The DNS records of \(domain) can't be seen now.")
        }
    }

    /// Where a host answers by HTTP: where the operator says; or else at port 80 of the addresses that its DNS records have, if
    /// they are of the public internet. A client must not have Gatehouse ask the servers beside it.
    /// - Returns: at least one.
    private func places(of domain: String) async throws(Problem) -> [WebAddress] {
        if let place = outsideServers.acmeHosts[domain] { return [place] }
        let records = outsideServers.domainRecords
        guard records.isThere else {
            throw Problem(.connection, "Gatehouse's operator has not said where \(domain) is (--acme-http).")
        }
        var addresses: [String] = []
        var isUnknown = false
        // Those of one kind are enough.
        for kind in [DomainRecord.Kind.address, .longAddress] {
            do throws(DomainProblem) {
                for record in try await records.records(of: domain, kind) {
                    if case .address(let address) = record.value { addresses.append(address) }
                }
            } catch {
                isUnknown = true
            }
        }
        guard !addresses.isEmpty || !isUnknown else {
            throw Problem(.dns, "The DNS records of \(domain) can't be seen now.")
        }
        guard !addresses.isEmpty else { throw Problem(.dns, "\(domain) has no address.") }
        let places = addresses.filter { PublicInternet.contains($0) }.compactMap { address in
            WebAddress("http://" + (address.contains(":") ? "[\(address)]" : address), mayBePlain: true)
        }
        guard !places.isEmpty else {
            throw Problem(.connection, "\(domain) has no address of the public internet; see --acme-http.")
        }
        return places
    }
}
