import Testing

@testable import LogMasking

/// What managed data identifiers find, and what they don't.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-managed-data-identifiers.html>
@Suite struct IdentifierTests {
    /// An identifier, a text, and what of it is found. All numbers are made up or published as examples.
    @Test(arguments: [
        ("EmailAddress", "mail ann.b+c@example.co.uk now", "ann.b+c@example.co.uk"),
        ("EmailAddress", "ann@example", nil), ("EmailAddress", "@example.com", nil),
        ("IpAddress", "from 192.0.2.7:443", "192.0.2.7"), ("IpAddress", "v 1.2.3.4.5", "1.2.3.4"),
        ("IpAddress", "at 2001:db8::7 ok", "2001:db8::7"), ("IpAddress", "12:34:56 a :: b std::x", nil),
        ("IpAddress", "999.1.1.1", nil),
        (
            "AwsSecretKey", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        ),
        ("AwsSecretKey", "key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", nil),
        ("AwsSecretKey", "credentials da39a3ee5e6b4b0d3255bfef95601890afd80709", nil),
        (
            "PkcsPrivateKey", "a -----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY----- b",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----"
        ),
        (
            "OpenSshPrivateKey", "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl",
            "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl"
        ),
        (
            "PgpPrivateKey", "-----BEGIN PGP PRIVATE KEY BLOCK-----x-----END PGP PRIVATE KEY BLOCK-----",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----x-----END PGP PRIVATE KEY BLOCK-----"
        ),
        (
            "PuttyPrivateKey", "PuTTY-User-Key-File-2: ssh-rsa\nPrivate-MAC: 0af1 z",
            "PuTTY-User-Key-File-2: ssh-rsa\nPrivate-MAC: 0af1"
        ),
        ("CreditCardNumber", "card 4539 1488 0343 6467 12/27", "4539 1488 0343 6467"),
        ("CreditCardNumber", #"{"cardNumber":"4539148803436467"}"#, "4539148803436467"),
        ("CreditCardNumber", "card 4539148803436468", nil), ("CreditCardNumber", "card 4111111111111111", nil),
        ("CreditCardNumber", "order 4539148803436467", nil), ("CreditCardNumber", "card 34539148803436467", nil),
        ("CreditCardSecurityCode", "cvv: 123", "123"), ("CreditCardSecurityCode", "cvv2: 123", "123"),
        ("CreditCardSecurityCode", "number 123", nil), ("ZipCode-US", "98101", nil),
        ("ZipCode-US", "ZIP+4 98101", "98101"), ("CreditCardExpiration", "expiry 04/27", "04/27"),
        ("BankAccountNumber-DE", "IBAN DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        ("BankAccountNumber-DE", "IBAN DE89 3704 0044 0532 0130 01", nil),
        ("BankAccountNumber-GB", "iban GB29NWBK60161331926819", "GB29NWBK60161331926819"),
        ("BankAccountNumber-FR", "compte bancaire FR1420041010050500013M02606", "FR1420041010050500013M02606"),
        ("BankAccountNumber-IT", "iban IT60X0542811101000000123456", "IT60X0542811101000000123456"),
        ("BankAccountNumber-ES", "iban ES9121000418450200051332", "ES9121000418450200051332"),
        ("BankAccountNumber-US", "checking_account 123456789", "123456789"),
        ("Ssn-US", "SSN 219-09-9998", "219-09-9998"), ("Ssn-US", "ssn 666-09-9999", nil),
        ("Ssn-US", "number 219-09-9998", nil),
        ("Ssn-US", "social-security: 219099998", "219099998"),
        ("Ssn-ES", "ssn 281234567840", "281234567840"),
        ("IndividualTaxIdentificationNumber-US", "ITIN 912-70-1234", "912-70-1234"),
        ("DrugEnforcementAgencyNumber-US", "DEA number AB1234563", "AB1234563"),
        ("DrugEnforcementAgencyNumber-US", "dea number AB1234564", nil),
        ("NationalProviderId-US", "npi 1234567893", "1234567893"), ("NationalProviderId-US", "npi 1234567890", nil),
        ("MedicareBeneficiaryNumber-US", "mbi 1EG4-TE5-MK73", "1EG4-TE5-MK73"),
        ("NationalDrugCode-US", "ndc 0777-3105-02", "0777-3105-02"),
        ("HealthcareProcedureCode-US", "hcpcs J1885", "J1885"),
        ("HealthInsuranceClaimNumber-US", "hicn 123-45-6789A", "123-45-6789A"),
        ("HealthInsuranceCardNumber-EU", "Gesundheitskarte 80276001012345678901", "80276001012345678901"),
        ("NhsNumber-GB", "NHS 943 476 5919", "943 476 5919"), ("NhsNumber-GB", "nhs 943 476 5918", nil),
        ("NationalInsuranceNumber-GB", "nino AB 12 34 56 C", "AB 12 34 56 C"),
        ("NationalInsuranceNumber-GB", "nino GB123456C", nil),
        ("ElectoralRollNumber-GB", "electoral roll number AB1234", "AB1234"),
        ("TaxId-GB", "utr 12345 67890", "12345 67890"),
        ("PersonalHealthNumber-CA", "phn 9876 543 210", "9876 543 210"),
        ("SocialInsuranceNumber-CA", "sin 130 692 544", "130 692 544"),
        ("SocialInsuranceNumber-CA", "sin 130 692 545", nil), ("PostalCode-CA", "at K1A 0B1 Ottawa", "K1A 0B1"),
        ("CpfCode-BR", "CPF 529.982.247-25", "529.982.247-25"), ("CpfCode-BR", "cpf 529.982.247-26", nil),
        ("Cnpj-BR", "cnpj 11.444.777/0001-61", "11.444.777/0001-61"), ("Cnpj-BR", "cnpj 11.444.777/0001-62", nil),
        ("CepCode-BR", "código de endereçamento postal 01310-100", "01310-100"),
        ("RgNumber-BR", "rg 12.345.678-9", "12.345.678-9"),
        ("InseeCode-FR", "INSEE 2 55 08 14 168 025 38", "2 55 08 14 168 025 38"),
        ("InseeCode-FR", "insee 255081416802539", nil),
        ("HealthInsuranceNumber-FR", "carte vitale 255081416802538", "255081416802538"),
        ("TaxId-DE", "Steuer-ID 86095742719", "86095742719"), ("TaxId-DE", "steuer id 86095742718", nil),
        ("NationalIdentificationNumber-DE", "Personalausweis T220001293", "T220001293"),
        ("NationalIdentificationNumber-DE", "personalausweis T220001294", nil),
        ("NationalIdentificationNumber-ES", "DNI 12345678Z", "12345678Z"),
        ("NationalIdentificationNumber-ES", "dni 12345678A", nil),
        ("NieNumber-ES", "nie X1234567L", "X1234567L"), ("NifNumber-ES", "nif 12345678Z", "12345678Z"),
        ("TaxId-ES", "cif A58818501", "A58818501"), ("TaxId-ES", "cif A58818502", nil),
        ("TaxId-FR", "tin 3023217600053", "3023217600053"),
        ("NationalIdentificationNumber-IT", "codice fiscal RSSMRA85T10A562S", "RSSMRA85T10A562S"),
        ("NationalIdentificationNumber-IT", "codice fiscal RSSMRA85T10A562T", nil),
        ("PassportNumber-US", "Passport A12345678", "A12345678"),
        ("PassportNumber-DE", "Reisepass C01X00T47", "C01X00T47"),
        ("PassportNumber-GB", "passport no 123456789", "123456789"),
        ("PassportNumber-FR", "passeport 12AB34567", "12AB34567"),
        ("PhoneNumber-US", "+1 (206) 555-0100", "+1 (206) 555-0100"), ("PhoneNumber-US", "206-555-0100", nil),
        ("PhoneNumber-US", "phone: 206-555-0100", "206-555-0100"),
        ("PhoneNumber-DE", "+49 30 1234567", "+49 30 1234567"),
        ("PhoneNumber-GB", "tel 020 7946 0958", "020 7946 0958"),
        ("PhoneNumber-BR", "celular (11) 91234-5678", "(11) 91234-5678"),
        ("ZipCode-US", "zip code 98101-1234", "98101-1234"), ("DateOfBirth", "dob: 1980-02-29", "1980-02-29"),
        ("DateOfBirth", "born? birthday 3 March 1980", "3 March 1980"),
        ("LatLong", "location 41.948614,-87.655311", "41.948614,-87.655311"),
        ("LatLong", "location 141.948614,-87.655311", nil),
        ("VehicleIdentificationNumber", "VIN 1HGCM82633A004352", "1HGCM82633A004352"),
        ("DriversLicense-US", "driver's license D1234567", "D1234567"),
        ("DriversLicense-GB", "driving licence MORGA657054SM9IJ", "MORGA657054SM9IJ"),
        ("DriversLicense-DE", "Führerschein B072RRE2I55", "B072RRE2I55"),
        ("DriversLicense-BG", "ШОФЬОРСКА КНИЖКА 123456789", "123456789"),
        ("DriversLicense-PL", "prawo jazdy 12345/12/1234", "12345/12/1234"),
        ("PermanentResidenceNumber-CA", "pr number RA0302123456", "RA0302123456"),
    ])
    func finds(_ identifier: String, _ text: String, _ expected: String?) throws {
        let bytes = Array(text.utf8)
        let found = try SensitiveData(managed: [identifier]).findings(in: bytes).flatMap(\.places).map {
            String(decoding: bytes[$0], as: UTF8.self)
        }
        #expect(found == (expected.map { [$0] } ?? []), "\(identifier) \(text)")
    }

    /// As many as AWS's pages name, without the two that it finds by learning.
    @Test func allAreThere() throws {
        let names = DataIdentifier.managedNames
        #expect(names.count == 97 && Set(names).count == names.count)
        #expect(DataIdentifier.missingNames == ["Address", "Name"])
        let incomplete = try names.filter { try !SensitiveData(managed: [$0]).isComplete }
        #expect(incomplete == [])
        for name in ["Address", "Name", "Nothing", "Ssn-FR"] {
            #expect(throws: InvalidDataProtectionPolicy.self) { try SensitiveData(managed: [name]) }
        }
    }

    @Test func keywordsHaveToBeNear() throws {
        let data = try SensitiveData(managed: ["Ssn-US"])
        func isFound(_ text: String) -> Bool { !data.findings(in: Array(text.utf8)).isEmpty }
        let space = { (count: Int) in String(repeating: " ", count: count) }
        #expect(isFound("ssn\(space(30))219-09-9998") && !isFound("ssn\(space(31))219-09-9998"))
        #expect(isFound("219-09-9998\(space(30))ssn") && !isFound("219-09-9998\(space(31))ssn"))
        // Characters are counted, and not bytes.
        #expect(isFound("ssn \(String(repeating: "ü", count: 28)) 219-09-9998"))
        // Part of another word it is no keyword.
        #expect(!isFound("messns 219-09-9998") && isFound("my_ssn_1: 219-09-9998"))
    }

    @Test func masksCharacterByCharacter() throws {
        let data = try SensitiveData(managed: ["EmailAddress", "IpAddress"])
        #expect(data.masked("ann@example.com from 192.0.2.7") == "*************** from *********")
        #expect(data.masked("nothing") == "nothing" && data.masked("") == "")
        let findings = data.findings(in: Array("a@b.de, c@d.de 1.2.3.4".utf8))
        #expect(findings.map(\.name) == ["EmailAddress", "IpAddress"])
        #expect(findings.first?.places == [0..<6, 8..<14])
        #expect(SensitiveData.masked(Array("aüb".utf8), [1..<3, 2..<9]) == Array("a**".utf8))
        #expect(SensitiveData.masked(Array("abc".utf8), [5..<9, 1..<2], with: UInt8(ascii: "#")) == Array("a#c".utf8))
    }
}
