import CertificateManagerAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// External account bindings.
// <https://docs.aws.amazon.com/acm/latest/userguide/acm-acme-eab.html>

/// The service as roles' trust policies know it.
enum ACMEService {
    static let principal = "acm-acme.amazonaws.com"
}

extension CertificateManager.CreateAcmeExternalAccountBinding: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let role = ARN(parsing: input.roleArn), role.service == "iam", role.typeAndRest?.type == "role",
            role.account == call.accountID
        else { throw .invalidCertificate("RoleArn is not the ARN of a role of the account: \(input.roleArn)") }
        let endpoint = try ACMEName(input.acmeEndpointArn)
        let accesses = [
            Access(
                "acm:CreateAcmeExternalAccountBinding", on: endpoint.arn,
                context: ConditionKeys.requestTags([Tag](input.tags))),
            Access(
                "iam:PassRole", on: input.roleArn, resourceAccount: call.accountID,
                context: ["iam:passedtoservice": .one(ACMEService.principal)]),
        ]
        return .required(accesses + Access.tagging("acm:TagResource", endpoint.new(.binding), [Tag](input.tags)))
    }

    /// In seconds: what AWS's limit is, is not known here.
    private static let longest = 3650.0 * 86_400

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let endpoint = try records.acmeEndpoint(input.acmeEndpointArn, call)
        if let earlier = try records.acmeAnswer(to: input.idempotencyToken, endpoint, call),
            let binding = try? records.acmeBinding(earlier, call)
        {
            guard binding.roleARN == input.roleArn else { throw .usedToken }
            return Output(externalAccountBinding: CertificateManager.AcmeExternalAccountBinding(binding))
        }
        var expires: Double?
        if let expiration = input.expiration {
            let unit = ["MINUTES": 60.0, "HOURS": 3600.0][expiration.type] ?? 86_400.0
            let seconds = Double(expiration.value) * unit
            guard seconds <= longest else { throw .invalidCertificate("The expiration is too far away.") }
            expires = call.time + seconds
        }
        let quota = call.quotas[.acmeBindings]
        guard try records.referrerCount(ACMEBinding.ofEndpoint, to: endpoint.id) < quota else {
            throw .acm(.serviceQuotaExceededException, "An ACME endpoint can have at most \(quota) bindings.")
        }
        let binding = ACMEBinding(
            id: UUID().uuidString.lowercased(), endpointID: endpoint.id, accountID: call.accountID, region: call.region,
            roleARN: input.roleArn, tags: try TagRules.ofACME.merge([Tag](input.tags), into: []), created: call.time,
            updated: call.time, expires: expires)
        try records.put(ACMEBindingKey(id: binding.id, secret: Data(try randomBytes(32))))
        try records.put(binding)
        try records.rememberACME(binding.arn, for: input.idempotencyToken, endpoint, call)
        return Output(externalAccountBinding: CertificateManager.AcmeExternalAccountBinding(binding))
    }
}

extension CertificateManager.AcmeExternalAccountBinding {
    init(_ binding: ACMEBinding) {
        self.init()
        acmeExternalAccountBindingArn = binding.arn
        acmeEndpointArn = ARN.text(
            "acm", binding.region, binding.accountID, ACMEName.endpointPrefix, binding.endpointID)
        roleArn = binding.roleARN
        expiresAt = binding.expires.map { Timestamp(secondsSinceEpoch: $0) }
        revokedAt = binding.revoked.map { Timestamp(secondsSinceEpoch: $0) }
        lastUsedAt = binding.lastUsed.map { Timestamp(secondsSinceEpoch: $0) }
        createdAt = Timestamp(secondsSinceEpoch: binding.created)
        updatedAt = Timestamp(secondsSinceEpoch: binding.updated)
    }
}

extension CertificateManager.DescribeAcmeExternalAccountBinding: ReadOperation, OnACMEBinding {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let binding = try records.acmeBinding(input.acmeExternalAccountBindingArn, call)
        return Output(externalAccountBinding: CertificateManager.AcmeExternalAccountBinding(binding))
    }
}

extension CertificateManager.GetAcmeExternalAccountBindingCredentials: ReadOperation, OnACMEBinding {
    public static var secretMembers: Set<String> { ["MacKey"] }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let binding = try records.acmeBinding(input.acmeExternalAccountBindingArn, call)
        guard let key = try records.get(ACMEBindingKey.self, binding.id) else { throw .internalFailure }
        return Output(keyId: binding.keyID, macKey: Base64URL.encode(Array(key.secret)))
    }
}

extension CertificateManager.ListAcmeExternalAccountBindings: ReadOperation, OnACMEEndpoint {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let endpoint = try records.acmeEndpoint(input.acmeEndpointArn, call)
        let page = try records.page(
            ACMEBinding.self, ACMEBinding.ofEndpoint, to: endpoint.id, try Paging(acme: input))
        return Output(page) { binding in
            CertificateManager.AcmeExternalAccountBindingSummary {
                $0.acmeExternalAccountBindingArn = binding.arn
                $0.acmeEndpointArn = endpoint.arn
                $0.roleArn = binding.roleARN
                $0.expiresAt = binding.expires.map { Timestamp(secondsSinceEpoch: $0) }
                $0.revokedAt = binding.revoked.map { Timestamp(secondsSinceEpoch: $0) }
                $0.lastUsedAt = binding.lastUsed.map { Timestamp(secondsSinceEpoch: $0) }
                $0.createdAt = Timestamp(secondsSinceEpoch: binding.created)
                $0.updatedAt = Timestamp(secondsSinceEpoch: binding.updated)
            }
        }
    }
}

/// Accounts that were registered with it go on.
extension CertificateManager.RevokeAcmeExternalAccountBinding: WriteOperation, OnACMEBinding {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var binding = try records.acmeBinding(input.acmeExternalAccountBindingArn, call)
        if binding.revoked == nil {
            binding.revoked = call.time
            binding.updated = call.time
            try records.put(binding)
        }
        return Output()
    }
}

extension CertificateManager.DeleteAcmeExternalAccountBinding: WriteOperation, OnACMEBinding {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try ACMEName(input.acmeExternalAccountBindingArn)
        guard let part = name.part, part.kind == .binding, name.isWithinReach(of: call),
            let binding = try records.get(ACMEBinding.self, part.id), binding.endpointID == name.endpointID
        else { return Output() }
        try records.deleteACME(binding)
        return Output()
    }
}
