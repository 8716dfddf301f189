import CognitoIDPAPI
import Platform

extension ServiceModule {
    /// Of administrators and of users: users, groups, import.
    static let userOperations: [any Platform.Operation.Type] =
        selfServiceOperations + administrativeUserOperations + userImportOperations

    private static let selfServiceOperations: [any Platform.Operation.Type] = [
        CognitoIDP.SignUp.self, CognitoIDP.ConfirmSignUp.self, CognitoIDP.ResendConfirmationCode.self,
        CognitoIDP.ForgotPassword.self, CognitoIDP.ConfirmForgotPassword.self, CognitoIDP.ChangePassword.self,
        CognitoIDP.UpdateUserAttributes.self, CognitoIDP.DeleteUserAttributes.self,
        CognitoIDP.GetUserAttributeVerificationCode.self, CognitoIDP.VerifyUserAttribute.self,
        CognitoIDP.DeleteUser.self,
    ]

    private static let administrativeUserOperations: [any Platform.Operation.Type] = [
        CognitoIDP.AdminCreateUser.self, CognitoIDP.AdminGetUser.self, CognitoIDP.AdminDeleteUser.self,
        CognitoIDP.AdminEnableUser.self, CognitoIDP.AdminDisableUser.self, CognitoIDP.AdminConfirmSignUp.self,
        CognitoIDP.AdminUpdateUserAttributes.self, CognitoIDP.AdminDeleteUserAttributes.self,
        CognitoIDP.AdminSetUserPassword.self, CognitoIDP.AdminResetUserPassword.self, CognitoIDP.ListUsers.self,
        CognitoIDP.AdminAddUserToGroup.self, CognitoIDP.AdminRemoveUserFromGroup.self,
        CognitoIDP.AdminListGroupsForUser.self, CognitoIDP.ListUsersInGroup.self,
        CognitoIDP.AdminLinkProviderForUser.self, CognitoIDP.AdminDisableProviderForUser.self,
    ]

    private static let userImportOperations: [any Platform.Operation.Type] = [
        CognitoIDP.GetCSVHeader.self, CognitoIDP.CreateUserImportJob.self, CognitoIDP.StartUserImportJob.self,
        CognitoIDP.StopUserImportJob.self, CognitoIDP.DescribeUserImportJob.self, CognitoIDP.ListUserImportJobs.self,
    ]
}
