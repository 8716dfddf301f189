import Platform

/// What of the access that users and roles have was not used for long.
///
/// Something counts as unused when it was there, and nobody used it, for as many days as the analyzer says. Attempts are uses,
/// even denied ones, as for IAM's last accessed information.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html>
struct UnusedAccess: Sendable {
    /// Those that an analyzer has without being told.
    static let usualAge = 90

    /// Seconds since 1970.
    let time: Double
    /// Days.
    let age: Int
    /// The actions of a service whose uses are told one by one.
    let tracked: @Sendable (_ namespace: String) -> Set<String>

    /// What was last used then, or is there since then, is unused: seconds since 1970.
    var latest: Double { time - Double(age) * 86_400 }

    /// All that is found of a user or role.
    ///
    /// Of one that is itself unused there is no need to say which of its permissions are.
    func findings(of identity: AnalyzedIdentity) -> [FindingDetails] {
        let lastUse = seconds(identity.usage?.lastUse?.time)
        if identity.isRole, isUnused(lastUse, since: identity.created) {
            return [.unusedRole(lastAccessed: lastUse)]
        }
        var findings: [FindingDetails] = []
        for key in identity.keys {
            let last = seconds(identity.usage?.keys[key.id]?.time)
            guard isUnused(last, since: key.created) else { continue }
            findings.append(.unusedAccessKey(id: key.id, lastAccessed: last))
        }
        if let password = identity.password {
            let last = seconds(identity.usage?.password)
            if isUnused(last, since: password.created) { findings.append(.unusedPassword(lastAccessed: last)) }
        }
        if identity.created <= latest, let lastUse, lastUse > latest {
            let permissions = permissions(of: identity)
            if !permissions.isEmpty { findings.append(.unusedPermission(permissions)) }
        }
        return findings
    }

    /// The services that a user or role could use and has not used, and the actions of those that it has.
    private func permissions(of identity: AnalyzedIdentity) -> [UnusedPermission] {
        identity.grants.services.compactMap { service in
            let last = seconds(identity.usage?.lastNeed(of: service)?.time)
            guard let last, last > latest else {
                return UnusedPermission(service: service, lastAccessed: last, actions: [])
            }
            let tracked = tracked(service)
            guard !tracked.isEmpty else { return nil }
            let unused = identity.grants.actions(of: service).filter(tracked.contains).compactMap { action in
                let last = seconds(identity.usage?.lastUse(of: action, in: service)?.time)
                return last ?? 0 > latest ? nil : UnusedPermission.Action(name: action, lastAccessed: last)
            }
            return unused.isEmpty ? nil : UnusedPermission(service: service, lastAccessed: last, actions: unused)
        }
    }

    private func isUnused(_ last: Double?, since created: Double) -> Bool { max(last ?? created, created) <= latest }

    /// From milliseconds.
    private func seconds(_ time: Int64?) -> Double? { time.map { (Double($0) / 1000).rounded(.down) } }
}

extension Analyzer {
    /// Whether it leaves a user or role out.
    /// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalysisRuleCriteria.html>
    func excludes(_ identity: AnalyzedIdentity) -> Bool {
        (configuration.exclusions ?? []).contains { $0.has(identity) }
    }
}

extension Analyzer.Exclusion {
    /// Whether a user or role is one of those that it speaks of; one that speaks of nothing has none.
    fileprivate func has(_ identity: AnalyzedIdentity) -> Bool {
        if let accountIDs, !accountIDs.isEmpty, !accountIDs.contains(identity.resource.owner) { return false }
        guard let resourceTags, !resourceTags.isEmpty else { return accountIDs?.isEmpty == false }
        return resourceTags.contains { wanted in
            !wanted.isEmpty
                && wanted.allSatisfy { key, value in
                    identity.tags.contains { tag in
                        // Keys of users' and roles' tags that differ only in case are the same.
                        tag.key.lowercased() == key.lowercased() && (value.isEmpty || tag.value == value)
                    }
                }
        }
    }
}
