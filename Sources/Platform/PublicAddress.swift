import Fetch
import Synchronization

/// How the world reaches this Gatehouse: `http://127.0.0.1:4566`, without a slash at the end. Documents that name their
/// own URL need it, such as those of token issuers.
public final class PublicAddress: Sendable {
    private let address: Mutex<String>
    private let isFixed: Bool
    /// Other names that requests come to.
    public let customDomains: CustomDomains

    /// Makes an address.
    /// - Parameters:
    ///   - fixed: what the operator says, when a proxy stands in front of Gatehouse; nil: where it listens.
    ///   - customDomains: see the property.
    public init(fixed: String?, customDomains: CustomDomains = CustomDomains()) {
        self.customDomains = customDomains
        isFixed = fixed != nil
        address = Mutex(fixed ?? "http://127.0.0.1:4566")
    }

    /// The address; that of the first listener, once it is known.
    public var url: String { address.withLock { $0 } }

    /// Whether a `Host` header names this server: by its address, or as one on the browser's own machine. Anything else is what
    /// somebody has written there.
    /// - Parameters:
    ///   - host: with its port.
    ///   - isSecure: whether the connection is encrypted.
    public func isNamed(by host: String, isSecure: Bool) -> Bool {
        guard let named = WebAddress("\(isSecure ? "https" : "http")://\(host)", mayBePlain: true), named.path.isEmpty
        else { return false }
        if ["localhost", "127.0.0.1", "::1"].contains(named.host.lowercased()) { return true }
        return WebAddress(url, mayBePlain: true)?.authority.lowercased() == named.authority.lowercased()
    }

    /// Tells where Gatehouse listens, once that is known.
    public func listens(at url: String) {
        guard !isFixed else { return }
        address.withLock { $0 = url }
    }

    /// Under this path the issuers of outbound tokens have their documents. No service has such a path: it is no name of
    /// a bucket or of anything else in AWS.
    public static let issuersPath = "/_gatehouse/tokens/"

    /// The issuer of an account's outbound tokens.
    public func issuer(id: String) -> String { url + Self.issuersPath + id }
}
