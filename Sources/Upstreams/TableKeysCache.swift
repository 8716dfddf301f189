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

    private let known = Mutex<[String: Known]>([:])

    /// The keys of a table.
    /// - Parameter arn: of the table.
    /// - Returns: nil where the endpoint does not tell.
    func keys(ofTable arn: String, _ call: Call, _ route: Route) async throws(ServiceError) -> TableKeys? {
        let now = call.environment.clock.realTime
        let place = Self.place(arn, route)
        if let known = known.withLock({ $0[place] }), known.time > now - Self.longest { return known.keys }
        guard let found = await describe(arn, call, route) else { return nil }
        note(found, place, now)
        return found
    }

    /// Takes the keys from an answer that passes, and forgets those of a table that changes.
    func learn(_ operation: OperationShape, _ input: Structure, _ output: Structure, _ call: Call) {
        guard operation.serviceID == "DynamoDB" else { return }
        switch operation.name {
        case "DeleteTable", "CreateTable", "UpdateTable", "RestoreTableFromBackup", "RestoreTableToPointInTime", "ImportTable":
            // Another table of the name may have other keys.
            known.withLock { $0.removeAll() }
        default: break
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
    private func describe(_ arn: String, _ call: Call, _ route: Route) async -> TableKeys? {
        guard let model = ServiceModels.aws.service("dynamodb"),
            let operation = model.operation(named: "DescribeTable"), let table = arn.split(separator: "/").last
        else { return nil }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("TableName", String(table))
        writer.endObject()
        let request = WireRequest(
            method: "POST", path: "/", query: "",
            headers: [
                (name: "Host", value: call.source.host ?? route.upstream.address.authority),
                (name: "Content-Type", value: "application/x-amz-json-1.0"),
                (name: "X-Amz-Target", value: "DynamoDB_20120810.DescribeTable"),
            ], body: writer.bytes)
        let passage = Passage(
            request, operation, of: model, by: route, mark: "gatehouse", call, account: arn.account ?? call.accountID)
        guard let answer = try? await passage.send(),
            let read = try? await passage.read(answer, keeping: true), case .success(let output) = read.result
        else { return nil }
        return TableKeys(describing: output)
    }
}

extension String {
    /// The account in an ARN.
    fileprivate var account: String? {
        let parts = split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? String(parts[4]) : nil
    }
}
