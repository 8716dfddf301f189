import ArgumentParser
import Edge
import FoundationEssentials
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
    @OptionGroup var inspectorOptions: InspectorOptions
    @OptionGroup var artifactOptions: ArtifactOptions
    @OptionGroup var guardDutyOptions: GuardDutyOptions
    @OptionGroup var managedRuleOptions: ManagedRuleOptions
    @OptionGroup var webACLOptions: WebACLOptions

    @OptionGroup var domainOptions: DomainOptions

    @OptionGroup var gateOptions: GateOptions
    @OptionGroup var webFrontOptions: WebFrontOptions
    @OptionGroup var instanceOptions: InstanceOptions
    @OptionGroup var billingOptions: BillingOptions

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

        // Another thread makes the services while this one opens the ports: both take milliseconds. An occupied port is reported
        // before there is a ledger.
        async let _ = Modules.all
        func open() async throws(ListenError) -> Listener.Doors {
            try await Listener.Doors(
                address: address, port: port, securePort: configuration.tls == nil ? nil : securePort)
        }
        func problem(_ error: ListenError) -> String {
            listenProblem(
                error.cause, address: address, port: error.port,
                option: configuration.tls != nil && error.port == securePort ? "--tls-port" : "--port")
        }
        let early: Listener.Doors?
        do throws(ListenError) {
            // Of several nodes another one answers whom this one refuses, and clients need not wait.
            early = configuration.database == nil ? try await open() : nil
        } catch {
            fail(problem(error))
        }
        let gatehouse: Gatehouse
        do {
            gatehouse = try await Gatehouse(configuration, log: log)
        } catch {
            fail("Gatehouse can't start: \(error)")
        }
        let doors: Listener.Doors
        do throws(ListenError) {
            if let early { doors = early } else { doors = try await open() }
        } catch {
            await stop(gatehouse, configuration, problem(error))
        }
        let host = address.contains(":") ? "[\(address)]" : address
        let endpoint = Endpoint(url: "http://\(host):\(doors.ports.http)", region: configuration.region)
        // Answers have it in them, and what is signed.
        gatehouse.environment.publicAddress.listens(at: endpoint.url)
        do { try write(gatehouse.localAuthority) } catch { await stop(gatehouse, configuration, "\(error)") }
        if gatehouse.tls == nil, ServedName(address)?.isLoopback != true {
            log.warning(
                """
                what clients send to \(address):\(doors.ports.http), credentials among it, is not encrypted, and others on the \
                network can read it: add --tls and have clients use HTTPS, or listen on 127.0.0.1
                """)
        }
        let webFrontPorts: WebFront.Ports?
        do throws(WebFront.ListenProblem) {
            webFrontPorts = try await gatehouse.webFront?.listen()
        } catch {
            await stop(gatehouse, configuration, WebFrontOptions.problem(error))
        }
        do {
            if let webFrontPorts { try await gatehouse.filterPackets(webFrontPorts) }
        } catch {
            await stop(gatehouse, configuration, "Gatehouse can't start: \(error)")
        }
        // Until what reads files again listens to it, it must not end the server.
        if gatehouse.rereadsFiles { signal(SIGHUP, SIG_IGN) }
        let listener = Listener(doors, tls: gatehouse.tls, log: log, edge: gatehouse.edge) { ports in
            await announce(gatehouse, configuration, endpoint, address: address, ports, webFrontPorts)
        }
        // After the listener, so that instances end before it does.
        let instances = gatehouse.hostInstances(port: doors.ports.http).map {
            [ServiceGroupConfiguration.ServiceConfiguration(service: $0, serviceName: "instances")]
        }
        let group = ServiceGroup(
            configuration: .init(
                services: gatehouse.services + [.init(service: listener, serviceName: "listener")] + (instances ?? []),
                gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        do {
            try await group.run()
        } catch {
            await gatehouse.close()
            fail("Gatehouse stops: \(error)")
        }
        await gatehouse.close()
        try GateOptions.judge(gatehouse.environment.denials)
    }

    /// Ends the program before it has told of itself. What a first start would have shown is shown nonetheless: the ledger has it, and
    /// nobody would ever know it.
    private func stop(
        _ gatehouse: Gatehouse, _ configuration: Gatehouse.Configuration, _ message: String
    ) async -> Never {
        await gatehouse.close()
        if configuration.dataDirectory != nil || configuration.database != nil, let key = newRootKey(gatehouse) {
            Terminal.printNow(
                """
                Account \(gatehouse.accountID) is there now. Its root user's access key (shown this once):

                  \(Endpoint.exportLine(accessKeyID: key.id, secretAccessKey: key.secret))

                """)
        }
        fail(message)
    }

    /// A root key that nobody knows yet. Others read the journal, and it keeps what it gets.
    private func newRootKey(_ gatehouse: Gatehouse) -> (id: String, secret: String)? {
        Terminal.isJournal(1) ? nil : gatehouse.newRootKey
    }

    /// Tells whoever starts it what matters; on the first start that includes root's credentials, this once.
    private func announce(
        _ gatehouse: Gatehouse, _ configuration: Gatehouse.Configuration, _ endpoint: Endpoint, address: String,
        _ ports: Listener.Ports, _ webFrontPorts: WebFront.Ports?
    ) async {
        let secure = secureEndpoint(gatehouse, configuration, address: address, ports)
        if let path = configuration.dataDirectory {
            do {
                try DataDirectory(path).write(endpoint, secure: secure)
            } catch {
                await stop(
                    gatehouse, configuration,
                    "Gatehouse can't write to \(path): \(error). Choose another directory with --data.")
            }
        }
        let announcement = Announcement(
            endpoint: endpoint, secure: secure, account: gatehouse.accountID,
            dataDirectory: configuration.dataDirectory, database: configuration.database?.name,
            isDefaultDirectory: configuration.dataDirectory == Settings.defaultDataDirectory,
            newRootKey: newRootKey(gatehouse),
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
    /// - Throws: `StartError` in words for the person who starts it.
    private func write(_ authority: String?) throws(StartError) {
        guard let file = TLSOptions.authorityFile, let authority else { return }
        do {
            try Data((authority + "\n").utf8).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw StartError("Gatehouse can't write to \(file): \(error). Choose another file with --tls-ca-file.")
        }
    }
}
