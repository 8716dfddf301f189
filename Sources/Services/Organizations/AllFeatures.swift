import Directory
import OrganizationsAPI
import Platform
import Wire

// From consolidated billing to all features: every account that was invited must approve, then the management account
// completes it. <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_support-all-features.html>

extension Organizations.EnableAllFeatures: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    private static let days = 90.0

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        guard own.organization.featureSet != .all else {
            throw .handshakeConstraintViolation(
                "ORGANIZATION_ALREADY_HAS_ALL_FEATURES", "The organization has already enabled all features.")
        }
        guard try own.pendingFeatureHandshake() == nil else {
            throw .handshakeConstraintViolation(
                "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
                "The organization has already started the process to enable all features.")
        }
        var handshake = OrganizationsService.Handshake(
            id: OrganizationIDs.handshake(), action: .enableAllFeatures, of: own.organization,
            to: .organization(own.id), at: call.time, days: days)
        try own.cancelHandshakes { $0.action == .invite }
        let asked = try own.records.list(OrganizationAccount.self).filter {
            $0.joinedMethod == .invited && $0.id != own.managementAccountID
        }
        for place in asked {
            var request = OrganizationsService.Handshake(
                id: OrganizationIDs.handshake(), action: .approveAllFeatures, of: own.organization,
                to: .account(place.id), at: call.time, days: days)
            request.parentID = handshake.id
            try records.shared.put(request)
        }
        if asked.isEmpty { handshake.set(.open, at: call.time) }
        try records.shared.put(handshake)
        return Output(handshake: try records.view(handshake, call))
    }
}

extension OwnOrganization {
    /// The handshake of the organization with itself, while it is on the way to all features.
    fileprivate func pendingFeatureHandshake() throws(ServiceError) -> OrganizationsService.Handshake? {
        try handshakes().first {
            let state = $0.state(at: call.time)
            return $0.action == .enableAllFeatures && (state == .requested || state == .open)
        }
    }
}

extension OwnOrganization<MutableRecords> {
    /// Lets the management account complete it once all approvals are there.
    func memberHasApproved(_ accountID: String) throws(ServiceError) {
        try records.of(account: accountID).ensureServiceLinkedRole(of: OrganizationsRole.service, at: call.time)
        try openIfAllHaveApproved()
    }

    /// An account that is no member has nothing to approve.
    func memberHasLeft(_ accountID: String) throws(ServiceError) {
        try cancelHandshakes { $0.action == .approveAllFeatures && $0.recipient == .account(accountID) }
        try openIfAllHaveApproved()
    }

    private func openIfAllHaveApproved() throws(ServiceError) {
        guard var pending = try pendingFeatureHandshake(), pending.state(at: call.time) == .requested else { return }
        let missing = try records.shared.referrers(
            OrganizationsService.Handshake.self, Relation.parent, to: pending.id
        ).contains { [.requested, .declined, .expired].contains($0.state(at: call.time)) }
        guard !missing else { return }
        pending.set(.open, at: call.time)
        try records.shared.put(pending)
    }

    /// The last step, by the management account.
    func finishEnablingAllFeatures(_ handshake: OrganizationsService.Handshake) throws(ServiceError) {
        switch handshake.state(at: call.time) {
        case .requested:
            throw .organizations(
                .invalidHandshakeTransitionException,
                "You can't accept the handshake before all invited accounts have approved.")
        case .open:
            var organization = organization
            organization.featureSet = .all
            try records.put(organization)
            for place in try records.list(OrganizationAccount.self) {
                try records.of(account: place.id).ensureServiceLinkedRole(of: OrganizationsRole.service, at: call.time)
            }
        case .accepted, .canceled, .declined, .expired: break
        }
    }
}
