import Directory
import GuardDutyAPI
import Ledger
import Platform
import Wire

// Invitations, as those see them who are invited. Some operations are there under two names, the older of which says master.
// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_invitations.html>

extension GuardDuty.ListInvitations: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(StoredInvitation.self, try Paging(guardDuty: input))
        return Output {
            $0.invitations = page.items.map { invitation in
                GuardDuty.Invitation {
                    $0.accountId = invitation.id
                    $0.invitationId = invitation.invitation
                    $0.relationshipStatus = invitation.status.rawValue
                    $0.invitedAt = guardDutyTime(invitation.time)
                }
            }
            $0.nextToken = page.marker
        }
    }
}

extension GuardDuty.GetInvitationsCount: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let count = try records.list(StoredInvitation.self).filter { $0.status == .invited }.count
        return Output { $0.invitationsCount = count }
    }
}

extension MutableRecords {
    fileprivate func end(
        _ accounts: [String], _ call: Call, _ body: (StoredInvitation) throws(ServiceError) -> Void
    ) throws(ServiceError) -> [GuardDuty.UnprocessedAccount] {
        var unprocessed: [GuardDuty.UnprocessedAccount] = []
        for account in accounts {
            if let invitation = try get(StoredInvitation.self, account) {
                try body(invitation)
                continue
            }
            unprocessed.append(
                GuardDuty.UnprocessedAccount {
                    $0.accountId = account
                    $0.result = "The request is rejected because there is no invitation from the given account."
                })
        }
        return unprocessed
    }
}

extension GuardDuty.DeclineInvitations: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let unprocessed = try records.end(input.accountIds, call) { (invitation) throws(ServiceError) in
            var declined = invitation
            declined.status = .resigned
            try records.put(declined)
            let administrator = records.of(account: invitation.id)
            if var member = try administrator.get(StoredMember.self, call.accountID), member.status == .invited {
                member.status = .resigned
                member.updated = call.time
                try administrator.put(member)
            }
        }
        return Output { $0.unprocessedAccounts = unprocessed }
    }
}

extension GuardDuty.DeleteInvitations: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let unprocessed = try records.end(input.accountIds, call) { (invitation) throws(ServiceError) in
            try records.delete(invitation)
        }
        return Output { $0.unprocessedAccounts = unprocessed }
    }
}

extension MutableRecords {
    fileprivate func accept(
        _ administrator: String, _ invitation: String, _ detector: String, _ call: Call
    ) throws(ServiceError) {
        _ = try self.detector(detector, call)
        guard call.environment.guardDuty.administrator(of: call.accountID, region: call.region) == nil,
            let found = try get(StoredInvitation.self, administrator), found.invitation == invitation,
            found.status == .invited
        else {
            throw .badRequest(
                "The request is rejected because the current account has no such invitation from the given account.")
        }
        guard try list(StoredMember.self).allSatisfy({ !$0.isAssociated }) else {
            throw .badRequest(
                "The request is rejected because the current account is an administrator account that has members.")
        }
        let other = of(account: administrator)
        guard var member = try other.get(StoredMember.self, call.accountID), member.invitation == invitation else {
            throw .noSuchResource
        }
        member.status = .enabled
        member.updated = call.time
        try other.put(member)
        try delete(found)
    }

    fileprivate func resign(_ detector: String, _ call: Call) throws(ServiceError) {
        _ = try self.detector(detector, call)
        let environment = call.environment
        guard let known = environment.guardDuty.administrator(of: call.accountID, region: call.region) else {
            throw .badRequest(
                "The request is rejected because the current account is not associated to an administrator account.")
        }
        let scope = Scope(account: known.administratorID, region: call.region)
        if known.isOfOrganization, environment.enablesAll(scope) { throw .badRequest(MemberRefusal.mandatory) }
        guard var member = try of(scope).get(StoredMember.self, call.accountID) else { throw .noSuchResource }
        member.status = .resigned
        member.updated = call.time
        try of(scope).put(member)
    }
}

extension GuardDuty.AcceptAdministratorInvitation: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.accept(input.administratorId, input.invitationId, input.detectorId, call)
        return Output()
    }
}

extension GuardDuty.AcceptInvitation: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.accept(input.masterId, input.invitationId, input.detectorId, call)
        return Output()
    }
}

extension GuardDuty.DisassociateFromAdministratorAccount: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.resign(input.detectorId, call)
        return Output()
    }
}

extension GuardDuty.DisassociateFromMasterAccount: WriteOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.resign(input.detectorId, call)
        return Output()
    }
}

extension GuardDuty.GetAdministratorAccount: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let member = call.environment.guardDuty.administrator(of: call.accountID, region: call.region)
        return Output {
            guard let member else { return }
            $0.administrator = GuardDuty.Administrator {
                $0.accountId = member.administratorID
                $0.invitationId = member.invitation
                $0.relationshipStatus = member.status.rawValue
                $0.invitedAt = member.invited.map(guardDutyTime)
            }
        }
    }
}

extension GuardDuty.GetMasterAccount: ReadOperation, OnAllOfGuardDuty {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.detector(input.detectorId, call)
        let member = call.environment.guardDuty.administrator(of: call.accountID, region: call.region)
        return Output {
            guard let member else { return }
            $0.master = GuardDuty.Master {
                $0.accountId = member.administratorID
                $0.invitationId = member.invitation
                $0.relationshipStatus = member.status.rawValue
                $0.invitedAt = member.invited.map(guardDutyTime)
            }
        }
    }
}
