"""Calls every operation of the four services with zeep, with valid and with invalid input.

usage: operations.py URL

URL is what is typed into H-Sphere, credentials included. One line is printed for each operation
and case: "Service.Operation valid ok". The exit status is 1 if any is not as it should be.
"""

import sys
import urllib.parse
import xml.etree.ElementTree

import requests
import zeep
import zeep.helpers
from lxml import etree

DC = "dc1.fabrikam.com"
BASE = "DC=fabrikam,DC=com"
HOSTING = "OU=Hosting," + BASE
RESELLER = "OU=Reseller1," + HOSTING
ORG = "OU=zeep," + RESELLER
PATH = "LDAP://" + ORG
NOWHERE = "LDAP://OU=nowhere," + RESELLER
NOBODY = "LDAP://CN=nobody@zeep.example," + ORG
JOE = "LDAP://CN=joe@zeep.example," + ORG
EVE = "LDAP://CN=eve@zeep.example," + ORG
PLANS = "<availablePlans><planName>BaseMail</planName><planName>GoldMail</planName></availablePlans>"
STORE = "<mailStore><megabytes>%d</megabytes><shared>1</shared></mailStore>"
STORES = (
    "<mailStores><mailStore><serverName>EX1</serverName><mailStoreName>Mailbox Store 9 (EX1)</mailStoreName>"
    "<megabytes>%d</megabytes><shared>1</shared></mailStore></mailStores>"
)
PROPERTIES = '<properties><property name="l">Kraków &amp; &lt;co&gt;</property></properties>'
FEATURE = (
    "<planFeatures><feature><featureName>%s</featureName><featureDescription>x</featureDescription>"
    "<nativeAttribute>extensionAttribute1</nativeAttribute><parentNode>properties</parentNode></feature></planFeatures>"
)
PASSWORD = "P@ssw0rd!23"
C = {"preferredDomainController": DC}
S = {"preferredDomainController": DC, "sendCredentials": True}
ELSEWHERE = {"preferredDomainController": "dc9.nowhere.example", "sendCredentials": True}


def element(text):
    return etree.fromstring(text)


def properties(text=PROPERTIES):
    return {"_value_1": [element(text)]}


# Service, operation, valid arguments, invalid arguments; in an order in which the valid ones work.
HE, ERM, MAD, MPS = "HostedExchange", "ExchangeResourceManager", "ManagedActiveDirectory", "MPSGeneral"
CALLS = [
    (HE, "InitializeHostedExchange", S, ELSEWHERE),
    (HE, "InitializeNamespaceSecurity", S, ELSEWHERE),
    (HE, "InitializeCustomerPlanDatabase", S, ELSEWHERE),
    (HE, "CreateResellerOrganization", dict(S, container="LDAP://" + RESELLER, name="zeepsub", description="x", propertiesXmlString=PROPERTIES),
     dict(S, container=NOWHERE, name="x")),
    (ERM, "AddExchangeResources", dict(S, mailStoresXmlString=STORES % 1000), dict(S, mailStoresXmlString="<mailStores><mailStore/></mailStores>")),
    (ERM, "ModifyExchangeResources", dict(S, mailStoresXmlString=STORES % 500), dict(S, mailStoresXmlString=STORES % -99999)),
    (ERM, "QueryAllStores", S, ELSEWHERE),
    (ERM, "RemoveExchangeResources", dict(S, mailStoresXmlString=STORES % 1), dict(S, mailStoresXmlString=STORES % 1)),
    (HE, "CreateBusinessOrganization",
     dict(S, container="LDAP://" + RESELLER, name="zeep", mailStoreXmlString=STORE % 300,
          publicStoreXmlString="<publicStore><megabytes>50</megabytes></publicStore>", smtpDomain="zeep.example",
          description="Zażółć & <co>", propertiesXmlString=PROPERTIES, availablePlansXmlString=PLANS),
     dict(S, container=NOWHERE, name="zeep", smtpDomain="zeep2.example")),
    (HE, "CreatePlanFeatureTypes", dict(S, planFeaturesXmlString=FEATURE % "ZeepFeature"), dict(S, planFeaturesXmlString=FEATURE % "ZeepFeature")),
    (HE, "CreateMailboxPlan",
     dict(planName="ZeepMail", description="x", planCategoriesXmlString="<planCategories><category><categoryName>HeBusiness</categoryName></category></planCategories>",
          planFeaturesXmlString="<planFeatures><feature><featureName>MailboxSize</featureName><featureValue>5000</featureValue></feature></planFeatures>",
          sendCredentials=True),
     dict(planName="ZeepMail", description="x", sendCredentials=True)),
    (HE, "GetPlans", dict(S, planTypeName="ExchMailbox", categoryName="HeBusiness", statusTypeName="Enabled"), ELSEWHERE),
    (HE, "GetPlanDetail", dict(S, planName="ZeepMail", statusTypeName=""), dict(S, planName="NoSuchPlan")),
    (HE, "AddAvailablePlans", dict(S, ldapPath=PATH, availablePlansXmlString="<availablePlans><planName>ZeepMail</planName></availablePlans>"),
     dict(S, ldapPath=PATH, availablePlansXmlString="<availablePlans><planName>NoSuchPlan</planName></availablePlans>")),
    (HE, "GetAvailablePlans", dict(C, ldapPath=PATH), dict(C, ldapPath=NOWHERE)),
    (HE, "RemoveAvailablePlans", dict(S, ldapPath=PATH, availablePlansXmlString="<availablePlans><planName>ZeepMail</planName></availablePlans>"),
     dict(S, ldapPath=NOWHERE, availablePlansXmlString="<availablePlans><planName>ZeepMail</planName></availablePlans>")),
    (HE, "CreateOrganizationAddressLists", dict(S, ldapPath=PATH, smtpDomain="zeep.example"), dict(S, ldapPath=NOWHERE, smtpDomain="zeep.example")),
    (HE, "RebuildOfflineAddressList", dict(S, ldapPath=PATH), dict(S, ldapPath=NOWHERE)),
    (HE, "EnsureExchangeVirtualDirectories", dict(S, ldapPath=PATH), dict(S, ldapPath=NOWHERE)),
    (HE, "CreatePublicFolder", dict(S, ldapPath=PATH, megabytes="20"), dict(S, ldapPath=PATH, megabytes="many")),
    (HE, "CreateBusinessUser",
     dict(C, container=PATH, userPrincipalName="joe@zeep.example", sAMAccountName="joe_zeep", displayName="Joe", planName="GoldMail",
          newPassword=PASSWORD, isAdmin=False, propertiesXmlString=PROPERTIES),
     dict(C, container=PATH, userPrincipalName="weak@zeep.example", planName="GoldMail", newPassword="weak", isAdmin=False)),
    (HE, "CreateConsumerUser",
     dict(C, container=PATH, userPrincipalName="eve@zeep.example", sAMAccountName="eve_zeep", displayName="Eve", planName="BaseMail", newPassword=PASSWORD),
     dict(C, container=PATH, userPrincipalName="eve2@zeep.example", sAMAccountName="eve_zeep", newPassword=PASSWORD)),
    (HE, "CreateConsumerVanityDomain", dict(S, ldapPath=EVE, name="eve", smtpDomain="eve-zeep.example"), dict(S, ldapPath=NOBODY, name="x", smtpDomain="x.example")),
    (HE, "DeleteConsumerUser", dict(C, ldapPath=EVE), dict(C, ldapPath=EVE)),
    (HE, "ModifyUser", dict(S, ldapPath=JOE, displayName="Joey", propertiesXmlString=PROPERTIES), dict(S, ldapPath=NOBODY, displayName="x")),
    (HE, "GetProperties", dict(C, ldapPath=JOE, propertyListXmlString='<propertyList><property name="l"/></propertyList>'),
     dict(C, ldapPath=NOBODY, propertyListXmlString='<propertyList><property name="l"/></propertyList>')),
    (HE, "SetUserPassword", dict(C, ldapPath=JOE, newPassword="N3w!Passw0rd"), dict(C, ldapPath=JOE, newPassword="x")),
    (HE, "ChangeUserPassword", dict(C, ldapPath=JOE, oldPassword="N3w!Passw0rd", newPassword="An0ther!Pass"), dict(C, ldapPath=JOE, oldPassword="wrong", newPassword="An0ther!Pas5")),
    (HE, "ChangeUserMailboxPlan", dict(C, ldapPath=JOE, planName="BaseMail", customerTypeName="BusinessUser"), dict(C, ldapPath=JOE, planName="NoSuchPlan")),
    (HE, "DisableUser", dict(C, ldapPath=JOE), dict(C, ldapPath=NOBODY)),
    (HE, "EnableUser", dict(C, ldapPath=JOE), dict(C, ldapPath=NOBODY)),
    (HE, "MakeUserAdmin", dict(C, ldapPath=JOE, isAdmin=True), dict(C, ldapPath=NOBODY, isAdmin=True)),
    (HE, "CreateSMTPDomain", dict(C, ldapPath=PATH, smtpDomain="zeep-2.example", domainTypeName="SecondaryDomain"), dict(C, ldapPath=PATH, smtpDomain="no domain")),
    (HE, "GetOrganizationDomains", dict(C, ldapPath=PATH), dict(C, ldapPath=NOWHERE)),
    (HE, "DeleteSMTPDomain", dict(C, ldapPath=PATH, smtpDomain="zeep-2.example"), dict(C, ldapPath=NOWHERE, smtpDomain="zeep-2.example")),
    (HE, "CreateSMTPProxyAddress", dict(C, ldapPath=JOE, proxyAddress="j@zeep.example", setPrimary=False), dict(C, ldapPath=JOE, proxyAddress="j@elsewhere.example", setPrimary=False)),
    (HE, "DeleteSMTPProxyAddress", dict(C, ldapPath=JOE, proxyAddress="j@zeep.example"), dict(C, ldapPath=JOE, proxyAddress="joe@zeep.example")),
    (HE, "CreateDistributionList", dict(S, container=PATH, name="all staff", managedBy="joe@zeep.example"), dict(S, container=PATH, name="x", managedBy="nobody@zeep.example")),
    (HE, "ModifyDistributionList", dict(S, ldapPath="LDAP://CN=all staff," + ORG, managedBy=JOE), dict(S, ldapPath=NOBODY, managedBy=JOE)),
    (HE, "DeleteDistributionList", dict(S, ldapPath="LDAP://CN=all staff," + ORG), dict(S, ldapPath="LDAP://CN=all staff," + ORG)),
    (HE, "GetModifiedOrganizations", dict(S, startDate="2000-01-01", endDate="2100-01-01 23:59:59", maximumRows="10"), dict(S, startDate="yesterday", endDate="tomorrow")),
    (ERM, "QueryAllOrganizations", S, ELSEWHERE),
    (ERM, "QueryResourcesByOrganization", dict(S, ldapPath=PATH, organizationGUID="zeep"), dict(S, ldapPath=NOWHERE)),
    (ERM, "QueryConsumersByOrganization", dict(S, ldapPath=PATH, organizationGUID="zeep"), dict(S, ldapPath=NOWHERE)),
    (ERM, "QueryOrganizationsByMailstore", dict(S, mailStoreName="Mailbox Store 1 (EX1)", serverName="EX1"), dict(S, mailStoreName="No Store", serverName="EX1")),
    (ERM, "QueryOrganizationsByPublicstore", dict(S, publicStoreName="Public Folder Store (EX1)", serverName="EX1"), dict(S, serverName="EX99")),
    (ERM, "ReallocateOrganizationMailNoMove", dict(S, organization=PATH, mailStoresXmlString=STORE % 5), dict(S, organization=PATH, mailStoresXmlString=STORE % 99999999)),
    (ERM, "ReallocateOrganizationPublic", dict(S, organization=PATH, megabytes="5"), dict(S, organization=PATH, megabytes="-9999")),
    (ERM, "ReallocatePublicFolder", dict(S, organization=PATH, folderPath="/zeep", megabytes="-1"), dict(S, organization=PATH, folderPath="/nowhere", megabytes="1")),
    (MAD, "CreateOrganization", dict(S, container=PATH, name="dept", policyName="default", description="x", propertyXml=properties()), dict(S, container=NOWHERE, name="x")),
    (MAD, "ModifyOrganization", dict(S, organization="LDAP://OU=dept," + ORG, propertyXml=properties()), dict(S, organization=NOWHERE, propertyXml=properties())),
    (MAD, "RenameOrganization", dict(S, organization="LDAP://OU=dept," + ORG, newName="team"), dict(S, organization=NOWHERE, newName="x")),
    (MAD, "CreateUser",
     dict(S, container=PATH, userPrincipalName="max@zeep.example", policyName="default", sAMAccountName="max_zeep", displayName="Max", propertyXml=properties()),
     dict(S, container=NOWHERE, userPrincipalName="x@zeep.example")),
    (MAD, "ModifyUser", dict(S, user="LDAP://CN=max@zeep.example," + ORG, displayName="Maxim", propertyXml=properties("<properties/>")), dict(S, user=NOBODY, displayName="x")),
    (MAD, "SetUserPassword", dict(S, user="LDAP://CN=max@zeep.example," + ORG, newPassword=PASSWORD), dict(S, user="LDAP://CN=max@zeep.example," + ORG, newPassword="x")),
    (MAD, "ChangeUserPassword", dict(S, user="LDAP://CN=max@zeep.example," + ORG, oldPassword=PASSWORD, newPassword="An0ther!Pass"),
     dict(S, user="LDAP://CN=max@zeep.example," + ORG, oldPassword="wrong", newPassword="An0ther!Pas5")),
    (MAD, "EnableUser", dict(S, user="LDAP://CN=max@zeep.example," + ORG), dict(S, user=NOBODY)),
    (MAD, "DisableUser", dict(S, user="LDAP://CN=max@zeep.example," + ORG), dict(S, user=NOBODY)),
    (HE, "CreateMailbox", dict(S, ldapPath="LDAP://CN=max@zeep.example," + ORG, planName="BaseMail", customerTypeName="BusinessUser"), dict(S, ldapPath=NOBODY, planName="BaseMail")),
    (HE, "DeleteBusinessUser", dict(C, ldapPath="LDAP://CN=max@zeep.example," + ORG), dict(C, ldapPath=NOBODY)),
    (MAD, "CreateUser", dict(S, container=PATH, userPrincipalName="tom@zeep.example"), None),
    (MAD, "RenameUser", dict(S, user="LDAP://CN=tom@zeep.example," + ORG, newName="tim@zeep.example"), dict(S, user=NOBODY, newName="x")),
    (MAD, "CreateGroup", dict(S, container=PATH, name="team", groupType="GLOBAL SECURITY", policyName="default", description="x"), dict(S, container=PATH, name="y", groupType="NO SUCH TYPE")),
    (MAD, "ModifyGroup", dict(S, group="LDAP://CN=team," + ORG, groupType="UNIVERSAL SECURITY", description="y", propertyXml=properties('<properties><property name="info">x</property></properties>')), dict(S, group=NOBODY, description="x")),
    (MAD, "GroupAdd", dict(S, group="LDAP://CN=team," + ORG, newMember=JOE), dict(S, group="LDAP://CN=team," + ORG, newMember=JOE)),
    (MAD, "GroupRemove", dict(S, group="LDAP://CN=team," + ORG, member=JOE), dict(S, group="LDAP://CN=team," + ORG, member=JOE)),
    (MAD, "RenameGroup", dict(S, group="LDAP://CN=team," + ORG, newName="crew"), dict(S, group=NOBODY, newName="x")),
    (MAD, "DeleteGroup", dict(S, group="LDAP://CN=crew," + ORG), dict(S, group="LDAP://CN=crew," + ORG)),
    (MAD, "CreateContact", dict(S, container=PATH, name="friend", propertyXml=properties('<properties><property name="cn">friend</property></properties>')), dict(S, container=NOWHERE, name="x")),
    (MAD, "ModifyContact", dict(S, contact="LDAP://CN=friend," + ORG, propertyXml=properties()), dict(S, contact=NOBODY, propertyXml=properties())),
    (MAD, "RenameContact", dict(S, contact="LDAP://CN=friend," + ORG, newName="pal"), dict(S, contact=NOBODY, newName="x")),
    (MAD, "DeleteContact", dict(S, contact="LDAP://CN=pal," + ORG), dict(S, contact="LDAP://CN=pal," + ORG)),
    (MAD, "DeleteUser", dict(S, user="LDAP://CN=tim@zeep.example," + ORG), dict(S, user=NOBODY)),
    (MAD, "DeleteOrganization", dict(S, organization="LDAP://OU=team," + ORG), dict(S, organization=NOWHERE)),
    (MPS, "SubmitMpsRequest",
     dict(mpsNamespace="Windows-based Hosting", procedure="QueryPlans", sendCredentials=True,
          dataXmlBlob={"_value_1": [element("<data><preferredDomainController>%s</preferredDomainController></data>" % DC)]}),
     dict(mpsNamespace="No Such Namespace", procedure="x", sendCredentials=True, dataXmlBlob={"_value_1": [element("<data/>")]})),
    (HE, "ExchangeEnableOrganization", None, dict(S, ldapPath=PATH, mailStoreXmlString=STORE % 1, smtpDomain="zeep.example")),
    (HE, "DeletePublicFolder", dict(S, ldapPath=PATH, name="zeep"), dict(S, ldapPath=PATH, name="zeep")),
    (HE, "DeleteBusinessUser", dict(C, ldapPath=JOE), None),
    (HE, "DeleteBusinessOrganization", dict(C, ldapPath=PATH), dict(C, ldapPath=NOWHERE)),
    (MAD, "CreateOrganization", dict(S, container="LDAP://" + RESELLER, name="late", policyName="customer"), None),
    (HE, "ExchangeEnableOrganization",
     dict(S, ldapPath="LDAP://OU=late," + RESELLER, mailStoreXmlString=STORE % 10, publicStoreXmlString="<publicStore><megabytes>1</megabytes></publicStore>", smtpDomain="late.example"),
     None),
]


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
        assert error or result["_value_1"][0].tag == "response"
        return error
    assert bool(result) == (not error), values
    return error


def main(url):
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
    for i, (service, operation, valid, invalid) in enumerate(CALLS):
        port = service + ("Soap12" if i % 2 else "Soap")
        for case, arguments in (("valid", valid), ("invalid", invalid)):
            if arguments is None:
                continue
            wanted.discard(((service, operation), case))
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
    sys.exit(main(sys.argv[1]))
