// Only lends its include path to CXMLTree and CXMLSecurity; Swift code never sees libxml2 itself.
