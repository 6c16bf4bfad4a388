import com.microsoft.provisioning.webservices.*;
import com.microsoft.provisioning.webservices.holders.SubmitMpsRequestResponseSubmitMpsRequestResultHolder;
import java.io.StringReader;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.rpc.Stub;
import javax.xml.rpc.holders.BooleanHolder;
import javax.xml.rpc.holders.StringHolder;
import javax.xml.xpath.XPathFactory;
import org.apache.axis.MessageContext;
import org.apache.axis.message.MessageElement;
import org.apache.axis.transport.http.HTTPConstants;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

/**
 * Plays a customer's life on the stubs that Axis generates, in the panel's order, and reads the
 * answers the panel's way. Prints one line "operation: ok" for each operation and case; ends with
 * status 1 at the first thing that is not as the panel needs it.
 *
 * usage: Life URL ORGANIZATION HTTP_VERSION THREADS
 */
public class Life {
    static final String START = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n";
    static final String PDC = "dc1.fabrikam.com";
    static final String RESELLER = "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com";
    static final String PASSWORD_POLICY = "0x800708c5";

    final String url;
    final String org;
    final String domain;
    final String ou;
    final String path;
    final boolean http11;

    HostedExchangeSoap he;
    ExchangeResourceManagerSoap erm;
    ManagedActiveDirectorySoap mad;
    MPSGeneralSoap mps;

    Life(String url, String org, boolean http11) throws Exception {
        this.url = url;
        this.org = org;
        this.http11 = http11;
        domain = org + ".example";
        ou = "OU=" + org + "," + RESELLER;
        path = "LDAP://" + ou;
        he = ready(new HostedExchangeLocator().getHostedExchangeSoap(at("HostedExchange")));
        erm = ready(new ExchangeResourceManagerLocator().getExchangeResourceManagerSoap(at("ExchangeResourceManager")));
        mad = ready(new ManagedActiveDirectoryLocator().getManagedActiveDirectorySoap(at("ManagedActiveDirectory")));
        mps = ready(new MPSGeneralLocator().getMPSGeneralSoap(at("MPSGeneral")));
    }

    URL at(String service) throws Exception {
        return new URL(url + "/" + service + ".asmx");
    }

    <T> T ready(T port) {
        if (http11) {
            ((Stub) port)._setProperty(MessageContext.HTTP_TRANSPORT_VERSION, HTTPConstants.HEADER_PROTOCOL_V11);
        }
        return port;
    }

    // Reading answers.

    static Document parse(String answer) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(new InputSource(new StringReader(START + answer)));
    }

    static String xpath(Document d, String expression) throws Exception {
        return XPathFactory.newInstance().newXPath().evaluate(expression, d);
    }

    static void demand(boolean condition, String operation, String detail) {
        if (!condition) {
            throw new IllegalStateException(operation + ": " + detail);
        }
    }

    static Document ok(String operation, String answer) throws Exception {
        Document d = parse(answer);
        demand(xpath(d, "/response/errorContext/@code").isEmpty(), operation, answer);
        System.out.println(operation + ": ok");
        return d;
    }

    static void refused(String operation, String code, String answer) throws Exception {
        Document d = parse(answer);
        demand(code.equals(xpath(d, "/response/errorContext/@code")), operation, "expected " + code + " in " + answer);
        demand(!xpath(d, "/response/errorContext/@description").isEmpty(), operation, "no description");
        Integer.parseInt(xpath(d, "/response/errorContext/@executeSeqNo"));
        System.out.println(operation + " refused: ok");
    }

    static void done(String operation, BooleanHolder result, StringHolder error) {
        demand(result.value, operation, error.value);
        demand(error.value == null || error.value.isEmpty(), operation, error.value);
        System.out.println(operation + ": ok");
    }

    static void failed(String operation, BooleanHolder result, StringHolder error) {
        demand(!result.value, operation, "true");
        demand(error.value != null && !error.value.isEmpty(), operation, "no text");
        System.out.println(operation + " refused: ok");
    }

    /** Submits data and gives the first child of the result, as a document root would be. */
    Element submit(String namespace, String procedure, String... pairs) throws Exception {
        MessageElement data = new MessageElement("", "data");
        for (int i = 0; i < pairs.length; i += 2) {
            data.addChildElement(new MessageElement("", pairs[i])).addTextNode(pairs[i + 1]);
        }
        SubmitMpsRequestResponseSubmitMpsRequestResultHolder result = new SubmitMpsRequestResponseSubmitMpsRequestResultHolder();
        StringHolder error = new StringHolder();
        mps.submitMpsRequest(namespace, procedure, new SubmitMpsRequestDataXmlBlob(new MessageElement[] {data}), true, result, error);
        demand(error.value == null || error.value.isEmpty(), procedure, error.value);
        Element response = result.value.get_any()[0].getAsDOM();
        demand("response".equals(response.getLocalName()) && response.getNamespaceURI() == null, procedure, response.toString());
        System.out.println("SubmitMpsRequest " + procedure + ": ok");
        return response;
    }

    static MessageElement[] properties(String... pairs) throws Exception {
        MessageElement properties = new MessageElement("", "properties");
        for (int i = 0; i < pairs.length; i += 2) {
            MessageElement property = (MessageElement) properties.addChildElement(new MessageElement("", "property"));
            property.addAttribute("", "name", pairs[i]);
            property.addTextNode(pairs[i + 1]);
        }
        return new MessageElement[] {properties};
    }

    String user(String login) {
        return "LDAP://CN=" + login + "@" + domain + "," + ou;
    }

    String createUser(String login, String plan, String password, boolean admin) throws Exception {
        String props = "<properties><property name=\"l\">Krak\u00f3w</property><property name=\"c\">PL</property></properties>";
        return he.createBusinessUser(path, login + "@" + domain, login + "_" + org, "\u017b\u00f3\u0142\u0107 <" + login + "> & Co", "Zofia",
            null, "\u017b\u00f3\u0142\u0107", "", "first \"friend\" \u2713", plan, password, admin, null, props, null, PDC);
    }

    String mailStore(int megabytes) {
        return START + "<mailStore>\n<megabytes>" + megabytes + "</megabytes>\n<shared>1</shared></mailStore>";
    }

    void run() throws Exception {
        signUp();
        users();
        directory();
        domains();
        cancel();
    }

    void signUp() throws Exception {
        String plans = START + "<availablePlans>\n<planName>BaseMail</planName>\n<planName>GoldMail</planName>\n<planName>PlatinumMail</planName></availablePlans>";
        String publicStore = START + "<publicStore>\n<megabytes>1</megabytes></publicStore>";
        ok("createBusinessOrganization", he.createBusinessOrganization("LDAP://" + RESELLER, org, mailStore(1), publicStore, domain,
            "Contoso & <Sons>", null, plans, PDC, true));
        refused("createBusinessOrganization", "0x80071392", he.createBusinessOrganization("LDAP://" + RESELLER, org, mailStore(1),
            publicStore, domain, "again", null, plans, PDC, true));
        ok("reallocateOrganizationMailNoMove", erm.reallocateOrganizationMailNoMove(path, mailStore(200), PDC, true));
        ok("reallocateOrganizationPublic", erm.reallocateOrganizationPublic(path, "50", PDC, true));
        submit("Managed Exchange", "MailEnableGroup", "path", path, "cn", "Admins@" + org, "proxyAddress", "Admins@" + domain,
            "preferredDomainController", PDC);
        submit("Managed Exchange", "MailEnableGroup", "path", "LDAP://CN=_Private," + ou, "cn", "AllUsers@" + org, "proxyAddress",
            "AllUsers@" + domain, "preferredDomainController", PDC);
        ok("createPublicFolder", he.createPublicFolder(path, "20", PDC, domain, true));
        ok("reallocatePublicFolder", erm.reallocatePublicFolder(path, "/" + org, "5", PDC, true));
        Document resources = ok("queryResourcesByOrganization", erm.queryResourcesByOrganization(path, org, PDC, true));
        demand("201".equals(xpath(resources, "/response/data/orgResources/mailStore/megabytes")), "resources", "mail");
        demand("51".equals(xpath(resources, "/response/data/orgResources/publicStore/megabytes")), "resources", "public");
        String server = xpath(resources, "/response/data/orgResources/mailStore/serverName");
        Document host = ok("getProperties", he.getProperties("LDAP://CN=" + server + ", CN=Computers,DC=fabrikam,DC=com", PDC,
            "<propertyList><property name=\"dNSHostName\"/></propertyList>"));
        Element property = (Element) XPathFactory.newInstance().newXPath().evaluate("/response/data/properties/property", host,
            javax.xml.xpath.XPathConstants.NODE);
        demand(property.getFirstChild().getFirstChild().getNodeValue().endsWith("fabrikam.com"), "getProperties", "host name");
        ok("createOrganizationAddressLists", he.createOrganizationAddressLists(path, domain, PDC, true));
        ok("addAvailablePlans", he.addAvailablePlans(path, START + "<availablePlans><planName>PlatinumPlusMail</planName></availablePlans>", PDC, true));
        Document plan = ok("getPlanDetail", he.getPlanDetail("GoldMail", PDC, "", true));
        demand(!xpath(plan, "/response/data/planFeatures/feature/featureName").isEmpty(), "getPlanDetail", "features");
        Element all = submit("Windows-based Hosting", "QueryPlans", "preferredDomainController", PDC);
        demand(all.getElementsByTagName("planName").getLength() >= 4, "QueryPlans", "plans");
    }

    void users() throws Exception {
        ok("createBusinessUser", createUser("jsmith", "GoldMail", "P@ssw0rd!23", false));
        ok("createBusinessUser", createUser("boss", "BaseMail", "P@ssw0rd!23", true));
        refused("createBusinessUser", PASSWORD_POLICY, createUser("weak", "GoldMail", "weak", false));
        refused("createBusinessUser", "0x80071392", createUser("jsmith", "GoldMail", "P@ssw0rd!23", false));
        Document consumers = ok("queryConsumersByOrganization", erm.queryConsumersByOrganization(path, org, PDC, true));
        demand(xpath(consumers, "/response/data/mailboxes/mailbox/path").startsWith("LDAP://CN="), "consumers", "path");
        Integer.parseInt(xpath(consumers, "/response/data/mailboxes/mailbox/kilobytes"));
        Integer.parseInt(xpath(consumers, "/response/data/publicFolders/publicFolder/megabytes"));
        demand(("/" + org).equals(xpath(consumers, "/response/data/publicFolders/publicFolder/folderPath")), "consumers", "folder");
        Element usage = submit("WS Exchange Provider Adapter", "GetMailboxUsage", "organization", path, "preferredDomainController", PDC,
            "mailbox", user("jsmith"));
        Integer.parseInt(usage.getElementsByTagName("usage").item(0).getFirstChild().getNodeValue());
        ok("changeUserMailboxPlan", he.changeUserMailboxPlan(user("jsmith"), "PlatinumMail", PDC, "BusinessUser"));
        refused("changeUserMailboxPlan", "0x80072030", he.changeUserMailboxPlan(user("jsmith"), "NoSuchPlan", PDC, "BusinessUser"));
        ok("setUserPassword", he.setUserPassword(user("jsmith"), "N3w & <P@ss>", PDC));
        refused("setUserPassword", PASSWORD_POLICY, he.setUserPassword(user("jsmith"), "x", PDC));
        ok("disableUser", he.disableUser(user("jsmith"), PDC));
        ok("enableUser", he.enableUser(user("jsmith"), PDC));
        refused("enableUser", "0x80072030", he.enableUser(user("nobody"), PDC));
        ok("makeUserAdmin", he.makeUserAdmin(user("jsmith"), true, PDC));
        ok("makeUserAdmin", he.makeUserAdmin(user("jsmith"), false, PDC));
        ok("createSMTPProxyAddress", he.createSMTPProxyAddress(user("jsmith"), PDC, "john@" + domain, false));
        refused("createSMTPProxyAddress", "0x80071392", he.createSMTPProxyAddress(user("boss"), PDC, "john@" + domain, false));
        ok("deleteSMTPProxyAddress", he.deleteSMTPProxyAddress(user("jsmith"), PDC, "john@" + domain));
    }

    void directory() throws Exception {
        BooleanHolder result = new BooleanHolder();
        StringHolder error = new StringHolder();
        StringHolder made = new StringHolder();
        mad.createContact(path, "friend", new CreateContactPropertyXml(properties("cn", "friend")), PDC, true, made, error);
        demand(made.value != null && !made.value.isEmpty(), "createContact", error.value);
        System.out.println("createContact: ok");
        submit("WS Exchange Provider Adapter", "MailEnableContact", "path", path, "cn", "friend", "targetAddress",
            "friend@outside.example", "proxyAddress", "friend@" + domain);
        mad.modifyUser(user("jsmith"), "jsmith@" + domain, null, "Johnny", "Johnny", null, "Sm\u00fdthe", "", "changed & <new>",
            new ModifyUserPropertyXml(properties("altRecipient", "CN=friend, " + ou, "deliverAndRedirect", "TRUE")), PDC, true, result, error);
        done("modifyUser", result, error);
        mad.modifyUser(user("jsmith"), "jsmith@" + domain, null, "Johnny", null, null, null, null, null,
            new ModifyUserPropertyXml(properties("altRecipient", "")), PDC, true, result, error);
        done("modifyUser", result, error);
        mad.modifyUser(user("nobody"), null, null, "x", null, null, null, null, null, new ModifyUserPropertyXml(properties()), PDC, true,
            result, error);
        failed("modifyUser", result, error);
        mad.deleteContact("LDAP://CN=friend," + ou, PDC, true, result, error);
        done("deleteContact", result, error);
        mad.deleteContact("LDAP://CN=friend," + ou, PDC, true, result, error);
        failed("deleteContact", result, error);
        ok("createDistributionList", he.createDistributionList(path, "all staff", PDC, user("boss"), true));
        ok("createDistributionList", he.createDistributionList(path, "sales", PDC, user("boss"), true));
        ok("modifyDistributionList", he.modifyDistributionList("LDAP://CN=all staff," + ou, PDC, user("jsmith"), true));
        mad.groupAdd("LDAP://CN=all staff," + ou, "LDAP://CN=sales," + ou, PDC, true, result, error);
        done("groupAdd", result, error);
        mad.groupAdd("LDAP://CN=sales," + ou, user("jsmith"), PDC, true, result, error);
        done("groupAdd", result, error);
        mad.groupRemove("LDAP://CN=sales," + ou, user("jsmith"), PDC, true, result, error);
        done("groupRemove", result, error);
        mad.groupRemove("LDAP://CN=sales," + ou, user("jsmith"), PDC, true, result, error);
        failed("groupRemove", result, error);
        ok("deleteDistributionList", he.deleteDistributionList("LDAP://CN=all staff," + ou, PDC, true));
        ok("deleteDistributionList", he.deleteDistributionList("LDAP://CN=sales," + ou, PDC, true));
    }

    void domains() throws Exception {
        ok("createSMTPDomain", he.createSMTPDomain(path, PDC, "www." + domain, "SecondaryDomain"));
        ok("createSMTPDomain", he.createSMTPDomain(path, PDC, "www." + domain, "PrimaryDomain"));
        ok("createSMTPDomain", he.createSMTPDomain(path, PDC, domain, "PrimaryDomain"));
        ok("deleteSMTPDomain", he.deleteSMTPDomain(path, PDC, "www." + domain));
    }

    void cancel() throws Exception {
        refused("deleteBusinessOrganization", "0x80131509", he.deleteBusinessOrganization(path, null, PDC));
        ok("deleteBusinessUser", he.deleteBusinessUser(user("jsmith"), PDC));
        ok("deleteBusinessUser", he.deleteBusinessUser(user("boss"), PDC));
        refused("deleteBusinessUser", "0x80072030", he.deleteBusinessUser(user("boss"), PDC));
        ok("deletePublicFolder", he.deletePublicFolder(path, org, PDC, true));
        ok("deleteBusinessOrganization", he.deleteBusinessOrganization(path, null, PDC));
    }

    public static void main(String[] args) throws Exception {
        String url = args[0];
        boolean http11 = "1.1".equals(args[2]);
        int threads = Integer.parseInt(args[3]);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        List<Future<Void>> lives = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            String org = args[1] + (i == 0 ? "" : String.valueOf(i));
            Callable<Void> life = () -> {
                new Life(url, org, http11).run();
                return null;
            };
            lives.add(pool.submit(life));
        }
        int status = 0;
        for (Future<Void> life : lives) {
            try {
                life.get();
            } catch (Exception e) {
                e.printStackTrace();
                status = 1;
            }
        }
        pool.shutdown();
        System.exit(status);
    }
}
