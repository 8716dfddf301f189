import InstanceMetadata
import Platform
import Wire

/// Answers requests of instances: both versions of the metadata service, as the instance's options say.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html#instance-metadata-returns>
struct MetadataResponder: Sendable {
    private static let lifetimeHeader = "x-aws-ec2-metadata-token-ttl-seconds"
    private static let tokenHeader = "x-aws-ec2-metadata-token"
    /// In the order of how old they are.
    private static let tokenPath = ["latest", "api", "token"]

    private let environment: Environment
    private let tokens: MetadataTokens
    private let finder: InstanceFinder
    private let credentials: InstanceCredentials

    /// - Throws: InternalFailure when the keyring can't provide a key.
    init(_ environment: Environment) throws(ServiceError) {
        self.environment = environment
        tokens = try MetadataTokens(environment)
        finder = InstanceFinder(environment)
        credentials = InstanceCredentials(environment)
    }

    /// How many hops an answer with a token may go.
    func hopLimit(of name: InstanceName) -> Int? { finder.find(name)?.options.hopLimit }

    // MARK: Metadata

    /// Answers a request for an instance's metadata.
    /// - Parameters:
    ///   - path: below the service's address, with a slash at the beginning.
    ///   - isIPv6: whether it came to the address of IPv6.
    func answer(_ request: WireRequest, at path: String, of name: InstanceName, isIPv6: Bool) async -> WireResponse {
        guard let facts = finder.find(name) else { return failure(404) }
        guard facts.options.isEnabled, !isIPv6 || facts.options.hasIPv6 else { return failure(403) }
        let parts = path.split(separator: "/").map(String.init)
        let isOfTokens = parts.count == 3 && parts.dropFirst().elementsEqual(Self.tokenPath.dropFirst())
        switch request.method {
        case "PUT":
            guard isOfTokens else { return failure(405, allowing: "GET, HEAD") }
            // Not of another version than the latest one.
            guard parts == Self.tokenPath else { return failure(403) }
            return token(request, of: name)
        case "GET", "HEAD":
            guard !isOfTokens else { return failure(405, allowing: "PUT") }
            return await read(request, path, facts)
        default: return failure(405, allowing: "GET, HEAD, PUT")
        }
    }

    private func token(_ request: WireRequest, of name: InstanceName) -> WireResponse {
        // It came through a proxy that is open to others than the instance.
        guard request.header("x-forwarded-for") == nil else { return failure(403) }
        guard let text = request.header(Self.lifetimeHeader), let seconds = Int(text),
            MetadataTokens.lifetimes.contains(seconds)
        else { return failure(400) }
        do throws(ServiceError) {
            let token = try tokens.make(for: name, until: environment.now() + Double(seconds))
            return success(Array(token.utf8), lifetime: seconds)
        } catch {
            return failure(503)
        }
    }

    private func read(_ request: WireRequest, _ path: String, _ facts: InstanceFacts) async -> WireResponse {
        var lifetime: Int?
        if let token = request.header(Self.tokenHeader) {
            let now = environment.now()
            guard let end = tokens.end(of: token, for: facts.name), now < end else { return failure(401) }
            lifetime = Int(exactly: (end - now).rounded(.up))
        } else {
            let isRefused = facts.options.requiresTokens
            count(isRefused ? "MetadataNoTokenRejected" : "MetadataNoToken", facts.name)
            guard !isRefused else { return failure(401) }
        }
        guard let answer = finder.metadata(facts).answer(to: path) else { return failure(404) }
        do throws(ServiceError) {
            switch answer {
            case .list(let text), .value(.text(let text)): return success(Array(text.utf8), lifetime: lifetime)
            case .value(.bytes(let bytes)):
                return success(bytes, type: "application/octet-stream", lifetime: lifetime)
            case .value(.identity(let part)):
                let document = finder.metadata(facts).identityDocument
                let signer = try await environment.identitySigner(in: facts.name.region)
                return success(Array(try signer.text(part, of: document).utf8), lifetime: lifetime)
            case .value(.credentials):
                guard let role = facts.role else { return failure(404) }
                let document = try await credentials.document(
                    of: facts, role, by: lifetime == nil ? .version1 : .version2)
                return success(Array(document.text.utf8), lifetime: lifetime)
            }
        } catch {
            return failure(503)
        }
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html#ec2-cloudwatch-metrics>
    private func count(_ metric: String, _ name: InstanceName) {
        environment.metricCounts.count(
            metric, in: "AWS/EC2", [MetricDimension("InstanceId", name.id)], of: name.scope, at: environment.now())
    }

    // MARK: Containers

    /// Answers a request for credentials by which a container acts as its instance.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
    func container(_ request: WireRequest, of name: InstanceName?) async -> WireResponse {
        guard request.method == "GET" || request.method == "HEAD" else {
            return containerFailure(405, "MethodNotAllowed", "Credentials are read with GET.")
        }
        guard let name else {
            return containerFailure(401, "Unauthorized", "The authorization token is missing or not valid.")
        }
        guard let facts = finder.find(name), let role = facts.role else {
            return containerFailure(404, "NoRole", "The instance \(name.id) is not there, or it has no role.")
        }
        do throws(ServiceError) {
            let document = try await credentials.document(of: facts, role, by: .container)
            guard let text = document.containerText(roleARN: role.arn) else {
                return containerFailure(
                    403, "AssumeRoleUnauthorizedAccess", "EC2 cannot assume the role \(role.name).")
            }
            return .json(200, text)
        } catch {
            return containerFailure(503, "ServiceUnavailable", "There are no credentials at the moment. Try again.")
        }
    }

    private func containerFailure(_ status: Int, _ code: String, _ message: String) -> WireResponse {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("code", code)
        writer.member("message", message)
        writer.endObject()
        return .json(status, writer.bytes)
    }

    // MARK: Answers

    private func success(_ bytes: [UInt8], type: String = "text/plain", lifetime: Int?) -> WireResponse {
        var headers = headers(type)
        if let lifetime { headers.append((name: "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", value: "\(lifetime)")) }
        return WireResponse(status: 200, headers: headers, body: bytes)
    }

    /// As AWS's server writes its errors.
    func failure(_ status: Int, allowing methods: String? = nil) -> WireResponse {
        let names = [
            400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
            503: "Service Unavailable",
        ]
        let title = "\(status) - \(names[status] ?? "Error")"
        var headers = headers("text/html")
        if let methods { headers.append((name: "Allow", value: methods)) }
        return WireResponse(
            status: status, headers: headers,
            body: Array(
                """
                <?xml version="1.0" encoding="iso-8859-1"?>
                <!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
                \t"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
                <html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
                 <head>
                  <title>\(title)</title>
                 </head>
                 <body>
                  <h1>\(title)</h1>
                 </body>
                </html>

                """.utf8))
    }

    private func headers(_ type: String) -> [(name: String, value: String)] {
        [
            (name: "Content-Type", value: type), (name: "Accept-Ranges", value: "none"),
            (name: "Date", value: Timestamp(secondsSinceEpoch: environment.clock.realTime).httpDate),
            (name: "Server", value: "EC2ws"),
        ]
    }
}
