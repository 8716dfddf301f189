import Mapping
import Platform
import Wire

/// What Gatehouse asks an endpoint in its own name, before it can decide: the names of the key attributes of DynamoDB's tables,
/// without which nobody knows what an item's leading key is, and the whole ARNs of secrets.
///
/// ``Recollections`` says what is believed, and for how long.
final class Questions: Sendable {
    /// What stands in `Via`.
    private let mark: String
    private let recollections = Recollections()

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
        let (url, now) = (route.upstream.address.url, call.environment.clock.realTime)
        if case .keys(let keys) = recollections.answer(of: arn, at: url, now: now) { return .known(keys) }
        let asked = recollections.moment
        let name = arn.split(separator: "/").last ?? ""
        switch try await ask("DescribeTable", of: "dynamodb", ["TableName": String(name)], about: arn, call, route) {
        case .success(let output):
            guard let keys = TableKeys(describing: output) else { return .unknown }
            recollections.note(.keys(keys), of: arn, at: url, asked: asked, now: now)
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
        let (url, now) = (route.upstream.address.url, call.environment.clock.realTime)
        if case .arn(let known) = recollections.answer(of: arn, at: url, now: now) { return known }
        let asked = recollections.moment
        let answer = try await ask("DescribeSecret", of: "secretsmanager", ["SecretId": name], about: arn, call, route)
        // Another secret's ARN would let its policy decide.
        guard case .success(let output) = answer, case .string(let found) = output["ARN"],
            found.hasPrefix(arn.dropLast(KeptResources.anySuffix.count)), found.utf8.count == arn.utf8.count
        else { return nil }
        recollections.note(.arn(found), of: arn, at: url, asked: asked, now: now)
        return found
    }

    /// Passes a call on that may change what is known: before it and after it, nothing is known of what it changes.
    func passing<Answer>(
        _ operation: OperationShape, _ input: Structure, _ call: Call,
        _ pass: () async throws(ServiceError) -> Answer
    ) async throws(ServiceError) -> Answer {
        let changed = Self.changed(operation, input, call)
        recollections.changeBegins(of: changed)
        defer { recollections.changeEnds(of: changed) }
        return try await pass()
    }

    /// The tables whose keys an operation changes.
    private static func changed(_ operation: OperationShape, _ input: Structure, _ call: Call) -> [String] {
        guard operation.serviceID == "DynamoDB", !DynamoDBEvents.dataOperations.contains(operation.name) else {
            return []
        }
        let place = Place(region: call.region, account: call.accountID)
        return DynamoDBRequest(operation, input, in: place)?.changedTables ?? []
    }

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
