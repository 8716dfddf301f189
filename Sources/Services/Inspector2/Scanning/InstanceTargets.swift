import FoundationEssentials
import Inspector2API
import Ledger
import Packages
import Platform
import VPC
import Wire

// EC2's instances, as Amazon Inspector looks at them.
// <https://docs.aws.amazon.com/inspector/latest/user/scanning-ec2.html>

extension Environment {
    /// The instances of an account and Region that are scanned for packages; slow.
    func instanceTargets(_ scope: Scope) -> [ScanTarget] {
        let estate = projection(EC2Index.self).estate(scope)
        let sources = Dictionary(instances.sources.map { ($0.name, $0) }) { first, _ in first }
        return estate.all(StoredInstance.self).filter { !$0.state.isEnding }.map { instance in
            ScanTarget(instance, folder: instance.source.flatMap { sources[$0]?.folder }, estate)
        }
    }

    /// What the internet reaches of the instances of an account and Region, by their ids: nothing of those that are not there.
    func exposures(_ scope: Scope) -> [String: [ExposedPorts]] {
        let settings = inspectorSettings(scope.account, scope.region)
        guard settings.enabled[.ec2] != nil else { return [:] }
        let estate = projection(EC2Index.self).estate(scope)
        var exposures: [String: [ExposedPorts]] = [:]
        for instance in estate.all(StoredInstance.self) where !instance.state.isEnding {
            exposures[instance.id] = []
        }
        let network = estate.network
        for (id, interface) in network.interfaces.sorted(by: { $0.key < $1.key }) {
            guard let instance = interface.instanceID, exposures[instance] != nil else { continue }
            exposures[instance, default: []] += network.exposedPorts(of: id, network.internetReach(of: id))
        }
        return exposures
    }
}

extension ScanTarget {
    fileprivate init(_ instance: StoredInstance, folder: String?, _ estate: EC2Estate) {
        let tags = Dictionary(instance.head.tags.map { ($0.key, $0.value) }) { $1 }
        let isExcluded = instance.head.tags.contains { $0.key == "InspectorEc2Exclusion" }
        type = "AWS_EC2_INSTANCE"
        resource = instance.id
        place = folder.map { .root($0) } ?? .nowhere
        fingerprint = folder.map { Fingerprint.of(root: $0) } ?? ""
        // Without a folder there is nothing that could be read: AWS says so of instances that no agent runs in.
        obstacle = isExcluded ? "EXCLUDED_BY_TAG" : folder == nil ? "NO_INVENTORY" : nil
        metadata = Inspector2.ResourceScanMetadata {
            $0.ec2 = Inspector2.Ec2Metadata {
                $0.tags = tags
                $0.amiId = instance.imageID
                $0.platform = "LINUX"
            }
        }
        let interfaces = estate.network.interfaces.values.filter { $0.instanceID == instance.id }
        let addresses = interfaces.flatMap { $0.addresses + Array($0.publicAddresses.values) }.sorted()
        details = Inspector2.Resource {
            $0.type = "AWS_EC2_INSTANCE"
            $0.id = instance.id
            $0.partition = "aws"
            $0.region = instance.head.region
            $0.tags = tags
            $0.details = Inspector2.ResourceDetails {
                $0.awsEc2Instance = Inspector2.AwsEc2InstanceDetails {
                    $0.type = instance.instanceType
                    $0.imageId = instance.imageID
                    $0.ipV4Addresses = addresses.filter { !$0.isVersion6 }.map(\.description)
                    $0.ipV6Addresses = addresses.filter(\.isVersion6).map(\.description)
                    $0.keyName = instance.keyName
                    $0.iamInstanceProfileArn = instance.instanceProfile?.arn
                    $0.vpcId = instance.vpcID
                    $0.subnetId = instance.subnetID
                    $0.launchedAt = Timestamp(secondsSinceEpoch: instance.launchTime)
                }
            }
        }
        since = instance.launchTime
    }
}
