import FoundationEssentials
public import HardwareToken
import Keyring
import Ledger
import Logging
import Wire

/// What `gatehouse keyring` does to the root key of a data directory.
public struct RootKeyring: Sendable {
    private let data: DataDirectory

    public init(_ data: DataDirectory) {
        self.data = data
    }

    /// Where the root key is, in words.
    ///
    /// - Throws: `StartError` when there is none.
    public func place() throws(StartError) -> String {
        do {
            guard DurableFiles.exists(data.keyFile) else {
                _ = try data.keyring()
                return ""
            }
            if let name = try KeyFile.protectorName(of: data.keyFile) {
                return "\(data.keyFile), sealed by the hardware token '\(name)'"
            }
            return data.keyFile
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
    }

    /// Has a token seal the key file, or takes it out of the token's seal. Wherever the process ends, there is the old file or
    /// the new one, and each opens the data.
    ///
    /// - Parameter token: nil: the file is to hold the key itself.
    /// - Returns: whether anything had to be done.
    /// - Throws: `StartError`; `isBusy` when a server uses the directory.
    public func move(to token: HardwareToken.Login?) async throws(StartError) -> Bool {
        let keyring = try data.keyring()
        guard keyring.protectorName != token?.token else { return false }
        do {
            // The lock on the directory keeps others from writing the file, and shows that the key is the right one.
            let ledger = try Ledger(at: .directory(data.path), keyring: keyring)
            do {
                if let login = token {
                    let token = try HardwareToken(login)
                    try token.makeKey()
                    _ = try keyring.move(to: token)
                } else {
                    _ = try keyring.move(to: nil)
                }
            } catch {
                await ledger.close()
                throw error
            }
            await ledger.close()
            return true
        } catch let error as LedgerError {
            throw StartError("\(error)", isBusy: error.kind == .busy)
        } catch {
            throw StartError("\(error)")
        }
    }

    /// What has come of a rotation.
    public struct Rotation: Sendable {
        /// Whether there is a new root key; else one that was made before has been carried on with.
        public let isNew: Bool
        /// How many rows of the ledger are damaged, and stay as they are.
        public let damaged: Int
        /// Until when the old key is kept, in seconds since 1970; nil: it is forgotten.
        public let keptUntil: Int64?
    }

    /// Rotates the root key of a directory that no server uses.
    ///
    /// - Throws: `StartError`; `isBusy` when a server uses the directory.
    public func rotate(endingSessions: Bool) async throws(StartError) -> Rotation {
        let keyring = try data.keyring()
        do {
            let ledger = try Ledger(at: .directory(data.path), keyring: keyring)
            let rotation = KeyringRotation(keyring, ledger, Logger(label: "gatehouse"))
            do {
                let isNew = try rotation.begin(endingSessions: endingSessions)
                let (done, end) = try await rotation.finish { _ in }
                await ledger.close()
                return Rotation(isNew: isNew, damaged: done.damaged, keptUntil: end)
            } catch {
                await ledger.close()
                throw error
            }
        } catch let error as LedgerError {
            throw StartError("\(error)", isBusy: error.kind == .busy)
        } catch {
            throw StartError("\(error)")
        }
    }
}

/// What a running server says of its root key's rotation.
public enum RotationStage: Sendable, Equatable {
    case idle
    case sealing(Int)
    case keeping(until: Int64)
    case failed(String)

    /// Whether the server that answers this to a request for a rotation has made a new key; else it has only carried on with
    /// the rotation before.
    public static func isNew(json bytes: [UInt8]) -> Bool {
        if case .boolean(true)? = (try? JSONValue(parsing: bytes))?["isNew"] { true } else { false }
    }

    /// Reads the answer of the server.
    public init?(json bytes: [UInt8]) {
        guard let value = try? JSONValue(parsing: bytes), case .string(let stage)? = value["stage"] else { return nil }
        switch stage {
        case "idle": self = .idle
        case "sealing":
            guard case .integer(let renewed)? = value["renewed"] else { return nil }
            self = .sealing(Int(renewed))
        case "keeping":
            guard case .integer(let end)? = value["until"] else { return nil }
            self = .keeping(until: Int64(end))
        case "failed":
            guard case .string(let reason)? = value["reason"] else { return nil }
            self = .failed(reason)
        default: return nil
        }
    }
}
