import ArgumentParser
import Edge
import Fetch
import FoundationEssentials
import Gate
import Logging
import Platform
import Server
import ServiceLifecycle
import TransportSecurity
import WebFront

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer the AWS API.",
        discussion: """
            Every option can also be set by an environment variable, which is GATEHOUSE_ followed by the option's name \
            in capitals: GATEHOUSE_PORT=4566, GATEHOUSE_IN_MEMORY=1, GATEHOUSE_QUOTA=Users=10000,Roles=2000.
            """)

    @Option(help: "The address to listen on (default 127.0.0.1).")
    var address: String?

    @Option(help: "The port to listen on (default 4566; 0 picks a free one).")
    var port: Int?

    @OptionGroup var tlsOptions: TLSOptions

    @OptionGroup var dataOptions: DataOptions

    @OptionGroup var databaseOptions: DatabaseOptions

    @Option(
        help: """
            What becomes of requests that only read when the shared database can't be reached: stop (the default), or the \
            number of seconds for which they go on from memory.
            """)
    var whenDatabaseIsAway: String?

    @Option(help: "The region to run in (default us-east-1).")
    var region: String?

    @Option(
        help: """
            A PEM file of certificate authorities to trust, besides the system's, for identity providers and for proxies \
            of external key stores.
            """)
    var caBundle: String?

    @Option(
        name: .customLong("xks-proxy"),
        help: """
            Where the proxy of an external key store is, if it is not at port 443 of its endpoint: HOST=URL, such as \
            xks.example.com=https://localhost:8443. Can be repeated.
            """)
    var keyStoreProxies: [String] = []

    @Option(
        name: .customLong("subscriber-host"),
        help: """
            Where the server of subscriptions of SNS or of API destinations is: HOST=URL, such as \
            orders.example.com=http://127.0.0.1:8080. Without it messages are sent to addresses with https alone. Can be repeated.
            """)
    var subscriberHosts: [String] = []

    @OptionGroup var reachOptions: ReachOptions

    @Option(
        name: .customLong("event-destination"),
        help: """
            The server that gets the events of S3's buckets, of user pools' triggers and of log groups' subscriptions in the \
            place of a queue, a topic, a function or a stream: ARN=URL, such as arn:aws:sqs:us-east-1:111122223333:orders=https://localhost:8443/orders. Can be \
            repeated.
            """)
    var eventDestinations: [String] = []

    @OptionGroup var privateCAOptions: PrivateCAOptions
    @OptionGroup var acmeOptions: ACMEOptions
    @OptionGroup var loginProviders: LoginProviderOptions
    @OptionGroup var messageOptions: MessageOptions
    @OptionGroup var customDomains: CustomDomainOptions
    @OptionGroup var userPoolOptions: UserPoolOptions
    @OptionGroup var managedRuleOptions: ManagedRuleOptions
    @OptionGroup var webACLOptions: WebACLOptions

    @OptionGroup var domainOptions: DomainOptions

    @OptionGroup var gateOptions: GateOptions
    @OptionGroup var webFrontOptions: WebFrontOptions

    @Option(
        help: """
            The URL at which others reach this server if it is behind a proxy; the tokens it issues name it as their \
            issuer (default: where it listens).
            """)
    var publicURL: String?

    @Option(help: "The first account's id, twelve digits (default: random, chosen on the first start).")
    var accountID: String?

    @Option(
        help: """
            What is logged, on standard error: trace, debug, info, notice, warning, error or critical (default info; \
            notice where standard error is a terminal).
            """)
    var logLevel: String?

    @Option(help: "text, for people, or json, one object a line for programs (default text).")
    var logFormat: String?

    @Flag(help: "Keep all state in memory and nothing on disk, for tests.")
    var inMemory = false

    @Option(help: "With --in-memory, how many megabytes the bytes of S3's objects may take (default 1024).")
    var bodiesInMemory: Int?

    @Option(
        help: """
            batched: events of calls that change nothing are written within a second; strict: every answer waits until \
            its event is written (default batched).
            """)
    var audit: String?

    @Option(
        help: "How many seconds lie between two deliveries of CloudTrail's trails into their buckets (default 300).")
    var trailDelivery: Int?

    @Option(help: "The root user's access key id, used on the first start (default: random).")
    var rootAccessKeyID: String?

    @Option(help: "The root user's secret access key, used on the first start (default: random).")
    var rootSecretAccessKey: String?

    @Option(help: "Set a quota, for example Users=10000. Can be repeated.")
    var quota: [String] = []

    /// What the server is told, once it is found that it can be.
    typealias Told = (
        configuration: Gatehouse.Configuration, port: Int, securePort: Int, format: LogFormat, level: Logger.Level
    )

    func told() throws -> Told {
        // These are asked for when their time comes.
        _ = (TLSOptions.authorityFile, try GateOptions.failsOnDenials())
        return try (configuration(), listenedPort(), TLSOptions.port(), format(), level())
    }

    /// Wrong values are found here, where ArgumentParser adds this command's usage to the message.
    func validate() throws {
        _ = try told()
    }

    func run() async throws {
        let told = try told()
        // ArgumentParser has found nothing wrong. What the two understand otherwise must not start a server that does something else
        // than is meant.
        if let word = Settings.firstUnreadWord { throw ValidationError("'\(word)' can't be read.") }
        try await run(told)
    }

    func run(_ told: Told) async throws {
        OpenFiles.allowAll()
        let (configuration, port, securePort) = (told.configuration, told.port, told.securePort)
        let log = told.format.logger(level: told.level)
        let address = listenedAddress

        let gatehouse: Gatehouse
        do {
            gatehouse = try await Gatehouse(configuration, log: log)
        } catch {
            fail("Gatehouse can't start: \(error)")
        }
        write(gatehouse.localAuthority)
        if gatehouse.tls == nil, ServedName(address)?.isLoopback != true {
            log.warning(
                """
                what clients send to \(address):\(port), credentials among it, is not encrypted, and others on the \
                network can read it: add --tls and have clients use HTTPS, or listen on 127.0.0.1
                """)
        }
        let webFrontPorts = await WebFrontOptions.listen(gatehouse.webFront)
        do {
            if let webFrontPorts { try await gatehouse.filterPackets(webFrontPorts) }
        } catch {
            await gatehouse.close()
            fail("Gatehouse can't start: \(error)")
        }
        // Until what reads files again listens to it, it must not end the server.
        if gatehouse.rereadsFiles { signal(SIGHUP, SIG_IGN) }
        let listener = Listener(
            address: address, port: port, secure: gatehouse.tls.map { Listener.Secure(port: securePort, tls: $0) },
            log: log, edge: gatehouse.edge
        ) { ports in
            announce(gatehouse, configuration, address: address, ports, webFrontPorts)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: gatehouse.services + [.init(service: listener, serviceName: "listener")],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        do {
            try await group.run()
        } catch {
            await gatehouse.close()
            if let reason = error as? StartError { fail("Gatehouse stops: \(reason)") }
            let failed = error as? ListenError
            fail(
                listenProblem(
                    failed?.cause ?? error, address: address, port: failed?.port ?? port,
                    option: gatehouse.tls != nil && failed?.port == securePort ? "--tls-port" : "--port"))
        }
        await gatehouse.close()
        try GateOptions.judge(gatehouse.environment.denials)
    }

    /// Tells whoever starts it what matters; on the first start that includes root's credentials, this once.
    private func announce(
        _ gatehouse: Gatehouse, _ configuration: Gatehouse.Configuration, address: String, _ ports: Listener.Ports,
        _ webFrontPorts: WebFront.Ports?
    ) {
        let host = address.contains(":") ? "[\(address)]" : address
        let endpoint = Endpoint(url: "http://\(host):\(ports.http)", region: configuration.region)
        let secure = secureEndpoint(gatehouse, configuration, address: address, ports)
        gatehouse.environment.publicAddress.listens(at: endpoint.url)
        if let path = configuration.dataDirectory {
            do {
                try DataDirectory(path).write(endpoint, secure: secure)
            } catch {
                fail("Gatehouse can't write to \(path): \(error). Choose another directory with --data.")
            }
        }
        let announcement = Announcement(
            endpoint: endpoint, secure: secure, account: gatehouse.accountID,
            dataDirectory: configuration.dataDirectory, database: configuration.database?.name,
            isDefaultDirectory: configuration.dataDirectory == Settings.defaultDataDirectory,
            // Others read the journal, and it keeps what it gets.
            newRootKey: Terminal.isJournal(1) ? nil : gatehouse.newRootKey,
            isAuthorityUnwritten: gatehouse.localAuthority != nil && secure?.caBundle == nil,
            webFront: webFrontPorts.map { WebFrontOptions.urls($0) } ?? [])
        Terminal.printNow(announcement.lines.joined(separator: "\n"))
    }

    private func secureEndpoint(
        _ gatehouse: Gatehouse, _ configuration: Gatehouse.Configuration, address: String, _ ports: Listener.Ports
    ) -> Endpoint? {
        guard let port = ports.https, let certificate = gatehouse.tls?.current else { return nil }
        var bundle = TLSOptions.authorityFile
        if gatehouse.localAuthority != nil {
            bundle = bundle ?? configuration.dataDirectory.map { DataDirectory($0).authorityFile }
        } else if case .files(let file, _)? = configuration.tls, certificate.isSelfContained {
            bundle = TLSOptions.absolute(file)
        }
        let host = certificate.bestName(listeningOn: address)?.urlHost ?? address
        return Endpoint(url: "https://\(host):\(port)", region: configuration.region, caBundle: bundle)
    }

    /// Leaves the local authority's certificate where it is asked for.
    private func write(_ authority: String?) {
        guard let file = TLSOptions.authorityFile, let authority else { return }
        do {
            try Data((authority + "\n").utf8).write(to: URL(filePath: file), options: .atomic)
        } catch {
            fail("Gatehouse can't write to \(file): \(error). Choose another file with --tls-ca-file.")
        }
    }

    private var listenedAddress: String { Settings.text("ADDRESS") ?? "127.0.0.1" }

    private func configuration() throws -> Gatehouse.Configuration {
        var configuration = Gatehouse.Configuration()
        try DataOptions.check()
        if Settings.isGiven("IN_MEMORY"), let data = Settings.option("DATA") {
            throw ValidationError(
                "--in-memory keeps nothing in '\(data)': leave out one of them, --in-memory or --data.")
        }
        let inMemory = try Settings.flag("IN_MEMORY")
        configuration.database = try DatabaseOptions.database(
            token: try TokenOptions.login(), toleratedAbsence: try toleratedAbsence())
        if configuration.database != nil {
            guard Settings.option("DATA") == nil, !inMemory else {
                throw ValidationError(
                    "With --database everything is there: leave it out, or \(inMemory ? "--in-memory" : "--data").")
            }
        } else if !inMemory {
            configuration.dataDirectory = DataOptions.path
        }
        configuration.token = try TokenOptions.login()
        configuration.keepsAuthorityKeysInToken = try PrivateCAOptions.keepsKeysInToken(configuration.token != nil)
        if let megabytes = try Settings.number("BODIES_IN_MEMORY") {
            guard inMemory else { throw ValidationError("--bodies-in-memory has no effect without --in-memory.") }
            guard (1...1 << 24).contains(megabytes) else {
                throw ValidationError("--bodies-in-memory takes a number of megabytes, not \(megabytes).")
            }
            configuration.memoryOfBodies = megabytes << 20
        }
        if let region = Settings.text("REGION") {
            guard region.wholeMatch(of: /[a-z0-9-]{1,32}/) != nil else {
                throw ValidationError("--region takes a name like us-east-1, not '\(region)'.")
            }
            configuration.region = region
        }
        configuration.tls = try TLSOptions.configuration(address: listenedAddress)
        configuration.authoritiesFile = Settings.text("CA_BUNDLE")
        for text in Settings.list("XKS_PROXY") {
            let (host, place) = try self.place(
                text, option: "xks-proxy", example: "xks.example.com=https://localhost:8443")
            configuration.keyStoreProxies[host] = place
        }
        for text in Settings.list("SUBSCRIBER_HOST") {
            let (host, place) = try self.place(
                text, option: "subscriber-host", example: "orders.example.com=http://127.0.0.1:8080")
            configuration.subscriberHosts[host] = place
        }
        for text in Settings.list("EVENT_DESTINATION") {
            let (arn, place) = try eventDestination(text)
            configuration.eventDestinations[arn] = place
        }
        configuration.privateNetworks = try ReachOptions.networks()
        configuration.acmeHosts = try ACMEOptions.hosts()
        configuration.loginProviders = try LoginProviderOptions.issuers()
        configuration.messages = try MessageOptions.servers(authoritiesFile: configuration.authoritiesFile)
        configuration.compromisedPasswords = UserPoolOptions.list
        configuration.managedRules = try ManagedRuleOptions.settings()
        configuration.webACLLog = WebACLOptions.log
        configuration.domainRecords = try DomainOptions.records()
        configuration.addressPlaces = WebACLOptions.places
        configuration.upstreams = try GateOptions.endpoints()
        configuration.observes = try GateOptions.observes()
        configuration.webFront = try WebFrontOptions.place()
        configuration.exemptFromShield = try WebFrontOptions.exemptNetworks()
        configuration.filtersPackets = try WebFrontOptions.filtersPackets()
        if let url = Settings.text("PUBLIC_URL") {
            guard url.wholeMatch(of: /https?:\/\/[\x21-\x7e]+/) != nil else {
                throw ValidationError("--public-url takes a URL like https://gatehouse.example, not '\(url)'.")
            }
            configuration.publicURL = url.hasSuffix("/") ? String(url.dropLast()) : url
        }
        configuration.customDomains = try CustomDomainOptions.names(publicURL: configuration.publicURL)
        if let id = Settings.text("ACCOUNT_ID") {
            guard id.wholeMatch(of: /[0-9]{12}/) != nil else {
                throw ValidationError("--account-id takes twelve digits, not '\(id)'.")
            }
            configuration.accountID = id
        }
        if let id = Settings.text("ROOT_ACCESS_KEY_ID") {
            guard id.wholeMatch(of: /[A-Za-z0-9_]{16,128}/) != nil else {
                throw ValidationError("--root-access-key-id takes 16 to 128 letters and digits.")
            }
            configuration.rootAccessKeyID = id
        }
        if let secret = Settings.text("ROOT_SECRET_ACCESS_KEY") {
            guard secret.wholeMatch(of: /[\x21-\x7e]{16,128}/) != nil else {
                throw ValidationError("--root-secret-access-key takes 16 to 128 printable characters.")
            }
            configuration.rootSecretAccessKey = secret
        }
        guard (configuration.rootAccessKeyID == nil) == (configuration.rootSecretAccessKey == nil) else {
            throw ValidationError("--root-access-key-id and --root-secret-access-key go together.")
        }
        if let text = Settings.text("AUDIT") {
            guard let audit = Gate.Audit(rawValue: text) else {
                throw ValidationError("--audit takes batched or strict, not '\(text)'.")
            }
            configuration.audit = audit
        }
        let known = Modules.all.flatMap(\.quotas)
        for text in Settings.list("QUOTA") {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let limit = Int(parts[1]), limit >= 0 else {
                throw ValidationError("--quota takes NAME=NUMBER, such as Users=10000, not '\(text)'.")
            }
            guard known.contains(where: { $0.name == parts[0] }) else {
                let names = known.map(\.name).joined(separator: ", ")
                throw ValidationError("There is no quota '\(parts[0])'. The quotas: \(names).")
            }
            configuration.quotas[parts[0]] = limit
        }
        if let seconds = try Settings.number("TRAIL_DELIVERY") {
            guard (1...3600).contains(seconds) else {
                throw ValidationError("--trail-delivery takes 1 to 3600 seconds, not \(seconds).")
            }
            configuration.quotas["TrailDelivery"] = seconds
        }
        return configuration
    }

    /// Without `https` anybody between here and there could read what is sent: so a server without it, such as a test may have,
    /// must be on this machine.
    private func place(
        _ text: String, option: String, example: String
    ) throws -> (host: String, place: WebAddress) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0].wholeMatch(of: /[A-Za-z0-9.-]+/) != nil,
            let place = WebAddress(parts[1], mayBePlain: true), !place.path.hasSuffix("/")
        else {
            throw ValidationError(
                "--\(option) takes HOST=URL, such as \(example), not '\(text)'.")
        }
        guard place.isSecure || ServedName(place.host)?.isLoopback == true else {
            throw ValidationError(
                "--\(option) takes a URL with http only for this machine (http://127.0.0.1:8080): use https for \(place.host)."
            )
        }
        return (parts[0].lowercased(), place)
    }

    private func eventDestination(_ text: String) throws -> (arn: String, place: WebAddress) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let services = /arn:aws:(sqs|sns|lambda|kinesis|firehose):[a-z0-9-]+:[0-9]{12}:.+/
        guard parts.count == 2, parts[0].wholeMatch(of: services) != nil,
            let place = WebAddress(parts[1], mayHaveQuery: true, mayBePlain: true)
        else {
            throw ValidationError(
                "--event-destination takes ARN=URL, the ARN of a queue, topic, function or stream, not '\(text)'.")
        }
        guard place.isSecure || ServedName(place.host)?.isLoopback == true else {
            throw ValidationError(
                "--event-destination takes a URL with http only for this machine (http://127.0.0.1:8080): use https for \(place.host)."
            )
        }
        return (parts[0], place)
    }

    private func toleratedAbsence() throws -> Double {
        let text = Settings.text("WHEN_DATABASE_IS_AWAY") ?? "stop"
        if text == "stop" { return 0 }
        guard let seconds = Double(text), (0...86_400).contains(seconds) else {
            throw ValidationError(
                "--when-database-is-away takes stop, or a number of seconds up to a day, not '\(text)'.")
        }
        guard DatabaseOptions.isGiven else {
            throw ValidationError("--when-database-is-away has no effect without --database: add it.")
        }
        return seconds
    }

    private func listenedPort() throws -> Int {
        let port = try Settings.number("PORT") ?? 4566
        guard (0...65535).contains(port) else { throw ValidationError("--port takes 0 to 65535, not \(port).") }
        return port
    }

    private func format() throws -> LogFormat {
        guard let text = Settings.text("LOG_FORMAT") else { return .text }
        guard let format = LogFormat(rawValue: text) else {
            throw ValidationError("--log-format takes text or json, not '\(text)'.")
        }
        return format
    }

    private func level() throws -> Logger.Level {
        // A person at a terminal has already been told where it listens, and wants to see only what goes wrong.
        guard let text = Settings.text("LOG_LEVEL") else { return Terminal.isTerminal(2) ? .notice : .info }
        guard let level = Logger.Level(rawValue: text.lowercased()) else {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--log-level takes one of \(names), not '\(text)'.")
        }
        return level
    }
}
