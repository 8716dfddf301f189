import ArgumentParser
import Fetch
import FoundationEssentials
import Gate
import Logging
import Platform
import Server
import TransportSecurity

/// What the options of `serve` and their variables say, read without ArgumentParser: see `GatehouseCommand.main()`.
extension Serve {
    /// What the server is told, once it is found that it can be.
    typealias Told = (
        configuration: Gatehouse.Configuration, port: Int, securePort: Int, format: LogFormat, level: Logger.Level
    )

    func told() throws -> Told {
        // These are asked for when their time comes.
        _ = (TLSOptions.authorityFile, try GateOptions.failsOnDenials())
        return try (configuration(), listenedPort(), TLSOptions.port(), format(), level())
    }

    var listenedAddress: String { Settings.text("ADDRESS") ?? "127.0.0.1" }

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
        configuration.inspectedFile = InspectorOptions.file
        configuration.papers = ArtifactOptions.folder
        configuration.managedRules = try ManagedRuleOptions.settings()
        configuration.webACLLog = WebACLOptions.log
        configuration.domainRecords = try DomainOptions.records()
        configuration.addressPlaces = WebACLOptions.places
        (configuration.threatAddresses, configuration.torAddresses) = (GuardDutyOptions.threats, GuardDutyOptions.tor)
        configuration.upstreams = try GateOptions.endpoints()
        configuration.observes = try GateOptions.observes()
        configuration.webFront = try WebFrontOptions.place()
        configuration.instanceSources = try InstanceOptions.sources()
        configuration.prices = try BillingOptions.list()
        configuration.parquetWriter = BillingOptions.parquetWriter
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
        for text in Settings.list("QUOTA") {
            let known = Modules.all.flatMap(\.quotas)
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
