import ArgumentParser
import DomainRecords
import FoundationEssentials

/// Where Gatehouse sees the records of domain names, by which public certificates are validated.
struct DomainOptions: ParsableArguments {
    @Option(
        help: """
            A zone file in which the records of domain names are looked for that validate public certificates. It is read \
            again when it changes. Can be repeated.
            """)
    var dnsZone: [String] = []

    @Option(
        help: """
            The name server that is asked for such records, ADDRESS:PORT, such as 127.0.0.1:53. Without it, a zone file or a server \
            that takes records, only names that are kept for tests are validated, and these at once: below test, example, \
            localhost, example.com, example.net and example.org.
            """)
    var dnsResolver: String?

    @Option(
        help: """
            The name server that Gatehouse puts validation records into by itself, by dynamic updates (RFC 2136): ADDRESS:PORT. \
            --dns-update-zone says for which zones.
            """)
    var dnsUpdateServer: String?

    @Option(help: "A zone that --dns-update-server takes records of, such as example.com. Can be repeated.")
    var dnsUpdateZone: [String] = []

    @Option(
        help: """
            A file with the key that updates are signed by, in one line: hmac-sha256:NAME:BASE64, as nsupdate -y takes it.
            """)
    var dnsUpdateKeyFile: String?

    /// - Throws: `ValidationError` for options that contradict each other, or can't be used.
    static func records() throws -> DomainRecords {
        let zones = Settings.list("DNS_ZONE")
        let resolver = try Settings.text("DNS_RESOLVER").map { try server($0, "--dns-resolver") }
        do {
            return try DomainRecords(zoneFiles: zones, resolver: resolver, updates: try updates())
        } catch let problem as DomainProblem {
            throw ValidationError("\(problem)")
        }
    }

    private static func updates() throws -> DomainUpdates? {
        let zones = Settings.list("DNS_UPDATE_ZONE")
        let file = Settings.text("DNS_UPDATE_KEY_FILE")
        guard let text = Settings.text("DNS_UPDATE_SERVER") else {
            guard zones.isEmpty, file == nil else {
                throw ValidationError("The options --dns-update-… go together with --dns-update-server.")
            }
            return nil
        }
        guard !zones.isEmpty else {
            throw ValidationError("--dns-update-server needs --dns-update-zone, which says what it takes records of.")
        }
        for zone in zones where zone.wholeMatch(of: /([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?/) == nil {
            throw ValidationError("--dns-update-zone takes a domain such as example.com, not '\(zone)'.")
        }
        return DomainUpdates(
            server: try server(text, "--dns-update-server"), zones: zones, key: try file.map { try key($0) })
    }

    private static func key(_ file: String) throws -> DomainUpdates.Key {
        guard let content = FileManager.default.contents(atPath: file) else {
            throw ValidationError("The file \(file), which --dns-update-key-file names, can't be read.")
        }
        // Editors end a file with a line feed.
        let line = String(decoding: content.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
        guard let key = DomainUpdates.Key(line) else {
            throw ValidationError(
                "The file \(file) has no key: it looks like hmac-sha256:NAME:BASE64; hmac-sha1 and hmac-sha512 can be used, too."
            )
        }
        return key
    }

    private static func server(_ text: String, _ option: String) throws -> NameServer {
        guard let server = NameServer(text) else {
            throw ValidationError("\(option) takes an IP address and a port, such as 127.0.0.1:53, not '\(text)'.")
        }
        return server
    }
}
