import Wire

/// The small pages with which an Application Load Balancer answers in an application's place.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html>
enum ErrorPage {
    static func answer(_ status: Int) -> ScreeningAnswer {
        let reason = ResponseHead.reason(of: status)
        let title = reason.isEmpty ? "\(status)" : "\(status) \(reason)"
        let page = """
            <html>\r
            <head><title>\(title)</title></head>\r
            <body>\r
            <center><h1>\(title)</h1></center>\r
            </body>\r
            </html>\r

            """
        return ScreeningAnswer(status: status, headers: [("Content-Type", "text/html")], body: Array(page.utf8))
    }
}

extension ResponseHead {
    /// The head of an answer in an application's place.
    /// - Parameter time: seconds since 1970.
    init(_ answer: ScreeningAnswer, at time: Double, isToHEAD: Bool) {
        var fields = [
            (name: "Server", value: "awselb/2.0"), (name: "Date", value: Timestamp(secondsSinceEpoch: time).httpDate),
        ]
        // How long it is, and how it is sent, is said once.
        for field in answer.headers where !FieldKind(Array(field.name.utf8), 0..<field.name.utf8.count).isOfConnection {
            fields.append(field)
        }
        self.init(status: answer.status, fields: fields, length: answer.body.count, isToHEAD: isToHEAD)
    }
}
