import CognitoIDPAPI
import Ledger
import Platform
import WebAuthn
import Wire

/// The domain of a user pool: a prefix, unique in its Region, or a name of the operator's own, unique everywhere. So these
/// records lie in the shared scope, where one transaction sees those of all accounts.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html>
struct UserPoolDomain: Record {
    static let kind = "AWS::Cognito::UserPoolDomain"

    /// `auth.example.com`, or the prefix alone: `example`
    let name: String
    let poolID: String
    let accountID: String
    let region: String
    /// Of a custom domain; nil: it is a prefix.
    var certificateARN: String?
    /// What a custom domain's DNS entry is to point at on AWS. Nothing here listens to it.
    var distribution: String
    /// 1: the pages of old; 2: managed login.
    var managedLoginVersion: Int
    /// Seconds since 1970.
    let created: Double
    var modified: Double

    var id: String { Self.id(name, region: region, isCustom: isCustom) }
    var references: [Reference] { [Reference(Self.ofPool, to: poolID)] }

    var isCustom: Bool { certificateARN != nil }
    /// As browsers know it on AWS.
    var host: String { isCustom ? name : "\(name).auth.\(region).amazoncognito.com" }

    /// As browsers know it here: below `localhost`; or as Gatehouse itself, which has the pages below a path, where the world
    /// knows it by a name.
    func pageHost(_ environment: Environment) -> String {
        if isCustom { return name }
        if let site = RelyingParty(origin: environment.publicAddress.url, name: ""), site.id != "localhost",
            !site.id.hasSuffix(".localhost")
        {
            return site.id
        }
        return region == environment.region ? "\(name).auth.localhost" : "\(name).auth.\(region).localhost"
    }

    static let ofPool = "domain-of-pool"
    static let scope = Scope(account: "")

    static func id(_ name: String, region: String, isCustom: Bool) -> String {
        isCustom ? "custom/\(name)" : "\(region)/\(name)"
    }
}
