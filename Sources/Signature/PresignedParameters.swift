/// The query parameters that sign a presigned URL.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
struct PresignedParameters {
    var algorithm: String?
    var credential: String?
    var signature: String?
    var signedHeaders: String?
    var date: String?
    var expires: String?
    var sessionToken: String?
    var zonalToken: String?
    var regionSet: String?

    /// Nil when the query has none of the parameters that make it a signed one.
    init?(query: String) {
        guard !query.isEmpty else { return nil }
        for parameter in QueryParameter.parse(query) where parameter.name.starts(with: "X-Amz-".utf8) {
            // An empty parameter counts as a missing one, and the first of two counts.
            guard !parameter.value.isEmpty else { continue }
            switch ASCII.text(parameter.name) {
            case "X-Amz-Algorithm": algorithm = algorithm ?? parameter.valueText
            case "X-Amz-Credential": credential = credential ?? parameter.valueText
            case "X-Amz-Signature": signature = signature ?? parameter.valueText
            case "X-Amz-SignedHeaders": signedHeaders = signedHeaders ?? parameter.valueText
            case "X-Amz-Date": date = date ?? parameter.valueText
            case "X-Amz-Expires": expires = expires ?? parameter.valueText
            case "X-Amz-Region-Set": regionSet = regionSet ?? parameter.valueText
            case "X-Amz-Security-Token": sessionToken = sessionToken ?? parameter.valueText
            case "X-Amz-S3session-Token": zonalToken = zonalToken ?? parameter.valueText
            default: continue
            }
        }
        if algorithm == nil, credential == nil, signature == nil { return nil }
    }

    /// The parameters that are not there, in the order in which AWS lists them.
    var missing: [String] {
        [
            ("X-Amz-Algorithm", algorithm), ("X-Amz-Credential", credential), ("X-Amz-Signature", signature),
            ("X-Amz-SignedHeaders", signedHeaders), ("X-Amz-Date", date),
        ].filter { $0.1 == nil }.map(\.0)
    }
}

/// One parameter of a query, decoded.
struct QueryParameter {
    var name: [UInt8]
    var value: [UInt8]

    var valueText: String { ASCII.text(value) }

    /// Takes a query apart. A parameter without `=` has an empty value; a `+` is a space.
    static func parse(_ query: String) -> [QueryParameter] {
        query.utf8.split(separator: UInt8(ascii: "&")).map { part in
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            return QueryParameter(
                name: PercentEncoding.decoded(name, plusIsSpace: true),
                value: PercentEncoding.decoded(part.dropFirst(name.count + 1), plusIsSpace: true))
        }
    }
}
