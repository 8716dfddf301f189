public import HardwareToken
import Keyring
import Ledger
import Logging

/// What `gatehouse keyring` does with a node's key file.
extension SharedDatabase {
    /// Where this node's root key is, in words.
    ///
    /// - Throws: `StartError` when there is none.
    public func keyPlace() throws(StartError) -> String {
        guard case .file(let path) = key else { return "a secret that is given to each server" }
        guard DurableFiles.exists(path) else { throw StartError("There is no key file \(path).") }
        do {
            return try KeyFile.protectorName(of: path).map { "\(path), sealed by the hardware token '\($0)'" } ?? path
        } catch {
            throw StartError("\(error)")
        }
    }

    /// Has a token seal this node's key file, or takes it out of the token's seal. The key stays the same, so that other nodes
    /// may have theirs as they like; and a node that is running has read it.
    ///
    /// - Parameter login: nil: the file is to hold the key itself.
    /// - Returns: whether anything had to be done.
    /// - Throws: `StartError`, also for a secret of the operator's, which is in no file.
    public func moveKey(to login: HardwareToken.Login?) throws(StartError) -> Bool {
        // Shows that the key is the right one.
        let opened = try openReadOnly()
        guard let file = opened.keyring as? KeyFile else {
            throw StartError("The key is a secret that is given to each server, and in no file.")
        }
        guard file.protectorName != login?.token else { return false }
        do {
            let token = try login.map { (login) throws(HardwareTokenError) in try HardwareToken(login) }
            try token?.makeKey()
            _ = try file.move(to: token)
            return true
        } catch {
            throw StartError("\(error)")
        }
    }

    /// Rotates the root key, and seals everything in the database with the new one, which comes to be in this node's key file.
    /// Nodes have to be stopped before, and need a copy of the new file to be started again, which they may be while the
    /// rest is being sealed. After a crash, the next call carries on.
    ///
    /// - Parameter endingSessions: whether temporary credentials that the old key has sealed are to end.
    /// - Throws: `StartError`; `isBusy` when nodes have the old key.
    public func rotateKey(
        endingSessions: Bool
    ) async throws(StartError) -> RootKeyring.Rotation {
        guard case .file(let path) = key else {
            throw StartError(
                "The key is a secret that is given to each server, and Gatehouse does not change it. Put it into a file "
                    + "(base64 -d, mode 600), rotate that with --key-file, and give the servers what is in it then, in "
                    + "Base64: all of it, until the old key is forgotten.")
        }
        guard DurableFiles.exists(path) else { throw StartError("There is no key file \(path).") }
        do {
            let opened = try open(
                token: token.map { (login) throws(HardwareTokenError) in try HardwareToken(login) })
            let ledger = opened.ledger
            do {
                guard let file = opened.keyring as? KeyFile else {
                    throw StartError("The key is a secret that is given to each server, and in no file.")
                }
                let others = try await ledger.otherNodeCount()
                guard file.rotated != nil || others <= 0 else { throw LedgerError.nodes(others) }
                let rotation = KeyringRotation(file, ledger, Logger(label: "gatehouse"))
                let isNew = try rotation.begin(endingSessions: endingSessions)
                let (done, end) = try await rotation.finish { _ in }
                await ledger.close()
                return RootKeyring.Rotation(isNew: isNew, damaged: done.damaged, keptUntil: end)
            } catch {
                await ledger.close()
                throw error
            }
        } catch let error as StartError {
            throw error
        } catch let error as LedgerError {
            throw StartError("\(error)", isBusy: error.kind == .busy)
        } catch {
            throw StartError("\(error)")
        }
    }
}
