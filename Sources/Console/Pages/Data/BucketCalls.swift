import Platform
import S3API
import Wire

extension Visit {
    /// Calls an operation on a bucket, wherever it is: S3 says in which Region, as it says to the clients of the API.
    func s3<O: OperationModel>(_ operation: O.Type, _ input: O.Input) async throws(ServiceError) -> O.Output {
        do throws(ServiceError) { return try await call(operation, input) } catch {
            guard error.code == "PermanentRedirect", let region = error.headers["x-amz-bucket-region"],
                region != self.region
            else { throw error }
            return try await call(operation, input, in: region)
        }
    }

    /// Reads a part of a bucket's configuration.
    /// - Parameter missing: the code of the error by which S3 says that there is none: that is no problem.
    func configuration<T: Sendable>(
        _ missing: String, _ body: () async throws(ServiceError) -> T
    ) async -> Attempted<T?> {
        await attempt { () throws(ServiceError) in
            do throws(ServiceError) { return try await body() } catch {
                guard error.code == missing else { throw error }
                return nil
            }
        }
    }
}

/// The four settings of Block Public Access.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
struct PublicAccessForm {
    /// Where it is sent.
    let blockAction: String
    let settings: [Setting]
    let isAllOn: Bool
    let blockProblem: Problem?

    struct Setting {
        let settingName: String
        let settingTitle: String
        let settingHint: String
        let isOn: Bool
    }

    private static let all: [(name: String, title: String, hint: String)] = [
        (
            "BlockPublicAcls", "Block public access granted through new access control lists",
            "Requests that would set a public list are refused."
        ),
        (
            "IgnorePublicAcls", "Ignore public access granted through any access control lists",
            "What public lists grant does not count."
        ),
        (
            "BlockPublicPolicy", "Block public access granted through new public bucket or access point policies",
            "Policies that would make something public are refused."
        ),
        (
            "RestrictPublicBuckets", "Restrict public and cross-account access through any public policies",
            "What has a public policy is open to this account and to AWS services only."
        ),
    ]

    /// - Parameter values: of the settings by their names; empty: nothing is blocked.
    init(_ path: String, _ values: Attempted<[String: Bool]>) {
        blockAction = Console.root + path
        settings = Self.all.map {
            Setting(
                settingName: $0.name, settingTitle: $0.title, settingHint: $0.hint,
                isOn: values.value?[$0.name] == true)
        }
        isAllOn = settings.allSatisfy(\.isOn)
        blockProblem = values.problem
    }

}
