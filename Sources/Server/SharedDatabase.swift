import HardwareToken
import Keyring
import Ledger

/// A database that several nodes share, and the key that everything in it is sealed with.
public struct SharedDatabase: Sendable {
    let address: PostgresAddress
    let keyFile: String
    /// For how many seconds requests are answered from memory after the database has gone away.
    let toleratedAbsence: Double

    /// - Parameters:
    ///   - uri: `postgres://…`, without a password.
    ///   - password: nil: none, or one of libpq's own ways.
    ///   - keyFile: the same on all nodes.
    ///   - toleratedAbsence: see the property.
    /// - Throws: `StartError` for what is no URI of a database.
    public init(
        _ uri: String, password: String?, keyFile: String, toleratedAbsence: Double = 0
    ) throws(StartError) {
        do { address = try PostgresAddress(uri, password: password) } catch { throw StartError("\(error)") }
        self.keyFile = keyFile
        self.toleratedAbsence = toleratedAbsence
    }

    /// The file of the key.
    public var keyPath: String { keyFile }

    /// For people; it holds no secret.
    public var name: String { address.name }

    /// Opens the ledger in it, and makes ledger and key when there are none.
    ///
    /// - Parameter token: the hardware token that may hold the key.
    func open(token: HardwareToken?, readOnly: Bool = false) throws -> (ledger: Ledger, keyring: KeyFile) {
        let keyring = try openKey(token, readOnly: readOnly)
        do throws(LedgerError) {
            return (try Ledger(at: .postgres(address), keyring: keyring, readOnly: readOnly), keyring)
        } catch {
            guard error.kind == .sealed else { throw error }
            throw StartError(
                "The ledger in \(name) was sealed with another key than that in \(keyFile). All nodes need the same: "
                    + "copy the key file of another node, and name it with --key-file.")
        }
    }

    private func openKey(_ token: HardwareToken?, readOnly: Bool) throws -> KeyFile {
        if DurableFiles.exists(keyFile) { return try KeyFile(existing: keyFile, protector: token) }
        // A new key must not take the place of one that is elsewhere: nothing could be read with it.
        guard !readOnly, try !Ledger.exists(in: address) else {
            throw StartError(
                "There is no key file \(keyFile), and without it the ledger in \(name) can't be read. Copy the key file "
                    + "of another node, and name it with --key-file.")
        }
        return try KeyFile(path: keyFile, protector: token)
    }
}
