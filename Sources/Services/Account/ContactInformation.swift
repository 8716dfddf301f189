import AccountAPI
import Directory
import Platform
import Wire

// The primary contact: who owns the account.

extension AccountManagement.GetContactInformation: ReadOperation, OnAccount {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let id = try call.target(input.accountId).accountID
        guard let contact = try records.of(account: id).get(AccountContacts.self, id)?.primary else {
            throw .notFound("No contact information found for account \(id).")
        }
        return Output { $0.contactInformation = AccountManagement.ContactInformation(contact) }
    }
}

extension AccountManagement.PutContactInformation: WriteOperation, OnAccount {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let id = try call.target(input.accountId).accountID
        let records = records.of(account: id)
        var contacts = try records.get(AccountContacts.self, id) ?? AccountContacts(id: id)
        contacts.primary = try contact(input.contactInformation)
        try records.put(contacts)
        return Output()
    }

    private static func contact(
        _ given: AccountManagement.ContactInformation
    ) throws(ServiceError) -> AccountContacts.PrimaryContact {
        guard Countries.codes.contains(given.countryCode) else {
            throw .invalidField("contactInformation.countryCode", "The country code is not one of ISO 3166.")
        }
        if Countries.withStates.contains(given.countryCode), given.stateOrRegion == nil {
            throw .invalidField(
                "contactInformation.stateOrRegion", "The state or region is required in the country of the address.")
        }
        return AccountContacts.PrimaryContact(
            fullName: given.fullName, companyName: given.companyName,
            addressLines: [given.addressLine1, given.addressLine2, given.addressLine3], city: given.city,
            stateOrRegion: given.stateOrRegion, districtOrCounty: given.districtOrCounty, postalCode: given.postalCode,
            countryCode: given.countryCode, phoneNumber: given.phoneNumber, websiteURL: given.websiteUrl)
    }
}

extension AccountManagement.ContactInformation {
    fileprivate init(_ contact: AccountContacts.PrimaryContact) {
        self.init()
        fullName = contact.fullName
        companyName = contact.companyName
        let lines = contact.addressLines + [nil, nil, nil]
        addressLine1 = lines[0] ?? ""
        addressLine2 = lines[1]
        addressLine3 = lines[2]
        city = contact.city
        stateOrRegion = contact.stateOrRegion
        districtOrCounty = contact.districtOrCounty
        postalCode = contact.postalCode
        countryCode = contact.countryCode
        phoneNumber = contact.phoneNumber
        websiteUrl = contact.websiteURL
    }
}

private enum Countries {
    /// Where an address needs a state or region.
    /// <https://docs.aws.amazon.com/accounts/latest/reference/API_ContactInformation.html>
    static let withStates: Set = ["US", "CA", "GB", "DE", "JP", "IN", "BR"]

    /// ISO 3166-1 alpha-2.
    static let codes = Set(
        """
        AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
        CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO \
        FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE \
        JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO \
        MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW \
        PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
        TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
        """.split(separator: " ").map(String.init))
}
