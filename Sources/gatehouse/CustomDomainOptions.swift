import ArgumentParser
import FoundationEssentials
import Platform
import Server

/// The names at which custom domains of user pools answer.
struct CustomDomainOptions: ParsableArguments {
    @Option(
        name: .customLong("custom-domain"),
        help: """
            A name at which a user pool's custom domain answers: NAME, such as auth.example.com, or NAME=ACCOUNT where only \
            one account may have it. Custom domains of other names answer by path alone. Can be repeated.
            """)
    var domains: [String] = []

    /// - Parameter publicURL: what others reach Gatehouse by: names below it are buckets'.
    static func names(publicURL: String?) throws -> CustomDomains {
        let own = publicURL.flatMap { URL(string: $0)?.host()?.lowercased() }
        let reserved = ["localhost", "amazonaws.com", "amazoncognito.com", "aws.amazon.com"] + [own].compactMap { $0 }
        var accounts: [String: String?] = [:]
        for text in Settings.list("CUSTOM_DOMAIN") {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts[0].lowercased()
            guard
                name.wholeMatch(of: /(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){2,}[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?/)
                    != nil,
                parts.count == 1 || parts[1].wholeMatch(of: /[0-9]{12}/) != nil
            else {
                throw ValidationError(
                    "--custom-domain takes NAME or NAME=ACCOUNT, such as auth.example.com=111122223333, not '\(text)'.")
            }
            if let taken = reserved.first(where: { name == $0 || name.hasSuffix("." + $0) }) {
                throw ValidationError(
                    "--custom-domain can't be \(name): names in \(taken) are Gatehouse's own, or AWS's. Choose another."
                )
            }
            accounts.updateValue(parts.count == 2 ? parts[1] : nil, forKey: name)
        }
        return CustomDomains(accounts)
    }
}
