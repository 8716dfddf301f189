import Synchronization

/// What an instance can run on this machine: a command, a root folder, or both. Only the operator names them: clients choose among
/// names, and never say what is run.
public struct InstanceSource: Sendable, Hashable {
    /// As the operator calls it: letters, digits, `.`, `_`, `-` and `/`.
    public let name: String
    /// The folder that is the instance's `/`; nil: the instance sees the machine's own files.
    public let folder: String?
    /// The program and its arguments that is the instance's first process; empty: the folder's `/sbin/init`.
    public let command: [String]
    /// The accounts that may have images of it; empty: all.
    public let accounts: Set<String>
    /// The image's description.
    public let about: String

    /// - Parameters: see the properties.
    public init(name: String, folder: String?, command: [String], accounts: Set<String> = [], about: String = "") {
        self.name = name
        self.folder = folder
        self.command = command
        self.accounts = accounts
        self.about = about
    }

    /// Whether an account may have images of it.
    public func isFor(_ account: String) -> Bool { accounts.isEmpty || accounts.contains(account) }
}

/// What is to be run for an instance.
public struct InstanceLaunch: Sendable {
    /// `i-…`.
    public let id: String
    /// The account that it is in: twelve digits.
    public let account: String
    /// The Region that it is in.
    public let region: String
    /// What is run.
    public let source: InstanceSource
    /// `ip-10-0-0-7.ec2.internal`
    public let hostName: String
    /// Of its network interfaces, in the order of their device indexes: `eni-…`.
    public let interfaces: [String]
    /// The user data, as the instance gets it; nil: there is none.
    public let userData: [UInt8]?
    /// Whether it was never started before: then its user data is run.
    public let isFirstBoot: Bool
    /// Which start of the instance this is; see ``InstanceEnd/start``.
    public let start: Int

    /// - Parameters: see the properties.
    public init(
        id: String, account: String, region: String, source: InstanceSource, hostName: String, interfaces: [String],
        userData: [UInt8]?, isFirstBoot: Bool, start: Int
    ) {
        self.id = id
        self.account = account
        self.region = region
        self.source = source
        self.hostName = hostName
        self.interfaces = interfaces
        self.userData = userData
        self.isFirstBoot = isFirstBoot
        self.start = start
    }
}

/// That what an instance runs has ended by itself.
public struct InstanceEnd: Sendable {
    /// `i-…`.
    public let id: String
    /// The account that it is in: twelve digits.
    public let account: String
    /// The Region that it is in.
    public let region: String
    /// Which start has ended: ``InstanceLaunch/start``.
    public let start: Int
    /// What the first process returned; nil: it was killed.
    public let status: Int?

    /// - Parameters: see the properties.
    public init(id: String, account: String, region: String, start: Int, status: Int?) {
        self.id = id
        self.account = account
        self.region = region
        self.start = start
        self.status = status
    }
}

/// What an instance has printed.
public struct InstanceOutput: Sendable {
    /// The last 64 KiB.
    public let bytes: [UInt8]
    /// When the last of it was printed, in seconds since 1970.
    public let time: Double

    /// - Parameters: see the properties.
    public init(bytes: [UInt8], time: Double) {
        self.bytes = bytes
        self.time = time
    }
}

/// Runs instances as processes of this machine.
public protocol InstanceHost: Sendable {
    /// Begins to run an instance; returns once its first process is there. One that runs already is left alone.
    /// - Throws: ``InstanceHostError`` when it can't be run.
    func start(_ launch: InstanceLaunch) async throws(InstanceHostError)
    /// Ends all of an instance's processes, and returns when none is left. Nothing if it does not run.
    /// - Parameter isForced: without asking them first.
    func stop(_ id: String, isForced: Bool) async
    /// Ends all of an instance's processes and begins anew, with the same interfaces.
    func reboot(_ id: String) async throws(InstanceHostError)
    /// Stops it, and removes what was kept of it.
    func terminate(_ id: String) async
    /// The same for all of them, without asking: another node runs them from now on.
    func abandonAll() async
    /// What it has printed since its last start; nil: nothing is known of it.
    func output(_ id: String) async -> InstanceOutput?
    /// Whether instances have a network of their own, which security groups filter.
    var isolatesNetworks: Bool { get }
}

/// Why an instance can't be run.
public struct InstanceHostError: Error, Sendable {
    /// For whoever looks at the instance: without paths of this machine.
    public let message: String

    /// Of what whoever looks at the instance may read.
    public init(_ message: String) { self.message = message }
}

/// The machine as a place for instances: what it can run, and who runs it. EC2 asks here.
public final class InstanceHosting: Sendable {
    private struct State {
        var sources: [InstanceSource] = []
        var host: (any InstanceHost)?
        var ended: (@Sendable (InstanceEnd) -> Void)?
        /// What keeps it this node's part to run instances; nil: it is another's, or nobody's.
        var lead: Task<Void, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Nothing runs here yet.
    public init() {}

    /// What the operator lets instances run, by name.
    public var sources: [InstanceSource] { state.withLock { $0.sources } }

    /// Takes in what the operator's configuration says.
    public func replace(with sources: [InstanceSource]) { state.withLock { $0.sources = sources } }

    /// The source of a name, for an account; nil: there is none.
    public func source(_ name: String, for account: String) -> InstanceSource? {
        sources.first { $0.name == name && $0.isFor(account) }
    }

    /// Who runs instances; nil: nobody, and nothing is.
    public var host: (any InstanceHost)? { state.withLock { $0.host } }

    /// Whether it is this one of several nodes that runs instances. Where there is but one, nobody asks.
    public var leads: Bool { state.withLock { $0.lead != nil && !$0.isClosed } }

    /// Whether this node could be the one.
    public var canLead: Bool { state.withLock { $0.host != nil && !$0.isClosed } }

    /// It is this node's part from now on, as long as a task goes on.
    /// - Returns: false: the program is about to end.
    public func lead(by task: Task<Void, Never>) -> Bool {
        state.withLock { state in
            if !state.isClosed { state.lead = task }
            return !state.isClosed
        }
    }

    /// It is this node's part no more.
    public func endLead() { state.withLock { $0.lead = nil } }

    /// The program is about to end: nothing is begun any more, and once all has ended, another node may begin.
    public func close(_ end: () async -> Void) async {
        state.withLock { $0.isClosed = true }
        await end()
        state.withLock { $0.lead }?.cancel()
    }

    /// Opens the machine for instances. Call it once, when the program is put together.
    public func open(_ host: any InstanceHost) { state.withLock { $0.host = host } }

    /// Has something done when an instance ends by itself; EC2 does that.
    public func whenEnded(_ body: @escaping @Sendable (InstanceEnd) -> Void) { state.withLock { $0.ended = body } }

    /// The host tells that an instance has ended by itself, and not because it was asked to.
    public func hasEnded(_ end: InstanceEnd) { state.withLock { $0.ended }?(end) }
}
