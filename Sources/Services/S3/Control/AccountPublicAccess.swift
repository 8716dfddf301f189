import Platform
import S3ControlAPI
import Wire

// Block Public Access of a whole account: it counts beside that of each bucket and access point.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>

/// An operation on an account, which only its own principals may ask for.
protocol OnAccount: Operation where InputFields: S3Control.WithAccountId {
    static var action: String { get }
}

extension OnAccount {
    static var action: String { shape.name }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("s3:\(action)", on: "*", resourceAccount: try input.account()))
    }
}

extension View where Members: S3Control.WithAccountId {
    /// The account that the request is about.
    /// - Throws: InvalidRequest for what is no account's number.
    func account() throws(ServiceError) -> String {
        guard accountId.utf8.count == 12, accountId.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw .invalidRequest("The account ID must have twelve digits.")
        }
        return accountId
    }
}

extension PublicAccessBlock {
    init(_ view: S3Control.PublicAccessBlockConfiguration) {
        blockPublicAcls = view.blockPublicAcls ?? false
        ignorePublicAcls = view.ignorePublicAcls ?? false
        blockPublicPolicy = view.blockPublicPolicy ?? false
        restrictPublicBuckets = view.restrictPublicBuckets ?? false
    }

    var controlView: S3Control.PublicAccessBlockConfiguration {
        S3Control.PublicAccessBlockConfiguration {
            $0.blockPublicAcls = blockPublicAcls
            $0.ignorePublicAcls = ignorePublicAcls
            $0.blockPublicPolicy = blockPublicPolicy
            $0.restrictPublicBuckets = restrictPublicBuckets
        }
    }
}

extension S3Control.PutPublicAccessBlock: WriteOperation, OnAccount {
    static var action: String { "PutAccountPublicAccessBlock" }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try call.checkThatAccountDecides(input.accountId)
        try records.shared.put(
            AccountPublicAccessBlock(
                accountID: input.accountId, block: PublicAccessBlock(input.publicAccessBlockConfiguration)))
        return Output()
    }
}

extension S3Control.GetPublicAccessBlock: ComputeOperation, OnAccount {
    static var action: String { "GetAccountPublicAccessBlock" }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let block = call.environment.publicAccessBlock(ofAccount: input.accountId) else {
            throw .s3(
                "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found",
                status: 404, ["AccountId": input.accountId])
        }
        return Output { $0.publicAccessBlockConfiguration = block.controlView }
    }
}

extension S3Control.DeletePublicAccessBlock: WriteOperation, OnAccount {
    static var action: String { "PutAccountPublicAccessBlock" }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try call.checkThatAccountDecides(input.accountId)
        if let block = try records.shared.get(AccountPublicAccessBlock.self, input.accountId) {
            try records.shared.delete(block)
        }
        return Output()
    }
}

extension Call {
    /// While the organization decides, the account's own settings stay as they are, and count again when it no longer does.
    ///
    /// AWS: "You'll get an Access Denied (403) error when the account is managed by organization-level Block Public Access
    /// policies", `API_control_DeletePublicAccessBlock.html`. Its text is not documented.
    fileprivate func checkThatAccountDecides(_ account: String) throws(ServiceError) {
        guard directory.publicAccess(ofAccount: account) != nil else { return }
        throw .accessDenied("Access Denied: a policy of the organization decides on the account's Block Public Access.")
    }
}
