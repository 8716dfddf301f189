import Bodies
import Fetch
public import HardwareToken
public import Keyring
import Ledger

/// A database that several nodes share, and the key that everything in it is sealed with.
public struct SharedDatabase: Sendable {
    /// Where a node has the root key from.
    public enum Key: Sendable {
        /// A key file, which a hardware token may have sealed; the first node makes it.
        case file(String)
        /// What the operator gives each node.
        case secret(GivenKey)
    }

    let address: PostgresAddress
    /// The same key on all nodes.
    public let key: Key
    /// The hardware token to ask where the key file is sealed with it.
    let token: HardwareToken.Login?
    /// For how many seconds requests are answered from memory after the database has gone away.
    let toleratedAbsence: Double

    /// Where the bodies of objects are, for all nodes; nil: nowhere.
    let bodies: BodiesPlace?

    /// - Parameters:
    ///   - uri: `postgres://…`, without a password.
    ///   - password: nil: none, or one of libpq's own ways.
    ///   - key, token, toleratedAbsence, bodies: see the properties.
    /// - Throws: `StartError` for what is no URI of a database.
    public init(
        _ uri: String, password: String?, key: Key, token: HardwareToken.Login? = nil, toleratedAbsence: Double = 0,
        bodies: BodiesPlace? = nil
    ) throws(StartError) {
        do { address = try PostgresAddress(uri, password: password) } catch { throw StartError("\(error)") }
        self.key = key
        self.token = token
        self.toleratedAbsence = toleratedAbsence
        self.bodies = bodies
    }

    /// For people; it holds no secret.
    public var name: String { address.name }

    /// Opens the ledger in it, and makes ledger and key file when there are none.
    ///
    /// - Parameter token: the hardware token that may hold the key.
    func open(token: HardwareToken?, readOnly: Bool = false) throws -> (ledger: Ledger, keyring: any Keyring) {
        let keyring = try openKey(token, readOnly: readOnly)
        do throws(LedgerError) {
            return (try Ledger(at: .postgres(address), keyring: keyring, readOnly: readOnly), keyring)
        } catch {
            guard error.kind == .sealed else { throw error }
            throw StartError("The ledger in \(name) was sealed with another key than \(keyName). \(keyAdvice)")
        }
    }

    /// Opens the ledger to look at it, beside the nodes.
    /// - Throws: `StartError` also when there is none.
    func openReadOnly() throws(StartError) -> (ledger: Ledger, keyring: any Keyring) {
        do {
            guard try Ledger.exists(in: address) else {
                throw StartError(
                    "There is no Gatehouse in \(name): start one with `gatehouse serve`, or name another --database.")
            }
            return try open(
                token: token.map { (login) throws(HardwareTokenError) in try HardwareToken(login) }, readOnly: true)
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
    }

    /// The store of the bodies; nil: none is named.
    func bodyStore() throws(BodyError) -> BodyStore? { try bodies?.open(ServerTrust()) }

    private func openKey(_ token: HardwareToken?, readOnly: Bool) throws -> any Keyring {
        switch key {
        case .secret(let given): return given
        case .file(let path):
            if DurableFiles.exists(path) { return try KeyFile(existing: path, protector: token) }
            // A new key must not take the place of one that is elsewhere: nothing could be read with it.
            guard !readOnly, try !Ledger.exists(in: address) else {
                throw StartError(
                    "There is no key file \(path), and without it the ledger in \(name) can't be read. \(keyAdvice)")
            }
            return try KeyFile(path: path, protector: token)
        }
    }

    /// The key that is there already; nil: there is no file yet.
    func existingKey() throws(StartError) -> (any Keyring)? {
        switch key {
        case .secret(let given): return given
        case .file(let path):
            guard DurableFiles.exists(path) else { return nil }
            do {
                let isSealed = try KeyFile.protectorName(of: path) != nil
                guard isSealed, let token else { return try KeyFile(existing: path) }
                return try KeyFile(existing: path, protector: HardwareToken(token))
            } catch {
                throw StartError("\(error)")
            }
        }
    }

    /// For people, in the middle of a sentence.
    public var keyName: String {
        switch key {
        case .file(let path): "that in \(path)"
        case .secret: "the secret that was given"
        }
    }

    private var keyAdvice: String {
        switch key {
        case .file:
            "All nodes need the same: copy the key file of another node, and name it with --key-file."
        case .secret:
            "All nodes need the same: give this one, too, what --key-secret-file or GATEHOUSE_KEY_SECRET gives the others."
        }
    }
}

/// Where a Gatehouse keeps everything, for the commands that look at it or copy it.
public enum DataPlace: Sendable {
    case directory(DataDirectory)
    case database(SharedDatabase)

    /// For people; it holds no secret.
    public var name: String {
        switch self {
        case .directory(let data): data.path
        case .database(let database): database.name
        }
    }

    /// The ledger, to be looked at beside the servers that use it, and the key that it is sealed with.
    /// - Throws: `StartError` when there is none, or it can't be read.
    func openReadOnly() throws(StartError) -> (ledger: Ledger, keyring: any Keyring) {
        switch self {
        case .database(let database): return try database.openReadOnly()
        case .directory(let data):
            let keyring = try data.keyring()
            do {
                return (try Ledger(at: .directory(data.path), keyring: keyring, readOnly: true), keyring)
            } catch let error where error.kind == .corrupt {
                throw StartError(
                    "\(error) `gatehouse verify` says what is damaged and what is not; `gatehouse restore` makes a data "
                        + "directory from a backup.")
            } catch {
                throw StartError("\(error)")
            }
        }
    }
}
