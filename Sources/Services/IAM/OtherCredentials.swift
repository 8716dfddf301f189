import Directory
import IAMAPI
import Platform
import Wire

// Kinds of credentials that nobody can have here yet, as nothing makes them: signing certificates, SSH keys,
// service-specific credentials. Clients ask for them before they delete a user, and the true answer is: none.

extension IAM.ListSigningCertificates: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try Owner(input.userName, call).resolve(records, call)
        var output = Output()
        output.certificates = []
        output.isTruncated = false
        return output
    }
}

extension IAM.ListSSHPublicKeys: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try Owner(input.userName, call).resolve(records, call)
        var output = Output()
        output.sshPublicKeys = []
        output.isTruncated = false
        return output
    }
}

extension IAM.ListServiceSpecificCredentials: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try Owner(input.userName, call).resolve(records, call)
        var output = Output()
        output.serviceSpecificCredentials = []
        return output
    }
}
