public import Edge
public import Gate
public import Logging
public import Platform
import Synchronization
public import Wire

/// Lets instances in by sockets that only they can reach.
public final class MetadataDoors: InstanceMetadataAccess {
    private let site: MetadataSite
    private let gate: Gate
    private let log: Logger
    private let doors = Mutex<[InstanceName: [PrivateDoor]]>([:])

    /// An instance has few processes that ask at once.
    private static let limits: Listener.Limits = {
        var limits = Listener.Limits()
        (limits.connections, limits.connectionsPerAddress) = (128, 128)
        limits.headers = 16 * 1024
        return limits
    }()

    /// - Parameter site: answers what comes in.
    public init(_ site: MetadataSite, _ gate: Gate, log: Logger) {
        self.site = site
        self.gate = gate
        self.log = log
    }

    public func letIn(_ instance: InstanceName, by sockets: [Int32]) async throws(InstanceHostError) {
        do {
            keep(try await PrivateDoor.open(sockets, limits: Self.limits, log: log, edge: edge(instance)), instance)
        } catch {
            log.warning("the metadata service can't be reached by \(instance.id)", metadata: ["reason": "\(error)"])
            throw InstanceHostError("The metadata service can't be reached.")
        }
    }

    /// Opens a port of this machine to all of its processes: for programs whose SDK takes no path in
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT`, and for exercises.
    /// - Parameter port: 0 for a free one.
    /// - Returns: the port.
    /// - Throws: `ListenError` when it can't be listened on.
    public func listen(for instance: InstanceName, port: Int) async throws(ListenError) -> Int {
        let door = try await PrivateDoor.open(
            address: "127.0.0.1", port: port, limits: Self.limits, log: log, edge: edge(instance))
        keep(door, instance)
        return door.ports.first ?? port
    }

    public func shut(_ instance: InstanceName) async {
        let all = doors.withLock { $0.removeValue(forKey: instance) ?? [] }
        for door in all { await door.shut() }
    }

    /// Closes the doors of all instances.
    public func shutAll() async {
        let all = doors.withLock { doors in
            defer { doors = [:] }
            return doors.values.flatMap { $0 }
        }
        for door in all { await door.shut() }
    }

    public func variables(of instance: InstanceName) throws(ServiceError) -> [(name: String, value: String)] {
        let secret = try site.addresses.seal(instance, for: .metadata)
        return variables(of: instance, at: site.publicURL + MetadataAddresses.root + secret)
    }

    /// As ``variables(of:)``, of a port that ``listen(for:port:)`` has opened.
    public func variables(of instance: InstanceName, port: Int) -> [(name: String, value: String)] {
        variables(of: instance, at: "http://127.0.0.1:\(port)")
    }

    private func variables(of instance: InstanceName, at url: String) -> [(name: String, value: String)] {
        var all = common(instance)
        all.append((name: "AWS_EC2_METADATA_SERVICE_ENDPOINT", value: url))
        return all
    }

    /// Variables by which SDKs find the credentials as containers do.
    /// - Throws: InternalFailure when the keyring can't provide a key.
    public func containerVariables(
        of instance: InstanceName
    ) throws(ServiceError) -> [(name: String, value: String)] {
        var all = common(instance)
        all.append((name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", value: site.publicURL + MetadataAddresses.container))
        let token = try site.addresses.seal(instance, for: .container)
        all.append((name: "AWS_CONTAINER_AUTHORIZATION_TOKEN", value: token))
        return all
    }

    /// Where requests are to be sent, and which Region they are for.
    private func common(_ instance: InstanceName) -> [(name: String, value: String)] {
        [
            (name: "AWS_ENDPOINT_URL", value: site.publicURL), (name: "AWS_REGION", value: instance.region),
            // Python's SDK knows the other one alone.
            (name: "AWS_DEFAULT_REGION", value: instance.region),
        ]
    }

    private func edge(_ instance: InstanceName) -> Edge {
        Edge(gate, only: InstanceSite(site: site, name: instance))
    }

    private func keep(_ door: PrivateDoor, _ instance: InstanceName) {
        doors.withLock { $0[instance, default: []].append(door) }
    }
}
