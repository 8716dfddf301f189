import Fetch
import FoundationEssentials
import NIOPosix
import Signature
import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Asks S3, or what speaks its protocol: requests that have no effect when they are repeated, which they are when the
/// answer fails to come.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>
struct BucketClient: Sendable {
    let address: BucketAddress
    private let fetch: Fetch

    /// The longest answer, in bytes: a listing has a thousand keys.
    static let longestAnswer = 16 << 20
    private static let attempts = 5

    init(_ address: BucketAddress, _ trust: ServerTrust) {
        self.address = address
        var limits = Fetch.Limits()
        limits.time = .seconds(60)
        limits.body = Self.longestAnswer
        fetch = Fetch(trust: trust, limits: limits)
    }

    /// Blocks until there is an answer, whatever its status; those that ask for patience are asked again.
    ///
    /// - Parameters:
    ///   - key: behind the address's prefix; nil: the bucket itself is asked.
    ///   - query: names and values that need no escape but that of a slash.
    /// - Throws: ``BodyError`` of kind `io`.
    func send(
        _ method: String, _ key: String?, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) throws(BodyError) -> Fetch.Answer {
        var attempt = 1
        while true {
            let isLast = attempt == Self.attempts
            let request = try request(method, key, query, headers, body)
            do throws(FetchError) {
                let answer = try ask(request).get()
                guard !isLast, answer.status >= 500 || answer.status == 429, answer.status != 507 else { return answer }
            } catch {
                guard !isLast, error != .untrustedCertificate else { throw failure("\(error)") }
            }
            usleep(UInt32(50_000) << UInt32(attempt))
            attempt += 1
        }
    }

    private func request(
        _ method: String, _ key: String?, _ query: [(name: String, value: String)],
        _ headers: [(name: String, value: String)], _ body: [UInt8]
    ) throws(BodyError) -> Fetch.Request {
        let path = "/" + address.bucket + (key.map { "/\(address.prefix)\($0)" } ?? "")
        let text = query.map { "\($0.name)=\($0.value.replacing("/", with: "%2F"))" }.joined(separator: "&")
        let endpoint = address.endpoint
        let url =
            "\(endpoint.isSecure ? "https" : "http")://\(endpoint.authority)\(path)\(text.isEmpty ? "" : "?" + text)"
        guard let place = WebAddress(url, mayHaveQuery: true, mayBePlain: true) else {
            throw BodyError(.invalid, "\(address.name) can't be asked for.")
        }
        let headers = [(name: "Host", value: place.authority)] + headers
        let signer = SignatureSigner(
            credentials: try address.credentials.current(), region: address.region, service: "s3")
        let signed = signer.sign(
            SignableRequest(method: method, path: path, query: text, headers: headers, body: body),
            timestamp: Date().timeIntervalSince1970)
        return Fetch.Request(method, place, headers: headers + signed, body: body)
    }

    private func ask(_ request: Fetch.Request) -> Result<Fetch.Answer, FetchError> {
        let promise = MultiThreadedEventLoopGroup.singleton.next()
            .makePromise(of: Result<Fetch.Answer, FetchError>.self)
        let fetch = fetch
        promise.completeWithTask {
            do throws(FetchError) { return .success(try await fetch.send(request)) } catch { return .failure(error) }
        }
        return (try? promise.futureResult.wait()) ?? .failure(.unreachable("the event loop has ended"))
    }

    // MARK: Errors

    private func failure(_ reason: String) -> BodyError {
        BodyError(.io, "The bucket \(address.name) can't be used: \(reason).")
    }

    /// What an answer says that is not the wanted one.
    func failure(_ answer: Fetch.Answer) -> BodyError {
        let children = XMLTree(answer.body)?.root?.children ?? []
        let code = children.first { $0.name == "Code" }?.text ?? ""
        let message = children.first { $0.name == "Message" }?.text ?? ""
        if answer.status == 507 {
            return BodyError(.full, "There is no room left in the bucket \(address.name): \(message)")
        }
        return failure("status \(answer.status) \(code)\(message.isEmpty ? "" : ", ")\(message)")
    }

    /// Whether the answer says that there is no such thing.
    static func isAbsent(_ answer: Fetch.Answer) -> Bool { answer.status == 404 && !hasNoBucket(answer) }

    private static func hasNoBucket(_ answer: Fetch.Answer) -> Bool {
        XMLTree(answer.body)?.root?.children.contains { $0.name == "Code" && $0.text == "NoSuchBucket" } ?? false
    }
}
