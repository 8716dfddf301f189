import CognitoIDPService

/// A field of a form for an attribute of a user, as templates show it.
struct FieldText: Sendable {
    let id: String
    let label: String
    let kind: String
    let autocomplete: String
    let isRequired: Bool
    let value: String
    let hint: String

    init(_ attribute: String, isRequired: Bool, value: String?) {
        id = "attribute-\(attribute)"
        self.isRequired = isRequired
        self.value = value ?? ""
        var (label, kind, autocomplete, hint) = (attribute, "text", "off", "")
        switch attribute {
        case "email": (label, kind, autocomplete) = ("Email address", "email", "email")
        case "phone_number":
            (label, kind, autocomplete, hint) = ("Phone number", "tel", "tel", "With the country: +12065550100")
        case "name": (label, autocomplete) = ("Name", "name")
        case "given_name": (label, autocomplete) = ("Given name", "given-name")
        case "family_name": (label, autocomplete) = ("Family name", "family-name")
        case "middle_name": (label, autocomplete) = ("Middle name", "additional-name")
        case "nickname": (label, autocomplete) = ("Nickname", "nickname")
        case "preferred_username": (label, autocomplete) = ("Preferred username", "username")
        case "birthdate": (label, kind, autocomplete) = ("Birth date", "date", "bday")
        case "gender": (label, autocomplete) = ("Gender", "sex")
        case "website": (label, kind, autocomplete) = ("Website", "url", "url")
        case "address": (label, autocomplete) = ("Address", "street-address")
        case "locale": (label, autocomplete) = ("Locale", "language")
        case "zoneinfo": label = "Time zone"
        case "picture": (label, kind, autocomplete) = ("Picture", "url", "photo")
        case "profile": (label, kind) = ("Profile", "url")
        default: label = attribute.hasPrefix("custom:") ? String(attribute.dropFirst(7)) : attribute
        }
        (self.label, self.kind, self.autocomplete, self.hint) = (label, kind, autocomplete, hint)
    }
}

/// The rules of a password, in words.
enum PasswordRuleText {
    static func all(_ rules: LoginDomain.PasswordRules) -> [String] {
        var all = ["At least \(rules.length) characters"]
        if rules.needsLowercase { all.append("A lowercase letter") }
        if rules.needsUppercase { all.append("An uppercase letter") }
        if rules.needsDigit { all.append("A number") }
        if rules.needsSymbol { all.append("A special character") }
        return all
    }
}
