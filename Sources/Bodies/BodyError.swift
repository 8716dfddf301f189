#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why a body can't be stored or read, in words that a person can act on. It never holds a key or what is in a body.
///
/// The operator reads ``message`` in the log; an API's client never does.
public struct BodyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, for code that has to react.
    public enum Kind: Sendable, Equatable {
        /// The disk, the user's quota, or the memory that bodies may take, is full. Nothing of the body is kept.
        case full
        /// The folder can't be used: it is not there, can't be written, or the device fails.
        case io
        /// There is no such body: it was removed, or the folder is another one.
        case missing
        /// The body was changed from outside, cut short, or a bit has flipped. Bytes that were given before are right.
        case damaged
        /// The key is not the one that the body was sealed with, or none was given for a body that needs one.
        case key
        /// The caller asked for something that can't be, such as a range beyond the end.
        case invalid
        /// The folder or bucket is that of another Gatehouse, or none's.
        case foreign
    }

    /// What went wrong.
    public var kind: Kind
    /// What went wrong, for people: whole sentences that name the body or the file, and say what to do where something
    /// can be done.
    public var message: String

    /// Makes an error; for the store itself, and for whoever tests what is done about one.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}

extension BodyError {
    /// What it means that a system call failed: the last one on this thread, unless its `errno` is given.
    static func system(_ verb: String, _ path: String, _ code: Int32 = errno) -> BodyError {
        let reason = String(cString: strerror(code))
        return switch code {
        case ENOSPC, EDQUOT, EFBIG:
            BodyError(.full, "Can't \(verb) \(path): \(reason). Free some space, or give the folder a larger disk.")
        default:
            BodyError(.io, "Can't \(verb) \(path): \(reason).")
        }
    }

    /// - Parameter offset: where it was noticed, in bytes of the plaintext; nil where that can't be told.
    static func damaged(_ id: BodyID, at offset: Int? = nil, _ what: String) -> BodyError {
        let place = offset.map { " at byte \($0)" } ?? ""
        return BodyError(.damaged, "The body \(id) is damaged\(place): \(what). Put it back from a backup.")
    }

    static func missing(_ id: BodyID) -> BodyError {
        BodyError(.missing, "There is no body \(id). If it was not deleted meanwhile, put it back from a backup.")
    }
}
