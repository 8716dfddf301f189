import ArgumentParser
import Server
import WAF
import WebFront

/// What `serve` is told of the web applications that it stands before.
struct WebFrontOptions: ParsableArguments {
    @Option(
        help: """
            A file that describes web applications to stand before, as a load balancer does: NAME = URL, and settings below. \
            It is read again on SIGHUP.
            """)
    var webFront: String?

    @Option(help: "The address on which the web front listens (default 127.0.0.1).")
    var webFrontAddress: String?

    @Option(help: "The web front's port for HTTP (default 8080; 0 picks a free one).")
    var webFrontPort: Int?

    @Option(
        help: """
            The web front's port for HTTPS, which it speaks where an application has a certificate (default 8443; 0 picks a \
            free one).
            """)
    var webFrontTLSPort: Int?

    @Option(
        name: .customLong("shield-exempt"),
        help: """
            A network in CIDR notation whose addresses Shield gives no budgets, since many clients are behind each: that of \
            another balancer, a CDN or a load test. Can be repeated.
            """)
    var exempt: [String] = []

    @Flag(
        help: """
            Put a table of nftables before the web front's ports, which drops packets of those whom Shield has banned, and \
            SYN floods. Takes Linux, the program nft, and root or CAP_NET_ADMIN.
            """)
    var nftables = false

    /// Whether there is a table of nftables.
    /// - Throws: `ValidationError` where it would have no name by which the next start finds it.
    static func filtersPackets() throws -> Bool {
        guard try Settings.flag("NFTABLES") else { return false }
        guard let place = try place() else {
            throw ValidationError("--nftables has no effect without --web-front: add it.")
        }
        guard place.port != 0, place.securePort != 0 else {
            throw ValidationError(
                "--nftables takes ports that stay the same: give --web-front-port and --web-front-tls-port others than 0."
            )
        }
        return true
    }

    /// The networks that Shield leaves alone.
    /// - Throws: `ValidationError` for what is no network.
    static func exemptNetworks() throws -> [Network] {
        return try Settings.list("SHIELD_EXEMPT").map { text in
            guard let network = Network(text) else {
                throw ValidationError("--shield-exempt takes a network like 192.0.2.0/24, not '\(text)'.")
            }
            return network
        }
    }

    /// The web front; nil: there is none.
    /// - Throws: `ValidationError` for what can't be used.
    static func place() throws -> WebFront.Place? {
        let (port, securePort) = try (port("WEB_FRONT_PORT", 8080), port("WEB_FRONT_TLS_PORT", 8443))
        guard let file = Settings.text("WEB_FRONT") else {
            let others = ["WEB_FRONT_ADDRESS", "WEB_FRONT_PORT", "WEB_FRONT_TLS_PORT"]
            guard !others.contains(where: Settings.isGiven) else {
                throw ValidationError("The options --web-front-… have no effect without --web-front: add it.")
            }
            return nil
        }
        let place = WebFront.Place(file: file, address: address, port: port, securePort: securePort)
        do throws(WebFrontProblem) { _ = try place.read() } catch { throw ValidationError("\(error)") }
        return place
    }

    static var address: String { Settings.text("WEB_FRONT_ADDRESS") ?? "127.0.0.1" }

    /// Why the web front can't listen, and what to do about it.
    static func problem(_ error: WebFront.ListenProblem) -> String {
        listenProblem(
            error.cause, address: address, port: error.port,
            option: error.isSecure ? "--web-front-tls-port" : "--web-front-port")
    }

    /// Where the web front listens.
    static func urls(_ ports: WebFront.Ports) -> [String] {
        let host = address.contains(":") ? "[\(address)]" : address
        return ["http://\(host):\(ports.http)"] + (ports.https.map { ["https://\(host):\($0)"] } ?? [])
    }

    private static func port(_ name: String, _ usual: Int) throws -> Int {
        let port = try Settings.number(name) ?? usual
        guard (0...65535).contains(port) else {
            throw ValidationError("--\(name.lowercased().replacing("_", with: "-")) takes 0 to 65535, not \(port).")
        }
        return port
    }
}
