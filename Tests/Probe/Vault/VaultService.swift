public import Platform
import VaultAPI

extension ServiceModule {
    /// A service of the tests that others call: boxes, each with a policy that alone says who may open it.
    public static let vault = ServiceModule(
        Vault.self, operations: [Vault.CreateBox.self, Vault.PutBox.self, Vault.GetBox.self],
        events: EventParticulars(
            source: "vault.amazonaws.com", resources: ["Arn": "AWS::Vault::Box"], listsResources: true),
        records: [Box.self], projections: [BoxIndex.self], resourceTypes: [.box], metrics: [.openings, .boxes])
}
