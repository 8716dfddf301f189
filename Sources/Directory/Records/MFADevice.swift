public import Ledger

/// An MFA device, and whom it is enabled for: a virtual one with the seed of its one-time passwords, or a passkey.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_MFADevice.html>
public struct MFADevice: Record, CustomStringConvertible {
    public static let kind = "AWS::IAM::VirtualMFADevice"

    /// The ARN, which is also the serial number: `arn:aws:iam::111122223333:mfa/phone`, or for a passkey
    /// `arn:aws:iam::111122223333:u2f/user/alice/key-2AFBQ3…`.
    public let serialNumber: String
    /// The account that it is in.
    public let accountID: String
    /// The 40 bytes that the device and the server share. Whoever has them can compute its codes, so they are shown
    /// only once, when the device is created. nil: it is a passkey.
    public let seed: [UInt8]?
    /// nil: it is a virtual device.
    public var passkey: Passkey?
    /// Seconds since 1970.
    public let createDate: Double
    /// In the order in which they were put; keys are case-sensitive.
    public var tags: [Tag]
    /// The unique id of the user that it is enabled for, or the account id for the root user.
    public var ownerID: String?
    /// When it was enabled for its owner, seconds since 1970; nil while it is nobody's.
    public var enableDate: Double?
    /// The time step (30 s) of the last code that was accepted; each code is accepted once.
    public var lastStep: Int?
    /// How many steps the device's clock is ahead, as learnt when it was enabled or resynchronised.
    public var clockOffset = 0
    /// The times of recent attempts, in seconds since 1970: guesses are throttled.
    public var attempts: [Double] = []

    /// Makes a virtual device that is not yet enabled for anybody. Its serial number is its ARN.
    public init(serialNumber: String, accountID: String, seed: [UInt8], createDate: Double, tags: [Tag]) {
        self.serialNumber = serialNumber
        self.accountID = accountID
        self.seed = seed
        self.createDate = createDate
        self.tags = tags
    }

    /// Makes a passkey, which is its owner's from the beginning. Its serial number is its ARN.
    public init(serialNumber: String, accountID: String, passkey: Passkey, ownerID: String, createDate: Double) {
        self.serialNumber = serialNumber
        self.accountID = accountID
        seed = nil
        self.passkey = passkey
        self.createDate = createDate
        tags = []
        self.ownerID = ownerID
        enableDate = createDate
    }

    public var id: String { serialNumber }

    public var requirements: [Requirement] { ownerID.map { [.owner($0)] } ?? [] }

    public var references: [Reference] {
        ownerID.map { [Reference(Relation.owner, to: $0)] } ?? []
    }

    /// Without the seed, so that no log ever shows it.
    public var description: String { "MFADevice(\(serialNumber))" }
}
