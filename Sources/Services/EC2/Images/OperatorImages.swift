import Crypto
import Directory
import Platform

// What the operator lets instances run, as images: they are there without having been registered, like those that Amazon provides.

extension StoredImage {
    /// The account that Amazon's own images are of.
    private static let amazon = "137112412989"

    /// The image of something of this machine. Its id follows from the name.
    init(_ source: InstanceSource, in region: String) {
        let digest = SHA256.hash(data: Array("\(region) \(source.name)".utf8))
        let digits = digest.flatMap { byte in [byte >> 4, byte & 0xF].map { String($0, radix: 16) } }.joined().prefix(
            17)
        let head = EC2Head(
            id: "\(Self.prefix)-\(digits)", accountID: Self.amazon, region: region, created: Self.beginning)
        self.init(
            head: head, ownerAlias: "amazon", name: source.name, summary: source.about.isEmpty ? nil : source.about,
            location: "amazon/\(source.name)", source: source.name, architecture: Self.ownArchitecture,
            rootDeviceName: Self.usualDevice, blockDevices: [.usual])
        imdsSupport = "v2.0"
        bootMode = "uefi-preferred"
        isPublic = source.accounts.isEmpty
        users = source.accounts
    }

    /// 2026-01-01, in seconds since 1970: when the operator has named it, nobody knows.
    private static let beginning = 1_767_225_600.0
    /// The root device of images that say nothing of it.
    static let usualDevice = "/dev/xvda"

    /// This machine's.
    static var ownArchitecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "x86_64"
        #endif
    }
}

extension StoredImage.BlockDevice {
    /// The root volume of an image that says nothing of it.
    static let usual = StoredImage.BlockDevice(
        device: StoredImage.usualDevice, snapshotID: nil, size: 8, type: "gp3", isEncrypted: false,
        isDeletedOnTermination: true)
}

extension Call {
    /// The images that the operator lets the caller's account have.
    var operatorImages: [StoredImage] {
        environment.instances.sources.filter { $0.isFor(accountID) }.map { StoredImage($0, in: region) }
    }

    /// The operator's image of an ARN; nil: there is none.
    func operatorImage(_ arn: ARN) -> StoredImage? {
        guard arn.resource.hasPrefix("image/"), arn.region == region else { return nil }
        return operatorImages.first { arn.resource == "image/\($0.id)" }
    }

    /// An image that the caller may launch; nil: there is none of that id.
    func usableImage(_ id: String) -> StoredImage? {
        if let own = operatorImages.first(where: { $0.id == id }) { return own }
        guard let found = environment.projection(EC2Index.self).find(StoredImage.self, id),
            found.head.region == region, found.isFor(accountID)
        else { return nil }
        return found
    }
}
