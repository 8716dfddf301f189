import Platform
import S3API
import Signature
import Synchronization
import Wire

// Objects that browsers post. <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>

extension Front {
    /// A form that is posted to a bucket: what its policy allows is put, by whoever signed it.
    static let forms = Front(
        bodyLimit: (5 << 30) + MultipartFormParser.mostFields + (64 << 10),
        takes: { request in
            request.method == "POST"
                && request.header("content-type")?.lowercased().hasPrefix("multipart/form-data") == true
        },
        respond: { visit in
            do throws(ServiceError) { return try await post(visit) } catch {
                return visit.refusal(error)
            }
        })

    private static func post(_ visit: Visit) async throws(ServiceError) -> WireResponse {
        var form = try PostedForm(visit)
        try await form.readFields()
        let put = try form.request(at: visit.time)
        let answer = try await visit.ask(put, signedBy: try form.signature())
        return form.answer(answer, visit)
    }
}

extension Visit {
    /// An error in the form of the API's.
    fileprivate func refusal(_ error: ServiceError) -> WireResponse {
        S3.service.wireProtocol(of: request).encode(error, for: S3.service, requestID: requestID)
    }

    /// How the visitor reaches a path.
    func url(_ path: String) -> String {
        "\(isSecure ? "https" : "http")://\(request.header("host") ?? "")\(path)"
    }
}

/// A form on its way: its fields are read, and the file's bytes are passed on.
private struct PostedForm: Sendable {
    /// Bytes of an object.
    private static let longest: Int64 = 5 << 30
    /// Fields that are headers of the request that puts an object.
    private static let headers: Set<String> = [
        "cache-control", "content-type", "content-disposition", "content-encoding", "content-language", "expires",
        "x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold",
    ]
    private static let prefixes = ["x-amz-meta-", "x-amz-server-side-encryption", "x-amz-checksum-"]

    private let bucket: String
    private let stream: BodyStream
    private var parser: MultipartFormParser
    /// By names in lower case.
    private var fields: [String: String] = [:]
    private var policy: FormPolicy?

    init(_ visit: Visit) throws(ServiceError) {
        let request = visit.request
        let path = visit.resourcePath.split(separator: "/", omittingEmptySubsequences: true)
        guard path.count == 1, let stream = request.stream else {
            throw .s3(
                "MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405,
                ["Method": "POST", "ResourceType": path.isEmpty ? "SERVICE" : "OBJECT"])
        }
        bucket = String(path[0])
        self.stream = stream
        do throws(MultipartFormParser.Fault) {
            parser = try MultipartFormParser(contentType: request.header("content-type") ?? "")
        } catch {
            throw .of(error)
        }
    }

    /// Reads up to the file.
    mutating func readFields() async throws(ServiceError) {
        while true {
            guard let event = try await event(&parser, stream) else { throw .noFile }
            switch event {
            case .field(let name, let value):
                guard let text = String(validating: value, as: UTF8.self) else { throw .of(.malformed) }
                // Of several fields of a name the first counts, for which conditions are checked.
                if fields[name.lowercased()] == nil { fields[name.lowercased()] = text }
            case .file(let name, _):
                guard let key = fields["key"], !key.isEmpty else { throw .noKey }
                // Some browsers send the whole path.
                let plain = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map { String($0) } ?? ""
                fields["key"] = key.replacing("${filename}", with: plain)
                return
            case .content, .fileEnd, .end: throw .noFile
            }
        }
    }

    /// The request that puts the object, once the form keeps to its policy.
    mutating func request(at time: Double) throws(ServiceError) -> WireRequest {
        guard let key = fields["key"] else { throw .noKey }
        fields["bucket"] = bucket
        if let text = fields["policy"] {
            let policy = try FormPolicy(text)
            try policy.check(fields, at: time)
            self.policy = policy
        }
        var headers: [(name: String, value: String)] = []
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            guard Self.headers.contains(name) || Self.prefixes.contains(where: name.hasPrefix) else { continue }
            guard value.unicodeScalars.allSatisfy({ $0.value >= 32 || $0 == "\t" }),
                name.unicodeScalars.allSatisfy({ $0.value > 32 && $0.value < 127 && $0 != ":" })
            else { throw .invalidArgument("A header can't have this value.", name, value) }
            headers.append((name: name, value: value))
        }
        if let list = fields["acl"] { headers.append((name: "x-amz-acl", value: list)) }
        if let tags = fields["tagging"] { headers.append((name: "x-amz-tagging", value: try Self.tags(tags))) }
        var request = WireRequest(method: "PUT", path: "/\(bucket)/\(URLEncoding.encodePath(key))", headers: headers)
        request.stream = file()
        return request
    }

    /// A document of tags, as the header has them.
    private static func tags(_ text: String) throws(ServiceError) -> String {
        var request = WireRequest(method: "PUT", path: "/b/k", query: "tagging", body: Array(text.utf8))
        request.headers = [(name: "content-type", value: "application/xml")]
        let shape = S3.PutObjectTagging.shape
        let input = try S3.service.wireProtocol(of: request).decode(request, as: shape, of: S3.service)
        return S3.PutObjectTagging.Input(input).tagging.tagSet.map { tag in
            "\(URLEncoding.encodePath(tag.key))=\(URLEncoding.encodePath(tag.value))"
        }.joined(separator: "&")
    }

    /// Who signed the policy; nil for a form without one.
    func signature() throws(ServiceError) -> FormSignature? {
        guard let policy = fields["policy"] else {
            guard fields["x-amz-signature"] == nil, fields["signature"] == nil else { throw .missing("policy") }
            return nil
        }
        guard fields["signature"] == nil, fields["awsaccesskeyid"] == nil else {
            throw .invalidRequest(
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
        }
        for name in ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"] where fields[name] == nil {
            throw .missing(name)
        }
        guard fields["x-amz-algorithm"] == SigningAlgorithm.v4.rawValue,
            let signature = FormSignature(
                credential: fields["x-amz-credential"] ?? "", date: fields["x-amz-date"] ?? "",
                signature: fields["x-amz-signature"] ?? "", sessionToken: fields["x-amz-security-token"],
                policy: policy)
        else {
            throw .invalidArgument(
                "The form's x-amz-algorithm, x-amz-credential, x-amz-date and x-amz-signature are no signature of version 4.",
                "x-amz-signature")
        }
        return signature
    }

    /// The file's bytes, as many as the policy allows; they are whole only when the form has come to its end.
    private func file() -> BodyStream {
        let flow = Mutex(parser)
        let count = Mutex(Int64(0))
        let (stream, size) = (stream, policy?.size)
        return BodyStream(length: nil) { () async throws(ServiceError) in
            var parser = flow.withLock { $0 }
            defer { flow.withLock { [parser] in $0 = parser } }
            while let event = try await event(&parser, stream) {
                switch event {
                case .content(let bytes):
                    let total = count.withLock { count in
                        count += Int64(bytes.count)
                        return count
                    }
                    let most = min(size?.upperBound ?? Self.longest, Self.longest)
                    guard total <= most else { throw .tooLarge(total, most) }
                    return bytes
                case .end:
                    let total = count.withLock { $0 }
                    if let least = size?.lowerBound, total < least { throw .tooSmall(total, least) }
                    return nil
                case .file, .field, .fileEnd: continue
                }
            }
            throw .of(.malformed)
        } onStop: {
            stream.stop()
        }
    }

    /// The answer to a form whose object is put.
    func answer(_ put: WireResponse, _ visit: Visit) -> WireResponse {
        let key = fields["key"] ?? ""
        let etag = put.headers.first(named: "etag") ?? ""
        let isOfHost = visit.request.header("host").map { $0.hasPrefix(bucket + ".") } ?? false
        let location = visit.url("\(isOfHost ? "" : "/" + bucket)/\(URLEncoding.encodePath(key))")
        var headers = put.headers.filter { !["content-type", "content-length"].contains($0.name.lowercased()) }
        if let place = fields["success_action_redirect"] ?? fields["redirect"], place.isRedirection {
            let query = [("bucket", bucket), ("key", key), ("etag", etag)].map { name, value in
                "\(name)=\(URLEncoding.encodeQuery(value))"
            }.joined(separator: "&")
            headers.append((name: "Location", value: "\(place)\(place.contains("?") ? "&" : "?")\(query)"))
            return WireResponse(status: 303, headers: headers, body: [])
        }
        headers.append((name: "Location", value: location))
        switch fields["success_action_status"] {
        case "200": return WireResponse(status: 200, headers: headers, body: [])
        case "201":
            headers.append((name: "Content-Type", value: "application/xml"))
            let members = [("Location", location), ("Bucket", bucket), ("Key", key), ("ETag", etag)].map {
                name, value in
                "<\(name)>\(Markup.escaped(value))</\(name)>"
            }.joined()
            let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>\(members)</PostResponse>"
            return WireResponse(status: 201, headers: headers, body: Array(text.utf8))
        default: return WireResponse(status: 204, headers: headers, body: [])
        }
    }
}

/// The next event of a form; nil where its bytes have come to their end.
private func event(
    _ parser: inout MultipartFormParser, _ stream: BodyStream
) async throws(ServiceError) -> MultipartFormParser.Event? {
    while true {
        do throws(MultipartFormParser.Fault) {
            if let event = try parser.next() { return event }
        } catch {
            throw .of(error)
        }
        guard let bytes = try await stream.next() else { return nil }
        parser.take(bytes)
    }
}

extension String {
    /// Whether it can be where a form's answer sends the browser: a URL of the web, without what would end the header.
    fileprivate var isRedirection: Bool {
        let start = lowercased()
        return (start.hasPrefix("http://") || start.hasPrefix("https://"))
            && unicodeScalars.allSatisfy { $0.value > 32 && $0.value != 127 }
    }
}

extension ServiceError {
    fileprivate static func of(_ fault: MultipartFormParser.Fault) -> ServiceError {
        switch fault {
        case .malformed:
            .s3("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
        case .tooLong:
            .s3(
                "MaxPostPreDataLengthExceededError",
                "Your POST request fields preceding the upload file were too large.")
        }
    }

    fileprivate static var noFile: ServiceError {
        .invalidArgument("POST requires exactly one file upload per request.", "file", "0")
    }

    fileprivate static var noKey: ServiceError { missing("key") }

    fileprivate static func missing(_ field: String) -> ServiceError {
        .invalidArgument(
            "Bucket POST must contain a field named '\(field)'.  If it is specified, please check the order of the fields.",
            field)
    }

    fileprivate static func tooLarge(_ size: Int64, _ most: Int64) -> ServiceError {
        .s3(
            "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
            ["ProposedSize": String(size), "MaxSizeAllowed": String(most)])
    }

    fileprivate static func tooSmall(_ size: Int64, _ least: Int64) -> ServiceError {
        .s3(
            "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
            ["ProposedSize": String(size), "MinSizeAllowed": String(least)])
    }
}
