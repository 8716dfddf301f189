import Fetch
import Mapping
import Platform
import Signature
import Wire

/// One request on its way to an endpoint, and the answer on its way back.
struct Passage: Sendable {
    private let request: WireRequest
    private let shape: OperationShape
    private let model: ServiceShape
    private let wire: any WireProtocol
    private let route: Route
    private let mark: String
    private let call: Call
    private let account: String

    /// What came back, as it goes to the client, and what it says as far as it was read.
    struct Read: Sendable {
        var response: WireResponse
        var result: Result<Structure, ServiceError>
        /// Whether the result is all that the answer says, and not just that it is a success.
        var isWhole: Bool
    }

    /// Longest answers that are read for what they say, in bytes.
    private static let mostRead = 1 << 20
    /// Longest errors that are read for their code, in bytes.
    private static let mostReadOfError = 65_536

    /// - Parameters:
    ///   - request: as the client has sent it.
    ///   - mark: what stands in `Via`.
    ///   - account: the one that owns what the request is about.
    init(
        _ request: WireRequest, _ shape: OperationShape, of model: ServiceShape, by route: Route, mark: String,
        _ call: Call, account: String
    ) {
        self.request = request
        self.shape = shape
        self.model = model
        wire = model.wireProtocol(of: request)
        self.route = route
        self.mark = mark
        self.call = call
        self.account = account
    }

    // MARK: There

    /// Passes a request on, and waits for the head of the answer.
    /// - Throws: ServiceUnavailable and the like when there is none; what is wrong with the request's own body.
    func send() async throws(ServiceError) -> EndpointClient.Answer {
        let address = route.url
        if let problem = route.problem { throw .unavailable(route.name, address, problem, status: 503) }
        if request.header("via") != nil,
            request.headers.contains(where: {
                equalsIgnoringCase($0.name, lowercased: "via") && $0.value.contains(mark)
            })
        {
            throw ServiceError(
                "ServiceUnavailable",
                "The endpoint for \(model.id), \(address), is this Gatehouse itself: the request came round.",
                status: 508)
        }
        let outgoing = outgoing
        let begun = ContinuousClock.now
        do throws(EndpointError) {
            let answer = try await route.client.send(outgoing)
            count(answer.status, since: begun)
            return answer
        } catch {
            count(0, since: begun)
            switch error {
            case .body(let error): throw error
            case .fetch(.tooSlow): throw .unavailable(route.name, address, "\(error)", status: 504)
            case .fetch(.unreadable), .fetch(.tooLarge):
                throw .unavailable(route.name, address, "\(error)", status: 502)
            case .fetch: throw .unavailable(route.name, address, "\(error)", status: 503)
            }
        }
    }

    private func count(_ status: Int, since begun: ContinuousClock.Instant) {
        let (seconds, attoseconds) = (ContinuousClock.now - begun).components
        route.count(
            status, microseconds: Int(seconds) &* 1_000_000 &+ Int(attoseconds / 1_000_000_000_000),
            in: call.environment.metrics)
    }

    private var outgoing: EndpointClient.Request {
        let upstream = route.upstream
        let values = Template.Values(account: account, region: call.region, service: model.signingName)
        var headers = PassedHeaders.of(request, shape, of: model, also: upstream.passedHeaders)
        if !upstream.headers.isEmpty {
            let set = upstream.headers.map { (name: $0.name, value: $0.value.filled(values)) }
            headers.removeAll { header in set.contains { equalsIgnoringCase(header.name, lowercased: $0.name) } }
            headers += set
        }
        // Which bucket the name of a host means, servers don't agree on: for S3 the path has it.
        let usesOwnHost = upstream.usesOwnHost || call.module.hasVirtualHosts
        let host = usesOwnHost ? upstream.address.authority : request.header("host") ?? upstream.address.authority
        headers.append((name: "Host", value: host))
        var path = request.path.isEmpty ? "/" : request.path
        var query = Self.withoutSignature(request.query)
        var body = request.body
        if !route.outwards.isEmpty {
            (path, query) = (route.outwards.applied(to: path), route.outwards.applied(to: query))
            if request.stream == nil { _ = route.outwards.apply(to: &body) }
            headers = headers.map { (name: $0.name, value: route.outwards.applied(to: $0.value)) }
        }
        if let credentials = upstream.credentials {
            let signer = SignatureSigner(
                credentials: SigningCredentials(
                    accessKeyID: credentials.accessKeyID.filled(values),
                    secretAccessKey: credentials.secretAccessKey.text, sessionToken: credentials.sessionToken?.text),
                region: call.region, service: model.signingName, keys: route.signingKeys)
            if request.stream != nil { headers.append((name: "X-Amz-Content-Sha256", value: streamHash)) }
            let signable = SignableRequest(
                method: request.method, path: path, query: query, headers: headers,
                body: request.stream == nil ? body : nil)
            headers += signer.sign(signable, timestamp: call.environment.clock.realTime)
        }
        // Those that came as well, so that each on the way knows its own (RFC 9110, section 7.6.3).
        var via = "1.1 " + mark
        for index in request.headers.indices.reversed()
        where equalsIgnoringCase(request.headers[index].name, lowercased: "via") {
            via = "\(request.headers[index].value), \(via)"
        }
        headers.append((name: "Via", value: via))
        return EndpointClient.Request(
            request.method, query.isEmpty ? path : "\(path)?\(query)", headers: headers,
            body: request.stream.map { .stream($0) } ?? .bytes(body))
    }

    /// The hash that the client has signed, if it is one of what is passed on.
    private var streamHash: String {
        guard let hash = request.header("x-amz-content-sha256"), hash.utf8.count == 64 else {
            return "UNSIGNED-PAYLOAD"
        }
        return hash
    }

    /// The query string without what a presigned URL has in it.
    private static func withoutSignature(_ query: String) -> String {
        guard query.utf8.contains(UInt8(ascii: "-")) else { return query }
        return query.split(separator: "&").filter { parameter in
            !ServiceShape.signatureParameters.contains(parameter.prefix { $0 != "=" }.lowercased())
        }.joined(separator: "&")
    }

    // MARK: Back

    /// Reads as much of an answer as has to be known.
    /// - Parameter isWanted: whether the output is.
    /// - Throws: for an answer that breaks off while it is read.
    func read(_ answer: EndpointClient.Answer, keeping isWanted: Bool) async throws(ServiceError) -> Read {
        var response = WireResponse(
            status: answer.status, headers: PassedHeaders.of(answer, isHEAD: request.method == "HEAD"), body: [])
        response.setRequestID(call.requestID)
        let isError = answer.status >= 300 && answer.status != 304
        let isText = isPlain(answer) && !(shape.output?.streamsPayload ?? false)
        switch answer.body {
        case .bytes(let bytes): response.body = bytes
        case .stream(let stream):
            let most = isError ? Self.mostReadOfError : isWanted && isText ? Self.mostRead : 0
            (response.body, response.stream) = try await Self.collect(stream, upTo: most)
        }
        if !route.inwards.isEmpty, response.stream == nil, isText || isError, route.inwards.apply(to: &response.body) {
            // It was of the body as it came.
            response.headers.removeAll { ["x-amz-crc32", "content-md5"].contains($0.name.lowercased()) }
        }
        if !route.inwards.isEmpty {
            response.headers = response.headers.map { (name: $0.name, value: route.inwards.applied(to: $0.value)) }
        }
        if isError {
            let error = wire.decodeError(
                status: response.status, headers: response.headers, body: response.body, of: model)
            return Read(
                response: response,
                result: .failure(error ?? ServiceError("\(response.status)", "", status: response.status)),
                isWhole: true)
        }
        guard isWanted, isText, response.stream == nil,
            let output = try? wire.decodeAnswer(
                status: response.status, headers: response.headers, body: response.body, as: shape, of: model)
        else {
            return Read(response: response, result: .success(Structure(shape.output ?? .empty)), isWhole: false)
        }
        return Read(response: response, result: .success(output), isWhole: true)
    }

    /// Whether nothing has to be undone before the body can be read.
    private func isPlain(_ answer: EndpointClient.Answer) -> Bool {
        answer.headers.first(named: "content-encoding").map { ["", "identity"].contains($0.lowercased()) } ?? true
    }

    /// The whole body if it is no longer than that; else a stream of all of it.
    private static func collect(
        _ stream: BodyStream, upTo most: Int
    ) async throws(ServiceError) -> ([UInt8], BodyStream?) {
        guard stream.length.map({ $0 <= most }) ?? (most > 0) else { return ([], stream) }
        var collected: [UInt8] = []
        while let piece = try await stream.next() {
            collected += piece
            guard collected.count <= most else {
                let begun = Beginning(collected)
                return (
                    [],
                    BodyStream(length: stream.length) { () throws(ServiceError) in
                        if let first = begun.take() { return first }
                        return try await stream.next()
                    } onStop: {
                        stream.stop()
                    }
                )
            }
        }
        return (collected, nil)
    }
}
