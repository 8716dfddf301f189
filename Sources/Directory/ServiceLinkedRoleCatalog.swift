import BundledData

/// The service-linked roles that AWS's services have in their customers' accounts, as they ship with the program.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>
public enum ServiceLinkedRoleCatalog {
    /// What a service's role is called and may do.
    public struct Template: Sendable {
        /// `ecs.amazonaws.com`
        public let service: String
        /// `AWSServiceRoleForECS`
        public let roleName: String
        /// The managed policy that the role gets:
        /// `arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy`.
        public let policyARN: String
        /// Whether there may be several, each with a suffix of its own.
        public let takesSuffix: Bool
        /// The role's description, unless the request gives another.
        public let description: String?

        /// The path of the role: `/aws-service-role/ecs.amazonaws.com/`.
        public var path: String { "\(Role.serviceLinkedPath)\(service)/" }

        /// The name of the role with a request's suffix.
        public func roleName(suffix: String?) -> String {
            suffix.map { "\(roleName)_\($0)" } ?? roleName
        }

        /// Only the service may assume its role.
        public var trustPolicy: String {
            """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow",\
            "Principal":{"Service":"\(service)"},"Action":"sts:AssumeRole"}]}
            """
        }
    }

    /// The role of a service; nil where there is none.
    public static func template(ofService service: String) -> Template? {
        templates[service]
    }

    /// All of them, in the order of their services.
    public static var all: [Template] { templates.values.sorted { $0.service < $1.service } }

    private static let templates: [String: Template] = {
        let bytes = UnsafeRawBufferPointer(
            start: gatehouse_service_linked_roles(), count: gatehouse_service_linked_roles_length())
        var templates: [String: Template] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let columns = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
            guard columns.count == 5 else { continue }
            templates[columns[0]] = Template(
                service: columns[0], roleName: columns[1],
                policyARN: "arn:aws:iam::aws:policy\(Role.serviceLinkedPath)\(columns[2])",
                takesSuffix: columns[3] == "suffix", description: columns[4].isEmpty ? nil : columns[4])
        }
        return templates
    }()
}

extension Role {
    /// The path that only service-linked roles have: `/aws-service-role/`.
    public static let serviceLinkedPath = "/aws-service-role/"

    /// Whether the role is a service's own, which its account can neither change nor limit.
    public var isServiceLinked: Bool { path.hasPrefix(Self.serviceLinkedPath) }
}
