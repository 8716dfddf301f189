import EC2API
import Ledger
import Platform
import Wire

/// An operation that changes what an account has set for a Region.
protocol ChangesSettings: WriteOperation, OnAll {
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) throws(ServiceError)
    /// What it answers.
    static func answer(_ settings: EC2Settings, _ call: Call) -> Output
}

extension ChangesSettings {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var settings = try records.settings()
        try change(&settings, input, call)
        try records.put(settings)
        return answer(settings, call)
    }
}

// MARK: - Encryption by default
// <https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html>

extension EC2.GetEbsEncryptionByDefault: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) -> Output {
        let settings = call.settings
        return Output {
            $0.ebsEncryptionByDefault = settings.encryptsVolumes
            $0.sseType = settings.encryptsVolumes ? "sse-kms" : "none"
        }
    }
}

extension EC2.EnableEbsEncryptionByDefault: ChangesSettings {
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) { settings.encryptsVolumes = true }
    static func answer(_ settings: EC2Settings, _ call: Call) -> Output { Output { $0.ebsEncryptionByDefault = true } }
}

extension EC2.DisableEbsEncryptionByDefault: ChangesSettings {
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) { settings.encryptsVolumes = false }
    static func answer(_ settings: EC2Settings, _ call: Call) -> Output { Output { $0.ebsEncryptionByDefault = false } }
}

extension EC2.GetEbsDefaultKmsKeyId: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) -> Output {
        let key = call.settings.volumeKey
        return Output { $0.kmsKeyId = key ?? EBSKeys.managed }
    }
}

extension EC2.ModifyEbsDefaultKmsKeyId: ChangesSettings {
    /// Whether there is such a key, EC2 finds out when it is used.
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) throws(ServiceError) {
        guard !input.kmsKeyId.isEmpty else { throw .missingParameter("kmsKeyId") }
        settings.volumeKey = EBSKeys.arn(input.kmsKeyId, call)
    }

    static func answer(_ settings: EC2Settings, _ call: Call) -> Output { Output { $0.kmsKeyId = settings.volumeKey } }
}

extension EC2.ResetEbsDefaultKmsKeyId: ChangesSettings {
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) { settings.volumeKey = nil }
    static func answer(_ settings: EC2Settings, _ call: Call) -> Output {
        Output { $0.kmsKeyId = EBSKeys.arn(EBSKeys.managed, call) }
    }
}

// MARK: - Sharing with everybody
// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-public-access-to-amis.html>

extension EC2.GetImageBlockPublicAccessState: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) -> Output {
        let blocks = call.settings.blocksPublicImages
        return Output {
            $0.imageBlockPublicAccessState = blocks ? "block-new-sharing" : "unblocked"
            $0.managedBy = "account"
        }
    }
}

extension EC2.EnableImageBlockPublicAccess: ChangesSettings {
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) {
        settings.blocksPublicImages = true
    }
    static func answer(_ settings: EC2Settings, _ call: Call) -> Output {
        Output { $0.imageBlockPublicAccessState = "block-new-sharing" }
    }
}

extension EC2.DisableImageBlockPublicAccess: ChangesSettings {
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) {
        settings.blocksPublicImages = false
    }
    static func answer(_ settings: EC2Settings, _ call: Call) -> Output {
        Output { $0.imageBlockPublicAccessState = "unblocked" }
    }
}

extension EC2.GetSnapshotBlockPublicAccessState: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) -> Output {
        let state = call.settings.snapshotSharing
        return Output {
            $0.state = state
            $0.managedBy = "account"
        }
    }
}

extension EC2.EnableSnapshotBlockPublicAccess: ChangesSettings {
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) throws(ServiceError) {
        guard input.state != "unblocked" else { throw .invalidValue(input.state, of: "state") }
        settings.snapshotSharing = input.state
    }
    static func answer(_ settings: EC2Settings, _ call: Call) -> Output {
        Output { $0.state = settings.snapshotSharing }
    }
}

extension EC2.DisableSnapshotBlockPublicAccess: ChangesSettings {
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) {
        settings.snapshotSharing = "unblocked"
    }
    static func answer(_ settings: EC2Settings, _ call: Call) -> Output {
        Output { $0.state = settings.snapshotSharing }
    }
}

// MARK: - The serial console

extension EC2.GetSerialConsoleAccessStatus: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) -> Output {
        let isEnabled = call.settings.hasSerialConsole
        return Output {
            $0.serialConsoleAccessEnabled = isEnabled
            $0.managedBy = "account"
        }
    }
}

extension EC2.EnableSerialConsoleAccess: ChangesSettings {
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) { settings.hasSerialConsole = true }
    static func answer(_ settings: EC2Settings, _ call: Call) -> Output {
        Output { $0.serialConsoleAccessEnabled = true }
    }
}

extension EC2.DisableSerialConsoleAccess: ChangesSettings {
    static func change(_ settings: inout EC2Settings, _ input: Input, _ call: Call) {
        settings.hasSerialConsole = false
    }
    static func answer(_ settings: EC2Settings, _ call: Call) -> Output {
        Output { $0.serialConsoleAccessEnabled = false }
    }
}
