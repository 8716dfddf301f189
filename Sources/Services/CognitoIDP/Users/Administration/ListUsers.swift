import CognitoIDPAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

extension CognitoIDP.ListUsers: ReadOperation, OnUserPool {
    /// On a page, and in how many rows it is looked for at once.
    private static let most = 60
    /// How often rows are looked through for a page, which may be short then.
    private static let mostReads = 10

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let names = try attributes(input, pool)
        let limit = input.limit.flatMap { $0 > 0 ? min($0, most) : nil } ?? most
        var search = UserSearch(
            records: records, pool: pool, filter: try filter(input), after: try input.paginationToken.map(place))
        var users: [PoolUser] = []
        for _ in 0..<mostReads {
            guard users.count <= limit, let batch = try search.next(limit + 1) else { break }
            users += batch
        }
        let page = users.prefix(limit)
        if let names, page.contains(where: { user in names.contains { user[attribute: $0] == nil } }) {
            throw .invalidParameter("One or more requested attributes do not exist.")
        }
        let next = users.count > limit ? page.last.map { search.token(after: $0) } : search.token
        return Output {
            $0.users = page.map { CognitoIDP.UserType($0, only: names) }
            $0.paginationToken = next
        }
    }

    private static func filter(_ input: Input) throws(ServiceError) -> UserFilter? {
        do throws(UserFilter.Fault) { return try UserFilter(input.filter ?? "") } catch {
            switch error {
            case .malformed: throw .invalidParameter("Error while parsing filter.")
            case .notSearchable(let name): throw .invalidParameter("Invalid search attribute: \(name)")
            }
        }
    }

    private static func attributes(_ input: Input, _ pool: PoolEntry) throws(ServiceError) -> Set<String>? {
        guard let names = input.attributesToGet, !names.isEmpty, names != ["null"] else { return nil }
        guard names.allSatisfy({ pool.schema[$0] != nil }) else {
            throw .invalidParameter("One or more requested attributes do not exist.")
        }
        return Set(names)
    }

    private static func place(of token: String) throws(ServiceError) -> UserSearch.Place {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map {
            Data(base64Encoded: String($0))
        }
        guard parts.count == 2, let value = parts[0], let key = parts[1] else {
            throw .invalidParameter("Invalid pagination token.")
        }
        return UserSearch.Place(value: RowKey(bytes: Array(value)), key: RowKey(bytes: Array(key)))
    }
}

/// A walk over the users of a pool who pass a filter, in the order of what is filtered by.
private struct UserSearch {
    struct Place {
        /// In the index; empty where rows are read by their keys.
        let value: RowKey
        let key: RowKey
    }

    let records: Records
    let pool: PoolEntry
    let filter: UserFilter?
    var after: Place?
    private var isOver = false

    init(records: Records, pool: PoolEntry, filter: UserFilter?, after: Place?) {
        (self.records, self.pool, self.filter, self.after) = (records, pool, filter, after)
    }

    /// The next users of the walk: some of `count` rows.
    /// - Returns: nil at the end.
    mutating func next(_ count: Int) throws(ServiceError) -> [PoolUser]? {
        guard !isOver else { return nil }
        let rows = try rows(count)
        isOver = rows.count < count
        after = rows.last.map(place) ?? after
        guard let filter else { return rows }
        return rows.filter { filter.accepts($0, of: pool) }
    }

    private func rows(_ count: Int) throws(ServiceError) -> [PoolUser] {
        guard let filter, filter.attribute != "username" else {
            var range = RowRange(after: after.map { .key($0.key) })
            if let filter {
                let name = pool.folded(filter.value)
                range.prefix = filter.comparison == .equals ? RowPrefix(.text(name)) : RowPrefix(beginning: name)
            }
            return try records.list(PoolUser.self, of: pool.id, range, limit: count)
        }
        return try records.list(
            PoolUser.self, by: filter.attribute, of: pool.id,
            RowIndexRange(filter.prefix, after: after.map { ($0.value, $0.key) }), limit: count)
    }

    private func place(of user: PoolUser) -> Place {
        Place(value: filter?.place(of: user) ?? RowKey(), key: user.key)
    }

    /// What the next page begins after, for the client.
    func token(after user: PoolUser) -> String { token(place(of: user)) }

    /// The same after all rows that were looked through; nil: there are no more.
    var token: String? { isOver ? nil : after.map(token) }

    private func token(_ place: Place) -> String {
        [place.value, place.key].map { Data($0.bytes).base64EncodedString() }.joined(separator: ".")
    }
}
