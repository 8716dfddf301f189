import CloudTrailAPI
import Directory
import IAMAPI
import Ledger
import Platform
import S3API
import STSAPI
import Wire

/// How Access Analyzer gets at trails and last accessed information: with the role that it was given, and no other rights.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html#access-analyzer-policy-generation-perms>
struct TrailAccess: Sendable {
    let environment: Environment
    let scope: Scope
    let generation: PolicyGeneration

    private static let session = "AccessAnalyzerPolicyGeneration"

    /// Makes sure that the role may look at everything that is needed.
    /// - Returns: the services that the principal has used in the time that is asked about, by last accessed information.
    func services() async throws(PolicyGenerationError) -> Set<String> {
        guard let id = environment.directory.uniqueID(ofARN: generation.principal) else {
            throw .refused(
                .init(code: .resourceNotFound, message: "The principal \(generation.principal) was not found."))
        }
        if let cloudTrail = generation.cloudTrail {
            let identity = try await assume(cloudTrail.accessRole)
            for trail in cloudTrail.trails { try await check(trail, identity) }
            try await checkLastAccessed(identity)
        }
        let start = generation.cloudTrail?.start ?? generation.started - PolicyGenerationQuotas.span
        let since = Int64(exactly: (start * 1000).rounded()) ?? 0
        guard let usage = environment.usage.usage(of: id) else { return [] }
        return Set(usage.services.filter { $0.value.values.contains { $0.time >= since } }.keys)
    }

    /// The role, once its trust policy lets Access Analyzer have it.
    private func assume(_ arn: String) async throws(PolicyGenerationError) -> ServiceIdentity {
        let service = AnalyzerAdministration.service
        try await ask("The service role can't be assumed: its trust policy must allow \(service) sts:AssumeRole.") {
            () async throws(ServiceError) in
            _ = try await environment.services(in: scope.region).call(
                STS.AssumeRole.self,
                STS.AssumeRole.Input {
                    $0.roleArn = arn
                    $0.roleSessionName = Self.session
                }, as: .own(service, for: nil, in: scope.account))
        }
        guard let id = environment.directory.uniqueID(ofARN: arn), let role = environment.directory.role(uniqueID: id)
        else { throw .refused(.init(code: .resourceNotFound, message: "The role \(arn) was not found.")) }
        return .assuming(role, session: Self.session, service, for: nil, in: scope.account)
    }

    /// The trail has to be there, and the role must be allowed to read its log files.
    private func check(
        _ asked: PolicyGeneration.Trail, _ identity: ServiceIdentity
    ) async throws(PolicyGenerationError) {
        let region = ARN(parsing: asked.arn)?.region ?? scope.region
        let services = environment.services(in: region)
        let trail = try await ask("The service role may not look at the trail \(asked.arn).") {
            () async throws(ServiceError) in
            try await services.call(
                CloudTrail.GetTrail.self, CloudTrail.GetTrail.Input { $0.name = asked.arn }, as: identity
            ).trail
        }
        guard let trail, let bucket = trail.s3BucketName else {
            throw .refused(.init(code: .resourceNotFound, message: "The trail \(asked.arn) was not found."))
        }
        let folder = [trail.s3KeyPrefix, "AWSLogs", scope.account, "CloudTrail"].compactMap(\.self)
            .joined(separator: "/")
        try await ask(Self.bucketAdvice) { () async throws(ServiceError) in
            let listed = try await services.call(
                S3.ListObjectsV2.self,
                S3.ListObjectsV2.Input {
                    $0.bucket = bucket
                    $0.prefix = folder + "/"
                    $0.maxKeys = 1
                }, as: identity)
            do throws(ServiceError) {
                // Where there is no log file yet, the answer tells all the same whether one could be read.
                _ = try await services.call(
                    S3.HeadObject.self,
                    S3.HeadObject.Input {
                        $0.bucket = bucket
                        $0.key = listed.contents?.first?.key ?? folder + "/none"
                    }, as: identity)
            } catch {
                guard error.status == 404 else { throw error }
            }
        }
    }

    private static let bucketAdvice =
        "Incorrect permissions assigned to access CloudTrail S3 bucket. Please fix before trying again."

    private func checkLastAccessed(_ identity: ServiceIdentity) async throws(PolicyGenerationError) {
        let services = environment.services(in: scope.region)
        try await ask("The service role may not get the last accessed information of \(generation.principal).") {
            () async throws(ServiceError) in
            let report = try await services.call(
                IAM.GenerateServiceLastAccessedDetails.self,
                IAM.GenerateServiceLastAccessedDetails.Input { $0.arn = generation.principal }, as: identity)
            guard let id = report.jobId else { throw .internalFailure }
            _ = try await services.call(
                IAM.GetServiceLastAccessedDetails.self, IAM.GetServiceLastAccessedDetails.Input { $0.jobId = id },
                as: identity)
        }
    }

    /// Does something with the role's rights, or none yet.
    /// - Parameter advice: what is to be said when it is denied.
    @discardableResult
    private func ask<T: Sendable>(
        _ advice: String, _ body: () async throws(ServiceError) -> T
    ) async throws(PolicyGenerationError) -> T {
        do throws(ServiceError) { return try await body() } catch {
            guard error.status < 500 else { throw .own(error) }
            let isMissing = error.status == 404 || error.code.contains("NotFound") || error.code.contains("NoSuch")
            throw .refused(
                .init(
                    code: isMissing ? .resourceNotFound : .authorization,
                    message: isMissing ? error.message : advice))
        }
    }
}
