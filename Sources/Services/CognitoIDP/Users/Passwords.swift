import CognitoIDPAPI
import Platform
import Wire

// Setting passwords. <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html>

extension PoolEntry {
    /// Checks a password by the pool's policy.
    /// - Parameter wording: AWS says the same in three ways, by operation.
    /// - Throws: InvalidPasswordException.
    func checkPassword(
        _ password: String, _ wording: String = "Password does not conform to policy"
    ) throws(ServiceError) {
        guard let complaint = passwordPolicy.complaint(about: password) else { return }
        let reason = complaint.split(separator: ": ", maxSplits: 1).last ?? ""
        throw .cognito(.invalidPasswordException, "\(wording): \(reason)")
    }

    /// Until when a temporary password holds that is given now.
    func temporaryPasswordEnd(from time: Double) -> Double {
        time + Double(passwordPolicy.temporaryValidityDays) * 86_400
    }

    /// A temporary password that the policy allows.
    func temporaryPassword() -> String {
        var source = SystemRandomNumberGenerator()
        let alphabets = [
            "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!#$%*+-.:=?@^_~",
        ].map(Array.init)
        let length = max(passwordPolicy.minimumLength, 12)
        // One of each, and the rest of all.
        var letters = alphabets.compactMap { $0.randomElement(using: &source) }
        let all = alphabets.flatMap(\.self)
        while letters.count < length { if let letter = all.randomElement(using: &source) { letters.append(letter) } }
        letters.shuffle(using: &source)
        return String(letters)
    }

    /// Checks that a password is none of the user's last ones, where the policy keeps them.
    /// - Throws: PasswordHistoryPolicyViolationException.
    /// - Complexity: an exponentiation for each password that is kept.
    func checkHistory(_ password: String, of user: PoolUser) async throws(ServiceError) {
        let size = passwordPolicy.historySize
        guard size > 0 else { return }
        let kept = user.earlierPasswords.suffix(size - 1) + [user.password].compactMap(\.self)
        for earlier in kept
        where try await earlier.matches(password, user: user.username, poolID: id, account: pool.accountID) {
            throw .cognito(.passwordHistoryPolicyViolationException, "Password has previously been used")
        }
    }
}

extension PoolUser {
    /// Gives the user a password, and keeps the one before where the policy wants to know it.
    mutating func set(_ password: PasswordVerifier, temporaryUntil end: Double?, of pool: PoolEntry) {
        let size = pool.passwordPolicy.historySize
        // Nobody chose a temporary one.
        if let old = self.password, temporaryUntil == nil, size > 1 {
            earlierPasswords = Array((earlierPasswords + [old]).suffix(size - 1))
        }
        if size < 2 { earlierPasswords = [] }
        self.password = password
        temporaryUntil = end
    }
}
