"""For tests, here and of plug-ins elsewhere: small studies, builders, conformance suites."""
