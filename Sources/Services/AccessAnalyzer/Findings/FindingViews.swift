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

extension AccessAnalyzer.Finding {
    /// - Parameter access: what the finding says.
    init(_ finding: AnalyzedFinding, _ access: ExternalAccess) {
        self.init()
        id = finding.id
        resource = finding.resource
        resourceType = finding.resourceType
        resourceOwnerAccount = finding.owner
        createdAt = Timestamp(secondsSinceEpoch: finding.created)
        analyzedAt = Timestamp(secondsSinceEpoch: finding.analyzed)
        updatedAt = Timestamp(secondsSinceEpoch: finding.updated)
        status = finding.status.rawValue
        condition = access.conditions
        error = finding.error
        guard finding.error == nil else { return }
        principal = access.principalMap
        action = access.actions
        isPublic = access.isPublic
        sources = access.sourceViews
        resourceControlPolicyRestriction = access.resourceControl.rawValue
    }
}

extension AccessAnalyzer.FindingSummary {
    /// - Parameter access: what the finding says.
    init(_ finding: AnalyzedFinding, _ access: ExternalAccess) {
        self.init()
        id = finding.id
        resource = finding.resource
        resourceType = finding.resourceType
        resourceOwnerAccount = finding.owner
        createdAt = Timestamp(secondsSinceEpoch: finding.created)
        analyzedAt = Timestamp(secondsSinceEpoch: finding.analyzed)
        updatedAt = Timestamp(secondsSinceEpoch: finding.updated)
        status = finding.status.rawValue
        condition = access.conditions
        error = finding.error
        guard finding.error == nil else { return }
        principal = access.principalMap
        action = access.actions
        isPublic = access.isPublic
        sources = access.sourceViews
        resourceControlPolicyRestriction = access.resourceControl.rawValue
    }
}

extension AccessAnalyzer.FindingSummaryV2 {
    init(_ finding: AnalyzedFinding) {
        self.init()
        id = finding.id
        resource = finding.resource
        resourceType = finding.resourceType
        resourceOwnerAccount = finding.owner
        createdAt = Timestamp(secondsSinceEpoch: finding.created)
        analyzedAt = Timestamp(secondsSinceEpoch: finding.analyzed)
        updatedAt = Timestamp(secondsSinceEpoch: finding.updated)
        status = finding.status.rawValue
        error = finding.error
        findingType = finding.details.kind.rawValue
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
