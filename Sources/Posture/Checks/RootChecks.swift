import Platform
import Wire

extension PostureCheck {
    static let ofRoot: [PostureCheck] = [rootAccessKey, rootFactor, rootHardwareFactor, rootUse]

    private static let rootPage = "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html"

    /// A check that looks at the root user's credentials.
    private static func root(
        _ judge: @escaping @Sendable (JSONValue, PostureView) -> PostureVerdict
    ) -> Evaluation {
        .each(AuditedType.credentials) { (item, view) throws(ServiceError) in
            item.configuration["isRoot"]?.isTrue == true ? judge(item.configuration, view) : nil
        }
    }

    private static let rootAccessKey = PostureCheck(
        "iam-root-access-key", "The root user has no access keys", .critical, cis: ["1.4"],
        nist: ["AC-2", "AC-6(10)", "IA-2"], iso: ["A.8.2"], pci: ["7.2.2", "8.2.2"], page: rootPage,
        reason: "Nothing limits the root user. A key of it that gets out gives away the account.",
        root { root, _ in
            let keys = root["keys"]?.elements ?? []
            guard !keys.isEmpty else { return .pass("The root user has no access keys.") }
            let ids = keys.compactMap { $0["id"]?.text }
            return .fail(
                "The root user has \(keys.count == 1 ? "an access key" : "\(keys.count) access keys").",
                keys.map {
                    .init(
                        "access key",
                        "\($0["id"]?.text ?? ""), \($0["isActive"]?.isTrue == true ? "active" : "inactive")")
                },
                mend: ids.map { "# as the root user: " + aws("iam", "delete-access-key", "--access-key-id", $0) })
        })

    private static let rootFactor = PostureCheck(
        "iam-root-mfa", "The root user has an MFA device", .critical, cis: ["1.5"], nist: ["IA-2(1)", "AC-6"],
        iso: ["A.5.17", "A.8.5"], pci: ["8.4.1", "8.4.2"], trustedAdvisor: "7DAFEmoDos", page: rootPage,
        reason: "With the password alone, whoever has read it once has the account.",
        root { root, _ in
            let devices = root["devices"]?.elements ?? []
            guard devices.isEmpty else {
                return .pass(
                    "The root user has an MFA device.",
                    devices.map { .init("device", $0["serialNumber"]?.text ?? "") })
            }
            return .fail(
                "The root user has no MFA device.", [.init("devices", "none")],
                mend: [
                    aws(
                        "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", "root", "--outfile",
                        "root-mfa.png", "--bootstrap-method", "QRCodePNG"),
                    "# as the root user: aws iam enable-mfa-device --user-name root --serial-number … "
                        + "--authentication-code1 … --authentication-code2 …",
                ])
        })

    private static let rootHardwareFactor = PostureCheck(
        "iam-root-hardware-mfa", "The root user's MFA device is a passkey or security key", .medium, cis: ["1.6"],
        nist: ["IA-2(1)", "IA-2(6)"], iso: ["A.8.5"], pci: ["8.4.1"], page: rootPage,
        reason:
            "The seed of a virtual device can be copied; what a security key holds can't, and it answers no other site.",
        root { root, _ in
            let devices = root["devices"]?.elements ?? []
            let facts = devices.map { PostureVerdict.Fact("device", $0["serialNumber"]?.text ?? "") }
            guard !devices.isEmpty else { return .fail("The root user has no MFA device.", [.init("devices", "none")]) }
            let virtual = devices.filter { $0["isVirtual"]?.isTrue == true }
            return virtual.isEmpty
                ? .pass("The root user has no virtual MFA device.", facts)
                : .fail("The root user's MFA device is a virtual one.", facts)
        })

    /// How long ago the root user may have done something.
    private static let rootDays = 30

    private static let rootUse = PostureCheck(
        "iam-root-use", "The root user is not used for daily work", .high, cis: ["1.7"], nist: ["AC-6(2)", "AC-6(9)"],
        iso: ["A.8.2"], pci: ["7.2.2", "8.2.2"], page: rootPage,
        reason: "What the root user does, nobody in particular has done, and no policy could have prevented.",
        root { root, view in
            var uses: [(name: String, days: Int)] = []
            if let time = root["passwordUsed"]?.decimal { uses.append(("password", view.days(since: time))) }
            for key in root["keys"]?.elements ?? [] {
                if let time = key["used"]?.decimal {
                    uses.append(("access key \(key["id"]?.text ?? "")", view.days(since: time)))
                }
            }
            let facts = uses.map { PostureVerdict.Fact("\($0.name) last used", days($0.days)) }
            guard let last = uses.map(\.days).min(), last < rootDays else {
                return .pass("The root user was not used in the last \(rootDays) days.", facts)
            }
            return .fail("The root user was used \(days(last)).", facts)
        })

    /// "today", "yesterday", "12 days ago".
    static func days(_ count: Int) -> String {
        switch count {
        case 0: "today"
        case 1: "yesterday"
        default: "\(count) days ago"
        }
    }
}
