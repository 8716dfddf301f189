import CognitoIDPAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

// The looks of the pages of old.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/hosted-ui-classic-branding.html>

extension ServiceModule {
    static let appearanceOperations: [any Platform.Operation.Type] = [
        CognitoIDP.GetUICustomization.self, CognitoIDP.SetUICustomization.self,
        CognitoIDP.CreateManagedLoginBranding.self, CognitoIDP.DescribeManagedLoginBranding.self,
        CognitoIDP.DescribeManagedLoginBrandingByClient.self, CognitoIDP.UpdateManagedLoginBranding.self,
        CognitoIDP.DeleteManagedLoginBranding.self,
        CognitoIDP.CreateTerms.self, CognitoIDP.DescribeTerms.self, CognitoIDP.UpdateTerms.self,
        CognitoIDP.DeleteTerms.self, CognitoIDP.ListTerms.self,
    ]
}

extension UICustomization {
    /// A logo's longest, in bytes.
    static let mostImageBytes = 100_000

    /// The classes that a style sheet may be about: the pages have no others that could be changed.
    static let classes: Set<String> = [
        "logo-customizable", "banner-customizable", "label-customizable", "textDescription-customizable",
        "idpDescription-customizable", "legalText-customizable", "submitButton-customizable",
        "errorMessage-customizable", "inputField-customizable", "idpButton-customizable",
        "socialButton-customizable", "redirect-customizable", "passwordCheck-notValid-customizable",
        "passwordCheck-valid-customizable", "background-customizable",
    ]

    /// What a style sheet may not have, wherever: it could load something from elsewhere, or end the sheet.
    private static let forbidden = ["<", "@", "url(", "expression(", "javascript:", "\\", "import"]

    /// - Throws: InvalidParameterException for a style sheet about anything but those classes.
    static func check(css: String) throws(ServiceError) {
        let text = css.lowercased()
        if let found = forbidden.first(where: { text.contains($0) }) {
            throw .invalidParameter("Invalid CSS: it must not have \(found)")
        }
        var rest = css[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}"), !rest[rest.index(after: open)..<close].contains("{")
            else { throw .invalidParameter("Invalid CSS: a brace is not closed.") }
            for selector in rest[..<open].split(separator: ",", omittingEmptySubsequences: false) {
                let name = selector.filter { !$0.isWhitespace }
                let known = name.hasPrefix(".") ? name.dropFirst().prefix { $0 != ":" } : ""
                guard classes.contains(String(known)) else {
                    throw .invalidParameter("Invalid CSS: \(name) is not a class that can be customized.")
                }
            }
            rest = rest[rest.index(after: close)...]
        }
        guard rest.allSatisfy(\.isWhitespace) else { throw .invalidParameter("Invalid CSS: \(rest.prefix(40))") }
    }

    /// The kind of an image, by its first bytes; nil: it is none that browsers would show as a logo.
    static func imageExtension(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) { return "png" }
        if bytes.starts(with: [0xff, 0xd8, 0xff]) { return "jpg" }
        return nil
    }
}

extension RecordReading {
    /// The looks of a client's pages: its own, or those of all clients; nil: none were set.
    func customization(of clientID: String, _ poolID: String) throws(ServiceError) -> UICustomization? {
        if let own = try get(UICustomization.self, UICustomization.id(clientID, of: poolID)) { return own }
        return try get(UICustomization.self, UICustomization.id(UICustomization.all, of: poolID))
    }

    /// - Throws: ResourceNotFoundException for a client that the pool does not have.
    fileprivate func checkClient(_ id: String, of poolID: String) throws(ServiceError) {
        guard id != UICustomization.all else { return }
        _ = try userPoolClient(id, of: poolID)
    }
}

extension CognitoIDP.UICustomizationType {
    fileprivate init(_ looks: UICustomization, _ environment: Environment) {
        self.init()
        userPoolId = looks.poolID
        clientId = looks.clientID
        css = looks.css
        cssVersion = looks.cssVersion
        if looks.image != nil, let type = looks.imageExtension {
            imageUrl = environment.publicAddress.url + LogoPath.text(looks, type)
        }
        creationDate = Timestamp(secondsSinceEpoch: looks.created)
        lastModifiedDate = Timestamp(secondsSinceEpoch: looks.modified)
    }
}

extension CognitoIDP.SetUICustomization: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let clientID = input.clientId ?? UICustomization.all
        try records.checkClient(clientID, of: pool.id)
        guard try !records.domains(of: pool.id).isEmpty else {
            throw .invalidParameter("There has to be an existing domain associated with this user pool")
        }
        let old = try records.get(UICustomization.self, UICustomization.id(clientID, of: pool.id))
        var looks =
            old
            ?? UICustomization(poolID: pool.id, clientID: clientID, created: call.time, modified: call.time)
        if let css = input.css {
            try UICustomization.check(css: css)
            looks.css = css
            looks.cssVersion = call.timestamp.iso8601.filter(\.isNumber)
        }
        if let image = input.imageFile, !image.bytes.isEmpty {
            guard image.bytes.count <= UICustomization.mostImageBytes else {
                throw .invalidParameter("The image file can not be larger than 100 KB.")
            }
            guard let type = UICustomization.imageExtension(image.bytes) else {
                throw .invalidParameter("The image file must be a PNG or a JPEG.")
            }
            looks.image = Data(image.bytes)
            looks.imageExtension = type
        }
        looks.modified = call.time
        try records.put(looks)
        return Output(uiCustomization: CognitoIDP.UICustomizationType(looks, call.environment))
    }
}

extension CognitoIDP.GetUICustomization: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let clientID = input.clientId ?? UICustomization.all
        try records.checkClient(clientID, of: pool.id)
        guard let looks = try records.customization(of: clientID, pool.id) else {
            return Output(uiCustomization: CognitoIDP.UICustomizationType())
        }
        return Output(uiCustomization: CognitoIDP.UICustomizationType(looks, call.environment))
    }
}
