import Mapping
import Platform
import Synchronization
import Wire

/// What Gatehouse asks an endpoint in its own name, before it can decide: the names of the key attributes of DynamoDB's tables,
/// without which nobody knows what an item's leading key is, and the whole ARNs of secrets.
///
/// What is known is believed for a minute: a table can be deleted and made anew past Gatehouse.
final class Questions: Sendable {
    private struct Known: Sendable {
        let answer: Answer
        let time: Double
    }

    private enum Answer: Sendable {
        case keys(TableKeys)
        case arn(String)
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
    /// - Throws: when the endpoint can't be asked.
    func keys(ofTable arn: String, _ call: Call, _ route: Route) async throws(ServiceError) -> Finding {
        let place = Self.place(arn, route)
        if case .keys(let keys) = recall(place, call) { return .known(keys) }
        let name = arn.split(separator: "/").last ?? ""
        switch try await ask("DescribeTable", of: "dynamodb", ["TableName": String(name)], about: arn, call, route) {
        case .success(let output):
            guard let keys = TableKeys(describing: output) else { return .unknown }
            note(.keys(keys), place, call)
            return .known(keys)
        case .failure(let error): return error.code == "ResourceNotFoundException" ? .noTable : .unknown
        }
    }

    /// The whole ARN of a secret.
    /// - Parameters:
    ///   - name: its name.
    ///   - arn: as far as it is known.
    /// - Returns: nil where the endpoint has none of that name.
    /// - Throws: when the endpoint can't be asked.
    func secretARN(
        ofSecret name: String, _ arn: String, _ call: Call, _ route: Route
    ) async throws(ServiceError) -> String? {
        let place = Self.place(arn, route)
        if case .arn(let known) = recall(place, call) { return known }
        let answer = try await ask("DescribeSecret", of: "secretsmanager", ["SecretId": name], about: arn, call, route)
        // Another secret's ARN would let its policy decide.
        guard case .success(let output) = answer, case .string(let found) = output["ARN"],
            found.hasPrefix(arn.dropLast(KeptResources.anySuffix.count)), found.utf8.count == arn.utf8.count
        else { return nil }
        note(.arn(found), place, call)
        return found
    }

    private func recall(_ place: String, _ call: Call) -> Answer? {
        guard let known = known.withLock({ $0[place] }), known.time > call.environment.clock.realTime - Self.longest
        else {
            return nil
        }
        return known.answer
    }

    /// Forgets the keys of tables that an operation has changed.
    func forget(_ operation: OperationShape, _ input: Structure, _ call: Call) {
        guard operation.serviceID == "DynamoDB" else { return }
        let place = Place(region: call.region, account: call.accountID)
        guard let tables = DynamoDBRequest(operation, input, in: place)?.changedTables, !tables.isEmpty else { return }
        known.withLock { known in
            for place in known.keys where tables.contains(where: { place.hasSuffix(" \($0)") }) { known[place] = nil }
        }
    }

    private func note(_ answer: Answer, _ place: String, _ call: Call) {
        let known = Known(answer: answer, time: call.environment.clock.realTime)
        self.known.withLock { all in
            if all.count >= Self.mostKnown { all.removeAll() }
            all[place] = known
        }
    }

    private static func place(_ arn: String, _ route: Route) -> String { route.url + " " + arn }

    /// Asks the endpoint, in Gatehouse's own name.
    /// - Parameters:
    ///   - members: of the request.
    ///   - arn: what it is about.
    private func ask(
        _ name: String, of service: String, _ members: [String: String], about arn: String, _ call: Call, _ route: Route
    ) async throws(ServiceError) -> Result<Structure, ServiceError> {
        guard let model = ServiceModels.aws.service(service), let operation = model.operation(named: name),
            let target = ServiceModels.aws.entry(service)?.targetPrefix
        else { return .failure(.internalFailure) }
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in members { writer.member(name, value) }
        writer.endObject()
        let request = WireRequest(
            headers: (call.source.request?.headers.filter { $0.name.lowercased() == "via" } ?? []) + [
                (name: "Host", value: call.source.host ?? route.upstream.address.authority),
                (name: "X-Amz-Target", value: "\(target).\(name)"),
            ], body: writer.bytes)
        let passage = Passage(
            request, operation, of: model, by: route, mark: mark, call, account: arn.account ?? call.accountID)
        return try await passage.read(passage.send(), keeping: true).result
    }
}

extension String {
    /// The account in an ARN.
    fileprivate var account: String? {
        let parts = split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? String(parts[4]) : nil
    }
}
