import Catalogue
import Testing
import Wire

@testable import Mapping

/// Whether every operation of the services that are mapped exactly is.
struct ExactCoverageTests {
    static let services = ShippedMappings.exact.serviceIDs

    @Test("The tables that ship can be read")
    func readable() throws {
        _ = try DeclaredMappings(parsing: ShippedMappings.exact.text)
        #expect(
            Self.services == [
                "cloudformation", "ec2", "ecr", "events", "kinesis", "lambda", "rds", "secretsmanager", "sns", "sqs",
                "ssm",
                "stepfunctions",
            ])
    }

    @Test("What a table speaks of is there: operations, members, types and actions", arguments: services)
    func names(service id: String) throws {
        let mappings = try #require(ShippedMappings.exact.service(id))
        let service = try #require(ServiceModels.aws.service(id))
        let entry = try #require(ServiceModels.aws.entry(id))
        let known = OperationPlan.prefixes(of: entry).lazy.compactMap { ServiceCatalogue.aws.service($0) }.first
        let types = Set(try #require(known).resourceTypes.map(\.name.replacingBlanks))
        for name in mappings.namings.keys { #expect(types.contains(name), "there is no type \(name)") }
        for (name, rules) in mappings.operations {
            guard let operation = service.operation(named: name) else {
                Issue.record("there is no operation \(name)")
                continue
            }
            for rule in rules {
                if let elements = rule.elements { check(elements, operation, name, inside: nil) }
                for condition in rule.conditions { check(condition.path, operation, name, inside: rule.elements) }
                for resource in rule.resources {
                    if case .type(_, let arguments) = resource {
                        for case .member(let path, _) in arguments {
                            check(path, operation, name, inside: rule.elements)
                        }
                    }
                }
                for key in rule.keys {
                    #expect(ServiceCatalogue.aws.conditionKey(key.key) != nil, "\(name): there is no key \(key.key)")
                    if case .argument(.member(let path, _)) = key.value {
                        check(path, operation, name, inside: rule.elements)
                    }
                }
                guard let action = rule.action, let colon = action.firstIndex(of: ":") else { continue }
                #expect(
                    ServiceCatalogue.aws.service(action[..<colon])?.action(action[action.index(after: colon)...]) != nil
                        || Self.newer.contains(action), "\(name): there is no action \(action)")
            }
        }
        // Every member that names a type is one of some operation.
        let members = Set(
            service.operationNames.flatMap { service.operation(named: $0)?.input?.members.map(\.name) ?? [] })
        for naming in mappings.types.values.flatMap(\.namings) + mappings.namings.values.flatMap(\.namings) {
            for case .member(let path, _) in naming.arguments {
                if !members.contains(path.names[0]) { Issue.record("no operation has a member \(path.description)") }
            }
        }
    }

    /// Actions that are newer than the edition of the reference that ships.
    static let newer: Set<String> = ["ecr:ListImageReferrers", "rds:DescribeServerlessV2PlatformVersions"]

    private func check(_ path: MemberPath, _ operation: OperationShape, _ name: String, inside elements: MemberPath?) {
        var shape: Shape? = operation.input.map { .structure($0) }
        for part in (path.isRelative ? elements?.names ?? [] : []) + path.names {
            while case .list(let list) = shape { shape = list.element }
            switch shape {
            case .structure(let structure): shape = structure.members.first { $0.name == part }?.shape
            case .map(let map): shape = map.value
            // JSON within a text.
            case .string where path.names.first == "EventPattern": return
            default: shape = nil
            }
        }
        #expect(shape != nil, "\(name) has no member \(path.description)")
    }

    /// Types that an action needs, as the reference says, and that no member of the operation's input names: what a
    /// request makes has no ID yet, and lists are of all.
    static let made: [String: Set<String>] = [
        "cloudformation": ["ListStackRefactors: stack"],
        "ssm": ["GetDefaultPatchBaseline: patchbaseline"],
        "ec2": [
            "AcceptAddressTransfer: elastic-ip", "AllocateAddress: elastic-ip", "AllocateHosts: dedicated-host",
            "AssociateIpamResourceDiscovery: ipam-resource-discovery-association",
            "CreateDelegateMacVolumeOwnershipTask: mac-modification-task", "CreateFleet: instance",
            "CreateInstanceExportTask: export-instance-task",
            "CreateMacSystemIntegrityProtectionModificationTask: mac-modification-task",
            "CreatePublicIpv4Pool: ipv4pool-ec2",
            "CreateReplaceRootVolumeTask: volume", "CreateTransitGatewayVpcAttachment: transit-gateway-attachment",
            "ExportImage: export-image-task", "ImportImage: import-image-task", "ImportInstance: volume",
            "ImportSnapshot: import-snapshot-task", "RequestSpotFleet: spot-fleet-request",
            "RequestSpotInstances: spot-instances-request",
            "StartNetworkInsightsAccessScopeAnalysis: network-insights-access-scope-analysis",
            "StartNetworkInsightsAnalysis: network-insights-analysis",
        ],
    ]

    /// What is refused: the request has an ID of which EC2 alone knows what it is of, or the reference that ships has no
    /// such action yet.
    static let refused: [String: Set<String>] = [
        "ec2": [
            "AcceptTransitGatewayClientVpnAttachment: no action", "DeleteTransitGatewayClientVpnAttachment: no action",
            "DescribeIpamPoolAllocations: no action", "DetachNetworkInterface: instance",
            "DetachNetworkInterface: network-interface", "DisassociateIamInstanceProfile: instance",
            "DisassociateNatGatewayAddress: elastic-ip", "DisassociateSubnetCidrBlock: subnet",
            "GetCapacityManagerMonitoredTagKeys: no action", "GetManagedResourceVisibility: no action",
            "ModifyIpamPoolAllocation: no action", "ModifyManagedResourceVisibility: no action",
            "RejectTransitGatewayClientVpnAttachment: no action", "ReplaceIamInstanceProfileAssociation: instance",
            "ReplaceNetworkAclAssociation: subnet", "UpdateCapacityManagerMonitoredTagKeys: no action",
        ]
    ]

    @Test(
        "Members name each type of resources that an operation's action needs",
        arguments: services + ["docdb", "neptune"])
    func types(service id: String) throws {
        let service = try #require(ServiceModels.aws.service(id))
        let entry = try #require(ServiceModels.aws.entry(id))
        let mapper = RequestMapper()
        var missing: [String] = []
        for name in service.operationNames {
            let operation = try #require(service.operation(named: name))
            let plan = mapper.plan(operation, of: entry)
            if plan.action == nil && plan.rule.contains(where: { $0.action == nil && $0.refusal == nil }) {
                missing.append("\(name): no action")
                continue
            }
            for rule in plan.rule {
                guard rule.resources.contains(where: { if case .named = $0 { true } else { false } }) else { continue }
                for type in plan.types(of: rule.action ?? plan.action ?? "") ?? [] where type.isRequired {
                    guard !type.rule.arn.variables.isEmpty, type.rule.namings.isEmpty, !type.isCreated else { continue }
                    // The default one is asked for where none is named.
                    if case .text = type.rule.absent { continue }
                    var named = Set<String>()
                    for case .named(let types) in rule.resources { named.formUnion(types.map(\.type)) }
                    if !named.contains(type.rule.name) { missing.append("\(name): \(type.rule.name)") }
                }
            }
        }
        #expect(Set(missing) == (Self.made[id] ?? []).union(Self.refused[id] ?? []), "\(id)")
    }
}
