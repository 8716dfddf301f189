import Directory
import Ledger
import Platform
import WAF
import WAFV2API
import Wire

// Where the logs of web ACLs go. <https://docs.aws.amazon.com/waf/latest/developerguide/logging.html>

/// An operation on the log of the web ACL whose ARN its request has.
protocol OnLogging: Platform.Operation where InputFields: WAFV2.WithResourceArn & WAFV2.MayHaveLogScope {}

extension OnLogging {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(try call.accessToLog(of: input.resourceArn, input.logScope))
    }

    fileprivate static func logging(_ input: Input, _ records: some RecordReading) throws(ServiceError) -> StoredLogging
    {
        let id = StoredLogging.id(of: input.resourceArn, input.logScope ?? StoredLogging.usualScope)
        guard let logging = try records.get(StoredLogging.self, id) else { throw .nonexistentItem }
        return logging
    }
}

extension Call {
    fileprivate func accessToLog(of arn: String, _ scope: String?) throws(ServiceError) -> Access {
        guard let name = WAFName(arn: arn), name.type == StoredWebACL.type else {
            throw .invalid(.resourceArn, arn, .arn)
        }
        return wafAccess(name.arn, ["wafv2:logscope": .one(scope ?? StoredLogging.usualScope)])
    }
}

extension WAFV2.PutLoggingConfiguration: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let configuration = input.loggingConfiguration
        var access = try call.accessToLog(of: configuration.resourceArn, configuration.logScope)
        if let destination = configuration.logDestinationConfigs.first {
            access.context["wafv2:logdestinationresource"] = .one(destination)
        }
        return .required(access)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let view = input.loggingConfiguration
        try LoggingRules.check(view, call)
        for text in view.logDestinationConfigs {
            guard let arn = ARN(parsing: text),
                let group = LogGroupWriter.name(arn, of: call.accountID, in: call.region)
            else { continue }
            try await call.prepareLogGroup(group, text)
        }
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var view = input.loggingConfiguration
        let acl = try records.resource(StoredWebACL.self, arn: view.resourceArn)
        guard acl.fullName.place == records.scope else { throw .nonexistentItem }
        view.logScope = view.logScope ?? StoredLogging.usualScope
        view.logType = view.logType ?? "WAF_LOGS"
        view.managedByFirewallManager = false
        try records.put(
            StoredLogging(
                webACL: acl.arn, logScope: view.logScope ?? StoredLogging.usualScope, settings: view.structure.json))
        return Output(loggingConfiguration: view)
    }
}

extension WAFV2.GetLoggingConfiguration: ReadOperation, OnLogging {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(loggingConfiguration: try logging(input, records).view())
    }
}

extension WAFV2.DeleteLoggingConfiguration: WriteOperation, OnLogging {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.delete(try logging(input, records))
        return Output()
    }
}

extension WAFV2.ListLoggingConfigurations: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(
            call.wafAccess("*", ["wafv2:logscope": .one(input.logScope ?? StoredLogging.usualScope)]))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let scope = try WAFScope(input.scope, region: call.region)
        let logScope = input.logScope ?? StoredLogging.usualScope
        let all = try records.list(StoredLogging.self).filter { logging in
            logging.logScope == logScope && WAFName(arn: logging.webACL)?.scope == scope
        }
        // A marker has room for a number, not for an ARN.
        let page = page(all, try WAFPage.paging(input.nextMarker, input.limit))
        let views = try page.items.map { (logging) throws(ServiceError) in try logging.view() }
        return Output {
            $0.loggingConfigurations = views
            $0.nextMarker = page.marker
        }
    }
}

/// What a logging configuration has to be.
enum LoggingRules {
    /// What the names of destinations begin with.
    static let prefix = "aws-waf-logs-"
    /// The resource policy of CloudWatch Logs that lets lines be delivered.
    static let resourcePolicy = "AWSWAF-LOGS"

    /// - Throws: WAFInvalidParameterException, WAFLimitsExceededException.
    static func check(_ view: WAFV2.LoggingConfiguration, _ call: Call) throws(ServiceError) {
        guard view.logDestinationConfigs.count == 1 else { throw .limitsExceeded }
        for text in view.logDestinationConfigs {
            guard let arn = ARN(parsing: text) else { throw .invalid(.logDestination, text, .arn) }
            let name: Substring? =
                switch arn.service {
                case "s3": arn.resource[...]
                case "firehose": arn.resource.hasPrefix("deliverystream/") ? arn.resource.dropFirst(15) : nil
                case "logs": LogGroupWriter.name(arn, of: call.accountID, in: call.region)?[...]
                default: nil
                }
            guard let name, name.hasPrefix(prefix) else { throw .invalid(.logDestination, text, .logDestination) }
            guard arn.service != "firehose" else {
                throw .invalidOperation(
                    "Gatehouse delivers the logs of web ACLs to S3 buckets (arn:aws:s3:::aws-waf-logs-…) and log groups of "
                        + "CloudWatch Logs; streams of Amazon Data Firehose are not built.")
            }
        }
        for field in view.redactedFields ?? [] {
            switch try FieldReading.field(field) {
            case .uriPath, .queryString, .singleHeader, .method: continue
            default: throw .invalid(.fieldToMatch, "RedactedFields", .nesting)
            }
        }
        for filter in view.loggingFilter?.filters ?? [] {
            for condition in filter.conditions
            where (condition.actionCondition == nil) == (condition.labelNameCondition == nil) {
                throw .invalid(.filterCondition, "Condition", .exactlyOne)
            }
        }
    }
}
