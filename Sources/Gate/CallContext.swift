import Directory
import Platform
import Policy
import Wire

/// The condition keys of a request. Each is worked out when a policy asks for it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
struct CallContext: RequestContext {
    let call: Call
    let resolved: Access.Resolved

    func value(of key: ConditionKey) -> ContextValue? { value(of: key.name) }

    /// - Parameter key: in lower case.
    func value(of key: String) -> ContextValue? {
        if let value = resolved.value(of: key) { return value }
        if let value = global(key) { return .one(value) }
        switch key {
        case "aws:calledvia": return call.source.calledVia.isEmpty ? nil : .many(call.source.calledVia)
        case "aws:principalservicenameslist": return call.caller.servicePrincipal.map { .many([$0.name]) }
        default: break
        }
        return organization(key) ?? call.caller.session?.context?[key]
    }

    /// Where the caller and the resource are in their organizations; absent outside of one.
    private func organization(_ key: String) -> ContextValue? {
        let account: String
        switch key {
        case "aws:principalorgid", "aws:principalorgpaths":
            guard call.caller.isOfAWS else { return nil }
            account = call.accountID
        case "aws:resourceorgid", "aws:resourceorgpaths": account = resolved.owner(call)
        case "aws:sourceorgid", "aws:sourceorgpaths":
            guard let service = call.caller.servicePrincipal else { return nil }
            account = service.sourceAccount
        case "aws:vpceorgid", "aws:vpceorgpaths":
            guard let passage = call.source.endpoint else { return nil }
            account = passage.vpc.accountID
        default: return nil
        }
        guard let membership = call.directory.membership(ofAccount: account) else { return nil }
        return key.hasSuffix("id") ? .one(membership.organizationID) : .many([membership.path])
    }

    /// The service that passes its caller's request on, by its endpoint: `s3.us-east-1.amazonaws.com`.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
    private var viaService: String? {
        guard let service = call.source.calledVia.last?.split(separator: ".").first else { return nil }
        return "\(service).\(call.region).amazonaws.com"
    }

    /// Whether the request is for S3, of which S3 Express is a part. A copy may be about buckets of both.
    private var isOfS3: Bool { call.service == "s3" || call.service == "s3express" }

    /// What S3's condition keys tell of the request's signature.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html>
    private func signature(_ key: String) -> String? {
        guard isOfS3, let signature = call.source.signature else { return nil }
        switch key {
        case "s3:authtype", "s3express:authtype":
            return switch signature.form {
            case .header: "REST-HEADER"
            case .presigned: "REST-QUERY-STRING"
            case .form: "POST"
            }
        case "s3:signatureversion", "s3express:signatureversion": return signature.algorithm.rawValue
        case "s3:x-amz-content-sha256", "s3express:x-amz-content-sha256": return signature.contentHash
        // In milliseconds, and for presigned URLs alone.
        case "s3:signatureage", "s3express:signatureage":
            guard signature.form == .presigned else { return nil }
            return Int64(exactly: (max(0, call.clientTime - signature.time) * 1000).rounded()).map { String($0) }
        default: return nil
        }
    }

    /// A global key. Keys that don't apply to the request are absent, as AWS documents for each.
    private func global(_ key: String) -> String? {
        let caller = call.caller
        switch key {
        case "aws:username":
            if case .user(let user) = caller.identity { return user.name }
            return nil
        case "aws:userid":
            if case .anonymous = caller.identity { return "anonymous" }
            return caller.isOfAWS ? caller.userID : nil
        case "aws:principalarn": return caller.isOfAWS ? caller.principalARN : nil
        case "aws:principalaccount": return caller.isOfAWS ? caller.accountID : nil
        case "aws:principaltype":
            switch caller.identity {
            case .root: return "Account"
            case .user: return "User"
            case .roleSession: return "AssumedRole"
            case .federatedUser: return "FederatedUser"
            case .anonymous: return "Anonymous"
            case .webIdentity, .saml, .service: return nil
            }
        case "aws:federatedprovider": return caller.session?.federatedProvider
        case "aws:resourceaccount":
            return resolved.access.resourceAccount ?? resolved.arn?.account ?? call.accountID
        // A calling service has no address that a policy could refer to.
        // Nor has one that came through a VPC endpoint: its address says something within its VPC alone.
        case "aws:sourceip": return call.source.endpoint == nil ? call.source.address : nil
        case "aws:vpcsourceip": return call.source.endpoint?.address
        case "aws:sourcevpce": return call.source.endpoint?.endpointID
        case "aws:sourcevpc": return call.source.endpoint?.vpc.id
        case "aws:sourcevpcarn": return call.source.endpoint?.vpcARN
        case "aws:vpceaccount": return call.source.endpoint?.vpc.accountID
        case "aws:useragent": return call.source.userAgent
        case "aws:currenttime": return call.timestamp.iso8601
        case "aws:epochtime": return String(Int64(call.time))
        case "aws:securetransport": return call.source.isSecureTransport ? "true" : "false"
        case "aws:requestedregion": return call.region
        case "aws:viaawsservice": return call.source.calledVia.isEmpty ? "false" : "true"
        case "aws:calledviafirst": return call.source.calledVia.first
        case "aws:calledvialast": return call.source.calledVia.last
        case "aws:principalisawsservice": return caller.servicePrincipal == nil ? "false" : "true"
        case "aws:principalservicename": return caller.servicePrincipal?.name
        case "aws:sourcearn": return (caller.servicePrincipal ?? call.source.principal)?.sourceARN
        case "aws:sourceaccount": return (caller.servicePrincipal ?? call.source.principal)?.sourceAccount
        case "aws:multifactorauthpresent": return caller.session.map { $0.mfaTime == nil ? "false" : "true" }
        case "aws:multifactorauthage":
            return caller.session?.mfaTime.map { String(Int64(max(0, call.time - $0))) }
        case "aws:tokenissuetime":
            return caller.session.map { Timestamp(secondsSinceEpoch: $0.issued).iso8601 }
        case "aws:sourceidentity": return caller.session?.sourceIdentity
        case "s3:resourceaccount", "s3express:resourceaccount":
            return isOfS3 ? resolved.access.resourceAccount ?? call.accountID : nil
        case "s3:tlsversion", "s3express:tlsversion": return isOfS3 ? call.source.tls?.versionNumber : nil
        case "s3:authtype", "s3:signatureage", "s3:signatureversion", "s3:x-amz-content-sha256", "s3express:authtype",
            "s3express:signatureage", "s3express:signatureversion", "s3express:x-amz-content-sha256":
            return signature(key)
        case "kms:viaservice": return call.service == "kms" ? viaService : nil
        default:
            let prefix = "aws:principaltag/"
            if key.hasPrefix(prefix) { return caller.tag(String(key.dropFirst(prefix.count))) }
            return nil
        }
    }
}
