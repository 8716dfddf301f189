import Crypto
import S3API
import Wire

/// The canonical user of an account: 64 hexadecimal digits, by which access control lists name it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html>
enum CanonicalUser {
    /// The id of an account. AWS's are random; here they are made from the account's number, so that they need not be kept.
    static func id(ofAccount account: String) -> String {
        SHA256.hash(data: Array("canonical user of account \(account)".utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

extension S3.Owner {
    init(ofAccount account: String) {
        self.init()
        id = CanonicalUser.id(ofAccount: account)
    }
}
