import java.lang.reflect.Method;
import java.util.TreeSet;

/** Prints the methods of the generated interfaces as "Service method(types)result", sorted. */
public class Descriptors {
    public static void main(String[] args) throws Exception {
        for (String service : new String[] {"HostedExchange", "ExchangeResourceManager", "ManagedActiveDirectory", "MPSGeneral"}) {
            TreeSet<String> lines = new TreeSet<>();
            for (Method m : Class.forName("com.microsoft.provisioning.webservices." + service + "Soap").getMethods()) {
                StringBuilder types = new StringBuilder();
                for (Class<?> p : m.getParameterTypes()) {
                    types.append(shortName(p)).append(",");
                }
                lines.add(service + " " + m.getName() + "(" + types + ")" + shortName(m.getReturnType()));
            }
            lines.forEach(System.out::println);
        }
    }

    private static String shortName(Class<?> c) {
        if (c == String.class) {
            return "S";
        }
        return c == boolean.class ? "Z" : c.getSimpleName();
    }
}
