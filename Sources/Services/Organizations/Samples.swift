import Directory
import Ledger
import Platform
import Wire

let organizationsSamples = Samples(
    texts: [
        "AccountId": member, "Arn": "arn:aws:iam::\(account):user/x", "ChildId": member, "Content": policy,
        "DestinationParentId": unit, "Email": "x@example.com", "HandshakeId": "h-0123456789", "Id": transfer,
        "Key": "a", "OrganizationalUnitId": unit, "ParentId": root, "Path": "/", "PolicyId": "p-FullAWSAccess",
        "ResourceId": member, "RootId": root, "ServicePrincipal": "account.amazonaws.com", "SourceParentId": root,
        "TargetId": member, "Value": "b", "TagKeys": "a",
    ], furnish: { environment in try await furnish(environment) })

private let account = Samples.account
private let member = Samples.member
private let root = "r-abcd"
private let unit = "ou-abcd-12345678"
private let transfer = "rt-12345678"
private let policy = """
    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}
    """

/// An organization of two accounts.
private func furnish(_ environment: Environment) async throws {
    let time = Samples.time
    let tags = [Tag(key: "a", value: "b")]
    var organization = Organization(
        id: "o-abcdefghij", managementAccountID: account, rootID: root, createDate: time, featureSet: .all)
    organization.trustedServices = ["account.amazonaws.com": time]
    organization.rootTags = tags
    var container = OrganizationalUnit(id: unit, organizationID: organization.id, parentID: root, name: "x")
    container.tags = tags
    var places: [OrganizationAccount] = []
    for id in [account, member] {
        var place = OrganizationAccount(
            id: id, organizationID: organization.id, parentID: root, joinedMethod: .created, joinedDate: time)
        place.tags = tags
        places.append(place)
    }
    var other = Account(id: member, createDate: time, creatorID: account)
    other.managementAccountID = account
    let invitation = Handshake(
        id: "h-12345678", action: .transferResponsibility, of: organization, to: .email("x@example.com"), at: time,
        days: 15)
    var bill = ResponsibilityTransfer(
        id: transfer, name: "x", target: organization, by: invitation, startDate: time)
    bill.tags = tags
    let records: [any Record] = [organization, container] + places
    let (otherAccount, sharedBill) = (other, bill)
    try await environment.write(Scope(account: account), requestID: "") { (own) throws(ServiceError) in
        if var management = try own.get(Account.self, account) {
            management.managementAccountID = account
            try own.put(management)
        }
        for record in records { try own.put(record) }
        try own.of(account: member).put(otherAccount)
        try own.shared.put(sharedBill)
    }
}
