public import Logging
import NIOPosix
import Synchronization
public import VPC

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs instances as processes of this machine.
///
/// As root on Linux each is in namespaces of its own, with interfaces in networks that it shares with nobody but instances of its VPC, and
/// behind tables of nftables that are made of its VPC's security groups and network ACLs. Else it is a plain process, and the
/// runtime says so: ``isolates``.
///
/// Nothing that it starts outlives it, however the program ends: see ``InstanceSpec`` and `CProgram/instance.c`.
public actor InstanceRuntime {
    /// What happens to an instance by itself.
    public struct End: Sendable {
        public let id: String
        /// What the first process returned; nil: it was killed.
        public let status: Int?
    }

    /// How an instance finds its metadata.
    public struct Metadata: Sendable {
        /// Gets sockets at which the instance's processes, and nobody else, ask for its metadata: bound, and not listening yet. They are its
        /// own from then on. They are outside of the instance, whose own programs may listen on every port.
        public let open: @Sendable (_ id: String, _ sockets: [Int32]) async throws(RuntimeProblem) -> Void
        /// The instance has ended: its sockets are to be closed.
        public let close: @Sendable (_ id: String) async -> Void

        public init(
            open: @escaping @Sendable (String, [Int32]) async throws(RuntimeProblem) -> Void,
            close: @escaping @Sendable (String) async -> Void
        ) {
            self.open = open
            self.close = close
        }
    }

    /// Gatehouse's own endpoint, as the instances of VPCs reach it: at 198.18.0.1, where their routes, groups and ACLs let them.
    public struct Services: Sendable {
        public let port: Int
        /// Gets a socket that only instances of the VPC reach, bound and not listening yet. It is its own from then on, until what it
        /// returns is called: none of the VPC's instances is left.
        public let open: @Sendable (_ vpc: String, _ socket: Int32) async throws(RuntimeProblem) -> Close

        /// Closes the socket, and the connections that came by it.
        public typealias Close = @Sendable () async -> Void

        public init(
            port: Int, open: @escaping @Sendable (String, Int32) async throws(RuntimeProblem) -> Close
        ) {
            self.port = port
            self.open = open
        }
    }

    /// Sockets at which instances of a VPC ask for names: bound, and those of TCP not listening yet.
    public struct NameSockets: Sendable {
        /// Of UDP.
        public internal(set) var datagrams: [Int32] = []
        /// Of TCP.
        public internal(set) var streams: [Int32] = []
    }

    /// The resolver of a VPC's names, as its instances reach it: at 169.254.169.253, at [fd00:ec2::253], and at the second address after
    /// the first of the VPC. No group and no ACL keeps them from it.
    public struct Names: Sendable {
        /// Gets sockets that only instances of the VPC reach. They are its own from then on, until what it returns is called: none of
        /// the VPC's instances is left.
        public let open:
            @Sendable (_ vpc: String, _ sockets: NameSockets) async throws(RuntimeProblem) -> Services.Close

        public init(open: @escaping @Sendable (String, NameSockets) async throws(RuntimeProblem) -> Services.Close) {
            self.open = open
        }
    }

    /// Where instances find the endpoint.
    public static let servicesAddress = NetworkRules.services

    private struct Running {
        let spec: InstanceSpec
        let process: InstanceProcess
        let network: NetworkNamespace?
        let vpcs: [String]
    }

    /// Whether instances are in namespaces of their own.
    public nonisolated let isolates: Bool
    private let metadata: Metadata?
    private let services: Services?
    private let names: Names?
    private let grace: Duration
    private let log: Logger
    private let printed: (@Sendable (String, [UInt8]) -> Void)?
    private let ended: @Sendable (End) -> Void
    private let executor = ThreadExecutor()
    private var network = Network()
    private var marks = NetworkMarks()
    private var vpcs: [String: VPCNetwork] = [:]
    /// The sockets of the endpoint and of the resolver: by VPC, and in which network.
    private var open: [String: NetworkNamespace] = [:]
    private var closes: [String: [Services.Close]] = [:]
    private var running: [String: Running] = [:]
    /// Interfaces that are to be taken away, by VPC, and who does it.
    private var leaving: [String: Set<String>] = [:]
    private var removal: Task<Void, Never>?
    private var consoles: [String: ConsoleOutput] = [:]
    /// What is done for an instance is done one after the other.
    private var turns: [String: Task<Void, Never>] = [:]
    private var flows = FlowCounts()

    /// - Parameters:
    ///   - isolates: whether to use namespaces; nil: where this process may.
    ///   - grace: how long an instance that is stopped may take to end by itself.
    ///   - printed: gets what instances print, with their ids.
    ///   - ended: is told of instances that end though nobody has stopped them.
    public init(
        isolates: Bool? = nil, grace: Duration = .seconds(10), metadata: Metadata? = nil,
        services: Services? = nil, names: Names? = nil, log: Logger,
        printed: (@Sendable (String, [UInt8]) -> Void)? = nil, ended: @escaping @Sendable (End) -> Void
    ) {
        self.isolates = isolates ?? Self.canIsolate
        self.grace = grace
        self.metadata = metadata
        self.services = services
        self.names = names
        self.log = log
        self.printed = printed
        self.ended = ended
    }

    /// Programs are waited for: that is for a thread of its own.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Whether this process may make namespaces, and has the programs for networks.
    public static var canIsolate: Bool { whyNot == nil }

    /// Why instances would be plain processes here, or, as root, could not be run; nil: they are apart.
    public static var whyNot: String? {
        #if os(Linux)
            guard geteuid() == 0 else { return "only root can give instances namespaces of their own" }
            for (program, package) in [("ip", "iproute2"), ("nft", "nftables")]
            where NetworkNamespace.path(program) == nil {
                return "the program \(program) is missing (Debian's package \(package))"
            }
            do throws(RuntimeProblem) { _ = try VPCNetwork("probe") } catch { return error.description }
            return nil
        #else
            return "namespaces are Linux's"
        #endif
    }

    // MARK: The network

    /// Has all tables say what the network says. It returns when they do.
    /// - Parameter read: what the network is, and nil for marks that are as before; nil: all is as before. It is asked when it is its
    ///   turn: what was read before is never taken in after what was read later.
    public func update(_ read: @Sendable () -> (network: Network, marks: NetworkMarks?)?) throws(RuntimeProblem) {
        guard let (network, marks) = read() else { return }
        self.network = network
        if let marks { self.marks = marks }
        for id in vpcs.keys.sorted() { try vpcs[id]?.update(network, self.marks) }
    }

    /// What the kernel has counted since the last time it was asked.
    /// - Parameter now: in seconds since 1970.
    public func takeFlows(now: Double) throws(RuntimeProblem) -> [CountedFlows] {
        var all: [CountedFlows] = []
        for vpc in vpcs.values.sorted(by: { $0.id < $1.id }) {
            let links = Dictionary(
                vpc.attached.filter { marks.logged.contains($0.id) }.map { ($0.link, $0.id) },
                uniquingKeysWith: { first, _ in first })
            guard !links.isEmpty else { continue }
            all += flows.take(try vpc.counted(), vpc: vpc.id, links: links, now: now)
        }
        return all
    }

    // MARK: Instances

    /// Starts an instance; returns when its first process is there. One that runs is left alone.
    public func start(_ spec: InstanceSpec) async throws(RuntimeProblem) {
        try await inTurn(spec.id) { (runtime) async throws(RuntimeProblem) in try await runtime.begin(spec) }
    }

    /// Ends all processes of an instance; returns when none is left.
    /// - Parameter isForced: without asking them first.
    public func stop(_ id: String, isForced: Bool = false) async {
        try? await inTurn(id) { (runtime) async throws(RuntimeProblem) in await runtime.end(id, isForced: isForced) }
    }

    /// Ends all processes of an instance, and starts it again with the same interfaces. Its user data is not run again.
    public func reboot(_ id: String) async throws(RuntimeProblem) {
        try await inTurn(id) { (runtime) async throws(RuntimeProblem) in
            guard var spec = await runtime.spec(of: id) else { throw RuntimeProblem("the instance \(id) does not run") }
            spec.userData = nil
            await runtime.end(id, isForced: false)
            try await runtime.begin(spec)
        }
    }

    /// Ends all of an instance, and forgets what it has printed.
    public func terminate(_ id: String, isForced: Bool = false) async {
        await stop(id, isForced: isForced)
        consoles[id] = nil
        turns[id] = nil
    }

    /// Ends all instances.
    public func stopAll() async {
        let ids = Array(running.keys)
        await withTaskGroup { group in
            for id in ids { group.addTask { await self.stop(id) } }
        }
    }

    /// The last 64 KiB that an instance has printed, and when it did so, in seconds since 1970; nil: it was never started.
    public func output(_ id: String) -> (bytes: [UInt8], time: Double)? { consoles[id]?.last }

    /// The first process of an instance, as the machine counts; nil: it does not run.
    public func process(_ id: String) -> Int32? { running[id]?.process.pid }

    private func spec(of id: String) -> InstanceSpec? { running[id]?.spec }

    private func inTurn(
        _ id: String, _ body: @escaping @Sendable (InstanceRuntime) async throws(RuntimeProblem) -> Void
    ) async throws(RuntimeProblem) {
        let before = turns[id]
        let task = Task { () -> Result<Void, RuntimeProblem> in
            await before?.value
            do throws(RuntimeProblem) {
                try await body(self)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        turns[id] = Task { _ = await task.value }
        try await task.value.get()
    }

    private func begin(_ spec: InstanceSpec) async throws(RuntimeProblem) {
        guard running[spec.id] == nil else { return }
        // A plain process would have the machine.
        guard isolates || geteuid() != 0 else {
            throw RuntimeProblem(
                "what root starts runs in namespaces only, and not here: \(Self.whyNot ?? "they are not wanted")")
        }
        let console = ConsoleOutput()
        consoles[spec.id] = console
        let inside = try isolates ? NetworkNamespace() : nil
        var attached: [String] = []
        do throws(RuntimeProblem) {
            if let inside {
                try prepare(inside)
                for (index, interface) in spec.interfaces.enumerated() {
                    attached.append(try attach(interface, index, inside))
                }
                for vpc in Set(attached) { try await openDoors(to: vpc) }
                if let metadata, let interface = spec.interfaces.first, let vpc = attached.first.flatMap({ vpcs[$0] }) {
                    try await metadata.open(spec.id, try vpc.metadataSockets(of: interface.id))
                }
            }
            let (id, printed) = (spec.id, printed)
            let process = try await InstanceProcess.start(spec, network: inside) { bytes in
                console.append(bytes, at: Self.now)
                printed?(id, bytes)
            } ended: { status in
                Task { await self.hasEnded(id, status) }
            }
            running[id] = Running(spec: spec, process: process, network: inside, vpcs: attached)
        } catch {
            await withdraw(spec, attached)
            throw error
        }
    }

    private func prepare(_ inside: NetworkNamespace) throws(RuntimeProblem) {
        try inside.run("ip", ["-batch", "-"], input: InterfaceCommands.beginning)
        // Its processes are nobody to the kernel: what takes a right elsewhere harms nobody in a network of its own.
        try inside.set("ipv4/ping_group_range", to: "0 2147483647")
        try inside.set("ipv4/ip_unprivileged_port_start", to: "0")
    }

    private func attach(
        _ wanted: InstanceSpec.Interface, _ index: Int, _ inside: NetworkNamespace
    ) throws(RuntimeProblem) -> String {
        guard let interface = network.interfaces[wanted.id], let subnet = network.subnets[interface.subnetID] else {
            throw RuntimeProblem("the interface \(wanted.id) is not known")
        }
        var vpc = if let found = vpcs[subnet.vpcID] { found } else { try VPCNetwork(subnet.vpcID) }
        defer { vpcs[subnet.vpcID] = vpc.isEmpty ? nil : vpc }
        let commands = InterfaceCommands(
            interface: interface, subnet: subnet, deviceIndex: index, macAddress: wanted.macAddress)
        try vpc.attach(
            AttachedInterface(id: wanted.id, checksSourceAndDestination: wanted.checksSourceAndDestination), commands,
            inside: inside, of: network, marks)
        return subnet.vpcID
    }

    /// Opens a VPC to the endpoint and the resolver, if it is not.
    private func openDoors(to id: String) async throws(RuntimeProblem) {
        guard let vpc = vpcs[id], open[id] !== vpc.namespace else { return }
        open[id] = vpc.namespace
        var opened: [Services.Close] = []
        do throws(RuntimeProblem) {
            if let services {
                let socket = try vpc.namespace.socket(NetworkRules.services, port: Int32(services.port))
                opened.append(try await services.open(id, socket))
            }
            if let names { opened.append(try await names.open(id, try vpc.nameSockets(of: network))) }
        } catch {
            for close in opened { await close() }
            if open[id] === vpc.namespace { open[id] = nil }
            throw error
        }
        // All others may have left meanwhile, and this one as well.
        if vpcs[id]?.namespace === vpc.namespace {
            closes[id] = opened
        } else {
            for close in opened { await close() }
        }
    }

    private func withdraw(_ spec: InstanceSpec, _ vpcIDs: [String]) async {
        if isolates { await metadata?.close(spec.id) }
        guard !vpcIDs.isEmpty else { return }
        for (interface, id) in zip(spec.interfaces, vpcIDs) { leaving[id, default: []].insert(interface.id) }
        let task = removal ?? Task { await self.remove() }
        removal = task
        await task.value
    }

    /// Takes interfaces away. All that were given up while others were taken away are one change of the tables.
    private func remove() async {
        let all = leaving
        (leaving, removal) = ([:], nil)
        var unused: [Services.Close] = []
        for (id, interfaces) in all {
            guard var vpc = vpcs[id] else { continue }
            vpc.detach(interfaces, of: network)
            vpcs[id] = vpc.isEmpty ? nil : vpc
            guard vpc.isEmpty else { continue }
            open[id] = nil
            unused += closes.removeValue(forKey: id) ?? []
        }
        for close in unused { await close() }
    }

    private func end(_ id: String, isForced: Bool) async {
        guard let found = running[id] else { return }
        await found.process.stop(grace: isForced ? nil : grace)
        guard running.removeValue(forKey: id) != nil else { return }
        await withdraw(found.spec, found.vpcs)
    }

    private func hasEnded(_ id: String, _ status: Int?) async {
        try? await inTurn(id) { (runtime) async throws(RuntimeProblem) in await runtime.forgetIfEnded(id) }
        ended(End(id: id, status: status))
    }

    private func forgetIfEnded(_ id: String) async {
        guard let found = running[id], found.process.hasEnded else { return }
        running[id] = nil
        await withdraw(found.spec, found.vpcs)
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
