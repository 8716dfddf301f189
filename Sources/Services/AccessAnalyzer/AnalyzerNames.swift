import AccessAnalyzerAPI
import Directory
import Platform
import Policy
import Wire

/// The analyzer that a request names, by its name or by its ARN. It need not exist.
struct AnalyzerName: Sendable, Hashable {
    static let prefix = "analyzer/"

    let name: String
    let account: String
    let region: String

    var arn: String { ARN.text("access-analyzer", region, account, Self.prefix, name) }

    init(_ name: String, account: String, region: String) {
        self.name = name
        self.account = account
        self.region = region
    }

    /// An analyzer of the caller's account.
    init(_ name: String, _ call: Call) {
        self.init(name, account: call.accountID, region: call.region)
    }

    /// - Throws: ValidationException for what is no analyzer's ARN.
    init(arn text: String) throws(ServiceError) {
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "access-analyzer",
            arn.account.utf8.count == 12, !arn.region.isEmpty, arn.resource.hasPrefix(Self.prefix),
            !arn.resource.dropFirst(Self.prefix.count).contains("/")
        else { throw .invalidField("analyzerArn", "Invalid analyzer ARN.") }
        self.init(String(arn.resource.dropFirst(Self.prefix.count)), account: arn.account, region: arn.region)
    }

    /// The ARN of one of its archive rules.
    func arn(ofRule rule: String) -> String { "\(arn)/archive-rule/\(rule)" }
}

extension Call {
    /// What is needed for an operation on an analyzer.
    func access(
        on analyzer: AnalyzerName, _ context: [String: ContextValue] = [:]
    ) -> Authorization {
        .required(Access("access-analyzer:\(operation)", on: analyzer.arn, context: context))
    }

    /// What is needed for an operation on an archive rule.
    func access(onRule rule: String, of analyzer: AnalyzerName) -> Authorization {
        .required(Access("access-analyzer:\(operation)", on: analyzer.arn(ofRule: rule)))
    }

    /// What is needed for an operation that has no resource.
    func accessWithoutResource() -> Authorization {
        .required(Access("access-analyzer:\(operation)", on: "*"))
    }
}

extension RecordReading {
    /// An analyzer of the caller's account and Region.
    /// - Throws: ResourceNotFoundException.
    func analyzer(_ name: AnalyzerName, _ call: Call) throws(ServiceError) -> Analyzer {
        guard name.account == call.accountID, name.region == call.region,
            let analyzer = try get(Analyzer.self, name.name)
        else { throw .unknownAnalyzer(name) }
        return analyzer
    }
}

extension ServiceError {
    static func unknownAnalyzer(_ name: AnalyzerName) -> ServiceError {
        .notFound(name.arn, type: "Analyzer", "No analyzer named \(name.name) was found.")
    }
}
