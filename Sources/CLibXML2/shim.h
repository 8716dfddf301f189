// Only lends its include path to CXMLSecurity; Swift code never sees libxml2 itself.
