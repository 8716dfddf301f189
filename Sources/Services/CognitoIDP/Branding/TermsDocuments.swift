import CognitoIDPAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

// Terms of use and privacy policies.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-branding.html>

extension RecordReading {
    fileprivate func terms(_ id: String, of poolID: String) throws(ServiceError) -> TermsDocument {
        _ = try userPool(poolID)
        guard let terms = try get(TermsDocument.self, id), terms.poolID == poolID else {
            throw .cognito(.resourceNotFoundException, "Terms \(id) does not exist.")
        }
        return terms
    }

    /// What an app client links to.
    func terms(ofClient clientID: String) throws(ServiceError) -> [TermsDocument] {
        try referrers(TermsDocument.self, TermsDocument.ofClient, to: clientID)
    }

    /// - Throws: TermsExistsException.
    fileprivate func checkName(of terms: TermsDocument) throws(ServiceError) {
        guard
            try !self.terms(ofClient: terms.clientID).contains(where: {
                $0.name == terms.name && $0.id != terms.id
            })
        else {
            throw .cognito(
                .termsExistsException, "Terms \(terms.name) already exists for the app client \(terms.clientID).")
        }
    }
}

extension TermsDocument {
    static let defaultLanguage = "cognito:default"

    /// - Throws: InvalidParameterException.
    fileprivate static func check(_ links: [String: String]) throws(ServiceError) {
        guard links[defaultLanguage] != nil else {
            throw .invalidParameter("Links must have a URL for \(defaultLanguage).")
        }
        for url in links.values.sorted() {
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                throw .invalidParameter("Invalid URL: \(url)")
            }
        }
    }

    fileprivate var view: CognitoIDP.TermsType {
        CognitoIDP.TermsType {
            $0.termsId = id
            $0.userPoolId = poolID
            $0.clientId = clientID
            $0.termsName = name
            $0.termsSource = source
            $0.enforcement = enforcement
            $0.links = links
            $0.creationDate = Timestamp(secondsSinceEpoch: created)
            $0.lastModifiedDate = Timestamp(secondsSinceEpoch: modified)
        }
    }
}

extension CognitoIDP.CreateTerms: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let client = try records.userPoolClient(input.clientId, of: input.userPoolId)
        let links = input.links ?? [:]
        try TermsDocument.check(links)
        let terms = TermsDocument(
            id: UUID().uuidString.lowercased(), poolID: client.poolID, clientID: client.id, name: input.termsName,
            source: input.termsSource, enforcement: input.enforcement, links: links, created: call.time,
            modified: call.time)
        try records.checkName(of: terms)
        try records.put(terms)
        return Output(terms: terms.view)
    }
}

extension CognitoIDP.DescribeTerms: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(terms: try records.terms(input.termsId, of: input.userPoolId).view)
    }
}

extension CognitoIDP.UpdateTerms: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var terms = try records.terms(input.termsId, of: input.userPoolId)
        if let links = input.links {
            try TermsDocument.check(links)
            terms.links = links
        }
        terms.name = input.termsName ?? terms.name
        terms.source = input.termsSource ?? terms.source
        terms.enforcement = input.enforcement ?? terms.enforcement
        terms.modified = call.time
        try records.checkName(of: terms)
        try records.put(terms)
        return Output(terms: terms.view)
    }
}

extension CognitoIDP.DeleteTerms: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.delete(try records.terms(input.termsId, of: input.userPoolId))
        return Output()
    }
}

extension CognitoIDP.ListTerms: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let paging = try Paging(cognito: input)
        let page = try records.page(TermsDocument.self, TermsDocument.ofPool, to: pool.id, paging)
        return Output(page) { terms in
            CognitoIDP.TermsDescriptionType {
                $0.termsId = terms.id
                $0.termsName = terms.name
                $0.enforcement = terms.enforcement
                $0.creationDate = Timestamp(secondsSinceEpoch: terms.created)
                $0.lastModifiedDate = Timestamp(secondsSinceEpoch: terms.modified)
            }
        }
    }
}
