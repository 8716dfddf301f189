import CognitoIDPAPI
import Platform

// What pages show of a user pool.

/// A field of the form by which users sign up.
package struct SignUpField: Sendable {
    /// The attribute: `email`, `custom:team`.
    package let attribute: String
    package let isRequired: Bool
}

extension LoginDomain {
    /// Whether users may sign themselves up.
    package var admitsSignUp: Bool { pool.settings.adminCreateUserConfig?.allowAdminCreateUserOnly != true }

    /// The attributes that users sign up with in the place of a user name: `email`, `phone_number`; empty: they have user
    /// names.
    package var namingAttributes: [String] { pool.settings.usernameAttributes ?? [] }

    /// The attributes that users may sign in with besides their user names.
    package var aliasAttributes: [String] { pool.settings.aliasAttributes ?? [] }

    /// What the form asks for besides name and password: what the pool requires, and where codes are sent.
    package func signUpFields(_ client: LoginClient) -> [SignUpField] {
        let naming = namingAttributes
        var fields: [SignUpField] = []
        for attribute in pool.settings.schemaAttributes ?? [] {
            guard let name = attribute.name, attribute.required == true, name != "sub" else { continue }
            // What stands in the place of the user name is asked for as such.
            if naming.count == 1, naming[0] == name { continue }
            fields.append(SignUpField(attribute: name, isRequired: true))
        }
        for name in pool.settings.autoVerifiedAttributes ?? []
        where !naming.contains(name) && !fields.contains(where: { $0.attribute == name }) {
            fields.append(SignUpField(attribute: name, isRequired: false))
        }
        return fields
    }

    /// What a password has to have.
    package var passwordRules: PasswordRules {
        let policy = pool.settings.policies?.passwordPolicy
        return PasswordRules(
            length: policy?.minimumLength ?? 8, needsUppercase: policy?.requireUppercase ?? true,
            needsLowercase: policy?.requireLowercase ?? true, needsDigit: policy?.requireNumbers ?? true,
            needsSymbol: policy?.requireSymbols ?? true)
    }

    package struct PasswordRules: Sendable {
        package let length: Int
        package let needsUppercase: Bool
        package let needsLowercase: Bool
        package let needsDigit: Bool
        package let needsSymbol: Bool
    }
}

extension ProvedUser {
    /// What the user is called, as tokens tell it.
    package var username: String { grant.user.username }
    package var accountName: String { grant.user[attribute: "email"] ?? grant.user.username }
}

/// An identity provider to choose on the sign-in page.
package struct LoginProvider: Sendable {
    package let name: String
    /// `OIDC`, `SAML`, `Google`
    package let type: String
    /// What it is called besides: `idp_identifier`.
    package let identifiers: [String]

    /// What people know it by.
    package var shownName: String {
        switch name {
        case "SignInWithApple": "Apple"
        case "LoginWithAmazon": "Amazon"
        default: name
        }
    }
}
