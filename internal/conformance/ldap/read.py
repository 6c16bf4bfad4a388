"""Reads the directory with python3-ldap3, schema and server information first.

usage: read.py URL USER PASSWORD [AUTHORITY [starttls]]
"""
import ssl
import sys

from ldap3 import ALL, AUTO_BIND_NO_TLS, AUTO_BIND_TLS_BEFORE_BIND, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPNoSuchObjectResult, LDAPUnwillingToPerformResult

url, user, password = sys.argv[1:4]
authority, mode = (sys.argv[4:] + ["", ""])[:2]
tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=authority) if authority else None
server = Server(url, get_info=ALL, tls=tls)
bind = AUTO_BIND_TLS_BEFORE_BIND if mode == "starttls" else AUTO_BIND_NO_TLS
base = "DC=fabrikam,DC=com"
with Connection(server, user, password, auto_bind=bind, raise_exceptions=True) as c:
    assert c.tls_started or mode != "starttls", "TLS was started"
    assert server.info.other["defaultNamingContext"] == [base], server.info.other
    assert "1.2.840.113556.1.4.800" in str(server.info.supported_features) or "1.2.840.113556.1.4.800" in str(server.info), "it says that it is Active Directory"
    assert "sAMAccountName" in server.schema.attribute_types, "the schema was read"
    assert "user" in server.schema.object_classes
    assert c.extend.standard.who_am_i() == "u:FABRIKAM\\hsadmin", c.extend.standard.who_am_i()
    pages = list(c.extend.standard.paged_search(base, "(objectClass=*)", SUBTREE, attributes=["cn"], paged_size=7, generator=True))
    whole = c.search(base, "(objectClass=*)", SUBTREE, attributes=["cn"]) and len(c.entries)
    assert len(pages) == whole > 14, (len(pages), whole)
    c.search(base, "(sAMAccountName=hsadmin)", SUBTREE, attributes=["*", "+"])
    account = c.entries[0]
    assert account.whenCreated.value.year >= 2000, account.whenCreated
    assert len(account.objectGUID.raw_values[0]) == 16
    assert c.compare(account.entry_dn, "sAMAccountName", "HSADMIN")
    assert not c.compare(account.entry_dn, "sAMAccountName", "x")
    deleted = f"<WKGUID=18E2EA80684F11D2B9AA00C04F79F805,{base}>"
    c.search(deleted, "(isDeleted=TRUE)", SUBTREE, attributes=["*"], controls=[("1.2.840.113556.1.4.417", True, None)])
    assert c.entries and all(e.isDeleted.value for e in c.entries), c.entries
    try:
        c.search("CN=nobody," + base, "(objectClass=*)")
        raise SystemExit("a base that does not exist is found")
    except LDAPNoSuchObjectResult:
        pass
    try:
        c.delete(account.entry_dn)
        raise SystemExit("a write is taken")
    except LDAPUnwillingToPerformResult:
        pass
print("ldap3 read", whole, "entries")
