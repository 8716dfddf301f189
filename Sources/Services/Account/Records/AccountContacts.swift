import Directory
import Ledger

/// Whom to reach about an account.
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact.html>
struct AccountContacts: Record {
    static let kind = "AWS::Account::Contacts"

    /// The account's number.
    let id: String
    /// Who owns it.
    var primary: PrimaryContact?
    /// By their type: `BILLING`, `OPERATIONS`, `SECURITY`.
    var alternates: [String: AlternateContact] = [:]

    init(id: String) {
        self.id = id
    }

    /// <https://docs.aws.amazon.com/accounts/latest/reference/API_ContactInformation.html>
    struct PrimaryContact: Sendable, Codable, Equatable {
        var fullName: String
        var companyName: String?
        /// Up to three.
        var addressLines: [String?]
        var city: String
        var stateOrRegion: String?
        var districtOrCounty: String?
        var postalCode: String
        /// Two letters of ISO 3166.
        var countryCode: String
        var phoneNumber: String
        var websiteURL: String?
    }

    /// <https://docs.aws.amazon.com/accounts/latest/reference/API_AlternateContact.html>
    struct AlternateContact: Sendable, Codable, Equatable {
        var name: String
        var title: String
        var emailAddress: String
        var phoneNumber: String
    }
}
