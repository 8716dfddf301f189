import EC2API
import Platform

extension ServiceModule {
    /// Key pairs, instances, images, volumes and snapshots.
    static let machineOperations: [any Platform.Operation.Type] =
        instanceOperations + templateOperations + imageOperations + volumeOperations + settingOperations

    private static let instanceOperations: [any Platform.Operation.Type] = [
        EC2.CreateKeyPair.self, EC2.ImportKeyPair.self, EC2.DescribeKeyPairs.self, EC2.DeleteKeyPair.self,
        EC2.RunInstances.self, EC2.DescribeInstances.self, EC2.StartInstances.self, EC2.StopInstances.self,
        EC2.RebootInstances.self, EC2.TerminateInstances.self, EC2.DescribeInstanceStatus.self,
        EC2.DescribeInstanceAttribute.self, EC2.ModifyInstanceAttribute.self, EC2.ResetInstanceAttribute.self,
        EC2.ModifyInstanceMetadataOptions.self, EC2.GetConsoleOutput.self, EC2.MonitorInstances.self,
        EC2.UnmonitorInstances.self, EC2.DescribeInstanceTypes.self, EC2.DescribeInstanceTypeOfferings.self,
        EC2.DescribeInstanceCreditSpecifications.self, EC2.AssociateIamInstanceProfile.self,
        EC2.DisassociateIamInstanceProfile.self, EC2.ReplaceIamInstanceProfileAssociation.self,
        EC2.DescribeIamInstanceProfileAssociations.self,
    ]

    private static let templateOperations: [any Platform.Operation.Type] = [
        EC2.CreateLaunchTemplate.self, EC2.CreateLaunchTemplateVersion.self, EC2.DeleteLaunchTemplate.self,
        EC2.DeleteLaunchTemplateVersions.self, EC2.DescribeLaunchTemplates.self,
        EC2.DescribeLaunchTemplateVersions.self, EC2.ModifyLaunchTemplate.self,
    ]

    private static let imageOperations: [any Platform.Operation.Type] = [
        EC2.RegisterImage.self, EC2.DeregisterImage.self, EC2.DescribeImages.self, EC2.CreateImage.self,
        EC2.CopyImage.self, EC2.DescribeImageAttribute.self, EC2.ModifyImageAttribute.self,
        EC2.ResetImageAttribute.self,
    ]

    private static let volumeOperations: [any Platform.Operation.Type] = [
        EC2.CreateVolume.self, EC2.DeleteVolume.self, EC2.DescribeVolumes.self, EC2.DescribeVolumeStatus.self,
        EC2.DescribeVolumeAttribute.self, EC2.ModifyVolumeAttribute.self, EC2.AttachVolume.self,
        EC2.DetachVolume.self, EC2.ModifyVolume.self, EC2.DescribeVolumesModifications.self,
        EC2.CreateSnapshot.self, EC2.CreateSnapshots.self, EC2.DeleteSnapshot.self, EC2.DescribeSnapshots.self,
        EC2.CopySnapshot.self, EC2.DescribeSnapshotAttribute.self, EC2.ModifySnapshotAttribute.self,
        EC2.ResetSnapshotAttribute.self,
    ]

    private static let settingOperations: [any Platform.Operation.Type] = [
        EC2.GetEbsEncryptionByDefault.self, EC2.EnableEbsEncryptionByDefault.self,
        EC2.DisableEbsEncryptionByDefault.self, EC2.GetEbsDefaultKmsKeyId.self, EC2.ModifyEbsDefaultKmsKeyId.self,
        EC2.ResetEbsDefaultKmsKeyId.self, EC2.GetImageBlockPublicAccessState.self,
        EC2.EnableImageBlockPublicAccess.self, EC2.DisableImageBlockPublicAccess.self,
        EC2.GetSnapshotBlockPublicAccessState.self, EC2.EnableSnapshotBlockPublicAccess.self,
        EC2.DisableSnapshotBlockPublicAccess.self, EC2.GetSerialConsoleAccessStatus.self,
        EC2.EnableSerialConsoleAccess.self, EC2.DisableSerialConsoleAccess.self,
        EC2.GetInstanceMetadataDefaults.self, EC2.ModifyInstanceMetadataDefaults.self,
    ]

    /// How much an account may have of them.
    static let machineQuotas: [Quota] = [
        .keyPairs, .volumes, .snapshots, .images, .virtualCPUs, .hostedInstances, .launchTemplates,
        .launchTemplateVersions,
    ]

    /// What brings instances to where they are going.
    static let machineJobs: [any Job.Type] = [
        MoveInstance.self, MoveHostedInstance.self, RebootInstance.self, HostInstances.self,
        RetireLeftGrants.self,
    ]
}
