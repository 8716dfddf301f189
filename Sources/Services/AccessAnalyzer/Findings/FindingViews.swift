import AccessAnalyzerAPI
import Platform
import Wire

// Findings as answers show them.

extension AccessAnalyzer.FindingSource {
    init(_ source: AccessSource) {
        self.init()
        type = source.kind.rawValue
        guard source.accessPointARN != nil || source.accessPointAccount != nil else { return }
        detail = AccessAnalyzer.FindingSourceDetail {
            $0.accessPointArn = source.accessPointARN
            $0.accessPointAccount = source.accessPointAccount
        }
    }
}

extension ExternalAccess {
    /// nil: of a finding that says that the analysis failed.
    var principalMap: [String: String]? { principalType.isEmpty ? nil : [principalType: principal] }

    fileprivate var sourceViews: [AccessAnalyzer.FindingSource]? {
        sources.isEmpty ? nil : sources.map { AccessAnalyzer.FindingSource($0) }
    }
}

extension Structure {
    /// What answers say of a finding, whichever operation asks: as many members as its answer has.
    fileprivate mutating func show(_ finding: AnalyzedFinding) {
        self["id"] = .string(finding.id)
        self["resource"] = .string(finding.resource)
        self["resourceType"] = .string(finding.resourceType)
        self["resourceOwnerAccount"] = .string(finding.owner)
        self["createdAt"] = .timestamp(Timestamp(secondsSinceEpoch: finding.created))
        self["analyzedAt"] = .timestamp(Timestamp(secondsSinceEpoch: finding.analyzed))
        self["updatedAt"] = .timestamp(Timestamp(secondsSinceEpoch: finding.updated))
        self["status"] = .string(finding.status.rawValue)
        self["error"] = finding.error.map { .string($0) }
        self["findingType"] = .string(finding.details.kind.rawValue)
    }

    /// The same with what was found, in the answers of the first version.
    fileprivate mutating func show(_ finding: AnalyzedFinding, _ access: ExternalAccess) {
        show(finding)
        self["condition"] = access.conditions.wireValue
        guard finding.error == nil else { return }
        self["principal"] = access.principalMap?.wireValue
        self["action"] = access.actions.wireValue
        self["isPublic"] = .boolean(access.isPublic)
        self["sources"] = access.sourceViews?.wireValue
        self["resourceControlPolicyRestriction"] = .string(access.resourceControl.rawValue)
    }
}

extension AccessAnalyzer.Finding {
    /// - Parameter access: what the finding says.
    init(_ finding: AnalyzedFinding, _ access: ExternalAccess) {
        self.init()
        structure.show(finding, access)
    }
}

extension AccessAnalyzer.FindingSummary {
    /// - Parameter access: what the finding says.
    init(_ finding: AnalyzedFinding, _ access: ExternalAccess) {
        self.init()
        structure.show(finding, access)
    }
}

extension AccessAnalyzer.FindingSummaryV2 {
    init(_ finding: AnalyzedFinding) {
        self.init()
        structure.show(finding)
    }
}

extension AccessAnalyzer.FindingDetails {
    /// - Parameter owner: the account of the resource.
    init(_ details: FindingDetails, owner: String) {
        self.init()
        func timestamp(_ time: Double?) -> Timestamp? { time.map { Timestamp(secondsSinceEpoch: $0) } }
        switch details {
        case .external(let access):
            externalAccessDetails = AccessAnalyzer.ExternalAccessDetails {
                $0.action = access.actions
                $0.condition = access.conditions
                $0.isPublic = access.isPublic
                $0.principal = access.principalMap
                $0.sources = access.sourceViews
                $0.resourceControlPolicyRestriction = access.resourceControl.rawValue
            }
        case .internal(let access):
            internalAccessDetails = AccessAnalyzer.InternalAccessDetails {
                $0.action = access.actions
                $0.condition = access.conditions
                $0.principal = ["AWS": access.principal]
                $0.principalOwnerAccount = access.principalAccount
                $0.accessType = access.principalAccount == owner ? "INTRA_ACCOUNT" : "INTRA_ORG"
                $0.principalType = access.isRole ? "IAM_ROLE" : "IAM_USER"
                $0.sources = access.sources.isEmpty ? nil : access.sources.map { AccessAnalyzer.FindingSource($0) }
                $0.resourceControlPolicyRestriction = access.resourceControl.rawValue
                $0.serviceControlPolicyRestriction = access.serviceControl.rawValue
            }
        case .unusedRole(let last):
            unusedIamRoleDetails = AccessAnalyzer.UnusedIamRoleDetails { $0.lastAccessed = timestamp(last) }
        case .unusedAccessKey(let id, let last):
            unusedIamUserAccessKeyDetails = AccessAnalyzer.UnusedIamUserAccessKeyDetails {
                $0.accessKeyId = id
                $0.lastAccessed = timestamp(last)
            }
        case .unusedPassword(let last):
            unusedIamUserPasswordDetails = AccessAnalyzer.UnusedIamUserPasswordDetails {
                $0.lastAccessed = timestamp(last)
            }
        case .unusedPermission: break
        }
    }

    /// All that a finding says: of unused permissions service by service.
    static func all(of details: FindingDetails, owner: String) -> [AccessAnalyzer.FindingDetails] {
        guard case .unusedPermission(let permissions) = details else { return [Self(details, owner: owner)] }
        return permissions.map(Self.init)
    }

    private init(_ permission: UnusedPermission) {
        self.init()
        unusedPermissionDetails = AccessAnalyzer.UnusedPermissionDetails {
            $0.serviceNamespace = permission.service
            $0.lastAccessed = permission.lastAccessed.map { Timestamp(secondsSinceEpoch: $0) }
            // Of a service that was not used at all there is no more to say.
            guard !permission.actions.isEmpty else { return }
            $0.actions = permission.actions.map { action in
                AccessAnalyzer.UnusedAction {
                    $0.action = "\(permission.service):\(action.name)"
                    $0.lastAccessed = action.lastAccessed.map { Timestamp(secondsSinceEpoch: $0) }
                }
            }
        }
    }
}
