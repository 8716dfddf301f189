import Directory
import IAMAPI
import Ledger
import Platform
import Wire

let iamSamples = Samples(
    texts: [
        "ApproverId": "arn:aws:iam::\(account):user/x", "Arn": "arn:aws:iam::\(account):user/x",
        "AssumeRolePolicyDocument": trust, "CallerArn": "arn:aws:iam::\(account):user/x", "Content": policy,
        "DelegationRequestId": delegationRequest,
        "EntityArn": "arn:aws:iam::\(account):delegation-request/\(delegationRequest)",
        "EntityPath": "\(organization)/\(root)", "Id": transfer, "Key": "a", "NewPath": "/", "NewUserName": "y",
        "NewGroupName": "y", "NewServerCertificateName": "y",
        "NotificationChannel": "arn:aws:sns:us-east-1:\(account):x",
        "OpenIDConnectProviderArn": "arn:aws:iam::\(account):oidc-provider/example.com",
        "OwnerId": "arn:aws:iam::\(account):user/x", "OwnerAccountId": account, "Path": "/", "PathPrefix": "/",
        "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "PolicyArn": "arn:aws:iam::\(account):policy/x", "PolicyDocument": policy, "PolicyId": "p-FullAWSAccess",
        "PolicySourceArn": "arn:aws:iam::\(account):user/x",
        "PolicyTemplateArn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "SAMLProviderArn": "arn:aws:iam::\(account):saml-provider/x", "SerialNumber": "arn:aws:iam::\(account):mfa/x",
        "Url": "https://example.com", "Value": "b", "VirtualMFADeviceName": "x", "TagKeys": "a",
        "AWSServiceName": "ecs.amazonaws.com", "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA",
    ], furnish: { environment in try await furnish(environment) })

private let account = Samples.account
private let organization = "o-abcdefghij"
private let root = "r-abcd"
private let transfer = "rt-12345678"
private let delegationRequest = "dr-00000000000000000000"

private let trust = """
    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Principal":{"AWS":"\(account)"}}}
    """
private let policy = """
    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}
    """

/// One of each thing, with a tag where it can have one.
private func furnish(_ environment: Environment) async throws {
    let time = Samples.time
    let tags = [Tag(key: "a", value: "b")]
    var user = User(accountID: account, name: "x", path: "/", uniqueID: Identifiers.unique(.user), createDate: time)
    user.tags = tags
    user.permissionsBoundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    let group = Group(
        accountID: account, name: "x", path: "/", uniqueID: Identifiers.unique(.group), createDate: time)
    var role = Role(
        accountID: account, name: "x", path: "/", uniqueID: Identifiers.unique(.role), createDate: time,
        trustPolicy: trust, description: nil, maxSessionDuration: 3600)
    role.tags = tags
    role.permissionsBoundary = user.permissionsBoundary
    let managed = ManagedPolicy(
        accountID: account, name: "x", path: "/", uniqueID: Identifiers.unique(.managedPolicy), createDate: time,
        description: nil, document: policy, tags: tags)
    let profile = InstanceProfile(
        accountID: account, name: "x", path: "/", uniqueID: Identifiers.unique(.instanceProfile), createDate: time,
        tags: tags)
    let device = MFADevice(
        serialNumber: "arn:aws:iam::\(account):mfa/x", accountID: account, seed: [], createDate: time, tags: tags)
    var saml = SAMLProvider(
        accountID: account, name: "x", uniqueID: "x", createDate: time, metadata: "", validUntil: time)
    saml.tags = tags
    let oidc = OpenIDConnectProvider(
        accountID: account, url: "example.com", createDate: time, clientIDs: [], thumbprints: [], tags: tags)
    let certificate = ServerCertificate(
        accountID: account, name: "x", path: "/", uniqueID: "x", uploadDate: time, expiration: time, body: "",
        chain: nil, privateKey: "", tags: tags)
    var request = DelegationRequest(
        id: delegationRequest, requestorID: account, requestorName: "x", workflowID: "x", description: "x",
        message: nil, templateARN: "x", parameters: [], permissionPolicy: "", notificationChannel: "x",
        redirectURL: nil, sessionDuration: 300, isOnlySentByOwner: false, ownerAccountID: account, createDate: time)
    request.ownerID = "arn:aws:iam::\(account):user/owner"
    let records: [any Record] = [user, group, role, managed, profile, device, saml, oidc, certificate]
    let last = request
    try await environment.write(Scope(account: account), requestID: "") { (own) throws(ServiceError) in
        for record in records { try own.put(record) }
        try own.of(account: DelegationRequest.scopeName).put(last)
    }
}
