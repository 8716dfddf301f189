import Platform
import Wire

extension PostureCheck {
    static let ofAccount: [PostureCheck] = [
        passwordLength, passwordReuse, passwordStrength, securityContact, primaryContact, membership, identities,
    ]

    private static let passwordPage =
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html"

    /// What mends whatever is wrong with a password policy.
    private static let goodPolicy = aws(
        "iam", "update-account-password-policy", "--minimum-password-length", "14", "--password-reuse-prevention",
        "24", "--require-symbols", "--require-numbers", "--require-uppercase-characters",
        "--require-lowercase-characters", "--allow-users-to-change-password")

    private static func passwords(
        _ judge: @escaping @Sendable (JSONValue) -> (isGood: Bool, summary: String, facts: [PostureVerdict.Fact])
    ) -> Evaluation {
        .account { (view) throws(ServiceError) in
            guard let policy = try view.global(AuditedType.passwordPolicy).first?.configuration else { return [] }
            guard policy["isSet"]?.isTrue == true else {
                return [
                    .account(
                        view.account,
                        .fail(
                            "The account has no password policy of its own: AWS's, of 8 characters, is in force.",
                            [.init("password policy", "none")], mend: [goodPolicy]))
                ]
            }
            let (isGood, summary, facts) = judge(policy)
            return [.account(view.account, isGood ? .pass(summary, facts) : .fail(summary, facts, mend: [goodPolicy]))]
        }
    }

    private static let passwordLength = PostureCheck(
        "iam-password-length", "Passwords have 14 characters at least", .medium, cis: ["1.8"], nist: ["IA-5(1)"],
        iso: ["A.5.17"], pci: ["8.3.6"], trustedAdvisor: "Yw2K9puPzl", page: passwordPage,
        reason: "Length is what makes a password hard to guess.",
        passwords { policy in
            let length = policy["minimumLength"]?.number ?? 0
            return (
                length >= 14, "Passwords have \(length) characters at least.", [.init("minimum length", "\(length)")]
            )
        })

    private static let passwordReuse = PostureCheck(
        "iam-password-reuse", "The last 24 passwords can't be used again", .low, cis: ["1.9"], nist: ["IA-5(1)"],
        iso: ["A.5.17"], pci: ["8.3.7"], trustedAdvisor: "Yw2K9puPzl", page: passwordPage,
        reason: "A password that was lost once must not come back.",
        passwords { policy in
            let count = policy["reusePrevention"]?.number ?? 0
            return (
                count >= 24,
                count == 0 ? "Passwords can be used again." : "The last \(count) passwords can't be used again.",
                [.init("passwords remembered", "\(count)")]
            )
        })

    private static let passwordStrength = PostureCheck(
        "iam-password-strength", "Passwords need upper and lower case, digits and symbols", .low, nist: ["IA-5(1)"],
        iso: ["A.5.17"], pci: ["8.3.6"], trustedAdvisor: "Yw2K9puPzl", page: passwordPage,
        reason:
            "PCI DSS asks for letters and digits, Trusted Advisor for all four; who has long passphrases may except this check.",
        passwords { policy in
            let wanted = [
                ("symbols", "requiresSymbols"), ("digits", "requiresNumbers"), ("upper case", "requiresUppercase"),
                ("lower case", "requiresLowercase"),
            ]
            let missing = wanted.filter { policy[$0.1]?.isTrue != true }.map(\.0)
            return (
                missing.isEmpty,
                missing.isEmpty
                    ? "All four kinds of characters are needed." : "Not needed: \(missing.joined(separator: ", ")).",
                wanted.map { .init($0.0, policy[$0.1]?.isTrue == true ? "needed" : "not needed") }
            )
        })

    private static let contactPage =
        "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact.html"

    private static let securityContact = PostureCheck(
        "account-security-contact", "There is a security contact", .medium, cis: ["1.2"], nist: ["IR-6"],
        iso: ["A.5.24", "A.6.8"], pci: ["12.10.1"], page: contactPage,
        reason: "Whoever finds something wrong with the account has to reach somebody who answers.",
        .account { (view) throws(ServiceError) in
            let contacts = try view.global(AuditedType.contacts).first?.configuration
            guard let email = contacts?["alternates"]?["SECURITY"]?.text else {
                return [
                    .account(
                        view.account,
                        .fail(
                            "There is no security contact.", [.init("security contact", "none")],
                            mend: [
                                aws(
                                    "account", "put-alternate-contact", "--alternate-contact-type", "SECURITY",
                                    "--name",
                                    "Security", "--title", "Security", "--email-address", "security@example.com",
                                    "--phone-number", "+1-555-0100")
                            ]))
                ]
            }
            return [.account(view.account, .pass("There is a security contact.", [.init("security contact", email)]))]
        })

    private static let primaryContact = PostureCheck(
        "account-contact", "The account has contact information", .low, cis: ["1.1"], nist: ["IR-6"], iso: ["A.5.24"],
        page: contactPage, reason: "An account of nobody is closed when nobody can be asked about it.",
        .account { (view) throws(ServiceError) in
            let isThere = try view.global(AuditedType.contacts).first?.configuration["hasPrimary"]?.isTrue == true
            return [
                .account(
                    view.account,
                    isThere
                        ? .pass("There is contact information.")
                        : .fail(
                            "There is no contact information.", [.init("contact information", "none")],
                            mend: [
                                "aws account put-contact-information --contact-information "
                                    + "FullName=…,PhoneNumber=…,AddressLine1=…,City=…,PostalCode=…,CountryCode=…"
                            ]))
            ]
        })

    private static let membership = PostureCheck(
        "account-organization", "The account is part of an organization", .low, cis: ["1.21"], nist: ["AC-2(1)"],
        iso: ["A.5.15"],
        page: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_getting-started_concepts.html",
        reason: "Only an organization can set bounds that not even an account's administrator can move.",
        .account { (view) throws(ServiceError) in
            let found = try view.global(AuditedType.membership).first?.configuration
            guard let organization = found?["organization"]?.text else {
                return [
                    .account(
                        view.account,
                        .fail(
                            "The account is in no organization.", [.init("organization", "none")],
                            mend: [aws("organizations", "create-organization", "--feature-set", "ALL")]))
                ]
            }
            return [
                .account(
                    view.account,
                    .pass(
                        "The account is in an organization.",
                        [
                            .init("organization", organization),
                            .init("management account", found?["managementAccount"]?.text ?? ""),
                        ]))
            ]
        })

    private static let identities = PostureCheck(
        "iam-in-use", "The account has users or roles of its own", .low, nist: ["AC-2"], iso: ["A.5.16"],
        pci: ["8.2.1"],
        trustedAdvisor: "zXCkfM1nI3", page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        reason: "Where there is nobody but the root user, everybody is the root user.",
        .account { (view) throws(ServiceError) in
            let quotas = try view.global(AuditedType.quotaUse("IAM")).first?.configuration["quotas"]?.elements ?? []
            let users = quotas.first { $0["name"]?.text == "Users" }?["used"]?.number ?? 0
            // AWS's services make theirs by themselves.
            let roles =
                users > 0
                ? 0
                : try view.global("AWS::IAM::Role").count { item in
                    item.configuration["path"]?.text?.hasPrefix("/aws-service-role/") == false
                }
            let facts: [PostureVerdict.Fact] =
                [.init("users", "\(users)")] + (users > 0 ? [] : [.init("roles", "\(roles)")])
            return [
                .account(
                    view.account,
                    users + roles > 0
                        ? .pass("There are users or roles.", facts)
                        : .fail(
                            "There is nobody but the root user.", facts,
                            mend: [
                                aws("iam", "create-user", "--user-name", "admin"),
                                aws(
                                    "iam", "attach-user-policy", "--user-name", "admin", "--policy-arn",
                                    "arn:aws:iam::aws:policy/AdministratorAccess"),
                            ]))
            ]
        })
}
