import Wire

extension Environment {
    /// The actions of a service whose last use is told one by one, by their names in the API: those of management. Of data events
    /// AWS tells only that the service was used. Empty for a service that nobody answers.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html>
    /// - Parameter namespace: `iam`
    public func trackedActions(of namespace: String) -> Set<String> {
        modules(signingAs: namespace).reduce(into: []) { names, module in
            let all = module.partOf == nil ? Set(module.shape.operationNames) : Set(module.operations.keys)
            names.formUnion(all.subtracting(module.events.dataEvents))
        }
    }
}
