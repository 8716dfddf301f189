import Advisories
import Inspector2API
import Ledger
import Packages
import Platform
import VPC
import Wire

/// Looks at everything that an account has in a Region, and reads anew what has changed.
struct ScanResources: Job {
    static let kind = "Inspector2::ScanResources"
    /// The only one of an account and Region.
    static let id = "all"
    /// One that follows what is under way.
    static let again = "again"
    /// Instances are read anew at least once a day, in seconds.
    static let daily = 86_400.0
    /// Where package databases and archives are read.
    private static let slow = SlowWork("gatehouse.inspector")

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope) = (context.environment, context.scope)
        let settings = environment.inspectorSettings(scope.account, scope.region)
        if settings.isEnabled {
            let round = try await Self.slowly { () in
                (environment.scanTargets(settings, at: environment.now()), environment.inspectedPlaces.advice())
            }
            let (targets, advice) = round
            let exposures = environment.exposures(scope)
            for target in targets {
                do throws(ServiceError) {
                    try await scan(
                        target, advice, exposures[target.resource].map { !$0.isEmpty }, settings, context)
                } catch {
                    // What one resource is has no say about the others.
                    guard error.status >= 500 else { throw error }
                    context.report(
                        "a resource could not be scanned", ["resource": target.resource, "error": error.message])
                }
            }
            try await update(exposures, targets, settings, scope, environment)
            try await forget(allBut: targets, exposures, settings, scope, environment)
        }
        try await context.finish { _ in }
    }

    private static func slowly<T: Sendable>(_ body: @escaping @Sendable () -> T) async throws(ServiceError) -> T {
        let result: Result<T, Never> = try await slow.run { body() }
        return result.get()
    }

    // MARK: Packages

    private func scan(
        _ target: ScanTarget, _ advice: InspectedPlaces.Advice?, _ exposure: Bool?, _ settings: InspectorSettings,
        _ context: JobContext
    ) async throws(ServiceError) {
        let (environment, scope) = (context.environment, context.scope)
        let now = environment.now()
        let key = RowKey(.text(target.type), .text(target.resource), .text("PACKAGE"))
        let before = try await environment.read(scope) { (records) throws(ServiceError) in
            try records.get(CoveredResource.self, key)
        }
        var row =
            before
            ?? CoveredResource(
                accountID: scope.account, region: scope.region, type: target.type, resource: target.resource,
                scanType: "PACKAGE", isActive: true, reason: "PENDING_INITIAL_SCAN", since: now)
        row.metadata = target.metadata.structure.json
        if let obstacle = target.obstacle {
            row.isActive = false
            row.reason = obstacle
            try await put(row, before, scope, environment)
            return
        }
        let depth = target.type == "AWS_EC2_INSTANCE" ? settings.depth(environment) : nil
        let fingerprint = try await Self.slowly { target.fingerprint(lookingInto: depth ?? []) }
        let isOld = row.lastScanned.map { now - $0 >= Self.daily } ?? true
        let hasChanged = row.fingerprint != fingerprint || isOld || !row.isActive
        let known = "\(advice?.fingerprint ?? "") \(exposure.map { "\($0)" } ?? "")"
        guard hasChanged || row.advisories != known || row.details != target.details.structure.json else {
            if row != before { try await put(row, before, scope, environment) }
            return
        }
        let read = try await inventory(of: target, hasChanged, depth, scope, environment)
        guard case .success(let inventory) = read, !inventory.isIncomplete else {
            // What was found before may still be there.
            if before?.reason != "NO_INVENTORY" {
                context.report(
                    "what is installed can't be read", ["resource": target.resource, "reason": Self.reason(read)])
            }
            row.isActive = false
            row.reason = "NO_INVENTORY"
            row.fingerprint = fingerprint
            try await put(row, before, scope, environment)
            return
        }
        let details = target.described(with: inventory)
        let matches = try await Self.slowly { advice?.index.matches(in: inventory) ?? [] }
        let found = VulnerabilityFindings.findings(of: matches, in: details, exposure: exposure)
        try await FindingUpdate(
            scope: scope, resourceType: target.type, resource: target.resource, type: "PACKAGE_VULNERABILITY"
        ).apply(found, environment)
        row.isActive = true
        row.reason = "SUCCESSFUL"
        row.lastScanned = now
        row.scans += hasChanged || row.advisories != known ? 1 : 0
        row.fingerprint = fingerprint
        row.advisories = known
        row.details = target.details.structure.json
        try await put(row, before, scope, environment, inventory: inventory, found: found)
    }

    private static func reason(_ read: Result<Inventory, InventoryError>) -> String {
        switch read {
        case .success(let inventory): inventory.problems.joined(separator: "; ")
        case .failure(let error): error.description
        }
    }

    private func inventory(
        of target: ScanTarget, _ isAnew: Bool, _ depth: [String]?, _ scope: Scope, _ environment: Environment
    ) async throws(ServiceError) -> Result<Inventory, InventoryError> {
        if !isAnew {
            let key = RowKey(.text(target.type), .text(target.resource))
            let kept = try await environment.read(scope) { (records) throws(ServiceError) in
                try records.get(ResourceInventory.self, key)
            }
            if let kept { return .success(kept.inventory) }
        }
        let read: Result<Inventory, InventoryError> = try await Self.slow.run { () throws(InventoryError) in
            var inventory = try target.inventory()
            if let depth { inventory.packages.removeAll { !$0.isWithin(depth) } }
            return inventory
        }
        return read
    }

    private func put(
        _ row: CoveredResource, _ before: CoveredResource?, _ scope: Scope, _ environment: Environment,
        inventory: Inventory? = nil, found: [Found] = []
    ) async throws(ServiceError) {
        let now = environment.now()
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            // Scans may have been disabled meanwhile.
            guard try records.inspectorSettings().scans(row.type) else { return }
            try records.put(row)
            if let inventory {
                try records.put(ResourceInventory(type: row.type, resource: row.resource, inventory: inventory))
            }
            if before?.isActive != row.isActive || before?.reason != row.reason {
                try records.announceCoverage(of: row, at: now)
            }
            if inventory != nil, before?.lastScanned == nil {
                var counts: [String: Int] = [:]
                for one in found { counts[one.content.severity, default: 0] += 1 }
                try records.announceFirstScan(of: row, counts: counts, total: found.count, at: now)
            }
        }
    }

    // MARK: Networks

    private func update(
        _ exposures: [String: [ExposedPorts]], _ targets: [ScanTarget], _ settings: InspectorSettings, _ scope: Scope,
        _ environment: Environment
    ) async throws(ServiceError) {
        let byResource = Dictionary(targets.map { ($0.resource, $0) }) { first, _ in first }
        for (instance, ports) in exposures.sorted(by: { $0.key < $1.key }) {
            guard let target = byResource[instance] else { continue }
            let now = environment.now()
            let key = RowKey(.text(target.type), .text(instance), .text("NETWORK"))
            let before = try await environment.read(scope) { (records) throws(ServiceError) in
                try records.get(CoveredResource.self, key)
            }
            let fingerprint = InspectorName.findingID(
                ports.map { "\($0.title) \($0.explanation) \($0.components.map(\.id))" }
                    + [target.details.structure.json])
            guard before?.fingerprint != fingerprint else { continue }
            let found = ports.map { ExposureFindings.finding($0, in: target.details) }
            try await FindingUpdate(
                scope: scope, resourceType: target.type, resource: instance, type: "NETWORK_REACHABILITY"
            ).apply(found, environment)
            var row =
                before
                ?? CoveredResource(
                    accountID: scope.account, region: scope.region, type: target.type, resource: instance,
                    scanType: "NETWORK", isActive: true, reason: "SUCCESSFUL", since: now)
            row.metadata = target.metadata.structure.json
            row.details = target.details.structure.json
            row.lastScanned = now
            row.scans += 1
            row.fingerprint = fingerprint
            try await put(row, before, scope, environment)
        }
    }

    // MARK: What is gone

    private func forget(
        allBut targets: [ScanTarget], _ exposures: [String: [ExposedPorts]], _ settings: InspectorSettings,
        _ scope: Scope, _ environment: Environment
    ) async throws(ServiceError) {
        let present = Set(targets.map { "\($0.type) \($0.resource)" })
        let rows = try await environment.read(scope) { (records) throws(ServiceError) in
            try records.list(CoveredResource.self, limit: .max)
        }
        for row in rows where settings.scans(row.type) {
            let isPresent = present.contains("\(row.type) \(row.resource)")
            guard !isPresent || (row.scanType == "NETWORK" && exposures[row.resource] == nil) else { continue }
            let type = row.scanType == "NETWORK" ? "NETWORK_REACHABILITY" : "PACKAGE_VULNERABILITY"
            try await FindingUpdate(
                scope: scope, resourceType: row.type, resource: row.resource, type: type, isGone: !isPresent
            ).apply([], environment)
            try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                try records.delete(CoveredResource.self, row.key)
                guard row.scanType == "PACKAGE" else { return }
                try records.delete(ResourceInventory.self, RowKey(.text(row.type), .text(row.resource)))
            }
        }
    }
}

extension InspectorSettings {
    /// Where packages of languages are looked for in instances.
    fileprivate func depth(_ environment: Environment) -> [String] {
        guard inspectsDeeply else { return [] }
        let administrator = environment.inspectorAdministrator(of: accountID, region: region)
        let shared = administrator.map { environment.inspectorSettings($0, region).organizationPaths }
        return Self.usualPaths + packagePaths + (shared ?? organizationPaths)
    }
}

extension InstalledPackage {
    /// Whether it is of the operating system, or lies beneath one of some folders.
    fileprivate func isWithin(_ folders: [String]) -> Bool {
        guard manager != .os, let path else { return manager == .os }
        return folders.contains { folder in
            let folder = folder.split(separator: "/").joined(separator: "/")
            return path.hasPrefix(folder + "/")
        }
    }
}

extension ScanTarget {
    /// By what it is seen that it, or where it is looked into, has changed.
    fileprivate func fingerprint(lookingInto depth: [String]) -> String {
        let others = depth.filter { !InspectorSettings.usualPaths.contains($0) }
        guard case .root(let root) = place, !others.isEmpty else {
            return "\(fingerprint) \(depth.joined(separator: ":"))"
        }
        return "\(fingerprint) \(depth.joined(separator: ":")) \(Fingerprint.of(others, in: root))"
    }

    /// What findings show of the resource, with the platform that was found in it.
    fileprivate func described(with inventory: Inventory) -> Inspector2.Resource {
        var resource = details
        guard let platform = inventory.system?.platform, var shown = resource.details else { return resource }
        if var instance = shown.awsEc2Instance {
            instance.platform = platform
            shown.awsEc2Instance = instance
        }
        if var image = shown.awsEcrContainerImage {
            image.platform = platform
            shown.awsEcrContainerImage = image
        }
        resource.details = shown
        return resource
    }
}

/// Has everything looked at again and again.
struct WatchResources: RecurringJob {
    static let kind = "Inspector2::WatchResources"
    static let interval = 60.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        for settings in environment.inspector.enabled {
            let now = environment.now()
            try await environment.write(Scope(account: settings.accountID, region: settings.region), requestID: "") {
                (records) throws(ServiceError) in
                // What is under way goes on.
                guard try records.scheduledTime(of: ScanResources.self, id: ScanResources.id) == nil else { return }
                try records.schedule(ScanResources(), id: ScanResources.id, at: now)
            }
        }
        try await context.finish { _ in }
    }
}
