public import Ledger
public import Wire

/// The records from which configuration items are made: as they are, or as they were when the journal had come to some entry.
///
/// One function makes both the item of now and that of any moment of the past: it sees no difference.
public struct RecordedState {
    /// What all operations share, for what is no record: AWS's managed policies, who exists.
    public let environment: Environment
    private let reader: Reader
    private let sequence: Int64?

    /// The records as they are, in one state of the ledger.
    public init(_ records: some RecordReading, _ environment: Environment) {
        reader = records.reader
        sequence = nil
        self.environment = environment
    }

    /// The records as they were.
    /// - Parameter sequence: the number of the journal's last entry that counts.
    public init(_ records: some RecordReading, through sequence: Int64, _ environment: Environment) {
        reader = records.reader
        self.sequence = sequence
        self.environment = environment
    }

    /// A record; nil: there is, or was, none of the id.
    ///
    /// What the journal's retention has taken is filled in with the record's earliest state that is known.
    /// - Complexity: O(log *n*).
    /// - Throws: InternalFailure for a record that can't be read.
    public func get<R: Record>(_ type: R.Type, _ id: String, in scope: Scope) throws(ServiceError) -> R? {
        do throws(LedgerError) {
            guard let sequence else { return try reader.get(type, id, in: scope) }
            let before = sequence == .max ? nil : sequence + 1
            if let entry = try reader.history(of: type, id, in: scope, before: before, limit: 1).first {
                return try entry.change.decodeAfter(type)
            }
            // Nothing is known from before: the first change since tells what it changed.
            guard let first = try reader.history(of: type, id, in: scope, limit: Self.most).last else {
                return try reader.get(type, id, in: scope)
            }
            return try first.change.decodeBefore(type)
        } catch {
            throw ServiceError(error)
        }
    }

    /// So many entries are looked through for one that tells of a time of which nothing is known.
    private static let most = 256

    /// Records that refer to a target, as far as they do so **now**: the journal has no index of what referred to what.
    /// - Parameter limit: how many at most.
    /// - Complexity: O(log *n* + *limit*).
    public func referrers<R: Record>(
        _ type: R.Type, _ relation: String, to target: String, in scope: Scope, limit: Int = 1000
    ) throws(ServiceError) -> [R] {
        do { return try reader.referrers(type, relation: relation, to: target, in: scope, limit: limit) } catch {
            throw ServiceError(error)
        }
    }

    /// How many records refer to a target **now**.
    public func referrerCount(_ relation: String, to target: String, in scope: Scope) throws(ServiceError) -> Int {
        do { return try reader.referrerCount(relation: relation, to: target, in: scope) } catch {
            throw ServiceError(error)
        }
    }

    /// How many records of a kind there are **now**.
    /// - Complexity: O(log *n*): the ledger keeps count.
    public func count<R: Record>(_ type: R.Type, in scope: Scope) throws(ServiceError) -> Int {
        do { return try reader.count(type, in: scope) } catch { throw ServiceError(error) }
    }

    /// The records of a kind **now**, of which there are few.
    public func all<R: Record>(_ type: R.Type, in scope: Scope) throws(ServiceError) -> [R] {
        do { return try reader.list(type, in: scope, after: nil, limit: .max) } catch { throw ServiceError(error) }
    }
}
