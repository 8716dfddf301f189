import Platform
import Wire

extension PostureCheck {
    static let ofCredentials: [PostureCheck] = [
        userFactor, unusedCredentials, oneActiveKey, keyRotation, serverCertificates,
    ]

    private static let practices = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"

    /// A check that looks at the credentials of each user.
    private static func user(
        _ judge: @escaping @Sendable (_ name: String, JSONValue, PostureView) -> PostureVerdict
    ) -> Evaluation {
        .each(AuditedType.credentials) { (item, view) throws(ServiceError) in
            item.configuration["isRoot"]?.isTrue == true
                ? nil : judge(item.resourceName ?? "", item.configuration, view)
        }
    }

    private static func activeKeys(_ user: JSONValue) -> [JSONValue] {
        (user["keys"]?.elements ?? []).filter { $0["isActive"]?.isTrue == true }
    }

    private static let userFactor = PostureCheck(
        "iam-user-mfa", "Users who have a password have an MFA device", .high, cis: ["1.10"],
        nist: ["IA-2(1)", "IA-2(2)"],
        iso: ["A.5.17", "A.8.5"], pci: ["8.4.2"], page: practices,
        reason: "Passwords are guessed, reused and read along; a second factor is not.",
        user { name, user, _ in
            guard user["hasPassword"]?.isTrue == true else { return .notApplicable("The user has no password.") }
            let devices = user["devices"]?.elements ?? []
            guard devices.isEmpty else {
                return .pass(
                    "The user has an MFA device.", devices.map { .init("device", $0["serialNumber"]?.text ?? "") })
            }
            return .fail(
                "The user has a password and no MFA device.", [.init("password", "yes"), .init("devices", "none")],
                mend: [
                    aws(
                        "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", name, "--outfile",
                        "\(name)-mfa.png", "--bootstrap-method", "QRCodePNG"),
                    "# or, until the user has one: " + aws("iam", "delete-login-profile", "--user-name", name),
                ])
        })

    /// CIS: 45 days.
    private static let unusedDays = 45

    private static let unusedCredentials = PostureCheck(
        "iam-unused-credentials", "Credentials that were not used for 45 days are disabled", .medium, cis: ["1.12"],
        nist: ["AC-2(3)"], iso: ["A.5.16", "A.5.18"], pci: ["8.2.6"], page: practices,
        reason: "Nobody misses a credential that nobody uses, whoever has it.",
        user { name, user, view in
            let created = user["created"]?.decimal ?? 0
            var facts: [PostureVerdict.Fact] = []
            var mend: [String] = []
            var isAny = false
            if user["hasPassword"]?.isTrue == true {
                isAny = true
                let last = user["passwordUsed"]?.decimal
                // What was never used counts from when it was made.
                let idle = view.days(since: last ?? user["passwordChanged"]?.decimal ?? created)
                facts.append(.init(last == nil ? "password never used, set" : "password last used", days(idle)))
                if idle >= unusedDays { mend.append(aws("iam", "delete-login-profile", "--user-name", name)) }
            }
            for key in activeKeys(user) {
                isAny = true
                let id = key["id"]?.text ?? ""
                let last = key["used"]?.decimal
                let idle = view.days(since: last ?? key["created"]?.decimal ?? created)
                facts.append(.init(last == nil ? "\(id) never used, made" : "\(id) last used", days(idle)))
                if idle >= unusedDays {
                    mend.append(
                        aws(
                            "iam", "update-access-key", "--user-name", name, "--access-key-id", id, "--status",
                            "Inactive"))
                }
            }
            guard isAny else { return .notApplicable("The user has neither a password nor an active key.") }
            return mend.isEmpty
                ? .pass("No credential has gone unused for \(unusedDays) days.", facts)
                : .fail("A credential was not used for \(unusedDays) days.", facts, mend: mend)
        })

    private static let oneActiveKey = PostureCheck(
        "iam-one-active-key", "Users have one active access key at most", .low, cis: ["1.13"], nist: ["AC-2", "IA-5"],
        iso: ["A.5.17"], pci: ["8.6.3"], page: practices,
        reason: "Two are meant for the days of a rotation. One that stays is a second way in.",
        user { name, user, _ in
            let active = activeKeys(user)
            guard !active.isEmpty else { return .notApplicable("The user has no active key.") }
            let facts = active.map { PostureVerdict.Fact("active key", $0["id"]?.text ?? "") }
            guard active.count > 1 else { return .pass("The user has one active key.", facts) }
            // Of two, the one that was used longest ago, or not at all.
            let idle = active.min { ($0["used"]?.decimal ?? 0) < ($1["used"]?.decimal ?? 0) }
            return .fail(
                "The user has \(active.count) active keys.", facts,
                mend: [
                    aws(
                        "iam", "update-access-key", "--user-name", name, "--access-key-id", idle?["id"]?.text ?? "",
                        "--status", "Inactive")
                ])
        })

    private static let keyDays = 90

    private static let keyRotation = PostureCheck(
        "iam-key-rotation", "Access keys are not older than 90 days", .medium, cis: ["1.14"],
        nist: ["IA-5(1)", "AC-2"],
        iso: ["A.5.17"], pci: ["8.3.9", "8.6.3"], trustedAdvisor: "DqdJqYeRm5",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html",
        reason: "The longer a key is valid, the more places it has been copied to.",
        user { name, user, view in
            let active = activeKeys(user)
            guard !active.isEmpty else { return .notApplicable("The user has no active key.") }
            let aged = active.map { key in
                (id: key["id"]?.text ?? "", age: view.days(since: key["created"]?.decimal ?? 0))
            }
            let facts = aged.map { PostureVerdict.Fact("age of \($0.id)", "\($0.age) days") }
            let old = aged.filter { $0.age > keyDays }
            guard !old.isEmpty else { return .pass("No active key is older than \(keyDays) days.", facts) }
            return .fail(
                "An active key is \(old.map(\.age).max() ?? 0) days old.", facts,
                mend: [aws("iam", "create-access-key", "--user-name", name)]
                    + old.map {
                        aws(
                            "iam", "update-access-key", "--user-name", name, "--access-key-id", $0.id, "--status",
                            "Inactive")
                    })
        })

    private static let serverCertificates = PostureCheck(
        "iam-expired-certificates", "No server certificate in IAM has expired", .medium, cis: ["1.19"],
        nist: ["SC-12", "SC-17"], iso: ["A.8.24"], pci: ["4.2.1.1"],
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html",
        reason: "Whoever meets an expired certificate learns to click warnings away.",
        .each(AuditedType.serverCertificate) { (item, view) throws(ServiceError) in
            let end = item.configuration["expiration"]?.decimal ?? 0
            let facts = [PostureVerdict.Fact("expires", Timestamp(secondsSinceEpoch: end).iso8601)]
            guard end <= view.now else { return .pass("The certificate is valid.", facts) }
            return .fail(
                "The certificate has expired.", facts,
                mend: [
                    aws(
                        "iam", "delete-server-certificate", "--server-certificate-name", item.resourceName ?? "")
                ])
        })
}
