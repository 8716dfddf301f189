import AccessAnalyzerAPI
import Platform
import Wire

// Analyzers that a service makes for itself in its customers' accounts.
// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateServiceLinkedAnalyzer.html>

extension AccessAnalyzer.CreateServiceLinkedAnalyzer: WriteOperation {
    /// Its name is not known before it is made.
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(on: AnalyzerName("*", call))
    }

    /// Services of AWS's alone may call it, as AWS documents; none of those that Gatehouse answers does.
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        throw AccessAnalyzer.Failure.accessDeniedException(
            "Only authorized AWS services can create service-linked analyzers.")
    }
}

extension AccessAnalyzer.DeleteServiceLinkedAnalyzer: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(on: AnalyzerName(input.analyzerName, call))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(AnalyzerName(input.analyzerName, call), call)
        guard analyzer.managedBy != nil else {
            throw .invalidRequest(
                "The analyzer \(analyzer.name) is not service-linked. Use DeleteAnalyzer to delete it.")
        }
        try records.delete(analyzer)
        return Output()
    }
}
