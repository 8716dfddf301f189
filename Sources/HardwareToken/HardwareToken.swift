import CPKCS11
import Synchronization

/// A key in a hardware token, which never leaves it: what is sealed with it can be opened where the token is, and nowhere
/// else.
///
/// ```swift
/// let token = try HardwareToken(login)
/// try token.makeKey()
/// let sealed = try token.seal(Array("hello".utf8))
/// ```
///
/// A token is anything with a PKCS #11 module (version 2.40): a hardware security module, a smart card, SoftHSM. The key is
/// one of AES-256, of which the token is told that it can be neither read nor taken out, and it seals with AES-GCM.
///
/// When the token is taken out, or started anew, calls throw until it is back, and then work again by themselves: each one
/// that finds its session over makes a new one first. Calls run one after another, and may take as long as the token takes:
/// not on an event loop. A process has one `HardwareToken` for each module.
public final class HardwareToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// The longest message that can be sealed, in bytes.
    public static let longestMessage = 65_536

    /// The name of the key in the token.
    public let keyLabel: String

    private let login: Login
    private let state: Mutex<State>

    /// The module is a pointer to functions; who may call them, and when, is decided by the lock around it.
    private struct State: @unchecked Sendable {
        var module: OpaquePointer
        var session: pkcs11_session?
        var key: pkcs11_key?
        /// What the token had against the PIN. It is not asked again: the next wrong one may be the last that it takes.
        var refusal: HardwareTokenError?
    }

    /// Which token it is, and how to get in.
    public struct Login: Sendable, CustomStringConvertible, CustomReflectable {
        /// The module's file, such as `/usr/lib/softhsm/libsofthsm2.so`. It is code, and runs in this process.
        public var module: String
        /// The token's label.
        public var token: String
        /// The user's PIN.
        public var pin: [UInt8]

        public init(module: String, token: String, pin: [UInt8]) {
            self.module = module
            self.token = token
            self.pin = pin
        }

        public var description: String { "Login(\(token))" }
        public var customMirror: Mirror { Mirror(self, children: ["module": module, "token": token]) }
    }

    /// Loads the module. Whether the token is there is found out by the first call, or by ``check()``.
    ///
    /// - Parameter keyLabel: what the key in the token is called.
    /// - Throws: ``HardwareTokenError`` of kind `module`.
    public init(_ login: Login, keyLabel: String = "gatehouse") throws(HardwareTokenError) {
        self.login = login
        self.keyLabel = keyLabel
        var module: OpaquePointer?
        var reason = [CChar](repeating: 0, count: 512)
        let loaded = pkcs11_load(login.module, &module, &reason, reason.count)
        guard let module else {
            let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw HardwareTokenError(
                .module,
                "The PKCS #11 module \(login.module) can't be used: \(text)\(Self.code(loaded))."
                    + " Name the module's file that came with the token's software.")
        }
        state = Mutex(State(module: module))
    }

    /// The name of the token.
    public var label: String { login.token }

    /// Has the token make the key, unless it has it already.
    public func makeKey() throws(HardwareTokenError) {
        try perform { state, session in
            var key = pkcs11_key()
            var result = pkcs11_find_key(state.module, session, keyLabel, &key)
            if result.status == pkcs11_no_key { result = pkcs11_make_key(state.module, session, keyLabel, &key) }
            if result.status == pkcs11_ok { state.key = key }
            return result
        }
    }

    /// Whether the token is there and has the key.
    ///
    /// - Throws: ``HardwareTokenError`` that says what is missing.
    public func check() throws(HardwareTokenError) {
        try perform { state, session in
            var key = pkcs11_key()
            let result = pkcs11_find_key(state.module, session, keyLabel, &key)
            state.key = result.status == pkcs11_ok ? key : nil
            return result
        }
    }

    /// Seals a message. Sealing the same message twice gives different bytes.
    ///
    /// Sealed form: version `1` (1 byte) · nonce (12) · ciphertext (as long as the message) · tag (16).
    ///
    /// - Parameter context: bytes that are not stored but must be the same when the message is opened.
    public func seal(_ message: [UInt8], authenticating context: [UInt8] = []) throws(HardwareTokenError) -> [UInt8] {
        guard message.count <= Self.longestMessage else {
            throw HardwareTokenError(.unsupported, "A token seals \(Self.longestMessage) bytes at most.")
        }
        var random = SystemRandomNumberGenerator()
        var nonce = (0..<Self.nonceSize).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        var box = [UInt8](repeating: 0, count: message.count + Self.tagSize)
        try performWithKey { state, session, key in
            pkcs11_seal(state.module, session, key, &nonce, context, context.count, message, message.count, &box)
        }
        return [Self.version] + nonce + box
    }

    /// Opens what ``seal(_:authenticating:)`` made with the same key and context.
    ///
    /// - Throws: ``HardwareTokenError`` of kind `notAuthentic` when anything differs.
    public func open(_ sealed: [UInt8], authenticating context: [UInt8] = []) throws(HardwareTokenError) -> [UInt8] {
        guard sealed.first == Self.version, sealed.count >= 1 + Self.nonceSize + Self.tagSize,
            sealed.count <= Self.longestMessage + 1 + Self.nonceSize + Self.tagSize
        else { throw notAuthentic }
        let nonce = Array(sealed.dropFirst().prefix(Self.nonceSize))
        let box = Array(sealed.dropFirst(1 + Self.nonceSize))
        var message = [UInt8](repeating: 0, count: box.count)
        try performWithKey { state, session, key in
            pkcs11_unseal(state.module, session, key, nonce, context, context.count, box, box.count, &message)
        }
        return Array(message.prefix(box.count - Self.tagSize))
    }

    /// Random bytes of the token's own making.
    ///
    /// - Parameter count: 1 to ``longestMessage``.
    public func random(_ count: Int) throws(HardwareTokenError) -> [UInt8] {
        guard (1...Self.longestMessage).contains(count) else {
            throw HardwareTokenError(.unsupported, "A token is asked for \(Self.longestMessage) random bytes at most.")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        try perform { state, session in pkcs11_random(state.module, session, &bytes, count) }
        return bytes
    }

    /// Whether a text is the PIN that this process logs in with. The token itself is not asked, so that nobody can use up
    /// its patience. It takes the same time wherever the two differ.
    public func isPIN(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == login.pin.count && zip(bytes, login.pin).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static let version: UInt8 = 1
    private static let nonceSize = Int(PKCS11_NONCE_SIZE)
    private static let tagSize = Int(PKCS11_TAG_SIZE)

    // MARK: Sessions

    private func performWithKey(
        _ body: (inout State, pkcs11_session, pkcs11_key) -> pkcs11_result
    ) throws(HardwareTokenError) {
        try perform { state, session in
            if state.key == nil {
                var key = pkcs11_key()
                let result = pkcs11_find_key(state.module, session, keyLabel, &key)
                guard result.status == pkcs11_ok else { return result }
                state.key = key
            }
            guard let key = state.key else { return pkcs11_result(status: pkcs11_no_key, code: 0) }
            return body(&state, session, key)
        }
    }

    /// Does something in the session, and once more in a new one when the session turns out to be over.
    private func perform(
        _ body: (inout State, pkcs11_session) -> pkcs11_result
    ) throws(HardwareTokenError) {
        try state.withLock { (state) throws(HardwareTokenError) in
            if let refusal = state.refusal { throw refusal }
            if let session = state.session {
                let result = body(&state, session)
                guard result.status == pkcs11_lost else { return try require(result) }
                pkcs11_close(state.module, session)
                state.session = nil
            }
            // Many modules look for their tokens at their start alone.
            state.key = nil
            try require(pkcs11_restart(state.module))
            try connect(&state)
            guard let session = state.session else { throw error(pkcs11_result(status: pkcs11_lost, code: 0)) }
            let result = body(&state, session)
            if result.status == pkcs11_lost { state.session = nil }
            try require(result)
        }
    }

    private func connect(_ state: inout State) throws(HardwareTokenError) {
        var session = pkcs11_session()
        let result = pkcs11_open(state.module, login.token, login.pin, login.pin.count, &session)
        if result.status == pkcs11_wrong_pin || result.status == pkcs11_locked { state.refusal = error(result) }
        try require(result)
        state.session = session
    }

    // MARK: Errors

    private func require(_ result: pkcs11_result) throws(HardwareTokenError) {
        guard result.status == pkcs11_ok else { throw error(result) }
    }

    private func error(_ result: pkcs11_result) -> HardwareTokenError {
        switch result.status {
        case pkcs11_no_token:
            HardwareTokenError(
                .absent,
                "There is no token '\(label)' at the PKCS #11 module \(login.module). Plug it in or start it; what is "
                    + "asked for then works again.")
        case pkcs11_several_tokens:
            HardwareTokenError(
                .absent,
                "Several tokens at the PKCS #11 module \(login.module) are called '\(label)'. Leave only one of them in."
            )
        case pkcs11_lost:
            HardwareTokenError(
                .absent,
                "The token '\(label)' does not answer any more\(Self.code(result)). Plug it in or start it; what "
                    + "is asked for then works again.")
        case pkcs11_wrong_pin:
            HardwareTokenError(
                .pin,
                "The token '\(label)' does not accept the PIN. It takes only a few wrong ones: correct it, then "
                    + "start again.")
        case pkcs11_locked:
            HardwareTokenError(
                .locked,
                "The token '\(label)' takes no PIN any more, because too many were wrong. Its security officer can set "
                    + "a new one.")
        case pkcs11_no_key:
            HardwareTokenError(
                .noKey,
                "The token '\(label)' has no AES key '\(keyLabel)'. If it is the right token, the key was deleted.")
        case pkcs11_loose_key:
            HardwareTokenError(
                .unsupported,
                "The key '\(keyLabel)' in the token '\(label)' could be taken out of it. Delete or rename it, "
                    + "and let Gatehouse make one that can't.")
        case pkcs11_no_mechanism:
            HardwareTokenError(
                .unsupported,
                "The token '\(label)' does not have AES-GCM (CKM_AES_GCM), or makes no AES keys"
                    + "\(Self.code(result)).")
        case pkcs11_read_only:
            HardwareTokenError(.unsupported, "The token '\(label)' may not be written to: no key can be made in it.")
        case pkcs11_not_authentic: notAuthentic
        default: HardwareTokenError(.failed, "The token '\(label)' refused\(Self.code(result)).")
        }
    }

    private var notAuthentic: HardwareTokenError {
        HardwareTokenError(
            .notAuthentic,
            "The bytes were not sealed with the key '\(keyLabel)' of the token '\(label)', or they were changed.")
    }

    private static func code(_ result: pkcs11_result) -> String {
        result.code == 0 ? "" : " (PKCS #11 code 0x\(String(result.code, radix: 16)))"
    }

    public var description: String { "HardwareToken(\(label))" }
    public var customMirror: Mirror { Mirror(self, children: ["label": label]) }
}
