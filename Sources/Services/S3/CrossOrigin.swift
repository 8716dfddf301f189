import Platform
import S3API
import Wire

// Cross-origin resource sharing: which pages of other origins a browser lets read a bucket's answers.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>

/// One of a bucket's rules.
struct CrossOriginRule: Sendable {
    private let origins: [String]
    private let methods: [String]
    private let headers: [String]
    private let exposed: [String]
    private let seconds: Int?

    init(_ rule: S3.CORSRule) {
        origins = rule.allowedOrigins
        methods = rule.allowedMethods
        headers = (rule.allowedHeaders ?? []).map { $0.lowercased() }
        exposed = rule.exposeHeaders ?? []
        seconds = rule.maxAgeSeconds
    }

    /// The rules of a configuration as it is kept.
    static func all(_ json: String) -> [CrossOriginRule] {
        guard let kept = try? Structure(json: json, of: S3.CORSConfiguration.shape) else { return [] }
        return S3.CORSConfiguration(kept).corsRules.map(CrossOriginRule.init)
    }

    /// Whether it lets a page send such a request.
    /// - Parameter headers: those that the page adds, in lower case.
    func allows(origin: String, method: String, headers wanted: [String]) -> Bool {
        origins.contains { Self.matches($0, origin) } && methods.contains(method)
            && wanted.allSatisfy { header in headers.contains { Self.matches($0, header) } }
    }

    /// What an answer says.
    /// - Parameter wanted: the headers that a preflight asked for.
    func answer(to origin: String, headers wanted: [String]) -> [(name: String, value: String)] {
        let isForAll = origins.contains("*")
        var answer = [
            (name: "Access-Control-Allow-Origin", value: isForAll ? "*" : origin),
            (name: "Access-Control-Allow-Methods", value: methods.joined(separator: ", ")),
        ]
        if !wanted.isEmpty {
            answer.append((name: "Access-Control-Allow-Headers", value: wanted.joined(separator: ", ")))
        }
        if !exposed.isEmpty {
            answer.append((name: "Access-Control-Expose-Headers", value: exposed.joined(separator: ", ")))
        }
        if let seconds { answer.append((name: "Access-Control-Max-Age", value: String(seconds))) }
        if !isForAll { answer.append((name: "Access-Control-Allow-Credentials", value: "true")) }
        answer.append(
            (name: "Vary", value: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"))
        return answer
    }

    /// A pattern has one star at most, which stands for any text.
    private static func matches(_ pattern: String, _ text: String) -> Bool {
        let parts = pattern.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return pattern == text }
        return text.utf8.count >= parts[0].utf8.count + parts[1].utf8.count && text.hasPrefix(parts[0])
            && text.hasSuffix(parts[1])
    }
}

enum CrossOrigin {
    /// What is added to the answer to a page's request.
    static func headers(_ request: WireRequest, _ environment: Environment) -> [(name: String, value: String)] {
        guard let origin = request.header("origin") else { return [] }
        let rule = environment.projection(BucketIndex.self).crossOrigin(of: bucket(request)).first {
            $0.allows(origin: origin, method: request.method, headers: [])
        }
        return rule?.answer(to: origin, headers: []) ?? []
    }

    /// Answers what a browser asks before it sends the request itself. No policy is asked: they decide on that one.
    static let preflight = PublicPath("OPTIONS", "/") { request, environment in
        do throws(ServiceError) {
            return WireResponse(status: 200, headers: try allowed(request, environment), body: [])
        } catch {
            return S3.service.wireProtocol(of: request).encode(
                error, for: S3.service, requestID: RequestIDs.make(time: environment.now()))
        }
    }

    private static func allowed(
        _ request: WireRequest, _ environment: Environment
    ) throws(ServiceError) -> [(name: String, value: String)] {
        guard let origin = request.header("origin") else {
            throw .s3("BadRequest", "Insufficient information. Origin request header needed.")
        }
        guard let method = request.header("access-control-request-method") else {
            throw .s3("BadRequest", "Invalid Access-Control-Request-Method: null")
        }
        let wanted = (request.header("access-control-request-headers") ?? "").split(separator: ",").map {
            String($0.filter { $0 != " " }).lowercased()
        }
        let rules = environment.projection(BucketIndex.self).crossOrigin(of: bucket(request))
        guard !rules.isEmpty else { throw forbidden("CORS is not enabled for this bucket.", method, request) }
        guard let rule = rules.first(where: { $0.allows(origin: origin, method: method, headers: wanted) }) else {
            throw forbidden(
                "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
                    + "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
                    + "resource's CORS spec.", method, request)
        }
        return rule.answer(to: origin, headers: wanted)
    }

    private static func forbidden(_ message: String, _ method: String, _ request: WireRequest) -> ServiceError {
        let isOfBucket = !request.path.dropFirst().contains("/")
        return .s3(
            "AccessForbidden", "CORSResponse: " + message, status: 403,
            ["Method": method, "ResourceType": isOfBucket ? "BUCKET" : "OBJECT"])
    }

    private static func bucket(_ request: WireRequest) -> String {
        String(request.path.dropFirst().prefix { $0 != "/" })
    }
}
