package unicard.runtime;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import javacard.framework.AID;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.SystemException;
import unicard.card.AppletModule;

/** One run of an applet's install (JCRE 3.0.5, 3.1 and 11.2). */
final class Installation {
    private static final int WRONG_DATA = ISO7816.SW_WRONG_DATA;
    private static final int NO_ROOM = ISO7816.SW_FILE_FULL;
    /** Longest data that install can be told of (Applet.install). */
    static final int LONGEST = 127;
    /** Applets must not take it for 0. */
    private static final int OFFSET = 8;

    private final CardRuntime runtime;
    private final AppletCalls calls;
    private final byte[] instance;
    private Applet registered;

    Installation(CardRuntime runtime, AppletCalls calls, byte[] instance) {
        this.runtime = runtime;
        this.calls = calls;
        this.instance = instance.clone();
    }

    /** A buffer for {@link #run}, to be declared volatile: a global array. */
    static byte[] parameterBuffer() {
        return new byte[OFFSET + LONGEST];
    }

    /** @throws StatusWordException as {@link AppletHost#install} says */
    Applet run(AppletModule module, byte[] data, byte[] parameters) {
        if (data.length > LONGEST) {
            throw new StatusWordException(WRONG_DATA);
        }
        Method install = method(module);
        Application installing = Application.installing(install.getDeclaringClass(), instance);
        Application before = runtime.selected();
        System.arraycopy(data, 0, parameters, OFFSET, data.length);
        int statusWord;
        runtime.select(installing);
        runtime.onRegister((applet, aid) -> register(applet, aid));
        try {
            statusWord = calls.run(installing, null, () ->
                    invoke(install, parameters, (short) OFFSET, (byte) data.length));
        } finally {
            runtime.onRegister(null);
            runtime.select(before);
            Arrays.fill(parameters, (byte) 0);
        }
        check(statusWord, module);
        return registered;
    }

    private void check(int statusWord, AppletModule module) {
        if (statusWord != AppletCalls.DONE) {
            throw new StatusWordException(ofFailure(statusWord));
        }
        if (registered == null || calls.leftTransactionOpen()) {
            calls.note(new IllegalStateException(module.className()
                    + (registered == null ? " did not register" : " left a transaction open in install")));
            throw new StatusWordException(WRONG_DATA);
        }
    }

    private int ofFailure(int statusWord) {
        if (statusWord != (ISO7816.SW_UNKNOWN & 0xFFFF)) {
            return statusWord;
        }
        Throwable thrown = calls.thrown();
        boolean full = thrown instanceof OutOfMemoryError
                || thrown instanceof SystemException refusal
                && (refusal.getReason() == SystemException.NO_RESOURCE
                        || refusal.getReason() == SystemException.NO_TRANSIENT_SPACE);
        return full ? NO_ROOM : WRONG_DATA;
    }

    private void register(Applet applet, AID asked) {
        boolean another = asked != null && !asked.equals(instance, (short) 0, (byte) instance.length);
        if (registered != null || another) {
            SystemException.throwIt(SystemException.ILLEGAL_AID);
        }
        registered = applet;
        Application application = Application.of(runtime.aidObject(instance), instance, applet);
        runtime.select(application);
    }

    private Method method(AppletModule module) {
        String name = module.className();
        try {
            Class<?> found = Class.forName(name, false, getClass().getClassLoader());
            if (!Applet.class.isAssignableFrom(found)) {
                throw new NoSuchMethodException(name + " is no javacard.framework.Applet");
            }
            Method install = found.getMethod("install", byte[].class, short.class, byte.class);
            if (install.getDeclaringClass() == Applet.class || !Modifier.isStatic(install.getModifiers())) {
                throw new NoSuchMethodException(name + " has no public static install(byte[], short, byte)");
            }
            install.setAccessible(true);
            return install;
        } catch (ReflectiveOperationException | LinkageError | RuntimeException failure) {
            calls.note(failure);
            throw new StatusWordException(WRONG_DATA);
        }
    }

    private static void invoke(Method install, Object... arguments) throws Throwable {
        try {
            install.invoke(null, arguments);
        } catch (InvocationTargetException failure) {
            throw failure.getCause();
        }
    }
}
