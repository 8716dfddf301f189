import Directory
import OrganizationsAPI
import Platform
import Wire

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_InviteAccountToOrganization.html>
extension Organizations.InviteAccountToOrganization: WriteOperation {
    /// The account does not belong to the organization yet, so its ARN is the one that it will have.
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let invited = input.target.type == "ACCOUNT" ? input.target.id : "*"
        let resource =
            call.directory.organization(ofAccount: call.accountID).map { $0.arn(account: invited) } ?? "*"
        let invite = call.need(on: resource, requestTags(input.tags))
        guard !(input.tags ?? []).isEmpty else { return .required(invite) }
        var tag = invite
        tag.action = "organizations:TagResource"
        return .required([invite, tag])
    }

    private static let days = 15.0

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        let (recipient, account) = try input.target.recipient(call)
        let open = try own.handshakes().filter {
            $0.state(at: call.time) == .requested && $0.action != .transferResponsibility
        }
        guard !open.contains(where: { $0.action == .approveAllFeatures || $0.action == .enableAllFeatures }) else {
            throw .handshakeConstraintViolation(
                "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
                "You can't issue new invitations while the organization is in the process of enabling all features.")
        }
        if let account, try records.of(account: account.id).get(Account.self, account.id)?.managementAccountID != nil {
            throw .handshakeConstraintViolation(
                "ALREADY_IN_AN_ORGANIZATION", "The invited account is already a member of an organization.")
        }
        let isSame = { (other: OrganizationsService.Handshake) in
            other.recipient == recipient || account.map { other.isFor($0) } ?? false
        }
        guard !open.contains(where: isSame) else {
            throw .organizations(
                .duplicateHandshakeException, "A handshake with the same action and target already exists.")
        }
        guard try own.records.count(OrganizationAccount.self) + open.count < call.quotas[.accountsPerOrganization]
        else {
            throw .handshakeConstraintViolation(
                "ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts.")
        }
        var handshake = OrganizationsService.Handshake(
            id: OrganizationIDs.handshake(), action: .invite, of: own.organization, to: recipient, at: call.time,
            days: days)
        handshake.notes = input.notes
        handshake.tags = try TagRules.ofOrganizations.new(input.tags)
        try records.shared.put(handshake)
        try records.send(mail(handshake, account, call))
        return Output(handshake: try records.view(handshake, call))
    }

    private static func mail(
        _ handshake: OrganizationsService.Handshake, _ account: Directory.Account?, _ call: Call
    ) -> Mail {
        Mail(
            call, about: account?.id ?? call.accountID, to: handshake.address(account),
            subject: "Account \(call.accountID) invites your account to its organization",
            text: "To join the organization \(handshake.organizationID), accept the handshake \(handshake.id) within "
                + "\(Int(days)) days." + (handshake.notes.map { "\n\n" + $0 } ?? ""))
    }
}

extension Organizations.HandshakeParty {
    /// The recipient. An address that no account has yet may belong to one later.
    func recipient(_ call: Call) throws(ServiceError) -> (OrganizationsService.Handshake.Recipient, Directory.Account?)
    {
        switch type {
        case "ACCOUNT":
            guard id.utf8.count == 12, id.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .invalidInput("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
            }
            guard let account = call.directory.account(id), account.isActive else {
                throw .invalidInput("TARGET_NOT_SUPPORTED", "You can't invite an account that doesn't exist.")
            }
            return (.account(account.id), account)
        case "EMAIL":
            let parts = id.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[1].contains("."),
                !id.contains(where: \.isWhitespace)
            else {
                throw .invalidInput(
                    "INVALID_EMAIL_ADDRESS_TARGET",
                    "You specified an invalid email address for the invited account owner.")
            }
            return (.email(id), call.directory.account(email: id))
        default:
            throw .invalidInput(
                "INVALID_PARTY_TYPE_TARGET",
                "You specified the wrong type of entity (account, organization, or email) as a party.")
        }
    }
}
