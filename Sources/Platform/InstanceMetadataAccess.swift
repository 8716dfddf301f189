public import Ledger
import Synchronization
public import Wire

/// An instance of EC2, by where it is.
public struct InstanceName: Sendable, Hashable {
    /// The account that has it.
    public let account: String
    /// The Region that it is in.
    public let region: String
    /// `i-` and 17 digits.
    public let id: String

    /// - Parameters: see the properties.
    public init(account: String, region: String, id: String) {
        self.account = account
        self.region = region
        self.id = id
    }

    /// Where its record is.
    public var scope: Scope { Scope(account: account, region: region) }

    /// `arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0`
    public var arn: String { "arn:aws:ec2:\(region):\(account):instance/\(id)" }
}

/// How an instance's own processes reach its metadata. The metadata service does it; whoever runs instances asks for it.
///
/// There are two ways, and neither has the metadata service believe what a request says of its sender: sockets that nobody but the
/// instance can connect to, and addresses that nobody can guess.
public protocol InstanceMetadataAccess: Sendable {
    /// Answers whoever connects to some sockets as a process of an instance.
    ///
    /// A socket that is bound to 169.254.169.254, port 80, and to the other end of the instance's interface is one that only the
    /// instance reaches. It is the next hop, and to a container within the instance one farther away, as HttpPutResponseHopLimit
    /// counts them. One that is bound to 169.254.170.2 or to [fd00:ec2::254] works as well.
    ///
    /// - Parameters:
    ///   - sockets: of TCP, bound to addresses with a port, and not listening yet. They belong to the service from now on, and are
    ///     closed when it throws.
    /// - Throws: ``InstanceHostError`` when a socket can't be listened on.
    func letIn(_ instance: InstanceName, by sockets: [Int32]) async throws(InstanceHostError)

    /// Closes all sockets of an instance, and the connections that came by them.
    func shut(_ instance: InstanceName) async

    /// Variables by which the SDKs of a plain process find an instance's metadata and credentials: for one without a network of its
    /// own. Whoever knows the values can act as the instance.
    /// - Throws: InternalFailure when the keyring can't provide a key.
    func variables(of instance: InstanceName) throws(ServiceError) -> [(name: String, value: String)]
}

/// Where those who run instances find the metadata service: `environment.instanceMetadata`.
public final class InstanceMetadataDoors: Sendable {
    private let service = Mutex<(any InstanceMetadataAccess)?>(nil)

    /// There is none yet.
    public init() {}

    /// nil: there is none.
    public var access: (any InstanceMetadataAccess)? { service.withLock { $0 } }

    /// Tells of the metadata service. Call it once, when the program is put together.
    public func open(_ access: any InstanceMetadataAccess) { service.withLock { $0 = access } }
}
