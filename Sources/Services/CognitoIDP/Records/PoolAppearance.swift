import FoundationEssentials
import Ledger
import Platform
import Wire

/// The looks of the pages of old, of a pool's app client or of all its clients.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/hosted-ui-classic-branding.html>
struct UICustomization: PoolPart {
    static let kind = "AWS::Cognito::UserPoolUICustomizationAttachment"
    static let ofPool = "ui-customization-of-pool"

    let poolID: String
    /// `ALL`: of all clients that have none of their own.
    let clientID: String
    var css: String?
    /// Of the style sheet: the time at which it was set.
    var cssVersion: String?
    var image: Data?
    /// `png` or `jpg`
    var imageExtension: String?
    /// Seconds since 1970.
    let created: Double
    var modified: Double

    var id: String { Self.id(clientID, of: poolID) }

    static let all = "ALL"

    static func id(_ clientID: String, of poolID: String) -> String { "\(poolID)/\(clientID)" }
}

/// The style of an app client's managed login pages. Its images are rows of a table: see ``BrandingAsset``.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-branding.html>
struct ManagedLoginBranding: PoolPart {
    static let kind = "AWS::Cognito::ManagedLoginBranding"
    static let ofPool = "branding-of-pool"
    static let ofClient = "branding-of-client"

    /// A UUID.
    let id: String
    let poolID: String
    let clientID: String
    /// Whether the pages look as Cognito makes them.
    var usesDefaults: Bool
    /// JSON; nil: none was given.
    var settings: String?
    /// Seconds since 1970.
    let created: Double
    var modified: Double

    var references: [Reference] {
        [Reference(Self.ofPool, to: poolID), Reference(Self.ofClient, to: clientID)]
    }
}

/// An image of a managed login style.
struct BrandingAsset: TableRow, Equatable {
    static let kind = "AWS::Cognito::ManagedLoginBranding::Asset"

    let poolID: String
    let brandingID: String
    /// `PAGE_BACKGROUND`
    let category: String
    /// `LIGHT`, `DARK`, `DYNAMIC`
    let colorMode: String
    /// `PNG`
    let format: String
    let bytes: Data?
    /// Of an image that Cognito has, rather than one of its own.
    let resourceID: String?

    var partition: String { poolID }
    var key: RowKey { RowKey(.text(brandingID), .text(category), .text(colorMode)) }
}

/// Links to the terms of use or the privacy policy of an app client.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-branding.html#managed-login-terms-documents>
struct TermsDocument: PoolPart {
    static let kind = "AWS::Cognito::Terms"
    static let ofPool = "terms-of-pool"
    static let ofClient = "terms-of-client"

    /// A UUID.
    let id: String
    let poolID: String
    let clientID: String
    /// `terms-of-use` or `privacy-policy`
    var name: String
    var source: String
    var enforcement: String
    /// By language: `cognito:default`, `cognito:spanish`.
    var links: [String: String]
    /// Seconds since 1970.
    let created: Double
    var modified: Double

    var references: [Reference] {
        [Reference(Self.ofPool, to: poolID), Reference(Self.ofClient, to: clientID)]
    }
}
