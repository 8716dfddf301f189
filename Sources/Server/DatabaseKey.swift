public import HardwareToken
import Keyring

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
}
