import Mapping
import Platform
import Wire

/// What Gatehouse asks an endpoint in its own name, before it can decide: the names of the key attributes of DynamoDB's tables,
/// without which nobody knows what an item's leading key is, the whole ARNs of secrets, and what EC2's launch templates say.
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

    // MARK: EC2

    /// What a launch template says: the output of DescribeLaunchTemplateVersions, or the error. Nothing of it is kept, for
    /// `$Latest` and `$Default` can be another version soon.
    func version(
        of template: EC2Launch.Template, _ call: Call, _ route: Route
    ) async throws(ServiceError) -> Result<Structure, ServiceError> {
        var fields = [
            (name: "LaunchTemplateVersion.1", value: template.version), (name: "ResolveAlias", value: "true"),
        ]
        if let id = template.id { fields.append((name: "LaunchTemplateId", value: id)) }
        if let name = template.name { fields.append((name: "LaunchTemplateName", value: name)) }
        return try await askForm("DescribeLaunchTemplateVersions", of: "ec2", fields, call, route)
    }

    /// The security groups of some names: the output of DescribeSecurityGroups, or the error.
    func securityGroups(
        named names: [String], _ call: Call, _ route: Route
    ) async throws(ServiceError) -> Result<Structure, ServiceError> {
        let fields = names.enumerated().map { (name: "GroupName.\($0.offset + 1)", value: $0.element) }
        return try await askForm("DescribeSecurityGroups", of: "ec2", fields, call, route)
    }

    // MARK: S3

    /// The tags of the object that a copy reads; none where there is no such object, or the endpoint has no tags.
    func tags(
        ofSourceOf copy: S3Copy, _ call: Call, _ route: Route
    ) async throws(ServiceError) -> Result<[(key: String, value: String)], ServiceError> {
        let path =
            "/\(copy.bucket)/"
            + copy.key.split(separator: "/", omittingEmptySubsequences: false)
            .map { String($0).formEncoded }.joined(separator: "/")
        let request = WireRequest(
            method: "GET", path: path, query: "tagging=" + (copy.versionID.map { "&versionId=\($0)" } ?? ""))
        let owner = call.environment.projection(KeptResources.self).ownerOfBucket("arn:aws:s3:::\(copy.bucket)")
        switch try await ask("GetObjectTagging", of: "s3", request, account: owner, call, route) {
        case .success(let output):
            guard case .list(let tags)? = output["TagSet"] else { return .success([]) }
            return .success(
                tags.compactMap { tag in
                    guard case .structure(let tag) = tag, let key = tag.text("Key") else { return nil }
                    return (key: key, value: tag.text("Value") ?? "")
                })
        case .failure(let error):
            return [404, 405, 501].contains(error.status) ? .success([]) : .failure(error)
        }
    }

    // MARK: Asking

    /// Asks the endpoint, in Gatehouse's own name.
    /// - Parameters:
    ///   - members: of the request.
    ///   - arn: what it is about.
    private func ask(
        _ name: String, of service: String, _ members: [String: String], about arn: String, _ call: Call, _ route: Route
    ) async throws(ServiceError) -> Result<Structure, ServiceError> {
        guard let prefix = ServiceModels.aws.entry(service)?.targetPrefix else { return .failure(.internalFailure) }
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in members { writer.member(name, value) }
        writer.endObject()
        let target = (name: "X-Amz-Target", value: "\(prefix).\(name)")
        let request = WireRequest(headers: [target], body: writer.bytes)
        return try await ask(name, of: service, request, account: arn.account, call, route)
    }

    /// As the other, of a service whose requests are forms; about what is in the caller's account.
    private func askForm(
        _ name: String, of service: String, _ fields: [(name: String, value: String)], _ call: Call, _ route: Route
    ) async throws(ServiceError) -> Result<Structure, ServiceError> {
        guard let entry = ServiceModels.aws.entry(service) else { return .failure(.internalFailure) }
        let all = [(name: "Action", value: name), (name: "Version", value: entry.apiVersion)] + fields
        let body = all.map { "\($0.name)=\($0.value.formEncoded)" }.joined(separator: "&")
        return try await ask(name, of: service, WireRequest(body: Array(body.utf8)), account: nil, call, route)
    }

    private func ask(
        _ name: String, of service: String, _ request: WireRequest, account: String?, _ call: Call, _ route: Route
    ) async throws(ServiceError) -> Result<Structure, ServiceError> {
        guard let model = ServiceModels.aws.service(service), let operation = model.operation(named: name) else {
            return .failure(.internalFailure)
        }
        var request = request
        request.headers += call.source.request?.headers.filter { $0.name.lowercased() == "via" } ?? []
        request.headers.append((name: "Host", value: call.source.host ?? route.upstream.address.authority))
        let passage = Passage(
            request, operation, of: model, by: route, mark: mark, call, account: account ?? call.accountID)
        let read = try await passage.read(passage.send(), keeping: true)
        if case .success = read.result, !read.isWhole {
            return .failure(ServiceError("Unreadable", "the answer can't be read"))
        }
        return read.result
    }
}

extension String {
    /// The account in an ARN.
    fileprivate var account: String? {
        let parts = split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? String(parts[4]) : nil
    }

    /// As a value in a form.
    fileprivate var formEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
