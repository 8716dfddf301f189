import Directory
import Mapping
import Platform
import Policy
import Wire

/// Fills in what a request does not say of a resource that it names, and that Gatehouse or the endpoint knows.
struct Gaps {
    let call: Call
    let route: Route
    let questions: Questions

    /// - Throws: what keeps the endpoint from answering.
    func fill(_ access: inout MappedAccess) async throws(ServiceError) {
        switch access.gap {
        case nil: break
        case .secretSuffix: access.resource = try await secret(access.resource)
        case .rolePath:
            guard let arn = ARN(parsing: access.resource), let name = arn.resource.split(separator: "/").last,
                let role = call.directory.role(named: String(name), in: arn.account)
            else { return }
            access.resource = role.arn
        case .roleOfInstanceProfile: access.resource = roleOfProfile(access.resource)
        }
    }

    /// A secret's whole ARN. One that nobody has told Gatehouse of, the endpoint is asked for: without its suffix, a policy that
    /// denies the whole ARN would be passed by.
    private func secret(_ arn: String) async throws(ServiceError) -> String {
        let known = call.environment.projection(KeptResources.self).fullARN(arn)
        guard known == arn,
            let name = arn.split(separator: ":", maxSplits: 6).last?.dropLast(KeptResources.anySuffix.count)
        else { return known }
        return try await questions.secretARN(ofSecret: String(name), arn, call, route) ?? arn
    }

    /// Permission to pass a role is asked for on the role, also where the request names its instance profile. One that is not
    /// there, or has no role, stays: who may pass any role gets to know that from the endpoint, and nobody else does.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
    private func roleOfProfile(_ text: String) -> String {
        guard let arn = ARN(parsing: text), let name = arn.resource.split(separator: "/").last,
            let profile = call.directory.instanceProfile(named: String(name), in: arn.account),
            profile.arn == text || arn.resource == "instance-profile/\(name)", let id = profile.roleID,
            let role = call.directory.role(named: id, in: arn.account)
        else { return text }
        return role.arn
    }
}
