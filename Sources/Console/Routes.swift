import Wire

/// A page for somebody who is signed in, or a form of one.
struct Route: Sendable {
    let method: String
    /// Segments; one in braces takes any value, and hands it over under its name.
    private let pattern: [String]
    let answer: @Sendable (Visit) async throws(ServiceError) -> Reply

    /// A page.
    static func get(
        _ path: String, _ answer: @escaping @Sendable (Visit) async throws(ServiceError) -> Reply
    ) -> Route {
        Route(method: "GET", pattern: path.split(separator: "/").map { String($0) }, answer: answer)
    }

    /// A form.
    static func post(
        _ path: String, _ answer: @escaping @Sendable (Visit) async throws(ServiceError) -> Reply
    ) -> Route {
        Route(method: "POST", pattern: path.split(separator: "/").map { String($0) }, answer: answer)
    }

    /// The values of the pattern's parameters; nil: the path is another.
    func match(_ segments: [String]) -> [String: String]? {
        guard segments.count == pattern.count else { return nil }
        var values: [String: String] = [:]
        for (part, segment) in zip(pattern, segments) {
            if part.first == "{" {
                values[String(part.dropFirst().dropLast())] = segment
            } else if part != segment {
                return nil
            }
        }
        return values
    }
}

/// A page, or a form, for somebody who need not be signed in.
struct OpenRoute: Sendable {
    let method: String
    let path: [String]
    let answer: @Sendable (Console, WebRequest) async throws(ServiceError) -> Reply

    init(
        _ method: String, _ path: String,
        _ answer: @escaping @Sendable (Console, WebRequest) async throws(ServiceError) -> Reply
    ) {
        self.method = method
        self.path = path.split(separator: "/").map { String($0) }
        self.answer = answer
    }

    static let all: [OpenRoute] = [
        NewPasswordPages.routes,
        PasswordRecovery.routes,
        SecondFactorPages.routes,
        SignInPages.routes,
        VouchedEntry.routes,
    ].flatMap { $0 }
}

extension Console {
    /// All pages of those who are signed in. The first that matches answers.
    static let routes: [Route] = [
        AccessKeyPages.routes,
        AccountSettingsPages.routes,
        AnalyzerPages.routes,
        AuthorizePages.routes,
        BucketChanges.routes,
        BucketListPages.routes,
        BucketPages.routes,
        CreateUserPages.routes,
        CredentialReportPages.routes,
        EventHistoryPages.routes,
        EventPages.routes,
        FindingListPages.routes,
        FindingPages.routes,
        GroupPages.routes,
        HomePage.routes,
        IdentityProviderPages.routes,
        KeyChanges.routes,
        KeyListPages.routes,
        KeyPages.routes,
        LastAccessedPages.routes,
        MFADevicePages.routes,
        NewRolePages.routes,
        ObjectPages.routes,
        OrganizationChanges.routes,
        OrganizationPages.routes,
        OrganizationPolicyPages.routes,
        OrganizationTargetPages.routes,
        OutboxPages.routes,
        PasskeyPages.routes,
        PermissionPages.routes,
        PolicyEditorPages.routes,
        PolicyPages.routes,
        RemedyPages.routes,
        ResponsibilityPages.routes,
        RolePages.routes,
        SecurityCredentialPages.routes,
        SessionPages.routes,
        SimulatorPages.routes,
        SwitchRolePages.routes,
        UserCredentialPages.routes,
        UserGroupsPages.routes,
        UserPages.routes,
        UserTagsPages.routes,
        UsersPages.routes,
    ].flatMap { $0 }
}
