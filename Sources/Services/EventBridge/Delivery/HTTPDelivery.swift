import Directory
import EventBridgeAPI
import EventPatterns
import Fetch
import FoundationEssentials
import Platform
import Wire

// Delivery by HTTP: to the operator's servers, and to API destinations.
// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>

/// A request waits for its answer no longer, as on AWS.
private let patience = Duration.seconds(5)

extension ServiceError {
    /// It may be otherwise later.
    fileprivate static func passing(_ message: String) -> ServiceError {
        ServiceError("SDK_CLIENT_ERROR", message, status: 503)
    }

    fileprivate static func lasting(_ code: String, _ message: String) -> ServiceError {
        ServiceError(code, message, status: 400)
    }

    /// What a server's status means.
    /// - Returns: nil: it has taken the event.
    fileprivate static func status(_ status: Int) -> ServiceError? {
        switch status {
        case 200...299: nil
        case 401, 407, 409, 429, 500...: .passing("The server answered \(status).")
        default: .lasting("SDK_CLIENT_ERROR", "The server answered \(status).")
        }
    }
}

extension DeliveryAttempt {
    /// What is sent outside.
    private struct OutsideRequest {
        var request: Fetch.Request
        /// nil: the operator has named the address.
        var place: OutsideServers.Place?
    }

    private func send(_ outside: OutsideRequest) async throws(ServiceError) -> Fetch.Answer {
        var limits = Fetch.Limits()
        limits.time = patience
        let servers = environment.outsideServers
        let fetch =
            outside.place.map { servers.fetch($0, limits: limits) } ?? Fetch(trust: servers.trust, limits: limits)
        do throws(FetchError) { return try await fetch.send(outside.request) } catch {
            // The owner of the dead-letter queue reads it: what is open near Gatehouse is none of theirs.
            throw .passing(error == .tooSlow ? "\(error)" : "The endpoint could not be reached.")
        }
    }

    /// Hands the event to the server that the operator has put in the place of the target.
    func askServer() async throws(ServiceError) {
        guard let address = environment.outsideServers.eventDestination(target.arn, for: rule.accountID) else {
            throw .lasting("RESOURCE_NOT_FOUND", "No server stands for \(target.arn).")
        }
        let request = Fetch.Request(
            "POST", address,
            headers: [
                (name: "Content-Type", value: "application/json"),
                (name: "X-Gatehouse-Destination", value: target.arn),
                (name: "X-Amz-Invocation-Type", value: "Event"),
            ], body: Array(try text().utf8))
        let answer = try await send(OutsideRequest(request: request))
        if let error = ServiceError.status(answer.status) { throw error }
        try await complete()
    }

    /// Calls an API destination, if the target's role may.
    func invokeDestination() async throws(ServiceError) {
        let index = environment.projection(BusIndex.self)
        guard let destination = index.destination(target.arn), let connection = index.connection(destination.connection)
        else { throw .lasting("RESOURCE_NOT_FOUND", "There is no \(target.arn).") }
        guard connection.state == "AUTHORIZED" else {
            throw .lasting("CONNECTION_STATE", "The connection \(connection.name) is \(connection.state).")
        }
        try await checkRole(destination)
        let request = try await request(to: destination, with: connection)
        let answer = try await send(request)
        if answer.status == 401 || answer.status == 407 { environment.projection(AccessTokens.self).forget(connection) }
        if let error = ServiceError.status(answer.status) { throw error }
        try await complete()
    }

    /// The role has to be allowed `events:InvokeApiDestination`.
    private func checkRole(_ destination: StoredAPIDestination) async throws(ServiceError) {
        _ = try await identity()
        guard let text = target.roleArn, let id = environment.directory.uniqueID(ofARN: text),
            let role = environment.directory.role(uniqueID: id),
            let module = environment.modules.first(where: { $0.principal == eventsPrincipal })
        else { throw ServiceError("AccessDenied", "The role of the target is not there.", status: 403) }
        let time = environment.now()
        let call = Call(
            environment: environment, requestID: RequestIDs.make(time: time), time: time,
            caller: Caller(accountID: role.accountID, identity: .roleSession(role, name: "Events_Invoke")),
            module: module, operation: "InvokeApiDestination", region: rule.region,
            source: Call.Source(service: eventsPrincipal, calledVia: []))
        guard try call.decision(Access("events:InvokeApiDestination", on: destination.arn)).outcome == .allowed else {
            throw ServiceError(
                "AccessDenied", "The role \(text) may not call events:InvokeApiDestination on \(destination.arn).",
                status: 403)
        }
    }

    private func request(
        to destination: StoredAPIDestination, with connection: StoredConnection
    ) async throws(ServiceError) -> OutsideRequest {
        let event = (try? JSONValue(parsing: Array(delivery.event.json.utf8), depthLimit: 1_000)) ?? .null
        /// Values may be paths into the event.
        func resolved(_ text: String) -> String {
            guard text.hasPrefix("$."), let path = JSONPath(text) else { return text }
            switch path.value(in: event) {
            case .string(let text)?: return text
            case let value?:
                var writer = JSONWriter()
                writer.json(value)
                return String(decoding: writer.bytes, as: UTF8.self)
            case nil: return ""
            }
        }
        let own = try connection.authorization()
        let parameters = target.httpParameters
        var headers: [(name: String, value: String)] = [
            (name: "Content-Type", value: "application/json; charset=utf-8"),
            (name: "User-Agent", value: "Amazon/EventBridge/ApiDestinations"),
        ]
        for (name, value) in (parameters?.headerParameters ?? [:]).sorted(by: { $0.key < $1.key }) {
            headers.append((name: name, value: resolved(value)))
        }
        // What the connection says takes precedence.
        for (name, value) in own.headers + (try await tokenHeader(connection)) {
            headers.removeAll { $0.name.lowercased() == name.lowercased() }
            headers.append((name: name, value: value))
        }
        guard headers.allSatisfy({ $0.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 } }) else {
            throw .lasting("INVALID_HEADER", "A header's value has characters that it can't have.")
        }
        var query = (parameters?.queryStringParameters ?? [:]).mapValues(resolved)
        for (name, value) in own.query { query[name] = value }
        var path = destination.endpoint
        for value in parameters?.pathParameterValues ?? [] {
            guard let star = path.firstIndex(of: "*") else { break }
            path.replaceSubrange(star...star, with: resolved(value).percentEncoded)
        }
        if !query.isEmpty {
            let text = query.sorted { $0.key < $1.key }
                .map { "\($0.key.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
            path += (path.contains("?") ? "&" : "?") + text
        }
        guard let place = environment.outsideServers.subscriberPlace(of: path) else {
            throw .lasting("INVALID_ENDPOINT", "The endpoint \(destination.endpoint) is no address.")
        }
        let hasBody = !["GET", "HEAD", "OPTIONS", "DELETE"].contains(destination.method)
        let body = hasBody ? try merged(try text(), own.body) : ""
        return OutsideRequest(
            request: Fetch.Request(destination.method, place.address, headers: headers, body: Array(body.utf8)),
            place: place)
    }

    /// What the connection puts into bodies that are JSON objects.
    private func merged(_ body: String, _ members: [(name: String, value: String)]) throws(ServiceError) -> String {
        guard !members.isEmpty, let value = try? JSONValue(parsing: Array(body.utf8), depthLimit: 1_000),
            case .object(let own) = value
        else { return body }
        var writer = JSONWriter()
        let names = Set(members.map(\.name))
        writer.json(
            .object(
                own.filter { !names.contains($0.key) }
                    + members.map { JSONMember(key: $0.name, value: .string($0.value)) }))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The header with an access token, of a connection by OAuth.
    private func tokenHeader(
        _ connection: StoredConnection
    ) async throws(ServiceError) -> [(name: String, value: String)] {
        guard let client = try connection.client() else { return [] }
        let tokens = environment.projection(AccessTokens.self)
        let now = environment.now()
        if let token = tokens.token(of: connection, at: now) {
            return [(name: "Authorization", value: "Bearer \(token)")]
        }
        var form = [
            (name: "grant_type", value: "client_credentials"), (name: "client_id", value: client.id),
            (name: "client_secret", value: client.secret),
        ]
        form += client.more.body
        func encoded(_ pairs: [(name: String, value: String)]) -> String {
            pairs.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
        }
        let isInQuery = client.method == "GET"
        let query = client.more.query + (isInQuery ? form : [])
        let text = client.endpoint + (query.isEmpty ? "" : (client.endpoint.contains("?") ? "&" : "?") + encoded(query))
        guard let place = environment.outsideServers.subscriberPlace(of: text) else {
            throw .lasting("INVALID_ENDPOINT", "The authorization endpoint is no address.")
        }
        let request = Fetch.Request(
            client.method, place.address,
            headers: [
                (name: "Content-Type", value: "application/x-www-form-urlencoded"),
                (name: "Accept", value: "application/json"),
            ] + client.more.headers, body: isInQuery ? [] : Array(encoded(form).utf8))
        let answer = try await send(OutsideRequest(request: request, place: place))
        if let error = ServiceError.status(answer.status) { throw error }
        guard let json = try? JSONValue(parsing: answer.body), case .string(let token)? = json["access_token"],
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { throw .passing("The authorization endpoint answered without an access token.") }
        let life: Double = if case .integer(let seconds)? = json["expires_in"] { Double(seconds) } else { 300 }
        tokens.keep(token, of: connection, until: now + min(life, 3_600) - 10)
        return [(name: "Authorization", value: "Bearer \(token)")]
    }
}

extension String {
    /// With all bytes encoded but the unreserved ones of RFC 3986, so that it is one part of a path or a query.
    fileprivate var percentEncoded: String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
