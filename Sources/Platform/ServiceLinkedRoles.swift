public import Directory
public import Wire

extension MutableRecords {
    /// The service-linked role of a service in this account; made when it is not there yet. For services that make
    /// their role when they are first used, as AWS's do.
    ///
    /// - Parameters:
    ///   - service: `organizations.amazonaws.com`
    ///   - description: of a role that is made.
    ///   - time: the request's, seconds since 1970.
    /// - Returns: nil when a role that is not the service's has its name: nobody's role may stand in the way of what
    ///   the service does besides.
    /// - Throws: an internal failure for a service that has none.
    @discardableResult
    public func ensureServiceLinkedRole(
        of service: String, description: String? = nil, at time: Double
    ) throws(ServiceError) -> Role? {
        guard let template = ServiceLinkedRoleCatalog.template(ofService: service) else { throw .internalFailure }
        if let role = try global.get(Role.self, Role.id(ofName: template.roleName)) {
            return role.path == template.path ? role : nil
        }
        return try makeServiceLinkedRole(template, description: description, at: time)
    }

    /// Makes a service-linked role.
    /// - Throws: InvalidInput when its name is taken.
    public func makeServiceLinkedRole(
        _ template: ServiceLinkedRoleCatalog.Template, suffix: String? = nil, description: String? = nil,
        at time: Double
    ) throws(ServiceError) -> Role {
        let name = template.roleName(suffix: suffix)
        guard try global.get(Role.self, Role.id(ofName: name)) == nil else {
            throw ServiceError(
                "InvalidInput",
                "Service role name \(name) has been taken in this account, please try a different suffix.")
        }
        var role = Role(
            accountID: scope.account, name: name, path: template.path, uniqueID: Identifiers.unique(.role),
            createDate: time, trustPolicy: template.trustPolicy, description: description ?? template.description,
            maxSessionDuration: 3600)
        role.attachedPolicies = [template.policyARN]
        try global.put(role)
        return role
    }
}
