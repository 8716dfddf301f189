import Inspector2API
import Wire

// Active findings by what has them.

extension FindingGrouping {
    static func byImageID(_ request: Inspector2.AmiAggregation?) -> FindingGrouping {
        FindingGrouping(sortBy: request?.sortBy, sortOrder: request?.sortOrder) { finding in
            let account = finding.awsAccountId
            let images = Set(finding.resources.compactMap { $0.details?.awsEc2Instance?.imageId })
            return images.filter { StringMatch.matches(request?.amis, $0) }.map { image in
                FindingGroup([account, image], \.amiAggregation) { tally in
                    Inspector2.AmiAggregationResponse {
                        $0.ami = image
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                        $0.affectedInstances = tally.resources.count
                    }
                }
            }
        }
    }

    static func byInstance(_ request: Inspector2.Ec2InstanceAggregation?) -> FindingGrouping {
        ofResources(request?.sortBy, request?.sortOrder) { finding, resource in
            let account = finding.awsAccountId
            guard resource.type == "AWS_EC2_INSTANCE" else { return [] }
            let details = resource.details?.awsEc2Instance
            guard StringMatch.matches(request?.instanceIds, resource.id),
                StringMatch.matches(request?.amis, details?.imageId),
                StringMatch.matches(request?.operatingSystems, details?.platform),
                StringMatch.matches(request?.instanceTags, [resource.tags ?? [:]])
            else { return [] }
            return [
                FindingGroup([account, resource.id], \.ec2InstanceAggregation) { tally in
                    Inspector2.Ec2InstanceAggregationResponse {
                        $0.instanceId = resource.id
                        $0.ami = details?.imageId
                        $0.operatingSystem = details?.platform
                        $0.instanceTags = resource.tags
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                        $0.networkFindings = tally.network
                    }
                }
            ]
        }
    }

    static func byContainer(_ request: Inspector2.AwsEcrContainerAggregation?) -> FindingGrouping {
        ofResources(request?.sortBy, request?.sortOrder) { finding, resource in
            let account = finding.awsAccountId
            guard let image = resource.details?.awsEcrContainerImage,
                StringMatch.matches(request?.resourceIds, resource.id),
                StringMatch.matches(request?.imageShas, image.imageHash),
                StringMatch.matches(request?.repositories, image.repositoryName),
                StringMatch.matches(request?.architectures, image.architecture),
                StringMatch.matches(request?.imageTags, image.imageTags ?? []),
                StringMatch.matches(request?.lastInUseAt, [image.lastInUseAt].compactMap { $0 }),
                StringMatch.matches(request?.inUseCount, [image.inUseCount].compactMap { $0.map { Double($0) } })
            else { return [] }
            return [
                FindingGroup([account, resource.id], \.awsEcrContainerAggregation) { tally in
                    Inspector2.AwsEcrContainerAggregationResponse {
                        $0.resourceId = resource.id
                        $0.imageSha = image.imageHash
                        $0.repository = image.repositoryName
                        $0.architecture = image.architecture
                        $0.imageTags = image.imageTags
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                    }
                }
            ]
        }
    }

    static func byLayer(_ request: Inspector2.ImageLayerAggregation?) -> FindingGrouping {
        ofResources(request?.sortBy, request?.sortOrder) { finding, resource in
            let account = finding.awsAccountId
            let packages = finding.packageVulnerabilityDetails?.vulnerablePackages ?? []
            let layers = Set(packages.compactMap(\.sourceLayerHash)).sorted()
            guard let image = resource.details?.awsEcrContainerImage,
                StringMatch.matches(request?.resourceIds, resource.id),
                StringMatch.matches(request?.repositories, image.repositoryName)
            else { return [] }
            let repository = image.repositoryName
            return layers.filter { StringMatch.matches(request?.layerHashes, $0) }.map { layer in
                FindingGroup([account, resource.id, layer], \.imageLayerAggregation) { tally in
                    Inspector2.ImageLayerAggregationResponse {
                        $0.repository = repository
                        $0.resourceId = resource.id
                        $0.layerHash = layer
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                    }
                }
            }
        }
    }

    static func byRepository(_ request: Inspector2.RepositoryAggregation?) -> FindingGrouping {
        FindingGrouping(sortBy: request?.sortBy, sortOrder: request?.sortOrder) { finding in
            let account = finding.awsAccountId
            let names = Set(finding.resources.compactMap { $0.details?.awsEcrContainerImage?.repositoryName })
            return names.filter { StringMatch.matches(request?.repositories, $0) }.map { name in
                FindingGroup([account, name], \.repositoryAggregation) { tally in
                    Inspector2.RepositoryAggregationResponse {
                        $0.repository = name
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                        $0.affectedImages = tally.resources.count
                    }
                }
            }
        }
    }

    static func byFunction(_ request: Inspector2.LambdaFunctionAggregation?) -> FindingGrouping {
        ofResources(request?.sortBy, request?.sortOrder) { finding, resource in
            let account = finding.awsAccountId
            guard let function = resource.details?.awsLambdaFunction,
                StringMatch.matches(request?.resourceIds, resource.id),
                StringMatch.matches(request?.functionNames, function.functionName),
                StringMatch.matches(request?.runtimes, function.runtime),
                StringMatch.matches(request?.functionTags, [resource.tags ?? [:]])
            else { return [] }
            return [
                FindingGroup([account, resource.id], \.lambdaFunctionAggregation) { tally in
                    Inspector2.LambdaFunctionAggregationResponse {
                        $0.resourceId = resource.id
                        $0.functionName = function.functionName
                        $0.runtime = function.runtime
                        $0.lambdaTags = resource.tags
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                        $0.lastModifiedAt = function.lastModifiedAt
                    }
                }
            ]
        }
    }

    static func byFunctionLayer(_ request: Inspector2.LambdaLayerAggregation?) -> FindingGrouping {
        ofResources(request?.sortBy, request?.sortOrder) { finding, resource in
            let account = finding.awsAccountId
            let packages = finding.packageVulnerabilityDetails?.vulnerablePackages ?? []
            let layers = Set(packages.compactMap(\.sourceLambdaLayerArn)).sorted()
            guard let function = resource.details?.awsLambdaFunction,
                StringMatch.matches(request?.resourceIds, resource.id),
                StringMatch.matches(request?.functionNames, function.functionName)
            else { return [] }
            let name = function.functionName
            return layers.filter { StringMatch.matches(request?.layerArns, $0) }.map { layer in
                FindingGroup([account, resource.id, layer], \.lambdaLayerAggregation) { tally in
                    Inspector2.LambdaLayerAggregationResponse {
                        $0.functionName = name
                        $0.resourceId = resource.id
                        $0.layerArn = layer
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                    }
                }
            }
        }
    }
}
