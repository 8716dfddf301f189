import CognitoIDPAPI
import Directory
import Ledger
import Platform
import Wire

extension PoolEntry {
    /// The columns of a file of users: the schema's attributes, and two of Cognito's own.
    var importColumns: [String] {
        schema.attributes.map(\.name).filter { $0 != "sub" && !$0.hasPrefix("dev:") }
            + ["cognito:mfa_enabled", "cognito:username"]
    }
}

extension UserImport {
    /// Of answers: whoever has the URL can upload users.
    fileprivate static let secretMembers: Set<String> = ["PreSignedUrl"]
}

extension CognitoIDP.GetCSVHeader: ComputeOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        return Output(userPoolId: pool.id, csvHeader: pool.importColumns)
    }
}

extension CognitoIDP.CreateUserImportJob: WriteOperation, OnUserPool {
    public static var secretMembers: Set<String> { UserImport.secretMembers }

    /// Whoever asks passes the role to Cognito.
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let own = Access(
            "cognito-idp:\(call.operation)",
            on: UserPool.arn(input.userPoolId, region: call.region, account: call.accountID))
        return .required([own] + call.passing(input.cloudWatchLogsRoleArn))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        guard let role = ARN(parsing: input.cloudWatchLogsRoleArn), role.service == "iam",
            role.typeAndRest?.type == "role"
        else { throw .invalidParameter("Invalid role ARN: \(input.cloudWatchLogsRoleArn)") }
        let job = UserImport(
            poolID: pool.id, jobID: "import-\(Identifiers.mixed(10))", name: input.jobName,
            roleARN: input.cloudWatchLogsRoleArn, token: Identifiers.mixed(43), created: call.time)
        try records.put(job)
        try records.schedule(
            ExpireUserImport(poolID: pool.id, jobID: job.jobID), id: job.id, at: call.time + UserImport.validity)
        return Output { $0.userImportJob = CognitoIDP.UserImportJobType(job, call.environment) }
    }
}

extension CognitoIDP.StartUserImportJob: WriteOperation, OnUserPool {
    public static var secretMembers: Set<String> { UserImport.secretMembers }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        var job = try records.userImport(input.jobId, of: pool.id)
        guard job.status == .created else {
            throw .precondition("The user import job can not be started: its status is \(job.status.rawValue).")
        }
        guard job.partCount != nil else { throw .precondition("No CSV file was uploaded for the user import job.") }
        guard !pool.autoVerifiedAttributes.isEmpty else {
            throw .precondition("The user pool must have at least one auto-verified attribute.")
        }
        guard try !records.list(UserImport.self).contains(where: { $0.status.isActive }) else {
            throw .precondition("Only one user import job can be active at a time.")
        }
        job.status = .pending
        job.started = call.time
        try records.put(job)
        try records.schedule(RunUserImport(poolID: pool.id, jobID: job.jobID), id: job.id, at: call.time)
        return Output { $0.userImportJob = CognitoIDP.UserImportJobType(job, call.environment) }
    }
}

extension CognitoIDP.StopUserImportJob: WriteOperation, OnUserPool {
    public static var secretMembers: Set<String> { UserImport.secretMembers }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        var job = try records.userImport(input.jobId, of: pool.id)
        guard job.status.isActive else {
            throw .precondition("The user import job can not be stopped: its status is \(job.status.rawValue).")
        }
        // Whoever imports sees it before the next users.
        job.status = .stopping
        try records.put(job)
        return Output { $0.userImportJob = CognitoIDP.UserImportJobType(job, call.environment) }
    }
}

extension CognitoIDP.DescribeUserImportJob: ReadOperation, OnUserPool {
    public static var secretMembers: Set<String> { UserImport.secretMembers }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let job = try records.userImport(input.jobId, of: pool.id)
        return Output { $0.userImportJob = CognitoIDP.UserImportJobType(job, call.environment) }
    }
}

extension CognitoIDP.ListUserImportJobs: ReadOperation, OnUserPool {
    public static var secretMembers: Set<String> { UserImport.secretMembers }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        var jobs = try records.parts(UserImport.self, of: pool.id)
        jobs.sort { ($0.created, $0.jobID) > ($1.created, $1.jobID) }
        if let token = input.paginationToken {
            guard let place = jobs.firstIndex(where: { $0.jobID == token }) else {
                throw .invalidParameter("Invalid pagination token.")
            }
            jobs.removeFirst(place + 1)
        }
        let page = jobs.prefix(input.maxResults)
        return Output {
            $0.userImportJobs = page.map { CognitoIDP.UserImportJobType($0, call.environment) }
            $0.paginationToken = jobs.count > page.count ? page.last?.jobID : nil
        }
    }
}

extension ServiceError {
    fileprivate static func precondition(_ message: String) -> ServiceError {
        .cognito(.preconditionNotMetException, message)
    }
}

/// Ends an import that was never started, and forgets its file.
struct ExpireUserImport: Job {
    static let kind = "CognitoIDP::ExpireUserImport"
    let poolID: String
    let jobID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = UserImport.id(jobID, of: poolID)
        let expired = try await context.environment.write(context.scope, requestID: "") {
            (records) throws(ServiceError) -> UserImport? in
            guard var job = try records.get(UserImport.self, id), job.status == .created else { return nil }
            job.status = .expired
            job.partCount = nil
            try records.put(job)
            return job
        }
        if let expired { try await context.environment.deleteParts(of: expired, in: context.scope) }
        try await context.finish { _ in }
    }
}
