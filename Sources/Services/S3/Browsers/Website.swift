import S3API
import Wire

/// How a bucket is shown as a website, as it was told.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html>
struct Website: Sendable {
    /// Where a browser is sent.
    struct Redirection: Sendable {
        var status = 301
        var hostName: String?
        var scheme: String?
        var key: String?
        /// What stands in the place of the prefix that was asked about.
        var prefix: String?

        /// The location for a key.
        /// - Parameters:
        ///   - replaced: the prefix of the key that ``prefix`` stands in the place of.
        ///   - host: that the browser asked.
        func location(of key: String, replaced: String, host: String, isSecure: Bool) -> String {
            var path = key
            if let new = self.key {
                path = new
            } else if let prefix, key.utf8.starts(with: replaced.utf8) {
                path = prefix + String(decoding: key.utf8.dropFirst(replaced.utf8.count), as: UTF8.self)
            }
            let scheme = scheme ?? (isSecure ? "https" : "http")
            return "\(scheme)://\(hostName ?? host)/\(URLEncoding.encodePath(path))"
        }
    }

    struct Rule: Sendable {
        /// What keys begin with; empty: any.
        var prefix = ""
        /// The status of the error without which the rule says nothing; nil: it is asked before the object is.
        var status: Int?
        var redirection: Redirection
    }

    /// What is appended to a folder's path.
    let index: String
    /// The key of the document for errors.
    let error: String?
    let rules: [Rule]
    /// Where every request is sent.
    let everything: Redirection?

    /// - Parameter json: a configuration as it is kept.
    /// - Returns: nil for one that can't be read.
    init?(_ json: String) {
        guard let kept = try? Structure(json: json, of: S3.WebsiteConfiguration.shape) else { return nil }
        let view = S3.WebsiteConfiguration(kept)
        index = view.indexDocument?.suffix ?? ""
        error = view.errorDocument?.key
        everything = view.redirectAllRequestsTo.map {
            Redirection(hostName: $0.hostName, scheme: $0.protocol)
        }
        rules = (view.routingRules ?? []).map { rule in
            Rule(
                prefix: rule.condition?.keyPrefixEquals ?? "",
                status: rule.condition?.httpErrorCodeReturnedEquals.flatMap { Int($0) },
                redirection: Redirection(
                    status: rule.redirect.httpRedirectCode.flatMap { Int($0) } ?? 301,
                    hostName: rule.redirect.hostName, scheme: rule.redirect.protocol,
                    key: rule.redirect.replaceKeyWith, prefix: rule.redirect.replaceKeyPrefixWith))
        }
    }

    /// The first rule for a key, and the status that it got; nil: none yet.
    func rule(for key: String, status: Int?) -> Rule? {
        rules.first { $0.status == status && key.utf8.starts(with: $0.prefix.utf8) }
    }

    private static let mostRules = 50

    /// Checks what the model doesn't say.
    static func check(_ view: S3.WebsiteConfiguration) throws(ServiceError) {
        if view.redirectAllRequestsTo != nil {
            guard view.indexDocument == nil, view.errorDocument == nil, view.routingRules == nil else {
                throw .malformedXML
            }
            return
        }
        guard let suffix = view.indexDocument?.suffix else {
            throw .invalidArgument(
                "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
                "IndexDocument", "null")
        }
        guard !suffix.isEmpty, !suffix.contains("/") else {
            throw .invalidArgument("The IndexDocument Suffix is not well formed", "IndexDocument", suffix)
        }
        let rules = view.routingRules ?? []
        guard rules.count <= mostRules else {
            throw .invalidRequest(
                "\(rules.count) routing rules provided, the number of routing rules in a website configuration is limited to \(mostRules)."
            )
        }
        for rule in rules {
            let redirect = rule.redirect
            guard redirect.replaceKeyWith == nil || redirect.replaceKeyPrefixWith == nil else {
                throw .invalidRequest(
                    "You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
            }
            if let code = redirect.httpRedirectCode {
                guard let status = Int(code), (300...399).contains(status), status != 304 else {
                    throw .invalidRequest(
                        "The provided HTTP redirect code (\(code)) is not valid. Valid codes are 3XX except 300.")
                }
            }
            if let code = rule.condition?.httpErrorCodeReturnedEquals {
                guard let status = Int(code), (400...599).contains(status) else {
                    throw .invalidRequest(
                        "The provided HTTP error code (\(code)) is not valid. Valid codes are 4XX or 5XX.")
                }
            }
        }
    }
}
