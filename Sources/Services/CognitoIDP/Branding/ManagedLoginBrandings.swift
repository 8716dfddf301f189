import CognitoIDPAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

// Styles of managed login pages.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-branding.html>

extension RecordReading {
    fileprivate func branding(_ id: String, of poolID: String) throws(ServiceError) -> ManagedLoginBranding {
        _ = try userPool(poolID)
        guard let branding = try get(ManagedLoginBranding.self, id), branding.poolID == poolID else {
            throw .cognito(.resourceNotFoundException, "Managed login branding \(id) does not exist.")
        }
        return branding
    }

    /// The style of an app client; nil: it has none.
    func branding(ofClient clientID: String) throws(ServiceError) -> ManagedLoginBranding? {
        try referrers(ManagedLoginBranding.self, ManagedLoginBranding.ofClient, to: clientID, limit: 1).first
    }

    /// The images of a style.
    func assets(of branding: ManagedLoginBranding) throws(ServiceError) -> [BrandingAsset] {
        try list(
            BrandingAsset.self, of: branding.poolID, RowRange(RowPrefix(.text(branding.id))),
            limit: BrandingAsset.most)
    }
}

extension BrandingAsset {
    fileprivate static let most = 40

    fileprivate init(_ view: CognitoIDP.AssetType, of branding: ManagedLoginBranding) throws(ServiceError) {
        guard view.bytes != nil || view.resourceId != nil else {
            throw .invalidParameter("An asset must have either Bytes or a ResourceId.")
        }
        if let bytes = view.bytes?.bytes, !Self.is(bytes, view.extension) {
            throw .invalidParameter("The asset \(view.category) is not an image of the type \(view.extension).")
        }
        guard view.category != "FAVICON_ICO" || view.extension == "ICO",
            view.category != "FAVICON_SVG" || view.extension == "SVG"
        else { throw .invalidParameter("The extension \(view.extension) can not be used for \(view.category).") }
        self.init(
            poolID: branding.poolID, brandingID: branding.id, category: view.category, colorMode: view.colorMode,
            format: view.extension, bytes: view.bytes.map { Data($0.bytes) }, resourceID: view.resourceId)
    }

    /// Whether bytes begin as a file of such a type does.
    private static func `is`(_ bytes: [UInt8], _ format: String) -> Bool {
        switch format {
        case "PNG": bytes.starts(with: [0x89, 0x50, 0x4e, 0x47])
        case "JPEG": bytes.starts(with: [0xff, 0xd8, 0xff])
        case "ICO": bytes.starts(with: [0, 0, 1, 0])
        case "WEBP": bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).starts(with: "WEBP".utf8)
        case "SVG": String(validating: bytes, as: UTF8.self)?.contains("<svg") ?? false
        default: false
        }
    }

    fileprivate var view: CognitoIDP.AssetType {
        CognitoIDP.AssetType {
            $0.category = category
            $0.colorMode = colorMode
            $0.extension = format
            $0.bytes = bytes.map { Blob(Array($0)) }
            $0.resourceId = resourceID
        }
    }
}

extension ManagedLoginBranding {
    /// Of a request, in bytes: two megabytes, which base 64 makes a third longer.
    fileprivate static let mostBytes = 2_800_000
    fileprivate static let mostSettingsBytes = 2_000_000

    fileprivate func view(_ records: some RecordReading) throws(ServiceError) -> CognitoIDP.ManagedLoginBrandingType {
        var view = CognitoIDP.ManagedLoginBrandingType()
        view.managedLoginBrandingId = id
        view.userPoolId = poolID
        view.useCognitoProvidedValues = usesDefaults
        view.settings = settings.flatMap { try? JSONValue(parsing: Array($0.utf8)) }
        view.assets = try records.assets(of: self).map(\.view)
        view.creationDate = Timestamp(secondsSinceEpoch: created)
        view.lastModifiedDate = Timestamp(secondsSinceEpoch: modified)
        return view
    }

    /// Takes over what a request says.
    /// - Throws: InvalidParameterException.
    fileprivate mutating func set(
        usesDefaults: Bool?, _ settings: Value?, _ assets: [CognitoIDP.AssetType]?, _ records: MutableRecords
    ) throws(ServiceError) {
        if usesDefaults == true {
            guard settings == nil, assets == nil else {
                throw .invalidParameter(
                    "Settings and Assets can not be set when UseCognitoProvidedValues is true.")
            }
            try records.deleteAssets(of: self)
            (self.usesDefaults, self.settings) = (true, nil)
            return
        }
        self.usesDefaults = false
        if let settings {
            guard case .document(.object(let members)) = settings else {
                throw .invalidParameter("Settings must be a JSON object.")
            }
            var writer = JSONWriter()
            writer.json(.object(members))
            let text = String(decoding: writer.bytes, as: UTF8.self)
            guard text.utf8.count <= Self.mostSettingsBytes else {
                throw .invalidParameter("Settings can not be larger than 2 MB.")
            }
            self.settings = text
        }
        for asset in assets ?? [] { try records.put(try BrandingAsset(asset, of: self)) }
        guard try records.assets(of: self).count <= BrandingAsset.most else {
            throw .invalidParameter("A style can have at most \(BrandingAsset.most) assets.")
        }
    }
}

extension MutableRecords {
    fileprivate func deleteAssets(of branding: ManagedLoginBranding) throws(ServiceError) {
        for asset in try assets(of: branding) { try delete(BrandingAsset.self, asset.key, of: branding.poolID) }
    }

    /// Deletes what is of an app client.
    func deleteAppearance(ofClient clientID: String, _ poolID: String) throws(ServiceError) {
        if let branding = try branding(ofClient: clientID) {
            try deleteAssets(of: branding)
            try delete(branding)
        }
        for terms in try referrers(TermsDocument.self, TermsDocument.ofClient, to: clientID) { try delete(terms) }
        if let looks = try get(UICustomization.self, UICustomization.id(clientID, of: poolID)) { try delete(looks) }
    }
}

extension CognitoIDP.CreateManagedLoginBranding: WriteOperation, OnUserPool {
    public static var bodyLimit: Int { ManagedLoginBranding.mostBytes }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let client = try records.userPoolClient(input.clientId, of: input.userPoolId)
        guard try records.branding(ofClient: client.id) == nil else {
            throw .cognito(
                .managedLoginBrandingExistsException,
                "Managed login branding already exists for the app client \(client.id).")
        }
        var branding = ManagedLoginBranding(
            id: UUID().uuidString.lowercased(), poolID: client.poolID, clientID: client.id, usesDefaults: false,
            created: call.time, modified: call.time)
        guard input.useCognitoProvidedValues == true || input.structure["Settings"] != nil || input.assets != nil
        else {
            throw .invalidParameter("Either UseCognitoProvidedValues, Settings or Assets must be set.")
        }
        try branding.set(
            usesDefaults: input.useCognitoProvidedValues, input.structure["Settings"], input.assets, records)
        try records.put(branding)
        return Output(managedLoginBranding: try branding.view(records))
    }
}

extension CognitoIDP.DescribeManagedLoginBranding: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let branding = try records.branding(input.managedLoginBrandingId, of: input.userPoolId)
        return Output(managedLoginBranding: try branding.view(records))
    }
}

extension CognitoIDP.DescribeManagedLoginBrandingByClient: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let client = try records.userPoolClient(input.clientId, of: input.userPoolId)
        guard let branding = try records.branding(ofClient: client.id) else {
            throw .cognito(
                .resourceNotFoundException, "Managed login branding does not exist for the app client \(client.id).")
        }
        return Output(managedLoginBranding: try branding.view(records))
    }
}

extension CognitoIDP.UpdateManagedLoginBranding: WriteOperation {
    public static var bodyLimit: Int { ManagedLoginBranding.mostBytes }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let poolID = input.userPoolId else { throw .invalidParameter("UserPoolId is required.") }
        return call.access(onPool: poolID)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let poolID = input.userPoolId, let id = input.managedLoginBrandingId else {
            throw .invalidParameter("UserPoolId and ManagedLoginBrandingId are required.")
        }
        var branding = try records.branding(id, of: poolID)
        try branding.set(
            usesDefaults: input.useCognitoProvidedValues, input.structure["Settings"], input.assets, records)
        branding.modified = call.time
        try records.put(branding)
        return Output(managedLoginBranding: try branding.view(records))
    }
}

extension CognitoIDP.DeleteManagedLoginBranding: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let branding = try records.branding(input.managedLoginBrandingId, of: input.userPoolId)
        try records.deleteAssets(of: branding)
        try records.delete(branding)
        return Output()
    }
}
