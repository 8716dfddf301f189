import CognitoIdentityAPI
public import Platform
import Wire

extension ServiceModule {
    /// Amazon Cognito identity pools.
    /// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/Welcome.html>
    public static let cognitoIdentity = ServiceModule(
        CognitoIdentity.self, operations: [], events: EventParticulars(source: "cognito-identity.amazonaws.com"))
}
