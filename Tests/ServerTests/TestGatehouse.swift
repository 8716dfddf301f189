import Logging
import Platform
import Server
import Signature
import Synchronization
import Wire

/// A Gatehouse in memory, with a clock that stands still until it is moved, asked without a socket.
final class TestGatehouse: Sendable {
    static let account = "111122223333"
    static let root = SigningCredentials(
        accessKeyID: "AKIAROOTROOTROOTROOT", secretAccessKey: "rootSecretrootSecretrootSecretrootSecret")

    let gatehouse: Gatehouse
    private let clock: Clock

    final class Clock: Sendable {
        let seconds = Mutex(1_800_000_000.0)
    }

    init(_ change: (inout Gatehouse.Configuration) -> Void = { _ in }) async throws {
        let clock = Clock()
        var configuration = Gatehouse.Configuration()
        configuration.accountID = Self.account
        configuration.rootAccessKeyID = Self.root.accessKeyID
        configuration.rootSecretAccessKey = Self.root.secretAccessKey
        configuration.now = { clock.seconds.withLock { $0 } }
        change(&configuration)
        var log = Logger(label: "test")
        log.logLevel = .critical
        gatehouse = try await Gatehouse(configuration, log: log)
        self.clock = clock
    }

    var now: Double { clock.seconds.withLock { $0 } }

    func advance(_ seconds: Double) {
        clock.seconds.withLock { $0 += seconds }
    }

    struct Answer {
        var status: Int
        var body: String
        var headers: [(name: String, value: String)]

        /// The text between the first pair of such tags.
        func element(_ name: String) -> String? {
            guard let start = body.firstRange(of: "<\(name)>"), let end = body.firstRange(of: "</\(name)>"),
                start.upperBound <= end.lowerBound
            else { return nil }
            return String(body[start.upperBound..<end.lowerBound])
        }

        /// The text of the first JSON member of such a name.
        func member(_ name: String) -> String? {
            guard let start = body.firstRange(of: "\"\(name)\":\"") else { return nil }
            return body[start.upperBound...].prefix { $0 != "\"" }.description
        }

        var code: String? { element("Code") }
        var message: String? { element("Message").map(unescaped) }
        var requestID: String? { headers.first { $0.name.lowercased() == "x-amzn-requestid" }?.value }

        private func unescaped(_ text: String) -> String {
            text.replacing("&quot;", with: "\"").replacing("&apos;", with: "'").replacing("&#39;", with: "'")
                .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
        }
    }

    /// Calls an operation of a query service; `nil` credentials send no signature.
    func call(
        _ service: String, _ action: String, _ parameters: [String: String] = [:],
        as credentials: SigningCredentials? = root, sourceIP: String = "127.0.0.1", within vpc: VPCPlace? = nil
    ) async -> Answer {
        let version = Self.versions[service] ?? "2011-06-15"
        var form = ["Action=\(action)", "Version=\(version)"]
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            form.append("\(Self.encoded(name))=\(Self.encoded(value))")
        }
        return await send(
            service, headers: [("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: form.joined(separator: "&"), as: credentials, sourceIP: sourceIP, within: vpc)
    }

    /// Of the services' models; of all others STS's.
    private static let versions = ["iam": "2010-05-08", "ec2": "2016-11-15", "sns": "2010-03-31"]

    /// Calls an operation of CloudTrail.
    func cloudTrail(_ operation: String, _ json: String, as credentials: SigningCredentials = root) async -> Answer {
        let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.\(operation)"
        return await send(
            "cloudtrail", headers: [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)],
            body: json, as: credentials, sourceIP: "127.0.0.1")
    }

    /// Calls an operation of Organizations.
    func organizations(
        _ operation: String, _ json: String = "{}", as credentials: SigningCredentials? = root
    ) async -> Answer {
        await send(
            "organizations",
            headers: [
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "AWSOrganizationsV20161128.\(operation)"),
            ], body: json, as: credentials)
    }

    func send(
        _ service: String, method: String = "POST", path: String = "/", query: String = "",
        headers: [(name: String, value: String)], body: String,
        as credentials: SigningCredentials?, sourceIP: String = "127.0.0.1", within vpc: VPCPlace? = nil
    ) async -> Answer {
        var signable = SignableRequest(
            method: method, path: path, query: query, headers: [("host", "localhost")] + headers, body: Array(body.utf8)
        )
        if let credentials {
            let signer = SignatureSigner(credentials: credentials, region: "us-east-1", service: service)
            signable.headers += signer.sign(signable, timestamp: now)
        }
        let response = await (vpc.map(gatehouse.edge.within) ?? gatehouse.edge).respond(
            to: WireRequest(
                method: signable.method, path: signable.path, query: signable.query, headers: signable.headers,
                body: signable.body ?? []), sourceIP: sourceIP)
        return Answer(
            status: response.status, body: String(decoding: response.body, as: UTF8.self), headers: response.headers)
    }

    /// Makes a user with an access key and, perhaps, an inline policy.
    func user(_ name: String, policy: String? = nil) async -> SigningCredentials {
        _ = await call("iam", "CreateUser", ["UserName": name])
        if let policy {
            _ = await call(
                "iam", "PutUserPolicy", ["UserName": name, "PolicyName": "inline", "PolicyDocument": policy])
        }
        let key = await call("iam", "CreateAccessKey", ["UserName": name])
        return SigningCredentials(
            accessKeyID: key.element("AccessKeyId") ?? "", secretAccessKey: key.element("SecretAccessKey") ?? "")
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || "-._~".utf8.contains(byte)
            let hex = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + hex
        }.joined()
    }
}

extension TestGatehouse.Answer {
    var credentials: SigningCredentials {
        SigningCredentials(
            accessKeyID: element("AccessKeyId") ?? "", secretAccessKey: element("SecretAccessKey") ?? "",
            sessionToken: element("SessionToken"))
    }
}
