import AWSConfigAPI
import FoundationEssentials
import Ledger
import Platform
import Posture
import Wire

/// Walks the current items of a type through several places, a page at a time.
struct ItemWalk: Sendable {
    let environment: Environment
    /// In this order.
    let places: [Scope]
    let type: String
    let includes: @Sendable (StoredItem) -> Bool

    private static let atOnce = 256

    /// Behind which item a page begins.
    private struct Token: Codable {
        let account: String
        let region: String
        let id: String
    }

    /// - Throws: InvalidNextTokenException.
    func page(
        _ limit: Int, _ token: String?
    ) async throws(ServiceError) -> (items: [(scope: Scope, item: StoredItem)], next: String?) {
        var rest = places[...]
        var after: RowKey?
        if let token {
            guard let data = Data(base64Encoded: token), let place = try? JSONDecoder().decode(Token.self, from: data)
            else { throw AWSConfig.Failure.invalidNextTokenException("The specified next token is not valid.") }
            rest = rest.drop { $0 != Scope(account: place.account, region: place.region) }
            after = CurrentItem.key(type, place.id)
        }
        var items: [(scope: Scope, item: StoredItem)] = []
        for scope in rest {
            var range = RowRange(RowPrefix(.text(type)), after: after.map { .key($0) })
            after = nil
            while true {
                let wanted = range
                let rows = try await environment.read(scope) { (records) throws(ServiceError) in
                    try records.list(CurrentItem.self, wanted, limit: Self.atOnce)
                }
                for row in rows where includes(row.item) {
                    guard items.count < limit else {
                        guard let (scope, last) = items.last else { return ([], nil) }
                        let token = Token(account: scope.account, region: scope.region, id: last.id)
                        return (items, (try? JSONEncoder().encode(token))?.base64EncodedString())
                    }
                    items.append((scope, row.item))
                }
                guard rows.count == Self.atOnce, let last = rows.last else { break }
                range.after = .key(last.key)
                await Task.yield()
            }
        }
        return (items, nil)
    }
}
