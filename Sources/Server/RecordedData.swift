import Directory
import FoundationEssentials
import Keyring
import Ledger
import Platform
import Wire

/// What a Gatehouse has recorded, read beside the servers that use it, for the commands that only look.
public struct RecordedData: Sendable {
    let ledger: Ledger
    private let messages: AuthorizationMessages

    /// - Throws: `StartError` when there is no ledger, or it can't be read.
    public init(_ place: DataPlace) throws(StartError) {
        let opened = try place.openReadOnly()
        ledger = opened.ledger
        do {
            messages = try AuthorizationMessages(keyring: opened.keyring)
        } catch {
            throw StartError("\(error)")
        }
    }

    /// - Throws: `StartError` when there is no ledger, or it can't be read.
    public init(_ data: DataDirectory) throws(StartError) {
        try self.init(.directory(data))
    }

    /// The active access keys of an account's root user, the oldest first.
    /// - Parameter account: nil: the first account.
    /// - Throws: `StartError` also when there is no such account.
    public func rootKeys(account: String? = nil) throws(StartError) -> [(id: String, secret: String)] {
        let directory = IdentityDirectory()
        var keys: [AccessKey] = []
        do {
            try ledger.replay([AccessKey.kind, Account.kind]) { (change) throws(LedgerError) in
                try directory.apply([change])
                if let key = directory.accessKey(change.id), key.belongsToRoot, key.isActive { keys.append(key) }
            }
        } catch {
            throw StartError("\(error)")
        }
        if let account, directory.account(account) == nil {
            throw StartError("There is no account \(account) in this Gatehouse. \(RootKey.accountsAdvice)")
        }
        let account = account ?? directory.firstAccount?.id
        return keys.filter { $0.accountID == account }.sorted { $0.createDate < $1.createDate }
            .map { ($0.id, $0.secret) }
    }

    /// The mail that Gatehouse would have sent, oldest first.
    public func mail() async throws(StartError) -> [RecordedMail] {
        do {
            return try await Outbox.mail(in: ledger).map(RecordedMail.init)
        } catch {
            throw StartError("\(error)")
        }
    }

    /// The recorded call of a request id; nil when there is none.
    public func call(requestID: String) async throws(StartError) -> RecordedCall? {
        do {
            return try await ledger.event(requestID: requestID).map { RecordedCall($0, messages) }
        } catch {
            throw StartError("\(error)")
        }
    }

    /// The latest recorded call; nil when there is none. A server may not have written yet what it has just answered.
    /// - Parameters:
    ///   - user: only calls of the caller with this name in the event history, or this ARN; nil: of anybody.
    ///   - denied: only calls that the policies denied.
    public func lastCall(user: String?, denied: Bool) async throws(StartError) -> RecordedCall? {
        let messages = messages
        do {
            let event = try await ledger.lastEvent { event in
                let call = RecordedCall(event, messages)
                return (user.map { call.isBy($0) } ?? true) && (!denied || call.isDenied) && call.isOneOfItsOwn
            }
            return event.map { RecordedCall($0, messages) }
        } catch {
            throw StartError("\(error)")
        }
    }
}

/// A call of the event history, to be explained.
public struct RecordedCall: Sendable {
    let event: Event
    private let messages: AuthorizationMessages

    init(_ event: Event, _ messages: AuthorizationMessages) {
        self.event = event
        self.messages = messages
    }

    /// The denial as an encoded authorization message, for `aws sts decode-authorization-message`; nil for a call that
    /// the policies did not deny.
    public var encodedDenial: String? {
        let accesses = (try? JSONValue(parsing: event.decision))?.array ?? []
        guard let message = accesses.compactMap({ $0["authorizationMessage"]?.string }).last else { return nil }
        return try? messages.encode(Array(message.utf8), account: event.account)
    }

    /// Whether the policies denied it.
    var isDenied: Bool {
        let accesses = (try? JSONValue(parsing: event.decision))?.array ?? []
        return accesses.contains { $0["authorizationMessage"] != nil }
            && (try? JSONValue(parsing: event.body))?["errorCode"] != nil
    }

    /// What the owner of a VPC endpoint is told of a call is a second event about it.
    var isOneOfItsOwn: Bool {
        (try? JSONValue(parsing: event.body))?["eventCategory"]?.string != "NetworkActivity"
    }

    /// - Parameter user: the name by which the event history knows the caller, or the caller's ARN.
    func isBy(_ user: String) -> Bool {
        if event.attributes.contains(EventAttribute("Username", user)) { return true }
        guard user.hasPrefix("arn:"), let record = try? JSONValue(parsing: event.body) else { return false }
        return record["userIdentity"]?["arn"]?.string == user
    }

    /// For people: who asked for what, what came of it, and what the policies said.
    public var explanation: String {
        var lines: [String] = []
        var message = ""
        if let record = try? JSONValue(parsing: event.body) {
            let source = record["eventSource"]?.string ?? ""
            lines.append("\(record["eventName"]?.string ?? "?") of \(source) at \(record["eventTime"]?.string ?? "?")")
            lines.append(
                "by \(record["userIdentity"]?["arn"]?.string ?? "?") from \(record["sourceIPAddress"]?.string ?? "?")")
            if let code = record["errorCode"]?.string {
                message = record["errorMessage"]?.string ?? ""
                lines.append("\(code): \(message)")
            } else {
                lines.append("succeeded")
            }
        }
        let accesses = (try? JSONValue(parsing: event.decision))?.array ?? []
        if accesses.isEmpty { lines += ["", "The policies were not asked."] }
        for access in accesses {
            lines.append("")
            lines.append(
                "\(access["action"]?.string ?? "?") on \(access["resource"]?.string ?? "?"): "
                    + (access["outcome"]?.string ?? "?"))
            for line in access["trace"]?.array ?? [] {
                // AWS's message is among them, and has been printed above.
                if let line = line.string, line != message { lines.append("  " + line) }
            }
        }
        return lines.map(printable).joined(separator: "\n")
    }
}

/// A line without control characters: what a client sent must not control the reader's terminal.
func printable(_ line: String) -> String {
    String(
        String.UnicodeScalarView(
            line.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{fffd}" : $0 }))
}

extension JSONValue {
    fileprivate var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    fileprivate var array: [JSONValue]? {
        if case .array(let items) = self { items } else { nil }
    }
}
