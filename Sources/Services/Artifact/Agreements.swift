import ArtifactAPI
import Directory
import Ledger
import Platform
import Wire

// Agreements: the operator's own documents. <https://docs.aws.amazon.com/artifact/latest/ug/managing-agreements.html>

extension Artifact.ListCustomerAgreements: ComputeOperation, OnAllOfArtifact {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let paging: Paging
        do throws(ServiceError) { paging = try Paging(marker: input.nextToken, maxItems: input.maxResults) } catch {
            throw .artifactField("nextToken", "The nextToken is not valid.", reason: "invalidToken")
        }
        let papers = call.environment.projection(OperatorPapers.self).agreements
        let found = page(papers, by: \.name, paging)
        let organization = call.directory.organization(ofAccount: call.accountID)
        return Output {
            $0.customerAgreements = found.items.map { paper in
                let digest = ArtifactName.sha256(paper.bytes)
                let id = "customer-agreement-\(ArtifactName.sha256(Array(paper.name.utf8)).prefix(16))"
                return Artifact.CustomerAgreementSummary {
                    $0.name = String(paper.name.filter { $0 != "<" && $0 != ">" }.prefix(1024))
                    $0.arn = "arn:aws:artifact::\(call.accountID):customer-agreement/\(id)"
                    $0.id = id
                    $0.agreementArn = "arn:aws:artifact:::agreement/\(digest.prefix(16))"
                    $0.awsAccountId = call.accountID
                    $0.organizationArn = organization.map {
                        "arn:aws:organizations::\($0.managementAccountID):organization/\($0.id)"
                    }
                    $0.effectiveStart = Timestamp(secondsSinceEpoch: paper.modified)
                    $0.state = "ACTIVE"
                    $0.description = "A document of the operator of this Gatehouse. SHA-256 \(digest)."
                    $0.acceptanceTerms = []
                    $0.terminateTerms = []
                    $0.type = "CUSTOM"
                }
            }
            $0.nextToken = found.marker
        }
    }
}

extension Artifact.GetAccountSettings: ReadOperation, OnAllOfArtifact {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let settings = try records.global.get(ArtifactSettings.self, call.accountID)
        return Output {
            $0.accountSettings = Artifact.AccountSettings {
                $0.notificationSubscriptionStatus = settings?.isSubscribed == true ? "SUBSCRIBED" : "NOT_SUBSCRIBED"
            }
        }
    }
}

extension Artifact.PutAccountSettings: WriteOperation, OnAllOfArtifact {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var settings =
            try records.global.get(ArtifactSettings.self, call.accountID) ?? ArtifactSettings(accountID: call.accountID)
        if let status = input.notificationSubscriptionStatus { settings.isSubscribed = status == "SUBSCRIBED" }
        try records.global.put(settings)
        let status = settings.isSubscribed ? "SUBSCRIBED" : "NOT_SUBSCRIBED"
        return Output {
            $0.accountSettings = Artifact.AccountSettings { $0.notificationSubscriptionStatus = status }
        }
    }
}
