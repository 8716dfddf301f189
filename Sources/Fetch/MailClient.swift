import CMail
import NIOPosix

/// Hands mail to a server by SMTP. What speaks to it is libcurl, which is loaded when the first mail is sent.
public struct MailClient: Sendable {
    private let server: MailServer
    private static let patience = 20

    /// - Parameter server: where mail goes.
    public init(_ server: MailServer) {
        self.server = server
    }

    /// Why mail could not be handed over; for the log.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Checks that mail could be sent at all: that libcurl is there.
    /// - Throws: ``Failure``
    public static func check() throws(Failure) {
        try call { mail_load($0, $1) }
    }

    /// Waits until the server has taken a message.
    /// - Parameters:
    ///   - sender: an address alone: `app@example.com`.
    ///   - recipient: the same.
    ///   - message: its header and its body, in lines that end with CR LF.
    /// - Throws: ``Failure``
    public func send(from sender: String, to recipient: String, _ message: [UInt8]) async throws(Failure) {
        let server = server
        let result: Result<Void, Failure>
        do {
            // A thread waits for it: libcurl's simple functions block.
            result = try await NIOThreadPool.singleton.runIfActive {
                Result { () throws(Failure) in try Self.send(server, sender, recipient, message) }
            }
        } catch {
            throw Failure(description: "\(error)")
        }
        try result.get()
    }

    private static func send(
        _ server: MailServer, _ sender: String, _ recipient: String, _ message: [UInt8]
    ) throws(Failure) {
        try call { reason, capacity in
            server.url.withCString { url in
                withOptionalCString(server.username) { username in
                    withOptionalCString(server.password) { password in
                        withOptionalCString(server.authoritiesFile) { authorities in
                            var settings = mail_server(
                                url: url, requires_tls: server.requiresTLS, username: username, password: password,
                                authorities: authorities, seconds: patience)
                            return mail_send(&settings, sender, recipient, message, message.count, reason, capacity)
                        }
                    }
                }
            }
        }
    }

    private static func call(
        _ body: (UnsafeMutablePointer<CChar>, Int) -> Bool
    ) throws(Failure) {
        let capacity = 512
        let reason = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer -> String? in
            buffer.initialize(repeating: 0)
            guard let start = buffer.baseAddress, !body(start, capacity) else { return nil }
            return String(cString: start)
        }
        if let reason { throw Failure(description: reason) }
    }
}

private func withOptionalCString<R>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
}

/// A server that takes mail by SMTP.
public struct MailServer: Sendable, Hashable {
    /// `smtp://host:port`, `smtps://host:port`
    public let url: String
    /// Whether it has to speak STARTTLS; of no meaning for `smtps`.
    public let requiresTLS: Bool
    /// nil: the server asks for none.
    public let username: String?
    /// nil: the server asks for none.
    public let password: String?
    /// A PEM file of authorities to trust besides the system's.
    public let authoritiesFile: String?
    /// From whom mail comes that has no sender of its own: `app@example.com`, `The App <app@example.com>`.
    public let sender: String

    /// - Parameters: see the properties.
    public init(
        url: String, requiresTLS: Bool, username: String?, password: String?, authoritiesFile: String?, sender: String
    ) {
        self.url = url
        self.requiresTLS = requiresTLS
        self.username = username
        self.password = password
        self.authoritiesFile = authoritiesFile
        self.sender = sender
    }
}
