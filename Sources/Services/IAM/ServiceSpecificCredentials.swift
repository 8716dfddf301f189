import Crypto
import Directory
import FoundationEssentials
import IAMAPI
import Platform
import Policy
import Wire

// Credentials for one service only: user names and passwords for CodeCommit and Keyspaces, API keys for Bedrock and
// CloudWatch Logs.
// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html>

private enum Kind {
    case password
    /// The letters that the service's API keys begin with.
    case apiKey(prefix: String)

    /// - Throws: NoSuchEntity for a service that knows no such credentials.
    init(_ serviceName: String) throws(ServiceError) {
        switch serviceName {
        case "codecommit.amazonaws.com", "cassandra.amazonaws.com": self = .password
        case "bedrock.amazonaws.com": self = .apiKey(prefix: "ABSK")
        case "logs.amazonaws.com": self = .apiKey(prefix: "ACWL")
        default:
            throw .noSuchEntity("No such service \(serviceName) is supported for Service Specific Credentials")
        }
    }

    /// A new secret: 256 random bits; an API key also names its owner.
    func secret(alias: String) -> String {
        let random = Data(Identifiers.randomBytes(32)).base64EncodedString()
        switch self {
        case .password: return random
        case .apiKey(let prefix): return prefix + Data("\(alias):\(random)".utf8).base64EncodedString()
        }
    }
}

extension IAMService.ServiceSpecificCredential {
    fileprivate func status(at time: Double) -> String {
        if let expirationDate, expirationDate <= time { return "Expired" }
        return isActive ? "Active" : "Inactive"
    }
}

extension IAM.ServiceSpecificCredential {
    fileprivate init(
        _ credential: IAMService.ServiceSpecificCredential, _ kind: Kind, secret: String, userName: String, _ call: Call
    ) {
        self.init()
        createDate = Timestamp(secondsSinceEpoch: credential.createDate)
        expirationDate = credential.expirationDate.map { Timestamp(secondsSinceEpoch: $0) }
        serviceName = credential.serviceName
        switch kind {
        case .password:
            serviceUserName = credential.alias
            servicePassword = secret
        case .apiKey:
            serviceCredentialAlias = credential.alias
            serviceCredentialSecret = secret
        }
        serviceSpecificCredentialId = credential.id
        self.userName = userName
        status = credential.status(at: call.time)
    }
}

private func serviceNameKey(_ name: String) -> [String: ContextValue] {
    ["iam:servicespecificcredentialservicename": .one(name)]
}

protocol OnServiceSpecificCredential: RecordOperation
where
    InputFields: IAM.MayHaveUserName & IAM.WithServiceSpecificCredentialId, Target == ServiceSpecificCredential
{}

extension OnServiceSpecificCredential {
    /// With the service that the credential is for, if there is one.
    static func access(
        _ input: Input, _ keys: [String: ContextValue], _ call: Call
    ) async throws(ServiceError) -> Authorization {
        let credential = try await call.read { (records) throws(ServiceError) in
            try records.get(ServiceSpecificCredential.self, input.serviceSpecificCredentialId)
        }
        let owner = try Owner(input.userName, call)
        guard case .user = owner, let credential else { return owner.access(call) }
        return owner.access(call, serviceNameKey(credential.serviceName))
    }

    static func target(
        _ input: Input, _ call: Call, _ records: some RecordReading
    ) throws(ServiceError) -> ServiceSpecificCredential {
        let owner = try Owner(input.userName, call).resolve(records, call)
        let id = input.serviceSpecificCredentialId
        guard let credential = try records.get(ServiceSpecificCredential.self, id), credential.ownerID == owner.id
        else { throw .noSuchEntity("No such credential \(id) exists") }
        return credential
    }
}

extension IAM.CreateServiceSpecificCredential: WriteOperation {
    public static var secretMembers: Set<String> { ["ServicePassword", "ServiceCredentialSecret"] }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var context = serviceNameKey(input.serviceName)
        if let days = input.credentialAgeDays {
            context["iam:servicespecificcredentialagedays"] = .one(String(days))
        }
        return call.access(onUser: input.userName, context)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let user = try records.user(input.userName)
        let kind = try Kind(input.serviceName)
        if case .password = kind, input.credentialAgeDays != nil {
            throw .validation("CredentialAgeDays is not supported for service \(input.serviceName).")
        }
        let own = try records.referrers(ServiceSpecificCredential.self, Relation.owner, to: user.uniqueID)
            .filter { $0.serviceName == input.serviceName }
        let quota = call.quotas[.serviceSpecificCredentialsPerService]
        guard own.count < quota else { throw .quotaExceeded("ServiceSpecificCredentialsPerService", quota) }
        // alice-at-…, alice+1-at-…: the first that is free.
        let taken = Set(own.map(\.alias))
        let alias =
            (0...own.count).lazy.map { number in
                "\(user.name)\(number == 0 ? "" : "+\(number)")-at-\(call.accountID)"
            }
            .first { !taken.contains($0) }
        guard let alias else { throw .internalFailure }
        let secret = kind.secret(alias: alias)
        let credential = ServiceSpecificCredential(
            id: Identifiers.unique(.serviceSpecificCredential), ownerID: user.uniqueID,
            serviceName: input.serviceName, alias: alias, secretHash: Array(SHA256.hash(data: Data(secret.utf8))),
            createDate: call.time, expirationDate: input.credentialAgeDays.map { call.time + Double($0) * 86400 })
        try records.put(credential)
        return Output(
            serviceSpecificCredential: IAM.ServiceSpecificCredential(
                credential, kind, secret: secret, userName: user.name, call))
    }
}

extension IAM.ListServiceSpecificCredentials: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        if input.allUsers == true { return call.access(onAll: "user", pathPrefix: nil) }
        return try Owner(input.userName, call).access(call)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        if let name = input.serviceName { _ = try Kind(name) }
        let isIncluded: (IAMService.ServiceSpecificCredential) -> Bool = {
            input.serviceName == nil || $0.serviceName == input.serviceName
        }
        let paging = try Paging(input)
        let page: Page<IAMService.ServiceSpecificCredential>
        if input.allUsers == true {
            guard input.userName == nil else {
                throw .validation("UserName and AllUsers cannot be specified together.")
            }
            page = try records.page(ServiceSpecificCredential.self, paging, where: isIncluded)
        } else {
            let owner = try Owner(input.userName, call).resolve(records, call)
            page = try records.page(
                ServiceSpecificCredential.self, Relation.owner, to: owner.id, paging, where: isIncluded)
        }
        return Output(
            try page.map { (credential) throws(ServiceError) in
                var view = IAM.ServiceSpecificCredentialMetadata()
                // The directory may be one change behind; then the user still existed before that change.
                view.userName = call.directory.user(uniqueID: credential.ownerID)?.name ?? ""
                view.status = credential.status(at: call.time)
                switch try Kind(credential.serviceName) {
                case .password: view.serviceUserName = credential.alias
                case .apiKey: view.serviceCredentialAlias = credential.alias
                }
                view.createDate = Timestamp(secondsSinceEpoch: credential.createDate)
                view.expirationDate = credential.expirationDate.map { Timestamp(secondsSinceEpoch: $0) }
                view.serviceSpecificCredentialId = credential.id
                view.serviceName = credential.serviceName
                return view
            })
    }
}

extension IAM.UpdateServiceSpecificCredential: ChangeOperation, OnServiceSpecificCredential {
    static func change(
        _ credential: inout ServiceSpecificCredential, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        credential.isActive = try isActive(input.status)
    }
}

extension IAM.ResetServiceSpecificCredential: WriteOperation, OnServiceSpecificCredential {
    public static var secretMembers: Set<String> { ["ServicePassword", "ServiceCredentialSecret"] }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        var credential = try target(input, call, records)
        let kind = try Kind(credential.serviceName)
        let secret = kind.secret(alias: credential.alias)
        credential.secretHash = Array(SHA256.hash(data: Data(secret.utf8)))
        try records.put(credential)
        return Output(
            serviceSpecificCredential: IAM.ServiceSpecificCredential(
                credential, kind, secret: secret, userName: owner.userName ?? "", call))
    }
}

extension IAM.DeleteServiceSpecificCredential: DeleteOperation, OnServiceSpecificCredential {}
