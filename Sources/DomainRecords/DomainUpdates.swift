import CLDNS
import Dispatch

/// A name server of the operator's that takes records from Gatehouse (RFC 2136).
public struct DomainUpdates: Sendable {
    /// By which updates are signed (RFC 8945).
    public struct Key: Sendable {
        let name: String
        let algorithm: String
        /// Base64.
        let secret: String

        /// Reads `hmac-sha256:NAME:BASE64`, as `nsupdate -y` takes it; nil for anything else.
        public init?(_ text: String) {
            let parts = text.split(separator: ":", maxSplits: 2).map(String.init)
            guard parts.count == 3, ["hmac-sha1", "hmac-sha256", "hmac-sha512"].contains(parts[0]),
                parts[2].wholeMatch(of: /[A-Za-z0-9+\/]+=*/) != nil
            else { return nil }
            (algorithm, name, secret) = (parts[0] + ".", plainName(parts[1]) + ".", parts[2])
        }
    }

    let server: NameServer
    /// The zones that it takes records of, in lower case.
    let zones: [String]
    let key: Key?

    private static let patience = 3
    private static let lifetime: UInt32 = 300
    private static let queue = DispatchQueue(label: "gatehouse.name-server-updates")

    /// - Parameters:
    ///   - server: which is the zones' own.
    ///   - zones: `example.com`
    ///   - key: nil: updates are not signed.
    public init(server: NameServer, zones: [String], key: Key?) {
        self.server = server
        self.zones = zones.map { plainName($0) }
        self.key = key
    }

    /// The zone that a name is in; nil: none of these.
    func zone(of name: String) -> String? {
        let name = plainName(name)
        return zones.filter { name == $0 || name.hasSuffix("." + $0) }.max { $0.utf8.count < $1.utf8.count }
    }

    /// Puts a CNAME record in the place of what a name has.
    /// - Throws: ``DomainProblem`` where the server refuses, or does not answer.
    func put(_ name: String, alias: String, in zone: String) async throws(DomainProblem) {
        let problem: DomainProblem? = await withCheckedContinuation { continuation in
            Self.queue.async { continuation.resume(returning: send(name, alias, zone)) }
        }
        if let problem { throw problem }
    }

    private func send(_ name: String, _ target: String, _ zone: String) -> DomainProblem? {
        var code: Int32 = 0
        let (isAnswered, reason) = ReadRecords.reason { text, capacity in
            func update(_ key: UnsafePointer<dns_key>?) -> Bool {
                dns_update(
                    server.address, server.port, zone + ".", plainName(name) + ".", plainName(target) + ".",
                    Self.lifetime, key, Self.patience, &code, text, capacity)
            }
            guard let key else { return update(nil) }
            return key.name.withCString { name in
                key.algorithm.withCString { algorithm in
                    key.secret.withCString { secret in
                        var signing = dns_key(name: name, algorithm: algorithm, secret: secret)
                        return update(&signing)
                    }
                }
            }
        }
        guard isAnswered else { return DomainProblem("The name server \(server) took no update: \(reason).") }
        return code == 0 ? nil : DomainProblem("The name server \(server) refused an update of \(zone): code \(code).")
    }
}
