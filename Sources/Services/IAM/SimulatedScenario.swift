import Directory
import Platform
import Wire

/// A `ResourceHandlingOption`: a way to launch EC2 instances, which needs several resources together.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html>; the scenarios of EC2-Classic
/// stand in its older editions.
struct SimulatedScenario {
    private let name: String
    /// The types of the resources that must be there, as their ARNs have them.
    private let types: [String]

    /// - Throws: InvalidInput.
    init(_ name: String) throws(ServiceError) {
        var parts = name.split(separator: "-", omittingEmptySubsequences: false)[...]
        var types = ["instance", "image", "security-group"]
        guard parts.popFirst() == "EC2", let network = parts.popFirst(), let storage = parts.popFirst(),
            network == "VPC" || network == "Classic", storage == "EBS" || storage == "InstanceStore",
            parts.isEmpty || (network == "VPC" && parts.elementsEqual(["Subnet"]))
        else { throw .invalidInput("Invalid Resource Handling Option: \(name)") }
        if network == "VPC" { types.append("network-interface") }
        if !parts.isEmpty { types.append("subnet") }
        if storage == "EBS" { types.append("volume") }
        self.name = name
        self.types = types
    }

    /// - Throws: InvalidInput where a resource that the scenario needs is not among these.
    func check(_ resources: [String]) throws(ServiceError) {
        let there = Set(resources.compactMap { Self.type(of: $0) })
        let missing = types.filter { !there.contains($0) }
        guard missing.isEmpty else {
            throw .invalidInput(
                "Resource Handling Option \(name) requires resources of these types, which ResourceArns does not have: "
                    + missing.joined(separator: ", "))
        }
    }

    private static func type(of resource: String) -> String? {
        guard let arn = ARN(parsing: resource), arn.service == "ec2", let (type, _) = arn.typeAndRest else {
            return nil
        }
        return String(type)
    }
}
