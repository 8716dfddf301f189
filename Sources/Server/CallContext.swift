import Directory
import Platform
import Policy
import Wire

/// The condition keys of a request. Each is worked out when a policy asks for it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
struct CallContext: RequestContext {
    let call: Call
    let access: Access

    func value(of key: ConditionKey) -> ContextValue? { value(of: key.name) }

    /// - Parameter key: in lower case.
    func value(of key: String) -> ContextValue? {
        if let value = access.context[key] { return value }
        if let value = global(key) { return .one(value) }
        return organization(key) ?? call.caller.session?.context?[key]
    }

    /// Where the caller and the resource are in their organizations; absent outside of one.
    private func organization(_ key: String) -> ContextValue? {
        let account: String
        switch key {
        case "aws:principalorgid", "aws:principalorgpaths":
            guard call.caller.isOfAWS else { return nil }
            account = call.accountID
        case "aws:resourceorgid", "aws:resourceorgpaths": account = access.owner(call)
        default: return nil
        }
        guard let membership = call.directory.membership(ofAccount: account) else { return nil }
        return key.hasSuffix("id") ? .one(membership.organizationID) : .many([membership.path])
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
            case .webIdentity, .saml: return nil
            }
        case "aws:federatedprovider": return caller.session?.federatedProvider
        case "aws:resourceaccount":
            if let account = access.resourceAccount { return account }
            return ARN(parsing: access.resource).map(\.account) ?? call.accountID
        case "aws:sourceip": return call.sourceIP
        case "aws:useragent": return call.userAgent
        case "aws:currenttime": return call.timestamp.iso8601
        case "aws:epochtime": return String(Int64(call.time))
        case "aws:securetransport": return call.isSecureTransport ? "true" : "false"
        case "aws:requestedregion": return call.region
        case "aws:viaawsservice", "aws:principalisawsservice": return "false"
        case "aws:multifactorauthpresent": return caller.session.map { $0.mfaTime == nil ? "false" : "true" }
        case "aws:multifactorauthage":
            return caller.session?.mfaTime.map { String(Int64(max(0, call.time - $0))) }
        case "aws:tokenissuetime":
            return caller.session.map { Timestamp(secondsSinceEpoch: $0.issued).iso8601 }
        case "aws:sourceidentity": return caller.session?.sourceIdentity
        default:
            let prefix = "aws:principaltag/"
            if key.hasPrefix(prefix) { return caller.tag(String(key.dropFirst(prefix.count))) }
            return nil
        }
    }
}
