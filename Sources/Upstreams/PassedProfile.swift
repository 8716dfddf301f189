import Directory
import Mapping
import Platform
import Policy
import Wire

/// The role that is passed by the name of its instance profile: permission is asked for on the role.
///
/// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
enum PassedProfile {
    /// Puts the role in the place of its instance profile.
    /// - Throws: InvalidParameterValue, as EC2 does, for a profile that is not there or has no role.
    static func resolve(_ access: inout MappedAccess, _ call: Call) throws(ServiceError) {
        guard access.action == "iam:PassRole", let arn = ARN(parsing: access.resource),
            arn.resource.hasPrefix("instance-profile/"), let name = arn.resource.split(separator: "/").last
        else { return }
        guard let profile = call.directory.instanceProfile(named: String(name), in: arn.account),
            profile.arn == access.resource || arn.resource == "instance-profile/\(name)"
        else {
            throw ServiceError(
                "InvalidParameterValue",
                "Value (\(name)) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name")
        }
        guard let role = profile.roleID.flatMap({ call.directory.role(named: $0, in: arn.account) }) else {
            throw ServiceError(
                "InvalidParameterValue",
                "Value (\(name)) for parameter iamInstanceProfile.name is invalid. IAM Instance Profile \"\(access.resource)\" "
                    + "has no associated IAM Roles")
        }
        access.resource = role.arn
    }
}
