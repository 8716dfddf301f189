import Catalogue
import Policy

/// One run of all checks over one document. The checks are in the files beside this one, one for each group.
struct Checker {
    let catalogue: ServiceCatalogue
    let type: PolicyType
    /// The service of the resource that a resource policy is attached to, if it was given.
    let attachedService: String?
    let document: LooseDocument
    private(set) var findings: [Finding] = []
    /// What was looked up, by the service that ARNs name.
    private var resourceTypes: [String: [CatalogueService.ResourceType]] = [:]
    /// Looking for the nearest name is expensive, so a document full of typing errors gets no more suggestions than
    /// this.
    private var suggestionsLeft = 100

    init(catalogue: ServiceCatalogue, type: PolicyType, attachedService: String?, document: LooseDocument) {
        self.catalogue = catalogue
        self.type = type
        self.attachedService = attachedService
        self.document = document
    }

    mutating func report(_ code: FindingCode, _ place: Place, _ message: String) {
        findings.append(Finding(code: code, position: place.position, path: place.path, message: message))
    }

    /// The end of a message: "; did you mean s3:GetObject?", or only the full stop.
    mutating func suggestion(_ nearest: (ServiceCatalogue) -> String?) -> String {
        guard suggestionsLeft > 0 else { return "." }
        suggestionsLeft -= 1
        return nearest(catalogue).map { "; did you mean \($0)?" } ?? "."
    }

    mutating func resourceTypes(ofARNService name: String) -> [CatalogueService.ResourceType] {
        if let known = resourceTypes[name] { return known }
        let types = catalogue.resourceTypes(ofARNService: name)
        resourceTypes[name] = types
        return types
    }

    mutating func check(_ statement: LooseStatement) {
        if let actions = statement.actions { checkActions(actions) }
        checkResourceElement(of: statement)
        checkPrincipalElement(of: statement)
        checkVariables(in: statement)
        checkConditions(of: statement)
        checkRoleGrants(of: statement)
        checkDangerousConditions(of: statement)
        checkTagConditions(of: statement)
        checkKeyAvailability(of: statement)
        checkServicePrincipals(of: statement)
        checkRedundancy(in: statement)
        switch type {
        case .roleTrust: checkTrust(of: statement)
        case .serviceControl: checkServiceControl(statement)
        case .resourceControl: checkResourceControl(statement)
        default: break
        }
    }
}
