import Crypto
import FoundationEssentials
import Inspector2API
import Ledger
import Packages
import Platform
import Wire

/// Something to be scanned for vulnerable packages.
struct ScanTarget: Sendable {
    /// Where its packages are.
    enum Place: Sendable, Equatable {
        case root(String)
        case image(path: String, digest: String)
        /// A zip archive or a folder.
        case code(String)
        /// There is nothing that could be read.
        case nowhere
    }

    /// `AWS_EC2_INSTANCE`
    let type: String
    /// An instance's id, an image's or a function's ARN.
    let resource: String
    let place: Place
    /// By what it is seen that it has changed.
    let fingerprint: String
    /// Why it isn't scanned; nil: it is.
    var obstacle: String?
    /// A `ResourceScanMetadata`.
    let metadata: Inspector2.ResourceScanMetadata
    /// A `Resource` of findings.
    var details: Inspector2.Resource
    /// When it came; in seconds since 1970.
    var since: Double?

    /// Reads what is installed; slow.
    func inventory() throws(InventoryError) -> Inventory {
        switch place {
        case .root(let path): return try Inventory.reading(root: path)
        case .image(let path, let digest): return try Inventory.reading(image: path, reference: digest)
        case .code(let path):
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            let isFolder = attributes?[.type] as? FileAttributeType == .typeDirectory
            return isFolder ? try Inventory.reading(root: path) : try Inventory.reading(archive: path)
        case .nowhere: return Inventory()
        }
    }
}

/// An image of a registry, by its ARN: `arn:aws:ecr:us-east-1:111122223333:repository/web/sha256:…`.
enum RegistryImage {
    static func arn(_ repository: String, _ digest: String, _ scope: Scope) -> String {
        "arn:aws:ecr:\(scope.region):\(scope.account):repository/\(repository)/\(digest)"
    }

    static func repositoryARN(_ repository: String, _ scope: Scope) -> String {
        "arn:aws:ecr:\(scope.region):\(scope.account):repository/\(repository)"
    }

    static func repository(ofARN arn: String) -> String? {
        let parts = arn.split(separator: "/")
        guard parts.count > 2, parts[0].hasSuffix(":repository"), parts[parts.count - 1].hasPrefix("sha256:") else {
            return nil
        }
        return parts[1..<(parts.count - 1)].joined(separator: "/")
    }
}

extension Environment {
    /// Everything that is scanned for packages in an account and Region; slow.
    func scanTargets(_ settings: InspectorSettings, at time: Double) -> [ScanTarget] {
        let scope = Scope(account: settings.accountID, region: settings.region)
        let file = inspectedPlaces.file()
        func isHere(_ account: String?, _ region: String?) -> Bool {
            (account ?? directory.firstAccount?.id) == scope.account && (region ?? self.region) == scope.region
        }
        var targets: [ScanTarget] = []
        if settings.enabled[.ec2] != nil {
            for instance in file?.instances ?? [] where isHere(instance.account, instance.region) {
                targets.append(.named(instance, scope))
            }
            targets += instanceTargets(scope)
        }
        if settings.enabled[.ecr] != nil {
            for image in file?.images ?? [] where isHere(image.account, image.region) {
                targets += ScanTarget.images(image, scope, settings, inspectedPlaces, at: time)
            }
        }
        if settings.enabled[.lambda] != nil {
            for function in file?.functions ?? [] where isHere(function.account, function.region) {
                targets.append(.function(function, scope, inspectedPlaces))
            }
        }
        // The first of those that are named twice counts.
        var seen: Set<String> = []
        return targets.filter { seen.insert("\($0.type) \($0.resource)").inserted }
    }
}

/// The hash of a function's archive, as Lambda tells it; nil for a folder, which has none.
private func codeHash(_ path: String) -> String? {
    // Read whole and not mapped: a file that is cut off meanwhile must not end the process.
    guard let content = try? Data(contentsOf: URL(filePath: path)) else { return nil }
    return Data(SHA256.hash(data: content)).base64EncodedString()
}

private func modified(_ path: String) -> Double? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970
}

extension ScanTarget {
    fileprivate static func named(_ instance: InspectedFile.Instance, _ scope: Scope) -> ScanTarget {
        ScanTarget(
            type: "AWS_EC2_INSTANCE", resource: instance.id, place: .root(instance.folder),
            fingerprint: Fingerprint.of(root: instance.folder),
            metadata: Inspector2.ResourceScanMetadata {
                $0.ec2 = Inspector2.Ec2Metadata {
                    $0.tags = instance.tags
                    $0.platform = "LINUX"
                }
            },
            details: Inspector2.Resource {
                $0.type = "AWS_EC2_INSTANCE"
                $0.id = instance.id
                $0.partition = "aws"
                $0.region = scope.region
                $0.tags = instance.tags
                $0.details = Inspector2.ResourceDetails { $0.awsEc2Instance = Inspector2.AwsEc2InstanceDetails() }
            })
    }

    /// All images that an archive or a layout has.
    fileprivate static func images(
        _ image: InspectedFile.Image, _ scope: Scope, _ settings: InspectorSettings, _ places: InspectedPlaces,
        at time: Double
    ) -> [ScanTarget] {
        let since = modified(image.path)
        let facts = places.facts(of: image.path) { fingerprint in
            InspectedPlaces.Facts(
                fingerprint: fingerprint, images: (try? Inventory.images(in: image.path)) ?? [])
        }
        return facts.images.map { name in
            let arn = RegistryImage.arn(image.repository, name.digest, scope)
            let tags = name.tags.map { $0.split(separator: ":").last.map(String.init) ?? $0 }
            let expires = settings.rescanSeconds.map { max(since ?? time, settings.enabled[.ecr] ?? time) + $0 }
            return ScanTarget(
                type: "AWS_ECR_CONTAINER_IMAGE", resource: arn, place: .image(path: image.path, digest: name.digest),
                fingerprint: "\(facts.fingerprint) \(name.digest)",
                obstacle: expires.map { $0 < time } == true ? "SCAN_ELIGIBILITY_EXPIRED" : nil,
                metadata: Inspector2.ResourceScanMetadata {
                    $0.ecrImage = Inspector2.EcrContainerImageMetadata { $0.tags = tags }
                    $0.ecrRepository = Inspector2.EcrRepositoryMetadata {
                        $0.name = image.repository
                        $0.scanFrequency = "CONTINUOUS_SCAN"
                    }
                },
                details: Inspector2.Resource {
                    $0.type = "AWS_ECR_CONTAINER_IMAGE"
                    $0.id = arn
                    $0.partition = "aws"
                    $0.region = scope.region
                    $0.details = Inspector2.ResourceDetails {
                        $0.awsEcrContainerImage = Inspector2.AwsEcrContainerImageDetails {
                            $0.repositoryName = image.repository
                            $0.imageTags = tags
                            $0.pushedAt = since.map { Timestamp(secondsSinceEpoch: $0) }
                            $0.architecture = name.platform?.split(separator: "/").dropFirst().first.map(String.init)
                            $0.imageHash = name.digest
                            $0.registry = scope.account
                        }
                    }
                }, since: since)
        }
    }

    fileprivate static func function(
        _ function: InspectedFile.Function, _ scope: Scope, _ places: InspectedPlaces
    ) -> ScanTarget {
        let arn = "arn:aws:lambda:\(scope.region):\(scope.account):function:\(function.name):$LATEST"
        let runtime = function.runtime ?? "UNSUPPORTED"
        let facts = places.facts(of: function.path) { fingerprint in
            InspectedPlaces.Facts(fingerprint: fingerprint, codeHash: codeHash(function.path))
        }
        let since = modified(function.path)
        return ScanTarget(
            type: "AWS_LAMBDA_FUNCTION", resource: arn, place: .code(function.path), fingerprint: facts.fingerprint,
            metadata: Inspector2.ResourceScanMetadata {
                $0.lambdaFunction = Inspector2.LambdaFunctionMetadata {
                    $0.functionName = function.name
                    $0.functionTags = function.tags ?? [:]
                    $0.layers = []
                    $0.runtime = runtime
                }
            },
            details: Inspector2.Resource {
                $0.type = "AWS_LAMBDA_FUNCTION"
                $0.id = arn
                $0.partition = "aws"
                $0.region = scope.region
                $0.tags = function.tags
                $0.details = Inspector2.ResourceDetails {
                    $0.awsLambdaFunction = Inspector2.AwsLambdaFunctionDetails {
                        $0.functionName = function.name
                        $0.runtime = runtime
                        $0.codeSha256 = facts.codeHash ?? facts.fingerprint
                        $0.version = "$LATEST"
                        $0.executionRoleArn = function.role ?? "arn:aws:iam::\(scope.account):role/\(function.name)"
                        $0.packageType = "ZIP"
                        $0.lastModifiedAt = since.map { Timestamp(secondsSinceEpoch: $0) }
                    }
                }
            }, since: since)
    }
}
