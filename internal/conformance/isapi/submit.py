"""Submits one request document through MPF's SOAP door with Python's requests and lxml.

usage: submit.py < JSON

The JSON object has url, login and password, namespace and procedure of a simple request (neither in a
trusted one), and the document. The answer is printed as JSON: status, type and body.
"""

import json
import sys

import requests
from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SCHEMA = "http://maps/specs/prov.xml"


def main():
    call = json.load(sys.stdin)
    envelope = etree.Element(etree.QName(SOAP, "Envelope"), nsmap={"s": SOAP, "p": SCHEMA})
    header = etree.SubElement(etree.SubElement(envelope, etree.QName(SOAP, "Header")), etree.QName(SCHEMA, "provisioning"))
    header.set(etree.QName(SOAP, "mustUnderstand"), "1")
    if call.get("procedure"):
        header.set("namespace", call["namespace"])
        header.set("procedure", call["procedure"])
    else:
        header.set("trusted", "1")
    etree.SubElement(envelope, etree.QName(SOAP, "Body")).append(etree.fromstring(call["document"]))
    answer = requests.post(
        call["url"],
        data=etree.tostring(envelope, xml_declaration=True, encoding="utf-16"),
        headers={"Content-Type": "text/xml; charset=utf-16"},
        auth=(call["login"].encode(), call["password"].encode()),
        timeout=60,
    )
    json.dump({"status": answer.status_code, "type": answer.headers["Content-Type"], "body": answer.text}, sys.stdout)


if __name__ == "__main__":
    main()
