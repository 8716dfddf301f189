public import Ledger

/// Whom to reach about an account.
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact.html>
public struct AccountContacts: Record {
    public static let kind = "AWS::Account::Contacts"

    /// The account's number.
    public let id: String
    /// Who owns it.
    public var primary: PrimaryContact?
    /// By their type: `BILLING`, `OPERATIONS`, `SECURITY`.
    public var alternates: [String: AlternateContact] = [:]

    public init(id: String) {
        self.id = id
    }

    /// <https://docs.aws.amazon.com/accounts/latest/reference/API_ContactInformation.html>
    public struct PrimaryContact: Sendable, Codable, Equatable {
        public var fullName: String
        public var companyName: String?
        /// Up to three.
        public var addressLines: [String?]
        public var city: String
        public var stateOrRegion: String?
        public var districtOrCounty: String?
        public var postalCode: String
        /// Two letters of ISO 3166.
        public var countryCode: String
        public var phoneNumber: String
        public var websiteURL: String?

        public init(
            fullName: String, companyName: String?, addressLines: [String?], city: String, stateOrRegion: String?,
            districtOrCounty: String?, postalCode: String, countryCode: String, phoneNumber: String,
            websiteURL: String?
        ) {
            self.fullName = fullName
            self.companyName = companyName
            self.addressLines = addressLines
            self.city = city
            self.stateOrRegion = stateOrRegion
            self.districtOrCounty = districtOrCounty
            self.postalCode = postalCode
            self.countryCode = countryCode
            self.phoneNumber = phoneNumber
            self.websiteURL = websiteURL
        }
    }

    /// <https://docs.aws.amazon.com/accounts/latest/reference/API_AlternateContact.html>
    public struct AlternateContact: Sendable, Codable, Equatable {
        public var name: String
        public var title: String
        public var emailAddress: String
        public var phoneNumber: String

        public init(name: String, title: String, emailAddress: String, phoneNumber: String) {
            self.name = name
            self.title = title
            self.emailAddress = emailAddress
            self.phoneNumber = phoneNumber
        }
    }
}
