import CLibPQ

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A connection to PostgreSQL, in pipeline mode: statements that nobody waits for are sent together with the next one
/// that somebody does. A write is a dozen statements, and each way to the server and back would take longer than the
/// statement.
///
/// Every statement is prepared once, and its values travel beside it; so no text from outside is ever read as SQL.
/// <https://www.postgresql.org/docs/15/libpq-pipeline-mode.html>
///
/// It is used by one thread at a time: whoever has taken it out of its pool.
final class PostgresConnection: @unchecked Sendable {
    private let raw: OpaquePointer
    /// The names of the statements that are prepared, by their SQL.
    private var prepared: [String: String] = [:]
    /// Those that were sent to be prepared, and of which it isn't known whether that worked.
    private var unsure: [String] = []
    private var statementCount = 0
    /// What the server still owes, in order.
    private var awaited: [Awaited] = []
    /// Where the first of them is: taking from the front of an array would move the rest.
    private var taken = 0
    /// The first error since results were last waited for.
    private var failure: PostgresError?
    /// The last error that was thrown, until somebody sets it back.
    var lastFailure: PostgresError?
    /// How long the server may take for one answer, in milliseconds; nil: as long as it likes.
    private let patience: Int32?

    private enum Awaited {
        /// The result of a statement that was sent.
        case statement
        /// The end of what was sent together: errors reach no further.
        case end
    }

    /// So many statements are sent at most before their results are taken, for the server keeps them till then.
    private static let mostAwaited = 512

    /// Connects, and waits until that is done.
    ///
    /// - Parameters:
    ///   - name: what the server's operator sees the connection as.
    ///   - patience: seconds that the server may take for one answer; nil: as long as it likes.
    init(_ address: PostgresAddress, name: String, patience: Double?) throws(PostgresError) {
        self.patience = patience.map { Int32($0 * 1000) }
        // Those before the URI are what holds where it says nothing; the password comes after it.
        var settings: [(String, String)] = [
            ("application_name", name), ("connect_timeout", "5"), ("keepalives_idle", "5"),
            ("keepalives_interval", "2"), ("keepalives_count", "3"), ("tcp_user_timeout", "10000"),
            ("target_session_attrs", "read-write"), ("dbname", address.uri), ("client_encoding", "UTF8"),
        ]
        if let password = address.password { settings.append(("password", password)) }
        let connected = Self.withStrings(settings.map(\.0)) { keywords in
            Self.withStrings(settings.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
        }
        guard let connected else { throw PostgresError(state: "", message: "there is no memory left") }
        raw = connected
        guard PQstatus(raw) == CONNECTION_OK else {
            let reason = Self.firstLine(PQerrorMessage(raw))
            throw PostgresError(state: "", message: reason)
        }
        // What it has to say is for the log of the server, not for ours.
        PQsetNoticeProcessor(raw, { _, _ in }, nil)
    }

    deinit {
        PQfinish(raw)
    }

    // MARK: Before pipelining

    /// Runs statements of our own, several at once, outside of the pipeline: for what a connection or a database begins
    /// with.
    func script(_ sql: String) throws(PostgresError) {
        guard let result = PQexec(raw, sql) else { throw lost }
        let owned = PostgresResult(result)
        try withExtendedLifetime(owned) { () throws(PostgresError) in try check(result) }
    }

    /// From here on statements are sent together; there is no way back.
    func beginPipeline() throws(PostgresError) {
        guard PQenterPipelineMode(raw) == 1 else { throw lost }
    }

    // MARK: Statements

    /// Sends a statement that gives no rows. Whether it worked is found out by whatever waits next.
    func send(_ sql: String, _ values: any PostgresBindable...) throws(PostgresError) {
        try send(sql, values)
    }

    /// The same, with values that are in a list.
    func send(_ sql: String, _ values: [any PostgresBindable]) throws(PostgresError) {
        try send(sql, PostgresParameters(values))
        if awaited.count - taken >= Self.mostAwaited { try settle() }
    }

    /// Sends a statement that takes an array for each column of many rows.
    func send(_ sql: String, rows: [[any PostgresBindable]]) throws(PostgresError) {
        try send(sql, PostgresParameters(rows: rows))
        if awaited.count - taken >= Self.mostAwaited { try settle() }
    }

    /// Sends a statement and waits for its rows, and for all that was sent before.
    func query(_ sql: String, _ values: any PostgresBindable...) throws(PostgresError) -> PostgresResult {
        try query(sql, values)
    }

    /// The same, of a query that is put together.
    func query(_ sql: String, _ values: [any PostgresBindable]) throws(PostgresError) -> PostgresResult {
        try send(sql, PostgresParameters(values))
        guard let last = try waitForAll() else { throw lost }
        return last
    }

    /// Waits for all that was sent.
    func settle() throws(PostgresError) {
        guard taken < awaited.count || failure != nil else { return }
        _ = try waitForAll()
    }

    /// Ends a transaction, and waits until what it did is on disk.
    /// - Throws: an error when it was undone, or it is not known.
    func commit() throws(PostgresError) {
        // A transaction in which something has failed is undone, and the server calls that a success.
        guard try query("COMMIT").tag == "COMMIT" else {
            throw PostgresError(state: "25P02", message: "an earlier statement failed")
        }
    }

    /// Has what was sent done without waiting for it.
    func push() throws(PostgresError) {
        guard PQpipelineSync(raw) == 1 else { throw lost }
        awaited.append(.end)
    }

    private func send(_ sql: String, _ parameters: PostgresParameters) throws(PostgresError) {
        let name = try prepare(sql, parameters)
        let isSent = parameters.withPointers { values, lengths, formats in
            PQsendQueryPrepared(raw, name, parameters.count, values, lengths, formats, 1)
        }
        guard isSent == 1 else { throw lost }
        awaited.append(.statement)
    }

    private func prepare(_ sql: String, _ parameters: PostgresParameters) throws(PostgresError) -> String {
        if let name = prepared[sql] { return name }
        statementCount += 1
        let name = "s\(statementCount)"
        guard PQsendPrepare(raw, name, sql, parameters.count, parameters.types) == 1 else { throw lost }
        awaited.append(.statement)
        prepared[sql] = name
        unsure.append(sql)
        return name
    }

    /// - Returns: what the last statement gave.
    private func waitForAll() throws(PostgresError) -> PostgresResult? {
        try push()
        var last: PostgresResult?
        while taken < awaited.count {
            let next = awaited[taken]
            taken += 1
            switch next {
            case .statement:
                guard let result = try nextResult() else { throw lost }
                last = PostgresResult(result)
                do throws(PostgresError) { try check(result) } catch { note(error) }
                // Each statement's results end with none.
                guard try nextResult() == nil else { throw lost }
            case .end:
                guard let end = try nextResult() else { throw lost }
                let status = PQresultStatus(end)
                PQclear(end)
                guard status == PGRES_PIPELINE_SYNC else { throw lost }
            }
        }
        awaited.removeAll(keepingCapacity: true)
        taken = 0
        defer { unsure.removeAll(keepingCapacity: true) }
        if let failure {
            self.failure = nil
            // What failed to be prepared has a name that stands for nothing.
            for sql in unsure { prepared[sql] = nil }
            lastFailure = failure
            throw failure
        }
        return last
    }

    private func note(_ error: PostgresError) {
        // Those after the first only say that there was one.
        if failure == nil { failure = error }
    }

    private func check(_ result: OpaquePointer) throws(PostgresError) {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY: return
        case PGRES_PIPELINE_ABORTED:
            throw PostgresError(state: "25P02", message: "an earlier statement failed")
        default:
            let state = PQresultErrorField(result, PostgresConnection.stateField).map { String(cString: $0) } ?? ""
            guard !state.isEmpty else { throw lost }
            throw PostgresError(
                state: state, message: Self.firstLine(PQresultErrorField(result, Self.messageField)))
        }
    }

    /// The fields of an error, by their letters: `PG_DIAG_SQLSTATE`, `PG_DIAG_MESSAGE_PRIMARY`.
    private static let stateField = CInt(UInt8(ascii: "C"))
    private static let messageField = CInt(UInt8(ascii: "M"))

    /// The next result, waited for no longer than the patience lasts; nil: the end of those of a statement.
    private func nextResult() throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(raw) == 1 {
            try waitForInput(patience)
        }
        return PQgetResult(raw)
    }

    private func waitForInput(_ limit: Int32?) throws(PostgresError) {
        guard try hasInput(within: limit) else {
            throw PostgresError(state: "", message: "it has not answered for \((limit ?? 0) / 1000) seconds")
        }
        guard PQconsumeInput(raw) == 1 else { throw lost }
    }

    /// Waits for something to read, and reads nothing.
    private func hasInput(within limit: Int32?, or other: Int32? = nil) throws(PostgresError) -> Bool {
        var sockets = [pollfd(fd: PQsocket(raw), events: Int16(POLLIN), revents: 0)]
        if let other { sockets.append(pollfd(fd: other, events: Int16(POLLIN), revents: 0)) }
        guard sockets[0].fd >= 0 else { throw lost }
        while true {
            let count = poll(&sockets, nfds_t(sockets.count), limit ?? -1)
            if count >= 0 { return count > 0 }
            guard errno == EINTR else { throw lost }
        }
    }

    // MARK: Notifications

    /// Waits until the server, or somebody through a file descriptor, has something to say.
    func sleep(milliseconds: Int32, or descriptor: Int32) throws(PostgresError) {
        _ = try hasInput(within: milliseconds, or: descriptor)
    }

    /// What the server has notified of since it was asked last. It doesn't wait.
    func notifications() throws(PostgresError) -> [String] {
        guard PQconsumeInput(raw) == 1 else { throw lost }
        var payloads: [String] = []
        while let notification = PQnotifies(raw) {
            payloads.append(String(cString: notification.pointee.extra))
            PQfreemem(notification)
        }
        return payloads
    }

    // MARK: The state

    /// Whether the connection is in a transaction in which nothing has failed, as far as is known.
    var isInTransaction: Bool {
        failure == nil && PQtransactionStatus(raw) != PQTRANS_INERROR && PQstatus(raw) == CONNECTION_OK
    }

    var isUsable: Bool { PQstatus(raw) == CONNECTION_OK }

    /// Whether the server has not ended the connection while nobody used it, as far as is known here.
    var isAlive: Bool {
        // The first takes in its last words, the second finds that nothing follows.
        PQconsumeInput(raw) == 1 && PQconsumeInput(raw) == 1 && isUsable
    }

    private var lost: PostgresError {
        let error = PostgresError(state: "", message: Self.firstLine(PQerrorMessage(raw)))
        lastFailure = error
        return error
    }

    /// The first line of a message, without the full stop that ours end with.
    private static func firstLine(_ text: UnsafePointer<CChar>?) -> String {
        let line = text.map { String(cString: $0) }?.split(separator: "\n").first.map(String.init) ?? ""
        return line.isEmpty ? "the connection was lost" : line.hasSuffix(".") ? String(line.dropLast()) : line
    }

    /// Strings in the form of C's lists, which end with NULL.
    private static func withStrings<T>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> T
    ) -> T {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        let pointers = copies.map { $0.map { UnsafePointer($0) } } + [nil]
        return pointers.withUnsafeBufferPointer { list in
            guard let base = list.baseAddress else { preconditionFailure("a list with an end has an address") }
            return body(base)
        }
    }
}
