import FoundationEssentials
import Ledger
import Platform
import Wire

/// Where the file of an import is uploaded, by whoever has the URL.
enum ImportUpload {
    /// No bucket has such a name.
    private static let prefix = "/_cognito-import/"
    /// In bytes.
    private static let longest = 100 << 20

    static func url(of job: UserImport, _ address: String) -> String {
        "\(address)\(prefix)\(job.poolID)/\(job.jobID)?token=\(job.token)"
    }

    static let front = Front(
        bodyLimit: longest, takes: { $0.method == "PUT" && $0.path.hasPrefix(prefix) },
        respond: { visit in
            do throws(ServiceError) {
                try await take(visit)
                return answer(200, "")
            } catch {
                return answer(
                    error.status,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>\(error.code)</Code>"
                        + "<Message>\(error.message)</Message><RequestId>\(visit.requestID)</RequestId></Error>")
            }
        })

    private static func answer(_ status: Int, _ text: String) -> WireResponse {
        WireResponse(
            status: status, headers: [(name: "content-type", value: "application/xml")], body: Array(text.utf8))
    }

    private static func take(_ visit: Visit) async throws(ServiceError) {
        let environment = visit.environment
        let parts = visit.request.path.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let pool = environment.userPool(String(parts[0])) else { throw .denied }
        let jobID = String(parts[1])
        let job = try await environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.get(UserImport.self, UserImport.id(jobID, of: pool.id))
        }
        guard let job, isSameSecret("token=\(job.token)", visit.request.query) else { throw .denied }
        guard job.status == .created, visit.time < job.created + UserImport.uploadValidity else {
            throw ServiceError("AccessDenied", "Request has expired", status: 403)
        }
        // What was uploaded before counts no more.
        try await note(nil, of: job, pool, environment)
        try await environment.deleteParts(of: job, in: pool.scope)
        var (rest, count) = ([UInt8](), 0)
        while let bytes = try await visit.request.stream?.next() {
            rest += bytes
            while rest.count >= ImportPart.size {
                try await store(Array(rest.prefix(ImportPart.size)), count, of: job, pool, environment)
                rest.removeFirst(ImportPart.size)
                count += 1
            }
        }
        if !rest.isEmpty {
            try await store(rest, count, of: job, pool, environment)
            count += 1
        }
        try await note(count, of: job, pool, environment)
    }

    private static func store(
        _ bytes: [UInt8], _ number: Int, of job: UserImport, _ pool: PoolEntry, _ environment: Environment
    ) async throws(ServiceError) {
        let part = ImportPart(
            poolID: job.poolID, jobID: job.jobID, number: number, bytes: Data(bytes).base64EncodedString())
        try await environment.write(pool.scope, requestID: "") { (records) throws(ServiceError) in
            guard try records.get(UserImport.self, job.id)?.status == .created else { throw .denied }
            try records.put(part)
        }
    }

    private static func note(
        _ count: Int?, of job: UserImport, _ pool: PoolEntry, _ environment: Environment
    ) async throws(ServiceError) {
        try await environment.write(pool.scope, requestID: "") { (records) throws(ServiceError) in
            guard var job = try records.get(UserImport.self, job.id), job.status == .created else { throw .denied }
            job.partCount = count
            try records.put(job)
        }
    }
}

extension ServiceError {
    fileprivate static var denied: ServiceError { ServiceError("AccessDenied", "Access Denied", status: 403) }
}
