import Fetch
import NIOCore

/// What the operator's file says of an application.
struct ApplicationSettings: Sendable, Equatable {
    enum Algorithm: String, Sendable, CaseIterable {
        case roundRobin = "round-robin"
        case leastOutstanding = "least-outstanding"
    }

    /// How a target is asked whether it is well. The numbers are an Application Load Balancer's.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>
    struct HealthCheck: Sendable, Equatable {
        var path: String
        var interval = Duration.seconds(30)
        var timeout = Duration.seconds(5)
        /// How many checks in a row have to succeed for a target to be healthy again.
        var healthyThreshold = 5
        /// How many in a row have to fail.
        var unhealthyThreshold = 2
        /// The statuses that say that it is well.
        var statuses: [ClosedRange<Int>] = [200...200]
    }

    /// Whether the certificates of targets are verified.
    enum Verification: Sendable, Equatable {
        case system
        case authorities(file: String)
        case none
    }

    /// Letters, digits and hyphens.
    let name: String
    let targets: [WebAddress]
    /// nil: made from the name.
    var arn: String?
    /// In lower case; empty: all that no other application has.
    var hosts: [String] = []
    /// The ARNs of ACM's certificates.
    var certificates: [String] = []
    /// A certificate in PEM files.
    var certificateFile: String?
    var keyFile: String?
    /// A PEM file of the authorities of its clients' certificates; nil: they need none.
    var trustFile: String?
    /// A PEM file of their lists of certificates that are revoked.
    var revocationsFile: String?
    var health: HealthCheck?
    var algorithm = Algorithm.roundRobin
    /// How long a target may say nothing: as an Application Load Balancer has it.
    var timeout = TimeAmount.seconds(60)
    var verification = Verification.system

    init(name: String, targets: [WebAddress]) {
        self.name = name
        self.targets = targets
    }

    /// Whether it shows a certificate, so that HTTPS is spoken.
    var hasCertificate: Bool { !certificates.isEmpty || certificateFile != nil }
}
