"""Calls every operation of the four services with zeep, with valid and with invalid input.

usage: operations.py URL CALLS

URL is what is typed into H-Sphere, credentials included. CALLS is a JSON file with the calls, in an
order in which the valid ones work. One line is printed for each operation
and case: "Service.Operation valid ok". The exit status is 1 if any is not as it should be.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree

import requests
import zeep
import zeep.helpers
from lxml import etree

HE, ERM, MAD, MPS = "HostedExchange", "ExchangeResourceManager", "ManagedActiveDirectory", "MPSGeneral"


def argument(value):
    """Turns an argument of the list into zeep's form: XML travels as {"xml": text}."""
    if isinstance(value, dict):
        return {"_value_1": etree.fromstring(value["xml"])}
    return value


def failure(service, answer):
    """Gives the error text of an answer, "" for a success."""
    if service in (HE, ERM):
        root = xml.etree.ElementTree.fromstring('<?xml version="1.0" encoding="utf-8" ?>\n' + answer)
        context = root.find("errorContext")
        if context is None:
            return ""
        int(context.attrib["executeSeqNo"])
        assert context.attrib["code"].startswith("0x") and context.attrib["description"]
        return context.attrib["description"]
    values = zeep.helpers.serialize_object(answer, dict)
    error = values.pop("errorReturn") or ""
    (result,) = values.values()
    if service == MPS:
        assert error or result["_value_1"].tag == "response"
        return error
    assert bool(result) == (not error), values
    return error


def main(url, calls):
    parts = urllib.parse.urlsplit(url)
    base = urllib.parse.urlunsplit((parts.scheme, parts.netloc.rsplit("@", 1)[1], parts.path, "", ""))
    session = requests.Session()
    session.auth = (urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password))
    settings = zeep.Settings(strict=True, xml_huge_tree=False)
    clients, missing, bad = {}, set(), 0
    for service in (HE, ERM, MAD, MPS):
        client = zeep.Client("%s/%s.asmx?WSDL" % (base, service), transport=zeep.Transport(session=session), settings=settings)
        for port in (service + "Soap", service + "Soap12"):
            clients[service, port] = client.bind(service, port)
        missing |= {(service, o) for o in client.wsdl.services[service].ports[service + "Soap"].binding._operations}
    wanted = {(o, case) for o in missing for case in ("valid", "invalid")}
    for i, call in enumerate(json.load(open(calls, encoding="utf-8"))):
        service, operation = call["operation"].split(".")
        case, port = call["case"], service + ("Soap12" if i % 4 > 1 else "Soap")
        wanted.discard(((service, operation), case))
        arguments = {name: argument(value) for name, value in call["arguments"].items()}
        try:
            text = failure(service, getattr(clients[service, port], operation)(**arguments))
            good = (text == "") == (case == "valid")
        except Exception as e:  # whatever goes wrong is a finding
            text, good = "%s: %s" % (type(e).__name__, e), False
        bad += not good
        print("%s.%s %s %s" % (service, operation, case, "ok" if good else "FAIL " + text), flush=True)
    for (service, operation), case in sorted(wanted):
        bad += 1
        print("%s.%s %s FAIL not called" % (service, operation, case))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
