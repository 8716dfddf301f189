import Directory
import Platform
import Wire

/// The credential report as AWS writes it: the root user first, then the users by name without regard to case; lines end
/// with LF, the last with nothing.
struct CredentialReportRows {
    private static let header = """
        user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,\
        mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated
        """

    private let account: String
    private let accountDate: Double
    private let users: [User]
    /// By unique id of the owner.
    private let keys: [String: [AccessKey]]
    private let passwords: [String: LoginProfile]
    private let passwordPolicy: AccountPasswordPolicy?
    private let withDevice: Set<String>
    /// By unique id of the owner.
    private let certificates: [String: [SigningCertificate]]
    private let usage: UsageFold

    init(
        account: String, accountDate: Double, users: [User], keys: [AccessKey], passwords: [LoginProfile],
        passwordPolicy: AccountPasswordPolicy?, devices: [MFADevice],
        certificates: [SigningCertificate], usage: UsageFold
    ) {
        self.account = account
        self.accountDate = accountDate
        self.users = users.sorted { $0.id < $1.id }
        self.keys = Dictionary(grouping: keys, by: \.ownerID)
        self.passwords = Dictionary(passwords.map { ($0.ownerID, $0) }) { first, _ in first }
        self.passwordPolicy = passwordPolicy
        withDevice = Set(devices.compactMap(\.ownerID))
        self.certificates = Dictionary(grouping: certificates, by: \.ownerID)
        self.usage = usage
    }

    var csv: String {
        let rows = [root] + users.map(row)
        return ([Self.header] + rows.map { $0.map(Self.field).joined(separator: ",") }).joined(separator: "\n")
    }

    private var root: [String] {
        let password = usage.usage(of: account)?.password
        return [
            "<root_account>", "arn:aws:iam::\(account):root", Self.date(accountDate), "not_supported",
            password.map { Self.date(usedAt: $0) } ?? "no_information", "not_supported", "not_supported",
        ] + credentials(of: account)
    }

    private func row(_ user: User) -> [String] {
        let password = passwords[user.uniqueID]
        let lastUsed = usage.usage(of: user.uniqueID)?.password
        return [
            user.name, user.arn, Self.date(user.createDate), password == nil ? "false" : "true",
            password == nil ? "N/A" : lastUsed.map { Self.date(usedAt: $0) } ?? "no_information",
            password.map { Self.date($0.passwordDate) } ?? "N/A",
            password.flatMap { passwordPolicy?.expiry(ofPasswordSetAt: $0.passwordDate) }.map(Self.date) ?? "N/A",
        ] + credentials(of: user.uniqueID)
    }

    /// Second factor, two keys, two certificates.
    private func credentials(of owner: String) -> [String] {
        var columns = [withDevice.contains(owner) ? "true" : "false"]
        let keys = (keys[owner] ?? []).sorted { ($0.createDate, $0.id) < ($1.createDate, $1.id) }
        let uses = usage.usage(of: owner)?.keys ?? [:]
        for index in 0..<2 {
            guard index < keys.count else {
                columns += ["false", "N/A", "N/A", "N/A", "N/A"]
                continue
            }
            let key = keys[index]
            let use = uses[key.id]
            columns += [
                key.isActive ? "true" : "false", Self.date(key.createDate),
                use.map { Self.date(usedAt: $0.time) } ?? "N/A", use?.region ?? "N/A", use?.service ?? "N/A",
            ]
        }
        let certificates = (certificates[owner] ?? []).sorted { ($0.uploadDate, $0.id) < ($1.uploadDate, $1.id) }
        for index in 0..<2 {
            guard index < certificates.count else {
                columns += ["false", "N/A"]
                continue
            }
            columns += [
                certificates[index].isActive ? "true" : "false", Self.date(certificates[index].uploadDate),
            ]
        }
        return columns
    }

    /// `2026-11-21T02:03:04Z`
    private static func date(_ seconds: Double) -> String {
        Timestamp(secondsSinceEpoch: seconds).iso8601
    }

    private static func date(usedAt milliseconds: Int64) -> String {
        date(Timestamp(usedAt: milliseconds).secondsSinceEpoch)
    }

    /// Names of users may have commas, and paths quotation marks (RFC 4180).
    private static func field(_ text: String) -> String {
        guard text.contains(",") || text.contains("\"") else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
