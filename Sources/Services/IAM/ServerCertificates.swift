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

protocol OnServerCertificate: RecordOperation
where InputFields: IAM.WithServerCertificateName, Target == ServerCertificate {}

extension OnServerCertificate {
    static func access(
        _ input: Input, _ keys: [String: ContextValue], _ call: Call
    ) async throws(ServiceError) -> Authorization {
        .required(try await call.need(onServerCertificate: input.serverCertificateName, keys))
    }

    static func target(_ input: Input, _ call: Call, _ records: some RecordReading) throws(ServiceError)
        -> ServerCertificate
    {
        try records.serverCertificate(input.serverCertificateName)
    }
}

extension IAM.UploadServerCertificate: PreparedWriteOperation {
    public static var secretMembers: Set<String> { ["PrivateKey"] }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let arn = ARN.iam(
            call.accountID, "server-certificate", path: input.path ?? "/", name: input.serverCertificateName)
        return call.access(creating: arn, input.tags, taggedBy: "TagServerCertificate")
    }

    /// Checks that the certificate can be read, is valid today, belongs to the key, and is signed by its chain.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Double {
        let parsed = try ParsedCertificate(pem: input.certificateBody)
        guard let key = try? Certificate.PrivateKey(pemEncoded: input.privateKey) else {
            throw .malformedCertificate("Invalid Private Key.")
        }
        guard parsed.certificate.publicKey == key.publicKey else {
            throw IAM.Failure.keyPairMismatch("Certificate Public Key doesn't match Private Key.")
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

extension IAM.GetServerCertificate: ReadOperation, OnServerCertificate {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let certificate = try records.serverCertificate(input.serverCertificateName)
        var view = IAM.ServerCertificate()
        view.serverCertificateMetadata = IAM.ServerCertificateMetadata(certificate)
        view.certificateBody = certificate.body
        view.certificateChain = certificate.chain
        view.tags = certificate.tags.map(IAM.Tag.init)
        return Output(serverCertificate: view)
    }
}

extension IAM.ListServerCertificates: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onAll: "server-certificate", pathPrefix: input.pathPrefix)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paths = input.paths
        let page = try records.page(ServerCertificate.self, Paging(input)) {
            paths.contains($0.path)
        }
        return Output(page) { IAM.ServerCertificateMetadata($0) }
    }
}

extension IAM.UpdateServerCertificate: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let name = input.serverCertificateName
        let path = try await call.read { (records) throws(ServiceError) in
            try records.get(ServerCertificate.self, ServerCertificate.id(ofName: name))?.path
        }
        return call.access(
            changing: try await call.need(onServerCertificate: name), "server-certificate", name, path: path,
            toName: input.newServerCertificateName, toPath: input.newPath)
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

extension IAM.DeleteServerCertificate: DeleteOperation, OnServerCertificate {}

extension IAM.TagServerCertificate: TagOperation, OnServerCertificate {}
extension IAM.UntagServerCertificate: UntagOperation, OnServerCertificate {}
extension IAM.ListServerCertificateTags: ListTagsOperation, OnServerCertificate {}

extension RecordReading {
    /// - Throws: EntityAlreadyExists when another certificate has the name.
    fileprivate func requireFree(_ certificate: IAMService.ServerCertificate) throws(ServiceError) {
        guard try get(ServerCertificate.self, certificate.id) == nil else {
            throw .entityAlreadyExists("The Server Certificate with name \(certificate.name) already exists.")
        }
    }
}
