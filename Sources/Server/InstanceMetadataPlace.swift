import Edge
import MetadataService
import Platform
import Wire

/// How programs that run outside of an instance get its metadata and credentials: the variables of their environment.
public struct InstanceVariables: Sendable, Equatable {
    /// Their values by their names.
    public let all: [String: String]

    private init(all: [String: String]) { self.all = all }

    /// Reads what a server has answered; nil for anything else.
    public init?(json: [UInt8]) {
        guard case .object(let members)? = try? JSONValue(parsing: json) else { return nil }
        var all: [String: String] = [:]
        for member in members {
            guard case .string(let text) = member.value else { return nil }
            all[member.key] = text
        }
        self.all = all
    }

    /// The token of the form for containers, and the variables with the name of a file in its stead; nil: there is none.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
    public func keepingToken(in path: String) -> (token: String, variables: InstanceVariables)? {
        var all = all
        guard let token = all.removeValue(forKey: "AWS_CONTAINER_AUTHORIZATION_TOKEN") else { return nil }
        all["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = path
        return (token, InstanceVariables(all: all))
    }

    /// The line for a shell that sets them, in the order of their names.
    public var exportLines: [String] {
        all.sorted { $0.key < $1.key }.map { "export \($0.key)=\(Endpoint.quoted($0.value))" }
    }
}

extension Gatehouse {
    /// For `gatehouse instance metadata`: whoever has the answer can act as the instance, so it is the operator's to give away.
    static func instanceMetadata(_ environment: Environment, _ doors: MetadataDoors) -> OwnPath {
        OwnPath("POST", "/_gatehouse/instance-metadata", for: .operator) { (request) throws(ServiceError) in
            let query = fields(request.query)
            let name = try instance(query["instance"] ?? "", environment)
            let variables: [(name: String, value: String)]
            if query["form"] == "container" {
                variables = try doors.containerVariables(of: name)
            } else if let text = query["port"] {
                guard let port = Int(text), (0...65_535).contains(port) else {
                    throw .validation("A port is a number from 0 to 65535, not '\(text)'.")
                }
                do throws(ListenError) {
                    let opened = try await doors.listen(for: name, port: port)
                    variables = doors.variables(of: name, port: opened)
                } catch {
                    throw ServiceError("PortUnavailable", "Port \(port) can't be listened on: \(error)", status: 409)
                }
            } else {
                variables = try doors.variables(of: name)
            }
            var writer = JSONWriter()
            writer.beginObject()
            for (name, value) in variables { writer.member(name, value) }
            writer.endObject()
            return .json(200, writer.bytes)
        }
    }

    /// An instance of any account, by its id.
    private static func instance(_ id: String, _ environment: Environment) throws(ServiceError) -> InstanceName {
        guard let instance = environment.projection(EC2Index.self).find(StoredInstance.self, id) else {
            throw ServiceError("InvalidInstanceID.NotFound", "The instance ID '\(id)' does not exist", status: 404)
        }
        return InstanceName(account: instance.head.accountID, region: instance.head.region, id: id)
    }

    private static func fields(_ query: String) -> [String: String] {
        var fields: [String: String] = [:]
        for field in query.split(separator: "&") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        return fields
    }
}
