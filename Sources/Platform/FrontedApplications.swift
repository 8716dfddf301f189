import Crypto
import Directory
import Synchronization

/// A web application that the web front stands before. AWS's API knows it as an Application Load Balancer.
public struct FrontedApplication: Sendable, Hashable {
    /// As the operator calls it: letters, digits and hyphens.
    public let name: String
    /// `arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188`
    public let arn: String
    /// The host names that it answers to, in lower case; one may begin with `*.`.
    public let hosts: [String]
    /// The ARNs of ACM's certificates that it shows.
    public let certificates: [String]

    /// - Parameters: see the properties.
    public init(name: String, arn: String, hosts: [String], certificates: [String]) {
        self.name = name
        self.arn = arn
        self.hosts = hosts
        self.certificates = certificates
    }
}

/// The applications behind the web front, as they are now: none without one. Services ask here what they protect.
public final class FrontedApplications: Sendable {
    private let state = Mutex<[FrontedApplication]>([])
    private let shown = Mutex<[Metric]>([])
    /// The certificate that Gatehouse's own server shows, and what the server is called.
    private let server = Mutex<(certificate: String, arn: String)?>(nil)

    /// None yet.
    public init() {}

    /// In the order of the operator's file.
    public var all: [FrontedApplication] { state.withLock { $0 } }

    /// Takes in what the operator's file says.
    public func replace(with applications: [FrontedApplication]) { state.withLock { $0 = applications } }

    /// What `GET /metrics` shows of the web front.
    public var metrics: [Metric] { shown.withLock { $0 } }

    /// Has `GET /metrics` show what the web front counts.
    public func show(_ metrics: [Metric]) { shown.withLock { $0 = metrics } }

    /// The application of an ARN; nil: there is none.
    public func application(_ arn: String) -> FrontedApplication? { all.first { $0.arn == arn } }

    /// The ARNs of what shows a certificate, as ACM's `InUseBy` lists them.
    public func users(ofCertificate arn: String) -> [String] {
        let server = server.withLock { $0.flatMap { $0.certificate == arn ? $0.arn : nil } }
        return all.filter { $0.certificates.contains(arn) }.map(\.arn) + (server.map { [$0] } ?? [])
    }

    /// Notes that Gatehouse's own server shows a certificate. As an application it is called `gatehouse`.
    public func addServer(showing certificate: String) {
        guard let named = ARN(parsing: certificate) else { return }
        let text = "\(named.account)/\(named.region)/gatehouse"
        let id = SHA256.hash(data: Array(text.utf8)).prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
        let arn = ARN.text(
            "elasticloadbalancing", named.region, named.account, "loadbalancer/app/gatehouse/", id)
        server.withLock { $0 = (certificate, arn) }
    }
}
