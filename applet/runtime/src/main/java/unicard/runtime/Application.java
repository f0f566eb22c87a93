package unicard.runtime;

import java.util.Arrays;
import javacard.framework.AID;
import javacard.framework.Applet;

/**
 * Something that can be selected, and whose code can run.
 *
 * @param aid the AID object that the runtime environment shows applets; null while an install has not
 *     registered yet
 * @param bytes the AID
 * @param applet null: the issuer domain, or an install that has not registered yet
 * @param packageName the context that it runs in: one per package (JCRE 3.0.5, 6.1.1)
 */
record Application(AID aid, byte[] bytes, Applet applet, String packageName) {
    private static final String DOMAIN = "(issuer domain)";

    static Application ofDomain(AID aid, byte[] bytes) {
        return new Application(aid, bytes, null, DOMAIN);
    }

    static Application of(AID aid, byte[] bytes, Applet applet) {
        return new Application(aid, bytes, applet, applet.getClass().getPackageName());
    }

    static Application installing(Class<?> appletClass, byte[] bytes) {
        return new Application(null, bytes, null, appletClass.getPackageName());
    }

    boolean isTheDomain() {
        return packageName.equals(DOMAIN);
    }

    boolean named(byte[] name) {
        return Arrays.equals(bytes, name);
    }
}
