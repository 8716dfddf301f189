import Directory
import OrganizationsAPI
import Platform
import Policy
import Wire

// Which services of AWS may see the organization and act in its accounts.
// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html>

extension Call {
    func access(toService principal: String) -> Authorization {
        .required(need(on: "*", servicePrincipal(principal)))
    }
}

/// `organizations:ServicePrincipal`
func servicePrincipal(_ principal: String?) -> [String: ContextValue] {
    principal.map { ["organizations:serviceprincipal": .one($0)] } ?? [:]
}

extension ServiceError {
    static var unrecognizedServicePrincipal: ServiceError {
        .invalidInput("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")
    }
}

extension Organizations.EnableAWSServiceAccess: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(toService: input.servicePrincipal)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var own = try records.organization(call, for: .managementAccount)
        guard TrustedServices.all.contains(input.servicePrincipal) else { throw .unrecognizedServicePrincipal }
        guard own.organization.featureSet == .all else { throw .notAllFeatures }
        guard own.organization.trustedServices[input.servicePrincipal] == nil else { return Output() }
        own.organization.trustedServices[input.servicePrincipal] = call.time
        try own.records.put(own.organization)
        return Output()
    }
}

extension Organizations.DisableAWSServiceAccess: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(toService: input.servicePrincipal)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var own = try records.organization(call, for: .managementAccount)
        guard TrustedServices.all.contains(input.servicePrincipal) else { throw .unrecognizedServicePrincipal }
        if let type = TrustedServices.policyTypes[input.servicePrincipal],
            own.organization.enabledPolicyTypes.contains(type)
        {
            throw .constraintViolation(
                "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE",
                "You attempted to disable service access before you disabled the policy type \(type).")
        }
        own.organization.trustedServices[input.servicePrincipal] = nil
        try own.records.put(own.organization)
        return Output()
    }
}

extension Organizations.ListAWSServiceAccessForOrganization: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        let page = page(
            Array(own.organization.trustedServices), by: \.key,
            try Paging(organizations: input))
        return Output(page) { service in
            var shown = Organizations.EnabledServicePrincipal()
            shown.servicePrincipal = service.key
            shown.dateEnabled = Timestamp(secondsSinceEpoch: service.value)
            return shown
        }
    }
}
