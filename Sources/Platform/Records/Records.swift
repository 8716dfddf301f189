public import Directory
public import Ledger
public import Wire

/// Reading the records of one account (and region), as one state of the ledger: what ``Records`` and ``MutableRecords``
/// have in common.
///
/// It is the ledger's `Reader` as services see it: the scope is given once, and the ledger's errors have become
/// internal failures, whose cause goes into the log.
public protocol RecordReading {
    /// The state of the ledger that is read.
    var reader: Reader { get }
    /// Whose records these are.
    var scope: Scope { get }
    /// The records of another scope, in the same state of the ledger.
    func of(_ scope: Scope) -> Self
}

extension RecordReading {
    /// The record of an id; nil where there is none.
    /// - Throws: InternalFailure for a record that can't be read. It is never taken for one that does not exist.
    public func get<R: Record>(_ type: R.Type, _ id: String) throws(ServiceError) -> R? {
        do { return try reader.get(type, id, in: scope) } catch { throw ServiceError(error) }
    }

    /// How many records of a type there are, for quotas.
    /// - Complexity: O(log *n*): the ledger keeps count.
    public func count<R: Record>(_ type: R.Type) throws(ServiceError) -> Int {
        do { return try reader.count(type, in: scope) } catch { throw ServiceError(error) }
    }

    /// Up to `limit` records after an id, in the order of their ids.
    public func list<R: Record>(
        _ type: R.Type, after id: String? = nil, limit: Int = .max
    ) throws(ServiceError) -> [R] {
        do { return try reader.list(type, in: scope, after: id, limit: limit) } catch { throw ServiceError(error) }
    }

    /// The ids of up to `limit` records after an id, in their order.
    public func listIDs<R: Record>(
        _ type: R.Type, after id: String? = nil, limit: Int = .max
    ) throws(ServiceError) -> [String] {
        do { return try reader.listIDs(type, in: scope, after: id, limit: limit) } catch { throw ServiceError(error) }
    }

    /// Up to `limit` records of a type that refer to a target, in the order of their ids.
    public func referrers<R: Record>(
        _ type: R.Type, _ relation: String, to target: String, after id: String? = nil, limit: Int = .max
    ) throws(ServiceError) -> [R] {
        do {
            return try reader.referrers(type, relation: relation, to: target, in: scope, after: id, limit: limit)
        } catch {
            throw ServiceError(error)
        }
    }

    /// The number of the journal's last entry in this state of the ledger.
    public func lastSequence() throws(ServiceError) -> Int64 {
        do { return try reader.lastSequence() } catch { throw ServiceError(error) }
    }

    /// How many records, of whatever type, refer to a target.
    public func referrerCount(_ relation: String, to target: String) throws(ServiceError) -> Int {
        do { return try reader.referrerCount(relation: relation, to: target, in: scope) } catch {
            throw ServiceError(error)
        }
    }
}

/// Records to read: what a ``ReadOperation`` gets.
///
/// ```swift
/// guard try records.get(Group.self, Group.id(ofName: name)) == nil else {
///     throw .entityAlreadyExists("Group with name \(name) already exists.")
/// }
/// let quota = call.quotas[.groups]
/// guard try records.count(Group.self) < quota else { throw .quotaExceeded("GroupsPerAccount", quota) }
/// ```
///
/// They are valid only within the closure or handler that they were passed to.
public struct Records: RecordReading {
    /// The state of the ledger that they are read from, for reading that this type has no function for.
    public let reader: Reader
    /// The account and region that they are in.
    public let scope: Scope

    /// Makes the records of a scope from the ledger's reader.
    public init(_ reader: Reader, scope: Scope) {
        self.reader = reader
        self.scope = scope
    }

    /// The records of another account or region, in the same state of the ledger.
    public func of(_ scope: Scope) -> Records { Records(reader, scope: scope) }
}

/// Records to read and to change, within one transaction: what a ``WriteOperation`` gets.
///
/// It sees its own changes. If the handler throws, none of them happens.
///
/// ```swift
/// guard try records.get(Group.self, Group.id(ofName: name)) == nil else {
///     throw .entityAlreadyExists("Group with name \(name) already exists.")
/// }
/// …
/// let group = Group(
///     accountID: call.accountID, name: name, path: input.path ?? "/", uniqueID: Identifiers.unique(.group),
///     createDate: call.time)
/// try records.put(group)
/// ```
public struct MutableRecords: RecordReading {
    let transaction: Transaction
    /// The account and region that they are in.
    public let scope: Scope
    /// The transaction, for reading that this type has no function for.
    public var reader: Reader { transaction }

    /// Makes the records of a scope from the ledger's transaction.
    public init(_ transaction: Transaction, scope: Scope) {
        self.transaction = transaction
        self.scope = scope
    }

    /// The records of another account or region, in the same transaction.
    public func of(_ scope: Scope) -> MutableRecords { MutableRecords(transaction, scope: scope) }

    /// The same records, to be read only: for code that both kinds of operations use.
    public var readOnly: Records { Records(transaction, scope: scope) }

    /// Stores a new record, or replaces the one with its id.
    /// - Throws: InternalFailure for an id that can't be stored.
    public func put<R: Record>(_ record: R) throws(ServiceError) {
        do { try transaction.put(record, in: scope) } catch { throw ServiceError(error) }
    }

    /// Records an event together with the changes. The gate does that for the call itself; this is for a
    /// ``ServiceEvent``.
    /// - Throws: InternalFailure for an event that can't be stored.
    public func record(_ event: Event) throws(ServiceError) {
        do { try transaction.record(event) } catch { throw ServiceError(error) }
    }

    /// Does something once, when it is known what has become of the transaction. A handler may be run again when the
    /// database is lost, so what it does besides changing records belongs here.
    public func afterwards(_ body: @escaping @Sendable () -> Void) { transaction.afterwards(body) }

    /// Deletes a record. Records that refer to it stay as they are, so check first whether there are any.
    /// - Throws: InternalFailure when the ledger can't delete it. A record that doesn't exist is no error.
    public func delete<R: Record>(_ record: R) throws(ServiceError) {
        do { try transaction.delete(R.self, record.id, in: scope) } catch { throw ServiceError(error) }
    }
}

extension Environment {
    /// Reads records of a scope, as one state of the ledger, outside a request's own transaction. The body must neither
    /// block nor take long.
    /// - Throws: what the body throws; InternalFailure when the ledger can't answer.
    public func read<T: Sendable>(
        _ scope: Scope, _ body: @escaping @Sendable (Records) throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        let result: Result<T, ServiceError>
        do throws(LedgerError) {
            result = try await ledger.read { (reader) throws(LedgerError) in
                let records = Records(reader, scope: scope)
                return Result { () throws(ServiceError) in try body(records) }
            }
        } catch {
            throw ServiceError(error)
        }
        return try result.get()
    }

    /// All records of a type in an account, a few hundred at a time so that nobody waits long. Each part is a state of
    /// its own, so a record may be missing that was there throughout only if its id changed, which it can't.
    public func all<R: Record>(_ type: R.Type, in scope: Scope) async throws(ServiceError) -> [R] {
        var all: [R] = []
        while true {
            let last = all.last?.id
            let part = try await read(scope) { (records) throws(ServiceError) in
                try records.list(type, after: last, limit: 256)
            }
            all += part
            guard part.count == 256 else { return all }
            await Task.yield()
        }
    }

    /// Changes records of a scope outside a request's own transaction: for work that goes on after the request is
    /// answered, such as a report. If the body throws, nothing is changed.
    ///
    /// `requestID` is the id of the request that the journal names as the cause, or empty if there is none.
    ///
    /// - Throws: what the body throws; InternalFailure when the ledger can't be written.
    public func write<T: Sendable>(
        _ scope: Scope, requestID: String, _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        let result: Result<T, ServiceError>
        do throws(LedgerError) {
            result = try await ledger.write(requestID: requestID) { (transaction) throws(LedgerError) in
                let records = MutableRecords(transaction, scope: scope)
                do throws(ServiceError) {
                    return .commit(.success(try body(records)))
                } catch {
                    return .rollback(.failure(error))
                }
            }
        } catch {
            throw ServiceError(error)
        }
        return try result.get()
    }
}

extension RecordReading {
    /// The records of another account, in the same region.
    public func of(account: String) -> Self { of(Scope(account: account, region: scope.region)) }

    /// The records of the same account in another region.
    public func of(region: String) -> Self { of(Scope(account: scope.account, region: region)) }

    /// The records of the same account that are of global services (IAM, Organizations), and so of no region.
    public var global: Self { of(region: "") }

    /// The records that belong to no account: what is between two, or unique among all.
    public var shared: Self { of(Scope(account: "")) }
}

extension MutableRecords {
    /// Claims a name for an account; after that no other account of this Gatehouse can have it.
    /// - Returns: false when another account has it.
    /// - Throws: InternalFailure when the ledger can't answer.
    public func claim(
        _ kind: ClaimedName.Kind, _ name: String, for accountID: String, _ directory: IdentityDirectory
    ) throws(ServiceError) -> Bool {
        if let claim = try shared.get(ClaimedName.self, ClaimedName.id(kind, name)) {
            return claim.accountID == accountID
        }
        // The names of the first account, and those of data directories of the first version, were never claimed.
        let holder =
            switch kind {
            case .email: directory.account(email: name)
            case .alias: directory.account(alias: name)
            }
        guard holder == nil || holder?.id == accountID else { return false }
        try shared.put(ClaimedName(kind, name, accountID: accountID))
        return true
    }

    /// Gives a name back. Does nothing if the account doesn't have it.
    /// - Throws: InternalFailure when the ledger can't answer.
    public func release(_ kind: ClaimedName.Kind, _ name: String, of accountID: String) throws(ServiceError) {
        guard let claim = try shared.get(ClaimedName.self, ClaimedName.id(kind, name)), claim.accountID == accountID
        else { return }
        try shared.delete(claim)
    }
}
