import AccountAPI
import Directory
import Platform
import Policy
import Wire

// The alternate contacts, one for each of billing, operations and security.

protocol OnContact: OnAccount where InputFields: AccountManagement.WithAlternateContactType {}

extension OnContact {
    static func keys(_ input: Input) -> [String: ContextValue] {
        ["account:alternatecontacttypes": .many([input.alternateContactType])]
    }
}

extension ServiceError {
    fileprivate static let noSuchContact = notFound("No contact of the inputted alternate contact type found.")
}

extension AccountManagement.GetAlternateContact: ReadOperation, OnContact {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let id = try call.target(input.accountId).accountID
        let contacts = try records.of(account: id).get(AccountContacts.self, id)
        guard let contact = contacts?.alternates[input.alternateContactType] else { throw .noSuchContact }
        return Output {
            $0.alternateContact = AccountManagement.AlternateContact {
                $0.alternateContactType = input.alternateContactType
                $0.name = contact.name
                $0.title = contact.title
                $0.emailAddress = contact.emailAddress
                $0.phoneNumber = contact.phoneNumber
            }
        }
    }
}

extension AccountManagement.PutAlternateContact: WriteOperation, OnContact {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let id = try call.target(input.accountId).accountID
        let records = records.of(account: id)
        var contacts = try records.get(AccountContacts.self, id) ?? AccountContacts(id: id)
        contacts.alternates[input.alternateContactType] = AccountContacts.AlternateContact(
            name: input.name, title: input.title, emailAddress: input.emailAddress, phoneNumber: input.phoneNumber)
        try records.put(contacts)
        return Output()
    }
}

extension AccountManagement.DeleteAlternateContact: WriteOperation, OnContact {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let id = try call.target(input.accountId).accountID
        let records = records.of(account: id)
        guard var contacts = try records.get(AccountContacts.self, id),
            contacts.alternates.removeValue(forKey: input.alternateContactType) != nil
        else { throw .noSuchContact }
        try records.put(contacts)
        return Output()
    }
}
