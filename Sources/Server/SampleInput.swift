import Wire

/// Inputs that are made up from an operation's model, of names that fit together.
enum SampleInput {
    static let account = "111122223333"
    static let member = "444455556666"
    static let organization = "o-abcdefghij"
    static let root = "r-abcd"
    static let unit = "ou-abcd-12345678"
    static let transfer = "rt-12345678"
    static let delegationRequest = "dr-00000000000000000000"
    static let time = 1_800_000_000.0

    private static let trust = """
        {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Principal":{"AWS":"\(account)"}}}
        """
    private static let policy = """
        {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}
        """

    /// By the names of members; what is not here is "x".
    private static let texts = [
        "AccountId": member, "ApproverId": "arn:aws:iam::\(account):user/x", "Arn": "arn:aws:iam::\(account):user/x",
        "AssumeRolePolicyDocument": trust, "CallerArn": "arn:aws:iam::\(account):user/x", "ChildId": member,
        "Content": policy, "DelegationRequestId": delegationRequest, "DestinationParentId": unit,
        "Email": "x@example.com", "EntityArn": "arn:aws:iam::\(account):delegation-request/\(delegationRequest)",
        "EntityPath": "\(organization)/\(root)", "HandshakeId": "h-0123456789", "Id": transfer, "Key": "a",
        "NewPath": "/", "NewUserName": "y", "NewGroupName": "y", "NewServerCertificateName": "y",
        "NotificationChannel": "arn:aws:sns:us-east-1:\(account):x",
        "OpenIDConnectProviderArn": "arn:aws:iam::\(account):oidc-provider/example.com", "OrganizationalUnitId": unit,
        "OwnerId": "arn:aws:iam::\(account):user/x", "OwnerAccountId": account, "ParentId": root, "Path": "/",
        "PathPrefix": "/", "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "PolicyArn": "arn:aws:iam::\(account):policy/x", "PolicyDocument": policy, "PolicyId": "p-FullAWSAccess",
        "PolicySourceArn": "arn:aws:iam::\(account):user/x",
        "PolicyTemplateArn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "PrimaryEmail": "x@example.com",
        "PrincipalArn": "arn:aws:iam::\(account):saml-provider/x", "RegionName": "af-south-1", "ResourceId": member,
        "RoleArn": "arn:aws:iam::\(account):role/x", "RootId": root,
        "SAMLProviderArn": "arn:aws:iam::\(account):saml-provider/x",
        "SerialNumber": "arn:aws:iam::\(account):mfa/x", "ServicePrincipal": "account.amazonaws.com",
        "SourceParentId": root, "StandardAccountId": member, "TargetId": member, "TargetPrincipal": member,
        "Url": "https://example.com", "Value": "b", "VirtualMFADeviceName": "x", "TagKeys": "a",
        "AWSServiceName": "ecs.amazonaws.com", "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA",
    ]

    /// - Parameter isWhole: whether members that are not required are there, too.
    static func structure(_ shape: StructureShape, isWhole: Bool, depth: Int = 4) -> Structure {
        var structure = Structure(shape)
        guard depth > 0 else { return structure }
        for (index, member) in shape.members.enumerated() {
            // No made-up code proves a second factor.
            let isWanted = isWhole && !["SerialNumber", "TokenCode"].contains(member.name)
            guard isWanted || member.isRequired else { continue }
            structure[member: index] = value(member.shape, member.name, isWhole, depth)
        }
        return structure
    }

    private static func value(_ shape: Shape, _ name: String, _ isWhole: Bool, _ depth: Int) -> Value {
        switch shape {
        case .string(let shape): .string(texts[name] ?? shape.values.first ?? "x")
        case .integer(let shape): .integer(shape.bounds.minimum.flatMap { Int(exactly: $0) } ?? 1)
        case .double: .double(1)
        case .boolean: .boolean(true)
        case .timestamp: .timestamp(Timestamp(secondsSinceEpoch: time))
        case .blob: .blob([0])
        case .list(let list): .list([value(list.element, name, isWhole, depth - 1)])
        case .map(let map): .map([MapEntry(key: "x", value: value(map.value, name, isWhole, depth - 1))])
        case .structure(let shape): .structure(structure(shape, isWhole: isWhole, depth: depth - 1))
        }
    }
}
