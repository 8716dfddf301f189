import Mapping
import Platform
import Synchronization
import Wire

/// The names of the key attributes of DynamoDB's tables, without which nobody knows what an item's leading key is.
///
/// They are learnt from answers that pass, and else asked for. What is known is believed for a minute: a table can be deleted
/// and made anew past Gatehouse.
final class TableKeysCache: Sendable {
    private struct Known: Sendable {
        let keys: TableKeys
        let time: Double
    }

    private static let longest = 60.0
    private static let mostKnown = 10_000

    /// What stands in `Via`.
    private let mark: String
    private let known = Mutex<[String: Known]>([:])

    /// - Parameter mark: what stands in `Via`.
    init(mark: String) {
        self.mark = mark
    }

    /// What is known of a table.
    enum Finding: Sendable {
        case known(TableKeys)
        /// The endpoint says that there is none.
        case noTable
        /// The endpoint does not tell.
        case unknown
    }

    /// The keys of a table.
    /// - Parameter arn: of the table.
    func keys(ofTable arn: String, _ call: Call, _ route: Route) async throws(ServiceError) -> Finding {
        let now = call.environment.clock.realTime
        let place = Self.place(arn, route)
        if let known = known.withLock({ $0[place] }), known.time > now - Self.longest { return .known(known.keys) }
        let found = try await describe(arn, call, route)
        if case .known(let keys) = found { note(keys, place, now) }
        return found
    }

    /// Forgets the keys of tables that an operation has changed.
    func forget(_ operation: OperationShape, _ input: Structure, _ call: Call) {
        let place = Place(region: call.region, account: call.accountID)
        guard let tables = DynamoDBRequest(operation, input, in: place)?.changedTables, !tables.isEmpty else { return }
        known.withLock { known in
            for place in known.keys where tables.contains(where: { place.hasSuffix(" \($0)") }) { known[place] = nil }
        }
    }

    private func note(_ keys: TableKeys, _ place: String, _ now: Double) {
        known.withLock { known in
            if known.count >= Self.mostKnown { known.removeAll() }
            known[place] = Known(keys: keys, time: now)
        }
    }

    private static func place(_ arn: String, _ route: Route) -> String { "\(route.upstream.address.url) \(arn)" }

    /// Asks the endpoint, in Gatehouse's own name.
    /// - Throws: when it can't be asked.
    private func describe(_ arn: String, _ call: Call, _ route: Route) async throws(ServiceError) -> Finding {
        guard let model = ServiceModels.aws.service("dynamodb"), let operation = model.operation(named: "DescribeTable"),
            let table = arn.split(separator: "/").last
        else { return .unknown }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("TableName", String(table))
        writer.endObject()
        let request = WireRequest(
            headers: (call.source.request?.headers.filter { $0.name.lowercased() == "via" } ?? []) + [
                (name: "Host", value: call.source.host ?? route.upstream.address.authority),
                (name: "Content-Type", value: "application/x-amz-json-1.0"),
                (name: "X-Amz-Target", value: "DynamoDB_20120810.DescribeTable"),
            ], body: writer.bytes)
        let passage = Passage(
            request, operation, of: model, by: route, mark: mark, call, account: arn.account ?? call.accountID)
        switch try await passage.read(passage.send(), keeping: true).result {
        case .success(let output): return TableKeys(describing: output).map(Finding.known) ?? .unknown
        case .failure(let error): return error.code == "ResourceNotFoundException" ? .noTable : .unknown
        }
    }
}

extension String {
    /// The account in an ARN.
    fileprivate var account: String? {
        let parts = split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? String(parts[4]) : nil
    }
}
