/// What is to be run for an instance.
public struct InstanceSpec: Sendable, Hashable {
    /// Which files it has.
    public enum Files: Sendable, Hashable {
        /// A folder is its `/`, to which it may write, unless it is for reading only.
        case folder(String, isReadOnly: Bool)
        /// The machine's own, for reading, without what is private in them. Folders and files that it must not see are hidden.
        case machine(hidden: [String])
    }

    /// An interface of its own.
    public struct Interface: Sendable, Hashable {
        /// `eni-…`, of the network that the runtime was told of.
        public let id: String
        /// `06:…`; nil: one is made of the id.
        public let macAddress: String?
        /// Whether it may send only from its own addresses.
        public let checksSourceAndDestination: Bool

        public init(_ id: String, macAddress: String? = nil, checksSourceAndDestination: Bool = true) {
            self.id = id
            self.macAddress = macAddress
            self.checksSourceAndDestination = checksSourceAndDestination
        }
    }

    /// `i-…`.
    public let id: String
    public var hostName: String
    public var files: Files
    /// Its first process: a program and its arguments. Empty: it runs, without any, until it is stopped.
    public var command: [String]
    /// Variables of its processes; there are no others.
    public var environment: [String: String]
    /// What is run before the command, if it begins with `#!`. Give it at the first start only: cloud-init runs it once.
    public var userData: [UInt8]?
    /// In order of their device indexes.
    public var interfaces: [Interface]
    /// What its `/etc/resolv.conf` says, if it is in namespaces; nil: what its files have.
    public var resolver: String?
    /// Of its processes: a number; nil: root where it has files of its own, else nobody.
    public var user: UInt32?

    public init(
        id: String, hostName: String, files: Files, command: [String], environment: [String: String] = [:],
        userData: [UInt8]? = nil, interfaces: [Interface] = [], resolver: String? = nil,
        user: UInt32? = nil
    ) {
        self.id = id
        self.hostName = hostName
        self.files = files
        self.command = command
        self.environment = environment
        self.userData = userData
        self.interfaces = interfaces
        self.resolver = resolver
        self.user = user
    }
}
