import EC2Service
import Edge
import InstanceRuntime
import Ledger
import Logging
import NameService
import Platform
public import ServiceLifecycle
import Synchronization
import VPC
import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs instances of EC2 as processes of this machine, and has the kernel's tables follow what EC2 says of their networks.
final class MachineInstances: InstanceHost, ServiceLifecycle.Service {
    private let environment: Environment
    private let log: Logger
    private let launches: Launches
    private let runtime: InstanceRuntime
    /// Where instances without a network of their own find the endpoint, and the others.
    private let port: Int
    /// What instances with the machine's files must not see.
    private let hidden: [String]
    private let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let reported = Mutex<[String: Double]>([:])
    /// When the last was printed that other nodes can show, by instance.
    private let kept = Mutex<[String: Double]>([:])
    /// How far changes of EC2 have come to the runtime: versions of the scopes in which something runs.
    private let told = Mutex<[Scope: Int]>([:])

    /// What was asked to run, by instance.
    private final class Launches: Sendable {
        private let all = Mutex<[String: InstanceLaunch]>([:])

        subscript(_ id: String) -> InstanceLaunch? {
            get { all.withLock { $0[id] } }
            set { all.withLock { $0[id] = newValue } }
        }
        var ids: [String] { all.withLock { $0.keys.sorted() } }
        var scopes: Set<Scope> {
            all.withLock { all in Set(all.values.map { Scope(account: $0.account, region: $0.region) }) }
        }
    }

    init(_ environment: Environment, _ edge: Edge, port: Int, hidden: [String], log: Logger) {
        let launches = Launches()
        self.environment = environment
        self.log = log
        self.launches = launches
        self.port = port
        self.hidden = hidden
        runtime = InstanceRuntime(
            metadata: Self.metadata(environment, launches), services: Self.services(environment, edge, port, log),
            names: Self.names(environment), log: log
        ) { end in
            guard let launch = launches[end.id] else { return }
            environment.instances.hasEnded(
                InstanceEnd(
                    id: end.id, account: launch.account, region: launch.region, start: launch.start, status: end.status)
            )
        }
        environment.projection(EC2Index.self).whenChanged { [wake] in wake.yield() }
    }

    // MARK: How instances reach Gatehouse

    private static func metadata(_ environment: Environment, _ launches: Launches) -> InstanceRuntime.Metadata {
        @Sendable func name(_ id: String) -> InstanceName? {
            launches[id].map { InstanceName(account: $0.account, region: $0.region, id: id) }
        }
        return InstanceRuntime.Metadata { (id, sockets) async throws(RuntimeProblem) in
            guard let name = name(id), let access = environment.instanceMetadata.access else {
                for socket in sockets { close(socket) }
                return
            }
            do throws(InstanceHostError) { try await access.letIn(name, by: sockets) } catch {
                throw RuntimeProblem(error.message)
            }
        } close: { id in
            guard let name = name(id) else { return }
            await environment.instanceMetadata.access?.shut(name)
        }
    }

    private static func names(_ environment: Environment) -> InstanceRuntime.Names {
        InstanceRuntime.Names { (id, sockets) async throws(RuntimeProblem) in
            let vpc: VPCPlace
            do throws(RuntimeProblem) { vpc = try place(of: id, environment) } catch {
                for socket in sockets.datagrams + sockets.streams { close(socket) }
                throw error
            }
            let names = VPCNames(environment, in: vpc, services: InstanceRuntime.servicesAddress)
            do {
                let door = try await NameDoor.open(datagrams: sockets.datagrams, streams: sockets.streams) {
                    names.answer($0)
                }
                return { await door.shut() }
            } catch {
                throw RuntimeProblem("names can't be asked for in \(id): \(error)")
            }
        }
    }

    private static func place(of id: String, _ environment: Environment) throws(RuntimeProblem) -> VPCPlace {
        guard let vpc = environment.projection(EC2Index.self).find(StoredVPC.self, id) else {
            throw RuntimeProblem("the VPC \(id) is not known")
        }
        return VPCPlace(accountID: vpc.head.accountID, region: vpc.head.region, id: id)
    }

    private static func services(
        _ environment: Environment, _ edge: Edge, _ port: Int, _ log: Logger
    ) -> InstanceRuntime.Services {
        InstanceRuntime.Services(port: port) { (id, socket) async throws(RuntimeProblem) in
            let place: VPCPlace
            do throws(RuntimeProblem) { place = try Self.place(of: id, environment) } catch {
                close(socket)
                throw error
            }
            do {
                let door = try await PrivateDoor.open(
                    [socket], limits: Listener.Limits(), log: log, edge: edge.within(place))
                return { await door.shut() }
            } catch {
                throw RuntimeProblem("the endpoint can't be reached from \(id): \(error)")
            }
        }
    }

    // MARK: InstanceHost

    var isolatesNetworks: Bool { runtime.isolates }

    func start(_ launch: InstanceLaunch) async throws(InstanceHostError) {
        launches[launch.id] = launch
        let index = environment.projection(EC2Index.self)
        let interfaces = launch.interfaces.compactMap { index.find(StoredNetworkInterface.self, $0) }
        var variables = ["AWS_REGION": launch.region, "AWS_DEFAULT_REGION": launch.region]
        if runtime.isolates {
            variables["AWS_ENDPOINT_URL"] = "http://\(InstanceRuntime.servicesAddress):\(port)"
        } else {
            let name = InstanceName(account: launch.account, region: launch.region, id: launch.id)
            for (name, value) in (try? environment.instanceMetadata.access?.variables(of: name)) ?? [] {
                variables[name] = value
            }
        }
        let command = launch.source.command
        let spec = InstanceSpec(
            id: launch.id, hostName: launch.hostName,
            files: launch.source.folder.map { .folder($0, isReadOnly: false) } ?? .machine(hidden: hidden),
            command: command.isEmpty ? ["/sbin/init"] : command, environment: variables,
            // A plain process could read what Gatehouse's own user can: it runs what the operator names, and nothing that callers do.
            userData: launch.isFirstBoot && runtime.isolates ? launch.userData : nil,
            interfaces: interfaces.map {
                InstanceSpec.Interface(
                    $0.id, macAddress: $0.macAddress, checksSourceAndDestination: $0.checksSource)
            },
            resolver: interfaces.first.flatMap { interface in
                let vpc = VPCPlace(accountID: launch.account, region: launch.region, id: interface.vpcID)
                return VPCNames(environment, in: vpc, services: InstanceRuntime.servicesAddress).configuration
            })
        do throws(RuntimeProblem) {
            try await refresh()
            try await runtime.start(spec)
        } catch {
            log.warning("the instance \(launch.id) can't be run", metadata: ["reason": "\(error)"])
            throw InstanceHostError(
                "The instance can't be run on this machine: its operator finds the reason in the log.")
        }
    }

    func stop(_ id: String, isForced: Bool) async { await runtime.stop(id, isForced: isForced) }

    func reboot(_ id: String) async throws(InstanceHostError) {
        do throws(RuntimeProblem) { try await runtime.reboot(id) } catch {
            log.warning("the instance \(id) can't be run again", metadata: ["reason": "\(error)"])
            throw InstanceHostError(
                "The instance can't be run on this machine: its operator finds the reason in the log.")
        }
    }

    func terminate(_ id: String) async {
        await runtime.stop(id)
        await keepConsole(of: id)
        await runtime.terminate(id)
        launches[id] = nil
        kept.withLock { $0[id] = nil }
    }

    func abandonAll() async {
        await withTaskGroup { group in
            for id in launches.ids { group.addTask { await self.runtime.terminate(id, isForced: true) } }
        }
        for id in launches.ids { launches[id] = nil }
    }

    func output(_ id: String) async -> InstanceOutput? {
        await runtime.output(id).map { InstanceOutput(bytes: $0.bytes, time: $0.time) }
    }

    // MARK: What is done all the time

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await self.follow() }
                group.addTask {
                    while (try? await Task.sleep(for: Self.pause)) != nil { await self.deliverFlows() }
                }
                guard self.environment.ledger.isShared else { return }
                group.addTask {
                    while (try? await Task.sleep(for: Self.consolePause)) != nil {
                        for id in self.launches.ids { await self.keepConsole(of: id) }
                    }
                }
            }
        }
        await environment.instances.close { await runtime.stopAll() }
    }

    /// AWS shows what was printed with some delay as well.
    private static let consolePause = Duration.seconds(2)

    /// Keeps what an instance has printed since the last time, where there are other nodes that may be asked for it.
    private func keepConsole(of id: String) async {
        guard environment.ledger.isShared, let launch = launches[id], let output = await runtime.output(id),
            output.time > 0, kept.withLock({ $0[id] != output.time })
        else { return }
        do throws(ServiceError) {
            try await environment.keepConsole(
                InstanceOutput(bytes: output.bytes, time: output.time), of: id,
                in: Scope(account: launch.account, region: launch.region))
            kept.withLock { $0[id] = output.time }
        } catch {
            log.warning("what \(id) has printed can't be kept", metadata: ["error": "\(error.logText)"])
        }
    }

    /// AWS aggregates for a minute at most.
    private static let pause = Duration.seconds(10)
    private static let silence = 60.0

    private func follow() async {
        for await _ in wakes {
            let index = environment.projection(EC2Index.self)
            // Everything may have been reset.
            for id in launches.ids where index.find(StoredInstance.self, id) == nil {
                await runtime.terminate(id, isForced: true)
                launches[id] = nil
            }
            guard !launches.ids.isEmpty else { continue }
            do throws(RuntimeProblem) { try await refresh() } catch {
                log.error("instances' packets are filtered by rules that are out of date: \(error)")
            }
        }
    }

    /// Has the tables say what EC2 says now.
    private func refresh() async throws(RuntimeProblem) {
        do throws(RuntimeProblem) { try await runtime.update { [self] in networkIfChanged() } } catch {
            told.withLock { $0 = [:] }
            throw error
        }
    }

    /// nil: the runtime knows it.
    private func networkIfChanged() -> (network: Network, marks: NetworkMarks?)? {
        let index = environment.projection(EC2Index.self)
        let scopes = launches.scopes
        let versions = Dictionary(scopes.map { ($0, index.version($0)) }) { first, _ in first }
        let isKnown = told.withLock { told in
            defer { told = versions }
            return told == versions
        }
        guard !isKnown else { return nil }
        var network: Network?
        var marks = NetworkMarks()
        for scope in scopes {
            let estate = index.estate(scope)
            if network == nil { network = estate.network } else { network?.add(estate.network) }
            for endpoint in estate.each(StoredEndpoint.self) where !endpoint.isGateway && endpoint.hasPrivateDNS {
                marks.withEndpoints.insert(endpoint.vpcID)
            }
            let covered = Set(estate.each(StoredFlowLog.self).map(\.resourceID))
            guard !covered.isEmpty else { continue }
            for interface in estate.each(StoredNetworkInterface.self)
            where !covered.isDisjoint(with: [interface.id, interface.subnetID, interface.vpcID]) {
                marks.logged.insert(interface.id)
            }
        }
        return (network ?? Network(), marks)
    }

    private func deliverFlows() async {
        let now = environment.now()
        let all: [CountedFlows]
        do throws(RuntimeProblem) { all = try await runtime.takeFlows(now: now) } catch {
            return log.error("what flows is not known: \(error)")
        }
        let index = environment.projection(EC2Index.self)
        var lines: [String: (log: StoredFlowLog, lines: [FlowLogDelivery.Line])] = [:]
        for counted in all {
            guard let interface = index.find(StoredNetworkInterface.self, counted.interfaceID),
                let counted = due(counted, at: now)
            else { continue }
            let estate = index.estate(interface.scope)
            for log in estate.all(StoredFlowLog.self)
            where [interface.id, interface.subnetID, interface.vpcID].contains(log.resourceID) {
                guard let format = FlowLogFormat(log.format) else { continue }
                let records = format.records(counted.only(log.trafficType), at: place(of: interface))
                lines[log.id, default: (log, [])].lines += records.map {
                    FlowLogDelivery.Line(interfaceID: interface.id, time: counted.start, text: $0)
                }
            }
        }
        for (log, lines) in lines.values { await FlowLogDelivery.deliver(lines, of: log, environment) }
    }

    /// That there was nothing is said once a minute; nil: it is not time yet.
    private func due(_ counted: CountedFlows, at now: Double) -> CountedFlows? {
        reported.withLock { reported in
            let start = reported[counted.interfaceID] ?? counted.start
            reported[counted.interfaceID] = start
            guard !counted.flows.isEmpty || now - start >= Self.silence else { return nil }
            reported[counted.interfaceID] = now
            return CountedFlows(
                interfaceID: counted.interfaceID, vpcID: counted.vpcID, flows: counted.flows,
                isIncomplete: counted.isIncomplete, start: start, end: now)
        }
    }

    private func place(of interface: StoredNetworkInterface) -> FlowLogFormat.Place {
        FlowLogFormat.Place(
            account: interface.head.accountID, region: interface.head.region, vpcID: interface.vpcID,
            subnetID: interface.subnetID, interfaceID: interface.id, instanceID: interface.attachment?.instanceID,
            zoneID: Zones.id(ofZone: interface.zone))
    }
}

extension CountedFlows {
    /// - Parameter type: `ACCEPT`, `REJECT` or `ALL`.
    fileprivate func only(_ type: String) -> CountedFlows {
        CountedFlows(
            interfaceID: interfaceID, vpcID: vpcID,
            flows: flows.filter { type == "ALL" || $0.isAccepted == (type == "ACCEPT") }, isIncomplete: isIncomplete,
            start: start, end: end)
    }
}

extension Network {
    /// Takes in another account's, or Region's: ids are never the same.
    fileprivate mutating func add(_ other: Network) {
        vpcs.merge(other.vpcs) { first, _ in first }
        subnets.merge(other.subnets) { first, _ in first }
        routeTables.merge(other.routeTables) { first, _ in first }
        internetGateways.merge(other.internetGateways) { first, _ in first }
        networkACLs.merge(other.networkACLs) { first, _ in first }
        securityGroups.merge(other.securityGroups) { first, _ in first }
        prefixLists.merge(other.prefixLists) { first, _ in first }
        interfaces.merge(other.interfaces) { first, _ in first }
    }
}

extension Gatehouse {
    /// Opens this machine for instances of EC2, if the operator has said what they may run.
    /// - Parameter port: on which clients find the endpoint.
    /// - Returns: what is to be run beside the listener; nil: nothing.
    public func hostInstances(port: Int) -> (any ServiceLifecycle.Service)? {
        guard !environment.instances.sources.isEmpty else { return nil }
        if let why = InstanceRuntime.whyNot {
            log.warning(
                geteuid() == 0
                    ? "no instance can be run, as what root starts runs in namespaces only: \(why)"
                    : "instances are plain processes, and no security group holds for them: \(why)")
        }
        let host = MachineInstances(environment, edge, port: port, hidden: hiddenFromInstances, log: log)
        environment.instances.open(host)
        return host
    }
}
