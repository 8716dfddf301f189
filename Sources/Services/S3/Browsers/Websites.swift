import FoundationEssentials
import Platform
import S3API
import Wire

// Buckets as websites: `BUCKET.s3-website-REGION.amazonaws.com`, `BUCKET.s3-website.REGION.amazonaws.com`, and here
// `BUCKET.s3-website.localhost`. Whoever looks is nobody in particular.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html>

extension Front {
    static let websites = Front(
        bodyLimit: 1 << 20,
        takes: { request in
            guard let host = request.header("host"), host.lowercased().contains(".s3-website") else { return false }
            return SiteHost(host) != nil
        },
        respond: { visit in
            guard let host = visit.request.header("host").flatMap(SiteHost.init) else {
                return WireResponse(status: 400, headers: [], body: [])
            }
            return await SiteRequest(visit, host).answer()
        })
}

/// The name of a website's host.
struct SiteHost: Equatable {
    let bucket: String
    /// nil: it names none.
    let region: String?

    /// - Parameter host: with a port or without.
    /// - Returns: nil for a host that is no website's.
    init?(_ host: String) {
        let labels = host.prefix { $0 != ":" }.split(separator: ".", omittingEmptySubsequences: false)
        guard let place = labels.lastIndex(where: { $0.lowercased().hasPrefix("s3-website") }), place > 0 else {
            return nil
        }
        let rest = labels[place].lowercased().dropFirst("s3-website".count)
        if rest.isEmpty {
            let next = labels.dropFirst(place + 1).first.map { $0.lowercased() }
            region = next.flatMap { Regions.needsOptIn($0) != nil ? $0 : nil }
        } else {
            guard rest.first == "-", Regions.needsOptIn(String(rest.dropFirst())) != nil else { return nil }
            region = String(rest.dropFirst())
        }
        bucket = labels[..<place].joined(separator: ".")
    }
}

/// A request of a website, on its way to an answer.
private struct SiteRequest: Sendable {
    /// Headers of the request that say how much of an object is wanted, and when.
    private static let passedOn: Set<String> = [
        "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
    ]

    private let visit: Visit
    private let host: SiteHost
    private let method: String
    /// As it was sent, without the slash at the beginning.
    private let key: String

    init(_ visit: Visit, _ host: SiteHost) {
        self.visit = visit
        self.host = host
        method = visit.request.method
        key = Self.key(visit.request.path)
    }

    /// A path's text. What is no percent-encoding of UTF-8 is no key, and is looked for in vain.
    private static func key(_ path: String) -> String {
        let path = path.utf8.first == UInt8(ascii: "/") ? String(path.dropFirst()) : path
        return path.removingPercentEncoding ?? path
    }

    func answer() async -> WireResponse {
        do throws(ServiceError) {
            return try await find()
        } catch {
            return page(error)
        }
    }

    private func find() async throws(ServiceError) -> WireResponse {
        guard method == "GET" || method == "HEAD" else {
            throw .s3(
                "MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405,
                ["Method": method, "ResourceType": "OBJECT"])
        }
        let index = visit.environment.projection(BucketIndex.self)
        guard let bucket = index.bucket(host.bucket)?.bucket else { throw .noSuchBucket(host.bucket) }
        guard host.region == nil || host.region == bucket.region else {
            throw .s3(
                "IncorrectEndpoint",
                "The specified bucket exists in another region. Please direct requests to the specified endpoint.",
                ["Endpoint": "\(bucket.name).s3-website-\(bucket.region).amazonaws.com"])
        }
        guard let site = index.website(of: host.bucket) else { throw .noWebsite(host.bucket) }
        if let everything = site.everything { return redirect(everything, replaced: "") }
        if let rule = site.rule(for: key, status: nil) { return redirect(rule.redirection, replaced: rule.prefix) }
        let isFolder = key.isEmpty || key.hasSuffix("/")
        do throws(ServiceError) {
            let answer = try await get(isFolder ? key + site.index : key)
            if let place = answer.headers.first(named: "x-amz-website-redirect-location") {
                return moved(301, to: place)
            }
            return answer
        } catch {
            // A folder that was asked for without its slash.
            if !isFolder, error.status == 404 || error.status == 403,
                (try? await get("\(key)/\(site.index)", method: "HEAD")) != nil
            {
                return moved(302, to: "/\(URLEncoding.encodePath(key))/")
            }
            if let rule = site.rule(for: key, status: error.status) {
                return redirect(rule.redirection, replaced: rule.prefix)
            }
            guard let document = site.error, error.status >= 400, error.status < 500 else { throw error }
            do throws(ServiceError) {
                var answer = try await get(document, conditionally: false)
                answer.status = error.status
                answer.headers.append((name: "x-amz-error-code", value: error.code))
                answer.headers.append((name: "x-amz-error-message", value: error.message))
                return answer
            } catch let second {
                return page(error, and: second)
            }
        }
    }

    /// Gets an object as anybody may.
    private func get(
        _ key: String, method: String? = nil, conditionally: Bool = true
    ) async throws(ServiceError) -> WireResponse {
        guard !key.isEmpty else { throw .noSuchKey(key) }
        var request = WireRequest(
            method: method ?? self.method, path: "/\(host.bucket)/\(URLEncoding.encodePath(key))")
        if conditionally {
            request.headers = visit.request.headers.filter { Self.passedOn.contains($0.name.lowercased()) }
        }
        let answer = try await visit.ask(request)
        // What is not looked at is not sent.
        if method == "HEAD", self.method != "HEAD" { answer.stream?.stop() }
        return answer
    }

    private func redirect(_ redirection: Website.Redirection, replaced: String) -> WireResponse {
        moved(
            redirection.status,
            to: redirection.location(
                of: key, replaced: replaced, host: visit.request.header("host") ?? "", isSecure: visit.isSecure))
    }

    private func moved(_ status: Int, to place: String) -> WireResponse {
        // A header has no line ends; what was put as one is text all the same.
        let place = place.unicodeScalars.allSatisfy { $0.value > 32 && $0.value != 127 } ? place : "/"
        return WireResponse(
            status: status,
            headers: [
                (name: "Location", value: place), (name: "x-amz-request-id", value: visit.requestID),
            ], body: [])
    }

    /// What a browser shows of an error.
    private func page(_ error: ServiceError, and second: ServiceError? = nil) -> WireResponse {
        guard error.status != 304 else {
            return WireResponse(status: 304, headers: error.headers.map { (name: $0.key, value: $0.value) }, body: [])
        }
        let title = "\(error.status) \(Self.reason(error.status))"
        var lines = [
            "<html>", "<head><title>\(title)</title></head>", "<body>", "<h1>\(title)</h1>", "<ul>",
            "<li>Code: \(Markup.escaped(error.code))</li>", "<li>Message: \(Markup.escaped(error.message))</li>",
        ]
        for (name, value) in error.members.sorted(by: { $0.key < $1.key }) {
            guard case .string(let text) = value else { continue }
            lines.append("<li>\(name): \(Markup.escaped(text))</li>")
        }
        lines += ["<li>RequestId: \(visit.requestID)</li>", "</ul>"]
        if let second {
            lines += [
                "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>", "<ul>",
                "<li>Code: \(Markup.escaped(second.code))</li>",
                "<li>Message: \(Markup.escaped(second.message))</li>", "</ul>",
            ]
        }
        lines += ["<hr/>", "</body>", "</html>", ""]
        return WireResponse(
            status: error.status,
            headers: [
                (name: "Content-Type", value: "text/html; charset=utf-8"),
                (name: "x-amz-error-code", value: error.code), (name: "x-amz-error-message", value: error.message),
                (name: "x-amz-request-id", value: visit.requestID),
            ], body: method == "HEAD" ? [] : Array(lines.joined(separator: "\n").utf8))
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 412: "Precondition Failed"
        case 416: "Requested Range Not Satisfiable"
        case 500: "Internal Server Error"
        case 503: "Service Unavailable"
        default: "Error"
        }
    }
}

extension ServiceError {
    static func noWebsite(_ bucket: String) -> ServiceError {
        .s3(
            "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", status: 404,
            ["BucketName": bucket])
    }
}
