import Directory
import OrganizationsAPI
import Platform
import Wire

extension Organizations.Root {
    init(of organization: Directory.Organization) {
        self.init()
        id = organization.rootID
        arn = organization.arn("root", organization.rootID)
        name = "Root"
        policyTypes = organization.enabledPolicyTypes.map { Organizations.PolicyTypeSummary(enabled: $0) }
    }
}

extension Organizations.ListRoots: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        return Output(roots: [Organizations.Root(of: own.organization)], nextToken: nil)
    }
}
