import Catalogue
import Directory
import FoundationEssentials
import Learning
import Ledger
import Platform
import Wire

/// A service last accessed report, asked for or done. Its id is a UUID of version 7, so that the oldest come first.
struct AccessReport: Record {
    static let kind = "Gatehouse::IAM::AccessReport"
    static let keepsHistory = false
    /// How long a report is kept, in seconds.
    static let lifetime = 24.0 * 3600
    /// How many reports an account may have; beyond that, the oldest are deleted.
    static let most = 10_000

    /// A service that can be accessed.
    struct Service: Sendable, Codable {
        /// `iam`
        let namespace: String
        /// The last use by each entity that has used it, latest first.
        var uses: [Use] = []
        /// The actions that Gatehouse records and the policies could allow; nil unless actions were asked for.
        var actions: [Action]?
    }

    /// A use, by the entity at this index of the report's list.
    struct Use: Sendable, Codable {
        let entity: Int
        /// Milliseconds since 1970.
        let time: Int64
        let region: String
    }

    struct Action: Sendable, Codable {
        let name: String
        let use: Use?
    }

    let id: String
    let arn: String
    /// `SERVICE_LEVEL` or `ACTION_LEVEL`
    let granularity: String
    /// Seconds since 1970.
    let createDate: Double
    /// nil while it is in the making.
    var completionDate: Double?
    /// Why it could not be made: an error's code and message.
    var errorCode: String?
    var errorMessage: String?
    /// Those who can access the services.
    var entities: [AccessSubject.Entity] = []
    /// By namespace.
    var services: [Service] = []

    /// `JobStatus`
    var status: String { completionDate == nil ? "IN_PROGRESS" : errorCode == nil ? "COMPLETED" : "FAILED" }

    init(id: String, arn: String, granularity: String, createDate: Double) {
        self.id = id
        self.arn = arn
        self.granularity = granularity
        self.createDate = createDate
    }

    /// Fills the report.
    /// - Parameter oldest: anything earlier than this, in milliseconds since 1970, is left out.
    mutating func fill(_ subject: AccessSubject, _ environment: Environment, oldest: Int64) async {
        let grants = ServiceGrants(subject.policies.map(\.document))
        let usages = subject.entities.map { environment.usage.usage(of: $0.id) }
        let namespaces = grants.services
        entities = subject.entities
        for namespace in namespaces {
            var service = Service(namespace: namespace)
            for (index, usage) in usages.enumerated() {
                guard let use = usage?.lastUse(of: namespace), use.time >= oldest else { continue }
                service.uses.append(Use(entity: index, time: use.time, region: use.region))
            }
            service.uses.sort { $0.time > $1.time }
            if granularity == "ACTION_LEVEL" {
                let tracked = environment.trackedActions(of: namespace)
                let names = tracked.isEmpty ? [] : grants.actions(of: namespace).filter(tracked.contains)
                service.actions = names.map { Self.action($0, of: namespace, usages, oldest: oldest) }
            }
            services.append(service)
            // Requests go first.
            await Task.yield()
        }
    }

    private static func action(
        _ name: String, of namespace: String, _ usages: [PrincipalUsage?], oldest: Int64
    ) -> Action {
        var last: Use?
        for (index, usage) in usages.enumerated() {
            guard let use = usage?.services[namespace]?[name], use.time >= oldest, use.time > last?.time ?? .min
            else { continue }
            last = Use(entity: index, time: use.time, region: use.region)
        }
        return Action(name: name, use: last)
    }
}

extension Call {
    /// Asks for a report on a user, group, role or policy, which is then made in the background.
    /// - Throws: NoSuchEntity, InvalidInput.
    func startAccessReport(on arn: String, granularity: String) async throws(ServiceError) -> AccessReport {
        let report = AccessReport(
            id: AccessReport.newID(self), arn: arn, granularity: granularity, createDate: time)
        try await keep { (records) throws(ServiceError) in
            _ = try AccessSubject(arn, records.readOnly, self.directory)
            try records.dropOldAccessReports(AccessReport.self, self.time)
            try records.put(report)
            try records.schedule(MakeAccessReport(), id: report.id, at: self.time)
        }
        return report
    }

    /// The report of a job.
    /// - Throws: NoSuchEntity.
    func accessReport(_ id: String) async throws(ServiceError) -> AccessReport {
        let report = try await read { (records) throws(ServiceError) in try records.get(AccessReport.self, id) }
        guard let report, time - report.createDate < AccessReport.lifetime else {
            throw .noSuchEntity("Job with id \(id) cannot be found.")
        }
        return report
    }
}

/// Makes the report of its id.
struct MakeAccessReport: Job {
    static let kind = "IAM::MakeAccessReport"

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let id = context.id
        let started = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(AccessReport.self, id)
        }
        guard var report = started else { return }
        let arn = report.arn
        do throws(ServiceError) {
            let subject = try await environment.read(context.scope) { (records) throws(ServiceError) in
                try AccessSubject(arn, records, environment.directory)
            }
            let oldest = milliseconds(report.createDate) - PrincipalUsage.trackingPeriod
            await report.fill(subject, environment, oldest: oldest)
        } catch {
            report.errorCode = error.code
            report.errorMessage = error.message
        }
        report.completionDate = max(environment.now(), report.createDate)
        let done = report
        try await context.finish { (records) throws(ServiceError) in try records.put(done) }
    }
}

extension AccessReport {
    static func newID(_ call: Call) -> String {
        var random = SystemRandomNumberGenerator()
        return UUIDv7.make(milliseconds: milliseconds(call.time), using: &random)
    }
}

extension MutableRecords {
    /// Deletes a few with each new one, so that they never pile up.
    /// - Parameter type: one whose ids are UUIDs of version 7.
    func dropOldAccessReports<R: Record>(_ type: R.Type, _ time: Double) throws(ServiceError) {
        let oldest = milliseconds(time - AccessReport.lifetime)
        var surplus = try count(type) - AccessReport.most
        for report in try list(type, limit: 4)
        where UUIDv7.milliseconds(of: report.id) ?? .min <= oldest || surplus >= 0 {
            try delete(report)
            surplus -= 1
        }
    }
}

/// From seconds; 0 for what is out of range.
private func milliseconds(_ seconds: Double) -> Int64 { Int64(exactly: (seconds * 1000).rounded(.down)) ?? 0 }
