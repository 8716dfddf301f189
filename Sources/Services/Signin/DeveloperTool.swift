import Platform

/// The programs of AWS's that sign in by a browser: the client ids of OAuth 2.0 that are known.
public enum DeveloperTool: String, Sendable, Codable, CaseIterable {
    /// The browser runs where the program runs, which listens for it: `aws login`.
    case sameDevice = "arn:aws:signin:::devtools/same-device"
    /// The person carries a code from the browser to the program: `aws login --remote`.
    case crossDevice = "arn:aws:signin:::devtools/cross-device"

    /// What policies call it.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_signin.html>
    func resource(_ call: Call) -> String {
        let kind = self == .sameDevice ? "localhost" : "remote"
        return "arn:aws:signin:\(call.region):\(call.accountID):oauth2/public-client/\(kind)"
    }
}
