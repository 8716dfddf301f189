import Directory
import LinearScan
import Policy

/// All of AWS's managed policies, parsed and compiled.
enum ManagedPolicies {
    static func measure() {
        let documents = ManagedPolicyCatalog.aws.arns.map { ManagedPolicyCatalog.aws.entry(arn: $0)?.document ?? "" }
        let bytes = documents.reduce(0) { $0 + $1.utf8.count }
        let before = Int(allocated_bytes())
        let start = now()
        let compiled = documents.map { Documents.compile($0) }
        let time = Double(now() - start)
        let memory = Double(Int(allocated_bytes()) - before)
        let statements = compiled.reduce(0) { $0 + $1.document.statements.count }
        print("\n| All AWS managed policies | |\n|---|---|")
        print("| policies, statements | \(compiled.count), \(statements) |")
        print("| parse and compile | \(text(time / 1e6)) ms (\(text(time / 1e3 / Double(compiled.count))) µs each) |")
        print("| memory | \(text(memory / 1e6)) MB, \(text(memory / Double(bytes), 1)) × the documents |")
    }
}
