import ArgumentParser

/// `gatehouse instance`: instances of EC2.
struct InstanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instance", abstract: "Instances of EC2 on this machine.",
        subcommands: [RunInstance.self, InstanceMetadataCommand.self])
}
