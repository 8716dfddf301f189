/// The managed data identifiers: their names, what is checked besides the pattern, the pattern in RE2's syntax, and keywords one of
/// which has to be near; a line each. A table, since large literals of code take the compiler minutes.
///
/// AWS documents names, keywords and some checks, but not the patterns: those here follow what the issuers of the numbers document.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-managed-data-identifiers.html>
enum IdentifierTable {
    /// Keywords that several identifiers have, by their names; `&name` stands for them.
    static let keywords: [String: String] = [
        "licence":
            "dl#|dl:|dlno#|driver licence|driver licences|driver license|driver licenses|driver permit|drivers lic.|drivers licence|driver's licence|drivers licences|driver's licences|drivers license|driver's license|drivers licenses|driver's licenses|drivers permit|driver's permit|drivers permit number|driving licence|driving license|driving permit",
        "account":
            "account code|account number|accountno#|accountnumber#|bban|customer account id|customer account number|customer bank account id|iban",
        "phone": "cell|contact|fax|fax number|mobile|phone|phone number|tel|telephone|telephone number",
        "tax": "tax id|tax identification number|tax number|tin|tin#",
    ]

    static let credentials = #"""
        AwsSecretKey	secret	[A-Za-z0-9/+]{40}	aws_secret_access_key|credentials|secret access key|secret key|set-awscredential
        OpenSshPrivateKey	-	-----BEGIN OPENSSH PRIVATE KEY-----[\s\S]*?(?:-----END OPENSSH PRIVATE KEY-----|\z)	-
        PgpPrivateKey	-	-----BEGIN PGP PRIVATE KEY BLOCK-----[\s\S]*?(?:-----END PGP PRIVATE KEY BLOCK-----|\z)	-
        PkcsPrivateKey	-	-----BEGIN (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----[\s\S]*?(?:-----END (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----|\z)	-
        PuttyPrivateKey	-	PuTTY-User-Key-File-[0-9]: [\s\S]*?(?:Private-MAC: [0-9a-f]+|\z)	-
        """#

    static let devices = #"""
        IpAddress	address	(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}	-
        """#

    static let financial = #"""
        BankAccountNumber-DE	iban	(?i)DE[0-9]{2}(?:[ -]?[0-9]{4}){4}[ -]?[0-9]{2}	&account|bankleitzahl|geheimzahl|kartennummer|kontonummer|kreditkartennummer|sepa
        BankAccountNumber-ES	iban	(?i)ES[0-9]{2}(?:[ -]?[0-9]{4}){5}	&account|código cuenta|código cuenta bancaria|cuenta cliente id|número cuenta bancaria cliente|número cuenta cliente
        BankAccountNumber-FR	iban	(?i)FR[0-9]{2}(?:[ -]?[0-9A-Z]{4}){5}[ -]?[0-9A-Z]{3}	&account|code bancaire|compte bancaire|numéro de compte
        BankAccountNumber-GB	iban	(?i)GB[0-9]{2}[ -]?[A-Z]{4}(?:[ -]?[0-9]{4}){3}[ -]?[0-9]{2}	&account|sepa
        BankAccountNumber-IT	iban	(?i)IT[0-9]{2}[ -]?[A-Z](?:[ -]?[0-9A-Z]){22}	&account|codice bancario|conto bancario|numero di conto
        BankAccountNumber-US	-	[0-9]{6,17}	bank account|bank acct|checking account|checking acct|deposit account|deposit acct|savings account|savings acct|chequing account|chequing acct
        CreditCardExpiration	-	(?:0?[1-9]|1[0-2])[ ]?[/-][ ]?(?:20)?[0-9]{2}	exp d|exp m|exp y|expiration|expiry
        CreditCardNumber	card	[0-9](?:[ -]?[0-9]){12,18}	account number|american express|amex|bank card|card|card number|card num|cc #|ccn|check card|credit|credit card#|dankort|debit|debit card|diners club|discover|electron|japanese card bureau|jcb|mastercard|mc|pan|payment account number|payment card number|pcn|union pay|visa
        CreditCardSecurityCode	-	[0-9]{3,4}	card id|card identification code|card identification number|card security code|card validation code|card validation number|card verification data|card verification value|cvc|cvc2|cvv|cvv2|elo verification code
        """#

    static let health = #"""
        DrugEnforcementAgencyNumber-US	dea	(?i)[A-HJ-NP-UX][A-Z9][0-9]{7}	dea number|dea registration
        HealthcareProcedureCode-US	-	(?i)[A-V][0-9]{4}|[0-9]{4}[FTUM0-9]	current procedural terminology|hcpcs|healthcare common procedure coding system
        HealthInsuranceCardNumber-EU	-	80[0-9]{18}|[0-9]{20}	assicurazione sanitaria numero|carta assicurazione numero|carte d’assurance maladie|carte européenne d'assurance maladie|ceam|ehic|ehic#|finlandehicnumber#|gesundheitskarte|hälsokort|health card|health card number|health insurance card|health insurance number|insurance card number|krankenversicherungskarte|krankenversicherungsnummer|medical account number|numero conto medico|numéro d’assurance maladie|numéro de carte d’assurance|numéro de compte medical|número de cuenta médica|número de seguro de salud|número de tarjeta de seguro|sairaanhoitokortin|sairausvakuutuskortti|sairausvakuutusnumero|sjukförsäkring nummer|sjukförsäkringskort|suomi ehic-numero|tarjeta de salud|terveyskortti|tessera sanitaria assicurazione numero|versicherungsnummer
        HealthInsuranceClaimNumber-US	-	(?i)[0-9]{3}-?[0-9]{2}-?[0-9]{4}-?(?:[A-Z][A-Z0-9]?|[0-9]{2})|[A-Z]{1,3}-?[0-9]{6,9}	health insurance claim number|hic no|hic no.|hic number|hic#|hicn|hicn#|hicno#
        HealthInsuranceNumber-FR	insee	[1-478][ ]?[0-9]{2}[ ]?[0-9]{2}[ ]?(?:[0-9]{2}|2[AB])[ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{2}	carte d'assuré social|carte vitale|insurance card
        MedicareBeneficiaryNumber-US	-	(?i)[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]-?[AC-HJKMNP-RT-Y]{2}[0-9]{2}	mbi|medicare beneficiary
        NationalDrugCode-US	-	[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2}|[0-9]{10,11}	national drug code|ndc
        NationalProviderId-US	npi	[12][0-9]{9}	hipaa|n.p.i.|national provider|npi
        NhsNumber-GB	nhs	[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}	national health service|nhs
        PersonalHealthNumber-CA	-	[0-9]{4}[ -]?[0-9]{3}[ -]?[0-9]{3}|9[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}|[0-9]{5}-[0-9]{4}|[0-9]{9}	canada healthcare number|msp number|care number|phn|soins de santé
        """#

    static let personal = #"""
        CepCode-BR	-	[0-9]{5}-?[0-9]{3}	cep|código de endereçamento postal|codigo de endereçamento postal
        Cnpj-BR	cnpj	[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}/?[0-9]{4}-?[0-9]{2}	cadastro nacional da pessoa jurídica|cadastro nacional da pessoa juridica|cnpj
        CpfCode-BR	cpf	[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}	cadastro de pessoas fisicas|cadastro de pessoas físicas|cadastro de pessoa física|cadastro de pessoa fisica|cpf
        DateOfBirth	-	[0-9]{1,2}[ /-][0-9]{1,2}[ /-][0-9]{2,4}|[0-9]{4}[ /-][0-9]{1,2}[ /-][0-9]{1,2}|(?i)(?:[0-9]{1,2}[ /-])?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[ /-](?:[0-9]{1,2},?[ /-])?[0-9]{2,4}	dob|date of birth|birthdate|birth date|birthday|b-day|bday
        ElectoralRollNumber-GB	-	(?i)[A-Z]{2,3}[0-9]{1,4}	electoral #|electoral number|electoral roll #|electoral roll no.|electoral roll number|electoralrollno
        EmailAddress	-	[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.))+[A-Za-z]{2,24}	-
        IndividualTaxIdentificationNumber-US	-	9[0-9]{2}[ -]?(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])[ -]?[0-9]{4}	individual taxpayer identification number|itin|i.t.i.n.
        InseeCode-FR	insee	[1-478][ ]?[0-9]{2}[ ]?[0-9]{2}[ ]?(?:[0-9]{2}|2[AB])[ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{2}	assurance sociale|carte nationale d’identité|cni|code sécurité sociale|french social security number|fssn#|insee|insurance number|national id number|nationalid#|numéro d'assurance|sécurité sociale|sécurité sociale non.|sécurité sociale numéro|social|social security|social security number|socialsecuritynumber|ss#|ssn|ssn#
        LatLong	latlong	[+-]?[0-9]{1,2}\.[0-9]{2,12}[ ]?,[ ]?[+-]?[0-9]{1,3}\.[0-9]{2,12}	coordinate|coordinates|lat long|latitude longitude|location|position
        NationalIdentificationNumber-DE	ausweis	(?i)[CFGHJKLMNPRTVWXYZ0-9]{9}[0-9]?D?	ausweisnummer|id number|identification number|identity number|insurance number|personal id|personalausweis
        NationalIdentificationNumber-ES	dni	(?i)[0-9]{8}[ -]?[A-HJ-NP-TV-Z]	dni|dni#|dninúmero#|documento nacional de identidad|identidad único|identidadúnico#|insurance number|national identification number|national identity|nationalid#|nationalidno#|número nacional identidad|personal identification number|personal identity no|unique identity number|uniqueid#
        NationalIdentificationNumber-IT	fiscale	(?i)[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]	codice fiscal|dati anagrafici|ehic|health card|health insurance card|p. iva|partita i.v.a.|personal data|tax code|tessera sanitaria
        NationalInsuranceNumber-GB	nino	(?i)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ ]?[0-9]{2}[ ]?[0-9]{2}[ ]?[0-9]{2}[ ]?[A-D]	insurance no.|insurance number|insurance#|national insurance number|nationalinsurance#|nationalinsurancenumber|nin|nino
        NieNumber-ES	nie	(?i)[XYZ][ -]?[0-9]{7}[ -]?[A-HJ-NP-TV-Z]	&tax|cif|cif número|cifnúmero#|nie|nif|número de contribuyente|número de identidad de extranjero|número de identificación fiscal|número de impuesto corporativo|personal tax number
        NifNumber-ES	nif	(?i)(?:[0-9]{8}|[XYZKLM][ -]?[0-9]{7})[ -]?[A-HJ-NP-TV-Z]	&tax|cif|cif número|cifnúmero#|nie|nif|número de contribuyente|número de identidad de extranjero|número de identificación fiscal|número de impuesto corporativo|personal tax number
        PassportNumber-CA	-	(?i)[A-Z]{2}[0-9]{6}|[A-Z][0-9]{6}[A-Z]{2}	passeport|passeport#|passport|passport#|passportno|passportno#
        PassportNumber-DE	-	(?i)[CFGHJK][CFGHJKLMNPRTVWXYZ0-9]{8}[0-9]?	ausstellungsdatum|ausstellungsort|geburtsdatum|passport|passports|reisepass|reisepass–nr|reisepassnummer
        PassportNumber-ES	-	(?i)[A-Z]{2}[A-Z0-9]?[0-9]{6}	españa pasaporte|libreta pasaporte|número pasaporte|pasaporte|passport|passport book|passport no|passport number|spain passport
        PassportNumber-FR	-	(?i)[0-9]{2}[A-Z]{2}[0-9]{5}	numéro de passeport|passeport|passeport#|passeport #|passeportn °|passeport n °|passeportnon|passeport non
        PassportNumber-GB	-	[0-9]{9}	passeport #|passeport n °|passeportnon|passeport non|passeportn °|passport #|passport no|passport number|passport#|passportid
        PassportNumber-IT	-	(?i)[A-Z]{2}[0-9]{7}	italian passport number|numéro passeport|numéro passeport italien|passaporto|passaporto italiana|passaporto numero|passport number|repubblica italiana passaporto
        PassportNumber-US	-	(?i)[A-Z][0-9]{8}|[0-9]{9}	passport|travel document
        PermanentResidenceNumber-CA	-	(?i)[A-Z]{2}[0-9]{7,10}	carte résident permanent|numéro carte résident permanent|numéro résident permanent|permanent resident card|permanent resident card number|permanent resident no|permanent resident no.|permanent resident number|pr no|pr no.|pr non|pr number|résident permanent no.|résident permanent non
        PostalCode-CA	-	(?i)[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z][ -]?[0-9][ABCEGHJ-NPRSTV-Z][0-9]	-
        RgNumber-BR	-	(?i)[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3}-?[0-9X]	registro geral|rg
        SocialInsuranceNumber-CA	sin	[1-79][0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3}	canadian id|numéro d'assurance sociale|social insurance number|sin
        Ssn-ES	ssnes	[0-9]{2}[ /-]?[0-9]{8}[ /-]?[0-9]{2}	número de la seguridad social|social security no.|social security no|social security number|socialsecurityno#|ssn|ssn#
        Ssn-US	ssn	[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}	social security|ss#|ssn
        TaxId-DE	steuer	[1-9][0-9][ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{3}	identifikationsnummer|steuer id|steueridentifikationsnummer|steuernummer|tax id|tax identification number|tax number
        TaxId-ES	cif	(?i)[ABCDEFGHJNPQRSUVW][ -]?[0-9]{7}[ -]?[0-9A-J]	&tax|cif|cif número|cifnúmero#|nie|nif|número de contribuyente|número de identidad de extranjero|número de identificación fiscal|número de impuesto corporativo|personal tax number
        TaxId-FR	-	[0-3][0-9][ ]?[0-9]{2}[ ]?[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{3}	&tax|numéro d'identification fiscale
        TaxId-GB	-	[0-9]{5}[ ]?[0-9]{5}	paye|tax id|tax id no.|tax id number|tax identification|tax identification#|tax no.|tax number|tax reference|tax#|taxid#|temporary reference number|tin|trn|unique tax reference|unique taxpayer reference|utr
        VehicleIdentificationNumber	vin	(?i)[A-HJ-NPR-Z0-9]{17}	fahrgestellnummer|niv|numarul de identificare|numarul seriei de sasiu|serie sasiu|numer vin|número de identificação do veículo|número de identificación de automóviles|numéro d'identification du véhicule|vehicle identification number|vin|vin numeris
        ZipCode-US	-	[0-9]{5}(?:-[0-9]{4})?	zip code|zip+4
        """#

    /// Those with a country's code are found with it, and without it where a keyword is near: two lines each.
    static let phones = #"""
        PhoneNumber-BR	-	\+55[ .-]?\(?[0-9]{2}\)?[ .-]?9?[0-9]{4}[ .-]?[0-9]{4}	-
        PhoneNumber-BR	-	\(?[0-9]{2}\)?[ .-]?9?[0-9]{4}[ .-]?[0-9]{4}	&phone|cel|celular|fone|móvel|número residencial|numero residencial|telefone
        PhoneNumber-DE	-	\+49[ ./-]?(?:\(0\))?[1-9](?:[ ./-]?[0-9]){5,12}	-
        PhoneNumber-DE	-	0[1-9](?:[ ./-]?[0-9]){5,12}	&phone
        PhoneNumber-ES	-	\+34[ .-]?[6-9](?:[ .-]?[0-9]){8}	-
        PhoneNumber-ES	-	[6-9](?:[ .-]?[0-9]){8}	&phone
        PhoneNumber-FR	-	\+33[ .-]?(?:\(0\))?[1-9](?:[ .-]?[0-9]{2}){4}	-
        PhoneNumber-FR	-	0[1-9](?:[ .-]?[0-9]{2}){4}	&phone
        PhoneNumber-GB	-	\+44[ .-]?(?:\(0\))?[1-9](?:[ .-]?[0-9]){8,9}	-
        PhoneNumber-GB	-	0[1-9](?:[ .-]?[0-9]){8,9}	&phone
        PhoneNumber-IT	-	\+39[ .-]?[03](?:[ .-]?[0-9]){7,10}	-
        PhoneNumber-IT	-	[03](?:[ .-]?[0-9]){7,10}	&phone
        PhoneNumber-US	-	\+?1[ .-]?\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{4}	-
        PhoneNumber-US	-	\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{4}	&phone
        """#

    static let licences = #"""
        DriversLicense-AT	-	[0-9]{8}	führerschein|fuhrerschein|führerschein republik österreich|fuhrerschein republik osterreich
        DriversLicense-AU	-	(?i)[0-9]{9}|[0-9]{4,8}[A-Z]{0,2}|[A-Z][0-9]{5}	&licence
        DriversLicense-BE	-	[0-9]{10}	fuehrerschein|fuehrerschein-nr|fuehrerscheinnummer|fuhrerschein|führerschein|fuhrerschein-nr|führerschein-nr|fuhrerscheinnummer|führerscheinnummer|numéro permis conduire|permis de conduire|rijbewijs|rijbewijsnummer
        DriversLicense-BG	-	[0-9]{9}	превозно средство|свидетелство за управление на моторно|свидетелство за управление на мпс|сумпс|шофьорска книжка
        DriversLicense-CA	-	(?i)[A-Z][0-9]{4}-?[0-9]{5}-?[0-9]{5}|[A-Z][0-9]{12}|[A-Z]{5}[0-9]{9}|[A-Z][0-9]{9}|[0-9]{5,9}|[0-9]{6}-[0-9]{3}	&licence|permis de conduire
        DriversLicense-CY	-	[0-9]{12}	άδεια οδήγησης
        DriversLicense-CZ	-	(?i)[A-Z]{2}[ ]?[0-9]{6}	číslo licence|císlo licence řidiče|číslo řidičského průkazu|ovladače lic.|povolení k jízdě|povolení řidiče|řidiči povolení|řidičský prúkaz|řidičský průkaz
        DriversLicense-DE	-	(?i)[A-Z0-9][0-9]{2}[A-Z0-9]{6}[0-9][A-Z0-9]	fuehrerschein|fuehrerschein-nr|fuehrerscheinnummer|fuhrerschein|führerschein|fuhrerschein-nr|führerschein-nr|fuhrerscheinnummer|führerscheinnummer
        DriversLicense-DK	-	[0-9]{8}	kørekort|kørekortnummer
        DriversLicense-EE	-	(?i)[A-Z]{2}[0-9]{6}	juhi litsentsi number|juhiloa number|juhiluba|juhiluba number
        DriversLicense-ES	dni	(?i)[0-9]{8}[ -]?[A-HJ-NP-TV-Z]	carnet conducer|el carnet de conducer|licencia conducer|licencia de manejo|número carnet conducer|número de carnet de conducer|número de permiso conducer|número de permiso de conducer|número licencia conducer|número permiso conducer|permiso conducción|permiso conducer|permiso de conducción
        DriversLicense-FI	-	(?i)[0-9]{6}-[0-9]{3}[0-9A-Z]	ajokortin numero|ajokortti|förare lic.|körkort|körkort nummer|kuljettaja lic.|permis de conduire
        DriversLicense-FR	-	(?i)[0-9]{12}|[0-9]{2}[A-Z]{2}[0-9]{5}	permis de conduire
        DriversLicense-GB	gblicence	(?i)[A-Z9]{5}[0-9][0156][0-9](?:0[1-9]|[12][0-9]|3[01])[0-9][A-Z9]{2}[A-Z0-9]{3}(?:[0-9]{2})?	&licence
        DriversLicense-GR	-	[0-9]{9}	άδεια οδήγησης|δεια οδήγησης|adeia odigisis
        DriversLicense-HR	-	[0-9]{8}	vozačka dozvola
        DriversLicense-HU	-	(?i)[A-Z]{2}[0-9]{6}	illesztőprogramok lic|jogosítvány|jogsi|licencszám|vezető engedély|vezetői engedély
        DriversLicense-IE	-	(?i)[0-9]{3}[A-Z]{2}[0-9]{4}|[0-9]{9}	ceadúnas tiomána
        DriversLicense-IT	-	(?i)[A-Z][AV][A-Z0-9]{7}[A-Z]|U1[A-Z0-9]{8}	patente di guida|patente di guida numero|patente guida|patente guida numero
        DriversLicense-LT	-	[0-9]{8}	vairuotojo pažymėjimas
        DriversLicense-LU	-	[0-9]{6}	fahrerlaubnis|führerschäin
        DriversLicense-LV	-	(?i)[A-Z]{2,3}[0-9]{6}	autovadītāja apliecība|licences numurs|vadītāja apliecība|vadītāja apliecības numurs|vadītāja atļauja|vadītāja licences numurs|vadītāji lic.
        DriversLicense-MT	-	[0-9]{2}[ ]?[0-9]{3}[ ]?[0-9]{3}	liċenzja tas-sewqan
        DriversLicense-NL	-	[0-9]{10}	permis de conduire|rijbewijs|rijbewijsnummer
        DriversLicense-PL	-	[0-9]{5}/[0-9]{2}/[0-9]{4}	numer licencyjny|prawo jazdy|zezwolenie na prowadzenie
        DriversLicense-PT	-	(?i)[A-Z]{1,2}-?[0-9]{4,6}[ ]?[0-9]?	carta de condução|carteira de habilitação|carteira de motorist|carteira habilitação|carteira motorist|licença condução|licença de condução|número de licença|número licença|permissão condução|permissão de condução
        DriversLicense-RO	-	(?i)[A-Z0-9][0-9]{8}	numărul permisului de conducere|permis de conducere
        DriversLicense-SE	-	[0-9]{6}-?[0-9]{4}	ajokortin numero|dlno# ajokortti|drivere lic.|förare lic.|körkort|körkort nummer|körkortsnummer|kuljettajat lic.
        DriversLicense-SI	-	[0-9]{9}	vozniško dovoljenje
        DriversLicense-SK	-	(?i)[A-Z][0-9]{7}	číslo licencie|číslo vodičského preukazu|ovládače lic.|povolenia vodičov|povolenie jazdu|povolenie na jazdu|povolenie vodiča|vodičský preukaz
        DriversLicense-US	-	(?i)[A-Z][0-9]{3}-?[0-9]{3}-?[0-9]{2,3}-?[0-9]{3}(?:-?[0-9])?|[A-Z][0-9]{4,14}|[A-Z]{2}[0-9]{3,7}|[0-9]{7,12}|[A-Z]{3,7}[A-Z*]{0,4}[0-9]{3}[A-Z0-9]{2,4}|[0-9]{2}[A-Z]{3}[0-9]{5}	&licence
        """#

    static let all = [credentials, devices, financial, health, personal, phones, licences]
    /// What AWS finds by learning, and Gatehouse does not.
    static let notBuilt: Set<String> = ["Address", "Name"]
}
