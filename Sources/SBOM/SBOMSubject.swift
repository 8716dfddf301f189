import Packages
import Wire

/// What a bill of materials is about.
public struct SBOMSubject: Sendable, Equatable {
    /// A fact about the resource.
    public struct Property: Sendable, Equatable {
        /// `imageId`, `architecture`, `accountId`, `resourceType`
        public var name: String
        /// What it is.
        public var value: String

        /// Makes a property.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The account of the resource.
    public var accountID: String
    /// SPDX's name of the document: `111122223333/EC2/i-022fba820db137c64/ami-074ea14c08effb2d8`.
    public var name: String
    /// SPDX's namespace: `EC2://i-022fba820db137c64/AMAZON_LINUX_2/null/x86_64`.
    public var namespace: String
    /// What CycloneDX's metadata say of the resource, in this order.
    public var properties: [Property]
    /// When the bill is made: `2026-11-30T12:00:00Z`.
    public var time: String

    /// Makes a subject.
    ///
    /// - Parameters:
    ///   - resource: an instance's id, a repository's name, a function's name.
    ///   - type: `AWS_EC2_INSTANCE`, `AWS_ECR_CONTAINER_IMAGE`, `AWS_LAMBDA_FUNCTION`, `CODE_REPOSITORY`
    ///   - image: an instance's image (`ami-…`), a container image's digest (`sha256:…`); nil for all else.
    ///   - architecture: `x86_64`, `arm64`
    ///   - time: in seconds since 1970.
    public init(
        accountID: String, resource: String, type: String, image: String? = nil, system: OperatingSystem? = nil,
        architecture: String? = nil, time: Double
    ) {
        let service =
            switch type {
            case "AWS_EC2_INSTANCE": "EC2"
            case "AWS_ECR_CONTAINER_IMAGE", "AWS_ECR_REPOSITORY": "ECR"
            case "AWS_LAMBDA_FUNCTION": "LAMBDA"
            default: "CODE"
            }
        self.accountID = accountID
        name = [accountID, service, resource, image].compactMap { $0 }.joined(separator: "/")
        let platform = system?.platform ?? "null"
        namespace = "\(service)://\(resource)/\(platform)/null/\(architecture ?? "null")"
        properties = []
        if let image { properties.append(Property(name: "imageId", value: image)) }
        if service != "ECR" || image == nil { properties.append(Property(name: "resourceId", value: resource)) }
        if let architecture { properties.append(Property(name: "architecture", value: architecture)) }
        properties.append(Property(name: "accountId", value: accountID))
        properties.append(Property(name: "resourceType", value: type))
        self.time = Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601
    }
}
