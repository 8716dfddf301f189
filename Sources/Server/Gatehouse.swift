import ArtifactService
import Bodies
import Console
import CostAndUsageReportService
import Directory
public import Edge
import Fetch
import FoundationEssentials
import Gate
import HardwareToken
import Keyring
import Ledger
public import Logging
import ManagedLogin
import MetadataService
import Metering
import OIDC
import PacketFilter
public import Platform
public import ServiceLifecycle
import SwiftASN1
public import TransportSecurity
import Upstreams
import WAF
import WAFV2Service
public import WebFront
public import Wire
import X509

/// A whole Gatehouse, put together: ledger, projections, gate, edge.
public struct Gatehouse: Sendable {
    /// Everything that requests are decided and answered from: ledger, directory, clock, modules.
    public let environment: Environment
    /// Answers the requests that a `Listener` hands over.
    public let edge: Edge
    /// Does what is due; ``services`` has it.
    public let scheduler: Scheduler
    /// The first account, whose root user owns this Gatehouse.
    public let accountID: String
    /// nil: there are no other nodes.
    private let followUsage: FollowUsage?
    /// The root user's access key, if this start has generated it: it is shown once.
    public let newRootKey: (id: String, secret: String)?
    /// The certificate to speak HTTPS with; nil: it is not spoken.
    public let tls: ServerTLS?
    /// The local authority's certificate, PEM; nil where it has issued none.
    public let localAuthority: String?
    /// Of the root key; nil where everything is in memory.
    private let rotation: KeyringRotation?
    /// Looks at the ledger while it is used; nil: that is done.
    private let check: LedgerCheckService?
    /// The proxy before the operator's web applications; nil: there are none.
    public let webFront: WebFront?
    /// What keeps packets from the web front; nil: nothing.
    let packetFilter: PacketFilter?
    let exemptFromShield: [Network]
    /// nil: there are no endpoints behind.
    private let upstreamWatch: UpstreamWatch?
    /// Where the operator's certificate comes from.
    private let certificateFiles: CertificateFiles?
    /// The certificate of ACM's that the server shows; nil: it shows none of them.
    private let managedCertificate: ManagedServerCertificate?
    let log: Logger
    private let console: Console
    private let managedLogin: ManagedLogin
    private let metadataSite: MetadataSite
    private let metadataDoors: MetadataDoors
    /// Where the data lie.
    let hiddenFromInstances: [String]

    /// Opens the ledger, or makes it, and reads the directory from it.
    /// - Throws: `StartError` with words for the person who starts it.
    public init(_ configuration: Configuration, log: Logger) async throws(StartError) {
        do {
            let keyring: any Keyring
            let ledger: Ledger
            var rotation: KeyringRotation?
            let bodies: BodyStore?
            let token = try configuration.token.map { (login) throws(HardwareTokenError) in try HardwareToken(login) }
            let authorities = try Self.authorities(configuration)
            if let database = configuration.database {
                // The root key is not rotated here: other nodes have the file, too. See `DatabaseKey`.
                let opened = try database.open(token: token)
                ledger = opened.ledger
                keyring = opened.keyring
                bodies = try database.bodies?.open(ServerTrust(authorities: authorities))
            } else if let path = configuration.dataDirectory {
                let data = DataDirectory(path)
                try data.create()
                let file = try KeyFile(path: data.keyFile, protector: token)
                keyring = file
                ledger = try Ledger(at: .directory(path), keyring: keyring)
                rotation = KeyringRotation(file, ledger, log)
                bodies = try BodyStore(folder: data.bodies)
            } else {
                keyring = EphemeralKeyring()
                ledger = try Ledger(at: .memory, keyring: keyring)
                bodies = BodyStore(memoryLimit: configuration.memoryOfBodies)
            }
            if let token { Self.look(for: token, log) }
            let directory = IdentityDirectory()
            let issued = IssuedCertificates()
            let projections = Projections(
                of: configuration.modules,
                and: [directory, issued, KeptResources(), SignedOutSessions(), IdentityKeyIndex()])
            let trust = ServerTrust(authorities: authorities)
            let reach = Self.reach(configuration)
            let upstreams = try configuration.upstreams.map {
                try Upstreams($0.read(), trust: trust, log: log)
            }
            upstreamWatch = upstreams.map {
                UpstreamWatch(upstreams: $0, endpoints: configuration.upstreams ?? .init(), log: log)
            }
            ledger.observe { changes in projections.follow(changes) }
            let environment = Environment(
                ledger: ledger, directory: directory, sessionTokens: try SessionTokens(keyring: keyring),
                authorizationMessages: try AuthorizationMessages(keyring: keyring),
                openIDProviders: OpenIDProviders(authorities: authorities, reach: reach),
                publicAddress: PublicAddress(
                    fixed: configuration.publicURL, customDomains: configuration.customDomains),
                quotas: configuration.quotas,
                region: configuration.region,
                modules: configuration.modules, projections: projections,
                clock: Clock(configuration.now), token: token,
                keepsAuthorityKeysInToken: configuration.keepsAuthorityKeysInToken,
                outsideServers: OutsideServers(
                    trust: trust, reach: reach, places: configuration.keyStoreProxies,
                    subscribers: configuration.subscriberHosts,
                    eventDestinations: configuration.eventDestinations, messages: configuration.messages,
                    loginProviders: configuration.loginProviders, acmeHosts: configuration.acmeHosts,
                    domainRecords: configuration.domainRecords),
                bodies: bodies, toleratedAbsence: configuration.database?.toleratedAbsence ?? 0, outer: upstreams)
            self.rotation = rotation
            let replayed = projections.replayedKinds.union(UsageFold.kinds)
            try ledger.replay(replayed) { (change) throws(LedgerError) in
                try projections.apply([change])
                try environment.usage.restore(change)
            }
            try environment.usage.restoreEvents(of: ledger)
            check =
                configuration.isInMemory
                ? nil : try await Self.check(ledger, except: replayed, configuration, log)
            if let list = configuration.compromisedPasswords { try environment.useCompromisedPasswords(at: list) }
            if let file = configuration.inspectedFile {
                try environment.inspect(file, keptIn: configuration.dataDirectory) { log.warning("Inspector: \($0)") }
            }
            environment.useOperatorPapers(in: configuration.papers, programVersion: Version.text)
            try environment.useAddressPlaces(configuration.addressPlaces)
            try environment.useAddressLists(
                threats: configuration.threatAddresses, tor: configuration.torAddresses)
            try environment.useManagedRules(configuration.managedRules) { log.notice("\($0)") }
            environment.tellOfUnusableWebACLs {
                log.error("a web ACL can't be made ready, and requests are refused: \($0)")
            }
            environment.instances.replace(with: configuration.instanceSources)
            if let prices = configuration.prices { environment.projection(PriceBook.self).use(prices) }
            if let path = configuration.parquetWriter { environment.projection(ParquetPlace.self).use(path) }
            if let path = configuration.webACLLog { try environment.writeWebACLLogs(to: path) }
            self.environment = environment
            console = try Console(environment, keyring)
            managedLogin = try ManagedLogin(environment, keyring)
            metadataSite = try MetadataSite(environment)
            if let place = configuration.database?.bodies, let bodies { try await place.claim(bodies, environment) }
            (accountID, newRootKey) = try await Self.account(configuration, environment)
            let scheduler = Scheduler(
                environment, jobs: [ForgetOldJournal.self, RenewServerCertificate.self], log: log)
            let followUsage = ledger.isShared ? FollowUsage(environment) : nil
            self.followUsage = followUsage
            ledger.observeWork { work in
                scheduler.committed(work)
                followUsage?.committed(work)
            }
            try await scheduler.begin()
            self.scheduler = scheduler
            var managed: ManagedServerCertificate?
            switch configuration.tls {
            case nil: (tls, certificateFiles, localAuthority) = (nil, nil, nil)
            case .managed(let arn):
                let found = try await ManagedServerCertificate(arn, environment)
                managed = found
                (tls, certificateFiles, localAuthority) = (found.certificate.tls, nil, nil)
            case .files(let certificate, let key):
                let files = try CertificateFiles(
                    certificate: certificate, key: key, log: log, at: environment.clock.realTime)
                (tls, certificateFiles, localAuthority) = (files.tls, files, nil)
            case .localAuthority(let names):
                (tls, certificateFiles) = (issued.tls, nil)
                localAuthority = try await Self.localAuthority(names, configuration, environment, log)
            }
            webFront = try await Self.webFront(configuration, environment, account: accountID, log)
            packetFilter = try Self.packetFilter(configuration, environment, log)
            exemptFromShield = configuration.exemptFromShield
            hiddenFromInstances = configuration.dataDirectory.map { [URL(filePath: $0).absoluteURL.path] } ?? []
            managedCertificate = managed
            self.log = log
        } catch let error as StartError {
            throw error
        } catch let error as UpstreamsProblem {
            throw StartError("\(error)")
        } catch let error as ServiceError {
            throw StartError(error.logText)
        } catch let error as LedgerError {
            throw StartError(
                "\(error)" + (error.kind == .corrupt ? Self.whatToDo(configuration) : ""), isBusy: error.kind == .busy)
        } catch {
            throw StartError("\(error)")
        }
        let gate = Gate(
            environment: environment, audit: configuration.audit, observes: configuration.observes, log: log)
        environment.open(gate)
        metadataDoors = MetadataDoors(metadataSite, gate, log: log)
        environment.instanceMetadata.open(metadataDoors)
        edge = Edge(
            gate,
            ownPaths: Self.ownPaths(
                environment, configuration.isInMemory ? scheduler : nil, rotation, console)
                + [Self.instanceMetadata(environment, metadataDoors)],
            sites: [console, managedLogin, metadataSite])
    }

    /// Says at the start what keeps a token from being used. Only those who need a key in it have to wait for it.
    private static func look(for token: HardwareToken, _ log: Logger) {
        do throws(HardwareTokenError) {
            try token.check()
        } catch {
            // A key that is not there is made when it is needed.
            guard error.kind != .noKey else { return }
            log.warning("keys in the hardware token can't be used at the moment: \(error)")
        }
    }

    /// Refuses a ledger that is damaged.
    /// - Parameter read: the kinds of records that have been read already.
    /// - Returns: what has to be done while the ledger is used; nil: all is done.
    private static func check(
        _ ledger: Ledger, except read: Set<String>, _ configuration: Configuration, _ log: Logger
    ) async throws(LedgerError) -> LedgerCheckService? {
        let kinds = Set(configuration.modules.recordKinds.map { $0.kind }).subtracting(read)
        let check = LedgerCheck(ledger: ledger, kinds: kinds, log: log)
        return try await check.atStart()
            ? nil : LedgerCheckService(check: check, advice: whatToDo(configuration))
    }

    private static func whatToDo(_ configuration: Configuration) -> String {
        guard configuration.database == nil else {
            return " `gatehouse verify` says what is damaged and what is not; `gatehouse restore` fills a database"
                + " from a backup."
        }
        let option = configuration.dataDirectory.map { " --data \(Endpoint.quoted($0))" } ?? ""
        return " `gatehouse verify\(option)` says what is damaged and what is not; `gatehouse restore` makes a data"
            + " directory from a backup."
    }

    /// Where servers may be that users name. The issuers that the operator has named are users' providers, too.
    private static func reach(_ configuration: Configuration) -> Reach {
        let networks = NetworkSet(configuration.privateNetworks)
        return .publicInternet(and: configuration.loginProviders.values.compactMap { WebAddress($0) }) { address in
            IPAddress(address).map { networks.contains($0) } ?? false
        }
    }

    private static func authorities(_ configuration: Configuration) throws -> [Certificate] {
        guard let path = configuration.authoritiesFile else { return [] }
        let text: String
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw StartError("The certificates in \(path) can't be read: \(systemReason(error)). \(authoritiesAdvice)")
        }
        guard text.contains("-----BEGIN CERTIFICATE-----") else {
            throw StartError("There is no certificate in \(path). \(authoritiesAdvice)")
        }
        do {
            return try PEMDocument.parseMultiple(pemString: text).map { try Certificate(pemDocument: $0) }
        } catch {
            throw StartError("The certificates in \(path) can't be read: \(error). \(authoritiesAdvice)")
        }
    }

    private static let authoritiesAdvice = "Name a PEM file of certificates with --ca-bundle, or leave it out."

    /// Has the local authority issue a certificate.
    /// - Returns: the authority's own, which is in the data directory then, too.
    private static func localAuthority(
        _ names: [ServedName], _ configuration: Configuration, _ environment: Environment, _ log: Logger
    ) async throws -> String? {
        let services = configuration.modules.map(\.signingName) + ["s3"]
        let all = ServedName.ofThisMachine(services: services)
        let isNew = try await environment.ensureServerCertificate(for: all + names.filter { !all.contains($0) })
        guard let certificate = try await environment.localAuthorityCertificate() else { return nil }
        if let path = configuration.dataDirectory {
            let isReplaced = try DataDirectory(path).write(authority: certificate)
            if isNew, isReplaced {
                log.notice(
                    """
                    there is a new local authority, since the old one can't issue for all of the names: clients have to \
                    trust \(DataDirectory(path).authorityFile) anew
                    """)
            }
        }
        return certificate
    }

    /// Makes an access key for an account's root user.
    /// - Parameter account: twelve digits; nil: the first account.
    /// - Throws: `ServiceError` when there is no such account, or no room for another key.
    public func makeRootKey(account: String?) async throws(ServiceError) -> RootKey {
        try await RootKey.make(account, environment)
    }

    /// Whether SIGHUP has it read files again.
    public var rereadsFiles: Bool { upstreamWatch != nil || webFront != nil || certificateFiles != nil }

    /// What is to be run beside the listener. Each has a name: what it would be called else is all that is in it, and
    /// takes a tenth of the start to print.
    public var services: [ServiceGroupConfiguration.ServiceConfiguration] {
        var services = [
            ServiceGroupConfiguration.ServiceConfiguration(
                service: SchedulerService(
                    scheduler: scheduler, isFresh: rotation == nil && !environment.ledger.isShared),
                serviceName: "scheduler")
        ]
        if let check {
            services.append(
                .init(
                    service: check, successTerminationBehavior: .ignore,
                    failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "ledger check"))
        }
        if let followUsage { services.append(.init(service: followUsage, serviceName: "last-used data")) }
        if let rotation {
            services.append(.init(service: KeyringRotationService(rotation: rotation), serviceName: "keyring"))
        }
        if let upstreamWatch { services.append(.init(service: upstreamWatch, serviceName: "endpoints")) }
        if let webFront { services.append(.init(service: webFront, serviceName: "web front")) }
        if let packetFilter { services.append(.init(service: packetFilter, serviceName: "nftables")) }
        if webFront != nil, environment.ledger.isShared {
            services.append(.init(service: ReportTraffic(environment: environment), serviceName: "traffic"))
        }
        if let certificateFiles {
            services.append(
                .init(
                    service: CertificateReload(files: certificateFiles, clock: environment.clock),
                    serviceName: "certificates"))
        }
        if let managedCertificate {
            services.append(
                .init(
                    service: ManagedCertificateReload(
                        managed: managedCertificate, environment: environment, log: log),
                    serviceName: "certificates"))
        }
        return services
    }

    /// Writes what still waits, and closes the ledger.
    public func close() async {
        await metadataDoors.shutAll()
        await packetFilter?.remove()
        scheduler.stop()
        await scheduler.settle()
        // If it fails, the data can be restored from the events.
        try? await environment.checkpointUsage()
        await environment.ledger.close()
    }
}
