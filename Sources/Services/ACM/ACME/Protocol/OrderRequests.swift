import ACME
import FoundationEssentials
import Ledger
import Platform
import Wire

// Orders, their authorizations and challenges: RFC 8555, sections 7.4 and 7.5.

extension ACMEExchange {
    /// How many orders of an account may wait for what is to come of them.
    private static let mostOpenOrders = 100

    func newOrder(_ signed: SignedRequest, _ account: ACMEAccount) async throws(Problem) -> WireResponse {
        let payload = try signed.object()
        guard payload["notBefore"] == nil, payload["notAfter"] == nil else {
            throw .malformed("The certificate's validity can't be chosen.")
        }
        let names = try OrderedName.all(in: payload)
        let quota = environment.quotas[.namesPerCertificate]
        guard names.count <= quota else {
            throw .malformed("A certificate can have at most \(quota) names.")
        }
        let replaced = try payload["replaces"].map { (value) throws(Problem) in
            guard let id = RenewedCertificate(value.text ?? "") else {
                throw .malformed("What is to be replaced is no certificate's identifier.")
            }
            return id
        }
        let (time, endpoint) = (now, endpoint)
        let tokens = try Self.tokens(for: names.count)
        let id = Self.newID()
        let order = try await write { (records) throws(ServiceError) -> Result<ACMEOrder, Problem> in
            if let replaced {
                let known = try records.get(ACMECertificate.self, ACMECertificate.key(replaced.serial), of: endpoint.id)
                guard let known, known.accountID == account.id else {
                    return .failure(.malformed("The account has no certificate that could be replaced so."))
                }
                guard known.replacedBy == nil else {
                    return .failure(Problem(.alreadyReplaced, "The certificate has been replaced already."))
                }
            }
            guard try records.get(ACMEEndpoint.self, endpoint.id) != nil else {
                return .failure(Problem(.malformed, "There is no such ACME endpoint.", status: 404))
            }
            let recent = try records.list(
                ACMEOrder.self, by: ACMEOrder.byAccount, of: endpoint.id,
                RowIndexRange(RowPrefix(.text(account.id))), limit: 2 * Self.mostOpenOrders)
            guard recent.count(where: { !$0.status(at: time).isOver }) < Self.mostOpenOrders else {
                return .failure(Problem(.rateLimited, "The account has too many open orders."))
            }
            let validations = try records.referrers(
                ACMEDomainValidation.self, ACMEBinding.ofEndpoint, to: endpoint.id)
            var parts: [Problem.Part] = []
            var authorizations: [ACMEAuthorization] = []
            for (name, tokens) in zip(names, tokens) {
                if endpoint.authority == .public, let fault = PublicNames.fault([name.text]) {
                    let detail = "No public certificate can be for it: \(fault)."
                    parts.append(.init(.rejectedIdentifier, detail, name: name.text))
                } else if let one = ACMEAuthorization(name, endpoint, validations, tokens, at: time) {
                    authorizations.append(one)
                } else {
                    parts.append(
                        .init(.rejectedIdentifier, "No domain validation of the endpoint covers it.", name: name.text))
                }
            }
            guard parts.isEmpty else {
                return .failure(
                    Problem(
                        .rejectedIdentifier,
                        "This endpoint may not issue for \(parts.map(\.name).joined(separator: ", ")).", parts: parts))
            }
            var order = ACMEOrder(
                endpointID: endpoint.id, id: id, accountID: account.id, names: names, authorizations: authorizations,
                state: .pending, created: time, expires: time + ACMEOrder.lifetime)
            order.replaces = replaced?.serial
            order.settle()
            try records.put(order)
            try records.schedule(
                ForgetACMEOrder(endpointID: endpoint.id, orderID: id), id: id, at: order.expires + ACMEOrder.lifetime)
            return .success(order)
        }
        return respond(order, status: 201)
    }

    /// Two for each name.
    private static func tokens(for count: Int) throws(Problem) -> [[String]] {
        do throws(ServiceError) {
            var all: [[String]] = []
            for _ in 0..<count {
                all.append([Base64URL.encode(try randomBytes(32)), Base64URL.encode(try randomBytes(32))])
            }
            return all
        } catch {
            throw Problem(error)
        }
    }

    /// An order of an account's.
    private func order(_ id: String, of account: ACMEAccount) async throws(Problem) -> ACMEOrder {
        let endpointID = endpoint.id
        let found = try await read { (records) throws(ServiceError) in
            try records.get(ACMEOrder.self, ACMEOrder.key(id), of: endpointID)
        }
        guard let found, found.accountID == account.id else {
            throw Problem(.malformed, "The account has no such order.", status: 404)
        }
        return found
    }

    func show(order id: String, _ signed: SignedRequest, _ account: ACMEAccount) async throws(Problem) -> WireResponse {
        try requireNothing(in: signed)
        return respond(try await order(id, of: account), status: 200)
    }

    func respond(_ order: ACMEOrder, status: Int) -> WireResponse {
        let state = order.status(at: now)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("status", state.rawValue)
        writer.member("expires", Timestamp(secondsSinceEpoch: order.expires).iso8601)
        writer.key("identifiers")
        writer.beginArray()
        for name in order.names { writer.identifier(name.text) }
        writer.endArray()
        writer.key("authorizations")
        writer.beginArray()
        for index in order.authorizations.indices {
            writer.string(endpoint.url(.authorization(order: order.id, index), environment))
        }
        writer.endArray()
        writer.member("finalize", endpoint.url(.finalize(order: order.id), environment))
        if let certificate = order.certificateID {
            writer.member("certificate", endpoint.url(.certificate(certificate, isAlternate: false), environment))
        }
        if let problem = order.problem {
            writer.key("error")
            problem.write(to: &writer)
        }
        writer.endObject()
        var response = WireResponse.json(status, writer.bytes)
        response.headers.append((name: "location", value: endpoint.url(.order(order.id), environment)))
        if state == .processing { response.headers.append((name: "retry-after", value: "1")) }
        return response
    }

    // MARK: Authorizations

    func authorization(
        _ id: String, _ index: Int, _ signed: SignedRequest, _ account: ACMEAccount
    ) async throws(Problem) -> WireResponse {
        var order = try await order(id, of: account)
        guard order.authorizations.indices.contains(index) else {
            throw Problem(.malformed, "There is no such authorization.", status: 404)
        }
        if !signed.payload.isEmpty {
            guard try signed.object()["status"] == .string("deactivated") else {
                throw .malformed("An authorization can only become deactivated.")
            }
            let endpointID = endpoint.id
            order = try await write { (records) throws(ServiceError) -> Result<ACMEOrder, Problem> in
                guard var order = try records.get(ACMEOrder.self, ACMEOrder.key(id), of: endpointID),
                    order.state == .pending || order.state == .ready
                else { return .failure(.malformed("The order is over.")) }
                order.authorizations[index].status = .deactivated
                order.state = .pending
                order.settle()
                try records.put(order)
                return .success(order)
            }
        }
        return respond(order, index)
    }

    private func respond(_ order: ACMEOrder, _ index: Int) -> WireResponse {
        let authorization = order.authorizations[index]
        var writer = JSONWriter()
        writer.beginObject()
        let isOver = authorization.status == .pending && order.status(at: now) == .invalid
        writer.member("status", isOver ? "expired" : authorization.status.rawValue)
        writer.member("expires", Timestamp(secondsSinceEpoch: order.expires).iso8601)
        writer.key("identifier")
        writer.identifier(authorization.name.domain)
        if authorization.name.isWildcard {
            writer.key("wildcard")
            writer.boolean(true)
        }
        writer.key("challenges")
        writer.beginArray()
        for place in authorization.challenges.indices { write(order, index, place, to: &writer) }
        writer.endArray()
        writer.endObject()
        var response = WireResponse.json(200, writer.bytes)
        if authorization.challenges.contains(where: { $0.status == .processing }) {
            response.headers.append((name: "retry-after", value: "1"))
        }
        return response
    }

    private func write(_ order: ACMEOrder, _ index: Int, _ place: Int, to writer: inout JSONWriter) {
        let challenge = order.authorizations[index].challenges[place]
        writer.beginObject()
        writer.member("type", challenge.method.rawValue)
        writer.member("url", endpoint.url(.challenge(order: order.id, index, place), environment))
        writer.member("token", challenge.token)
        writer.member("status", challenge.status.rawValue)
        if let time = challenge.validated {
            writer.member("validated", Timestamp(secondsSinceEpoch: time).iso8601)
        }
        if let problem = challenge.problem {
            writer.key("error")
            problem.write(to: &writer)
        }
        writer.endObject()
    }

    /// The client says that a challenge can be looked at: RFC 8555, section 7.5.1. Without a payload it only asks.
    func challenge(
        _ id: String, _ index: Int, _ place: Int, _ signed: SignedRequest, _ account: ACMEAccount
    ) async throws(Problem) -> WireResponse {
        var order = try await order(id, of: account)
        guard order.authorizations.indices.contains(index),
            order.authorizations[index].challenges.indices.contains(place)
        else { throw Problem(.malformed, "There is no such challenge.", status: 404) }
        if !signed.payload.isEmpty {
            _ = try signed.object()
            let (endpointID, time) = (endpoint.id, now)
            order = try await write { (records) throws(ServiceError) -> Result<ACMEOrder, Problem> in
                guard var order = try records.get(ACMEOrder.self, ACMEOrder.key(id), of: endpointID) else {
                    return .failure(Problem(.malformed, "The account has no such order.", status: 404))
                }
                // Whoever asks twice gets the answer of the first time.
                guard order.status(at: time) == .pending, order.authorizations[index].status == .pending,
                    order.authorizations[index].challenges[place].status == .pending
                else { return .success(order) }
                order.authorizations[index].challenges[place].status = .processing
                try records.put(order)
                try records.schedule(
                    ValidateChallenge(endpointID: endpointID, orderID: id, authorization: index, challenge: place),
                    id: "\(id)/\(index)/\(place)", at: time)
                return .success(order)
            }
        }
        var writer = JSONWriter()
        write(order, index, place, to: &writer)
        var response = WireResponse.json(200, writer.bytes)
        let above = endpoint.url(.authorization(order: id, index), environment)
        response.headers.append((name: "link", value: "<\(above)>;rel=\"up\""))
        if order.authorizations[index].challenges[place].status == .processing {
            response.headers.append((name: "retry-after", value: "1"))
        }
        return response
    }
}

extension ACMEOrder.Status {
    /// Whether nothing more comes of it.
    var isOver: Bool { self == .valid || self == .invalid }
}

extension ACMEAuthorization {
    /// nil: the account can't have certificates for the name.
    fileprivate init?(
        _ name: OrderedName, _ endpoint: ACMEEndpoint, _ validations: [ACMEDomainValidation], _ tokens: [String],
        at time: Double
    ) {
        self.name = name
        isPreapproved = validations.contains { $0.covers(name) }
        if isPreapproved {
            status = .valid
            // What was validated: a record in the DNS.
            challenges = [
                ACMEChallenge(method: .dns, token: tokens.first ?? "", status: .valid, validated: time, problem: nil)
            ]
            return
        }
        // Nobody can answer by HTTP for all hosts of a domain: RFC 8555, section 8.3.
        let methods = endpoint.challenges.filter { $0 != .http || !name.isWildcard }
        guard !methods.isEmpty else { return nil }
        status = .pending
        challenges = zip(methods, tokens).map { method, token in
            ACMEChallenge(method: method, token: token, status: .pending, validated: nil, problem: nil)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func identifier(_ name: String) {
        beginObject()
        member("type", "dns")
        member("value", name)
        endObject()
    }
}
