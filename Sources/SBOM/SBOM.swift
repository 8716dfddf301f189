import Packages

/// What a bill of materials is about, and who makes it.
public struct SBOMSubject: Sendable, Equatable {
    /// The resource: an instance's id, an image's name, a function's ARN.
    public var name: String
    /// `AWS_EC2_INSTANCE`, `AWS_ECR_CONTAINER_IMAGE`, `AWS_LAMBDA_FUNCTION`, `CODE_REPOSITORY`
    public var resourceType: String
    /// An image's digest and other facts, as properties `amazon:inspector:sbom_collector:…`.
    public var properties: [(name: String, value: String)]
    /// When it was made, in seconds since 1970.
    public var time: Double
    /// A UUID in lower case, without which neither form is whole.
    public var serial: String

    /// Makes a subject.
    public init(
        name: String, resourceType: String, properties: [(name: String, value: String)] = [], time: Double,
        serial: String
    ) {
        self.name = name
        self.resourceType = resourceType
        self.properties = properties
        self.time = time
        self.serial = serial
    }

    public static func == (left: SBOMSubject, right: SBOMSubject) -> Bool {
        left.name == right.name && left.resourceType == right.resourceType && left.time == right.time
            && left.serial == right.serial && left.properties.elementsEqual(right.properties, by: ==)
    }
}

/// The forms of bills of materials that Inspector exports.
public enum SBOMFormat: String, Sendable, CaseIterable {
    /// CycloneDX 1.4, in JSON.
    case cycloneDX = "CYCLONEDX_1_4"
    /// SPDX 2.3, in JSON.
    case spdx = "SPDX_2_3"

    /// An inventory's bill of materials in JSON.
    public func document(of inventory: Inventory, _ subject: SBOMSubject) -> [UInt8] {
        switch self {
        case .cycloneDX: cycloneDX(of: inventory, subject)
        case .spdx: spdx(of: inventory, subject)
        }
    }
}
