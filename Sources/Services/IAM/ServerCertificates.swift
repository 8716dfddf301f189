import Directory
import IAMAPI
import Platform
import Policy
import Wire
import X509

// Server certificates.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html>

extension IAM.ServerCertificateMetadata {
    init(_ certificate: IAMService.ServerCertificate) {
        self.init()
        path = certificate.path
        serverCertificateName = certificate.name
        serverCertificateId = certificate.uniqueID
        arn = certificate.arn
        uploadDate = Timestamp(secondsSinceEpoch: certificate.uploadDate)
        expiration = Timestamp(secondsSinceEpoch: certificate.expiration)
    }
}

extension RecordReading {
    fileprivate func serverCertificate(_ name: String) throws(ServiceError) -> IAMService.ServerCertificate {
        guard let certificate = try get(ServerCertificate.self, ServerCertificate.id(ofName: name)) else {
            throw .noSuchEntity("The Server Certificate with name \(name) cannot be found.")
        }
        return certificate
    }
}

extension Call {
    /// The operation's own action on a server certificate.
    fileprivate func need(
        onServerCertificate name: String, _ context: [String: ContextValue] = [:]
    ) async throws(ServiceError) -> Access {
        let certificate = try await read { (records) throws(ServiceError) in
            try records.get(ServerCertificate.self, ServerCertificate.id(ofName: name))
        }
        let asked = ARN.iam(accountID, "server-certificate", name: name)
        let tags = ConditionKeys.resourceTags(certificate?.tags ?? [], service: "iam")
        var access = need(on: certificate?.arn ?? asked, tags.merging(context) { $1 })
        access.displayedResource = asked
        return access
    }
}

extension IAM.UploadServerCertificate: PreparedWriteOperation {
    public static var secretMembers: Set<String> { ["PrivateKey"] }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let arn = ARN.iam(
            call.accountID, "server-certificate", path: input.path ?? "/", name: input.serverCertificateName)
        return call.access(creating: arn, input.tags, taggedBy: "TagServerCertificate")
    }

    /// Checks that the certificate can be read, is of this day, belongs to the key, and follows from its chain.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Double {
        let parsed = try ParsedCertificate(pem: input.certificateBody)
        guard let key = try? Certificate.PrivateKey(pemEncoded: input.privateKey) else {
            throw .malformedCertificate("Invalid Private Key.")
        }
        guard parsed.certificate.publicKey == key.publicKey else {
            throw ServiceError("KeyPairMismatch", "Certificate Public Key doesn't match Private Key.", status: 400)
        }
        if let problem = parsed.dateProblem(at: call.time) { throw .malformedCertificate(problem) }
        if let chain = input.certificateChain { try parsed.check(chain: chain) }
        return parsed.expiration
    }

    public static func handle(
        _ input: Input, _ expiration: Double, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let certificate = ServerCertificate(
            accountID: call.accountID, name: input.serverCertificateName, path: input.path ?? "/",
            uniqueID: Identifiers.unique(.serverCertificate), uploadDate: call.time, expiration: expiration,
            body: String(input.certificateBody[...].trimmingWhitespace),
            chain: input.certificateChain.map { String($0[...].trimmingWhitespace) }, privateKey: input.privateKey,
            tags: try TagRules.ofResources.new(input.tags))
        try records.requireFree(certificate)
        let quota = call.quotas[.serverCertificates]
        guard try records.count(ServerCertificate.self) < quota else {
            throw .quotaExceeded("ServerCertificatesPerAccount", quota)
        }
        try records.put(certificate)
        var output = Output()
        output.serverCertificateMetadata = IAM.ServerCertificateMetadata(certificate)
        if !certificate.tags.isEmpty { output.tags = certificate.tags.map(IAM.Tag.init) }
        return output
    }
}

extension IAM.GetServerCertificate: ReadOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.need(onServerCertificate: input.serverCertificateName))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let certificate = try records.serverCertificate(input.serverCertificateName)
        var view = IAM.ServerCertificate()
        view.serverCertificateMetadata = IAM.ServerCertificateMetadata(certificate)
        view.certificateBody = certificate.body
        view.certificateChain = certificate.chain
        if !certificate.tags.isEmpty { view.tags = certificate.tags.map(IAM.Tag.init) }
        return Output(serverCertificate: view)
    }
}

extension IAM.ListServerCertificates: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onAll: "server-certificate", pathPrefix: input.pathPrefix)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let prefix = input.pathPrefix ?? "/"
        let page = try records.page(ServerCertificate.self, Paging(input)) {
            $0.path.hasPrefix(prefix)
        }
        return Output(page.items.map { IAM.ServerCertificateMetadata($0) }, next: page.marker)
    }
}

extension IAM.UpdateServerCertificate: WriteOperation {
    /// AWS asks for the permission on both the certificate as it is and as it is to be.
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let current = try await call.need(onServerCertificate: input.serverCertificateName)
        guard input.newServerCertificateName != nil || input.newPath != nil else { return .required(current) }
        let name = input.newServerCertificateName ?? input.serverCertificateName
        let oldPath = try await call.read { (records) throws(ServiceError) in
            try records.get(ServerCertificate.self, ServerCertificate.id(ofName: input.serverCertificateName))?.path
        }
        var new = current
        new.resource = ARN.iam(
            call.accountID, "server-certificate", path: input.newPath ?? oldPath ?? "/", name: name)
        new.displayedResource = ARN.iam(call.accountID, "server-certificate", path: input.newPath ?? "/", name: name)
        return .required([current, new])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let old = try records.serverCertificate(input.serverCertificateName)
        var certificate = old
        if let path = input.newPath { certificate.path = path }
        if let name = input.newServerCertificateName {
            certificate.name = name
            if certificate.id != old.id {
                try records.requireFree(certificate)
                try records.delete(old)
            }
        }
        try records.put(certificate)
        return Output()
    }
}

extension IAM.DeleteServerCertificate: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.need(onServerCertificate: input.serverCertificateName))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.delete(try records.serverCertificate(input.serverCertificateName))
        return Output()
    }
}

extension IAM.TagServerCertificate: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.need(onServerCertificate: input.serverCertificateName, requestTags(input.tags)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var certificate = try records.serverCertificate(input.serverCertificateName)
        certificate.tags = try TagRules.ofResources.merge(input.tags, into: certificate.tags)
        try records.put(certificate)
        return Output()
    }
}

extension IAM.UntagServerCertificate: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.need(onServerCertificate: input.serverCertificateName, tagKeys(input.tagKeys)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var certificate = try records.serverCertificate(input.serverCertificateName)
        certificate.tags = TagRules.ofResources.remove(input.tagKeys, from: certificate.tags)
        try records.put(certificate)
        return Output()
    }
}

extension IAM.ListServerCertificateTags: ReadOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.need(onServerCertificate: input.serverCertificateName))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let certificate = try records.serverCertificate(input.serverCertificateName)
        let page = page(certificate.tags, by: \.key, try Paging(input))
        return Output(page.items.map(IAM.Tag.init), next: page.marker)
    }
}

extension RecordReading {
    /// - Throws: EntityAlreadyExists when another certificate has the name.
    fileprivate func requireFree(_ certificate: IAMService.ServerCertificate) throws(ServiceError) {
        guard try get(ServerCertificate.self, certificate.id) == nil else {
            throw .entityAlreadyExists("The Server Certificate with name \(certificate.name) already exists.")
        }
    }
}
